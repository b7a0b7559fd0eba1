/** The whole pipeline on one machine: deploys it, works on the monolith, waits until all has settled, compares. */
import { AthenaClient, GetNamedQueryCommand } from "@aws-sdk/client-athena";
import {
  DatabaseMigrationServiceClient,
  StartReplicationTaskCommand,
} from "@aws-sdk/client-database-migration-service";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import { services, tables } from "../../model";
import { parseKpi, type Kpi } from "../../model/kpi";
import { runQuery, type QueryResult } from "../../ops/athena";
import { connect } from "../sample/connect";
import { punchClock, workedShifts, type Punch } from "../sample/punches";
import { createSample, type SampleSize } from "../sample/sample";
import { startWriters, type Writers } from "../sample/writers";
import { isSame, type Comparison } from "./compare";
import { dataOutputs, prodOutputs, start, type DataOutputs, type Deployment, type ProdOutputs } from "./deploy";
import { checkOverflow, plantLarge } from "./large";
import { checkParked, poison } from "./poison";
import { bears, findMarkers, markersOf, plantMarkers, UNKNOWN } from "./privacy";
import type { Progress } from "./progress";
import { promoteLoads } from "./promoted";
import { loadEnds, loadProgress, pipesRunDry, replicationCatchesUp, type TaskWatch } from "./settle";
import { serviceItems } from "./rows";
import { compareLake, comparePunches, compareServices } from "./verify";

export interface DemoOptions {
  /** Emptied first. */
  readonly folder: string;
  readonly size: SampleSize;
  /** Row changes in the monolith. */
  readonly changes: number;
  /** Milliseconds to spread them over. */
  readonly over: number;
  /** Shifts of the monolith whose people clock in and out. */
  readonly workedShifts: number;
  readonly seed: number;
  readonly progress: Progress;
}

export interface DemoResult {
  readonly comparisons: readonly Comparison[];
  /** Anything else that is not as it must be. */
  readonly problems: readonly string[];
  readonly kpis: readonly { readonly kpi: Kpi; readonly result: QueryResult }[];
}

interface Work {
  readonly data: DataOutputs;
  readonly punches: readonly Punch[];
  /** Rows that were given a value in a column that the model does not know. */
  readonly unknownValues: number;
  /** Private values of the monolith, which nobody may find outside raw. */
  readonly markers: readonly string[];
}

function clients({ cloud, region, operators }: Deployment) {
  const settings = (arn: string) => ({ endpoint: cloud.url, region, credentials: cloud.credentials(arn) });
  const prod = settings(operators.prod);
  const data = settings(operators.data);
  return {
    dms: new DatabaseMigrationServiceClient(prod),
    dynamodb: new DynamoDBClient(prod),
    dataDynamodb: new DynamoDBClient(data),
    kinesis: new KinesisClient(prod),
    prodS3: new S3Client({ ...prod, forcePathStyle: true }),
    dataS3: new S3Client({ ...data, forcePathStyle: true }),
    athena: new AthenaClient(data),
    lambda: new LambdaClient(data),
  };
}
type Clients = ReturnType<typeof clients>;

/** @throws Error when something cannot go on; whatever was started is ended by then. */
export async function runDemo(
  options: DemoOptions,
  onStart?: (close: () => Promise<void>) => void,
): Promise<DemoResult> {
  const { folder, size, progress } = options;
  const deployment = await start({ folder, progress, fill: (monolith) => createSample(monolith, size) });
  onStart?.(deployment.close);
  const aws = clients(deployment);
  try {
    const prod = prodOutputs.parse(await deployment.up("prod"));
    const done = await work(options, deployment, aws, prod);
    return await verify(options, deployment, aws, prod, done);
  } finally {
    for (const client of Object.values(aws)) client.destroy();
    await deployment.close();
  }
}

/** Everything at once, as in a company: the initial load, the workload, the second stack, a full load, a new column, trouble. */
async function work(options: DemoOptions, deployment: Deployment, aws: Clients, prod: ProdOutputs): Promise<Work> {
  const { progress, size, seed } = options;
  const monolith = await connect(deployment.monolith);
  const replication: TaskWatch = { dms: aws.dms, taskArn: prod.changesTaskArn };
  const shifts = await workedShifts(monolith, options.workedShifts);
  const markers = await plantMarkers(monolith);
  const writers = startWriters(deployment.monolith, { size, seed, changes: options.changes, over: options.over });
  // Looked at below; until then a failure must not end the process.
  writers.result.catch(() => undefined);
  try {
    const duringLoad = loadedBy(replication, writers);
    duringLoad.catch(() => undefined);
    await plantLarge(monolith);
    const data = dataOutputs.parse(await deployment.up("data"));

    progress.step("Working on the monolith and on the clocking service's own table");
    const ticker = setInterval(() => progress.update(`${writers.changes().toLocaleString("en")} changes`), 100);
    try {
      await poison(aws.kinesis, prod.changesStreamArn);
      await aws.dms.send(
        new StartReplicationTaskCommand({
          ReplicationTaskArn: prod.fullLoadTaskArn,
          StartReplicationTaskType: "start-replication",
        }),
      );
      const tableName = prod.ownTables["clocking.punches"] ?? "";
      const punched = await punchClock({ client: aws.dynamodb, tableName, seed, shifts });
      // DMS loads every column that there is, and a load with one that nobody has decided about is not put in force.
      await loadEnds({ dms: aws.dms, taskArn: prod.fullLoadTaskArn }, () => undefined);
      await monolith.query("alter table users add column pronouns varchar(20)");
      const { rowCount } = await monolith.query("update users set pronouns = $1 where id % 97 = 0", [UNKNOWN]);
      const done = await writers.result;
      progress.done(
        `${(done.changes + punched.changes).toLocaleString("en")} changes in ${done.transactions.toLocaleString("en")} ` +
          `transactions, ${(await duringLoad).toLocaleString("en")} of them during the initial load`,
      );
      clearInterval(ticker);
      await settle(deployment, monolith, aws, { prod, data }, progress);
      return { data, punches: punched.items, unknownValues: rowCount ?? 0, markers };
    } finally {
      clearInterval(ticker);
    }
  } finally {
    writers.stop();
    await monolith.end();
  }
}

/** @returns how many changes had been made when the last table was loaded. */
async function loadedBy(task: TaskWatch, writers: Writers): Promise<number> {
  for (;;) {
    const made = writers.changes();
    if ((await loadProgress(task)).loading.length === 0) return made;
    await delay(250);
  }
}

async function settle(
  { cloud }: Deployment,
  monolith: Client,
  { dms, lambda }: Clients,
  { prod, data }: { readonly prod: ProdOutputs; readonly data: DataOutputs },
  progress: Progress,
): Promise<void> {
  const { changesTaskArn, fullLoadTaskArn } = prod;
  const update = (state: string): void => progress.update(state);
  progress.step("Full load to the lake");
  progress.done(`${(await loadEnds({ dms, taskArn: fullLoadTaskArn }, update)).toLocaleString("en")} rows as Parquet`);
  progress.step("Promoting the full load");
  progress.done(`${(await promoteLoads(lambda, data.functions.promote)).length} tables`);
  progress.step("Waiting until all has settled");
  await replicationCatchesUp(monolith, { dms, taskArn: changesTaskArn }, update);
  await pipesRunDry(cloud, update);
}

async function verify(
  options: DemoOptions,
  deployment: Deployment,
  aws: Clients,
  prod: ProdOutputs,
  done: Work,
): Promise<DemoResult> {
  const { progress } = options;
  const update = (state: string): void => progress.update(state);
  const { workgroup, database } = done.data;
  const { dynamodb, athena } = aws;
  const monolith = await connect(deployment.monolith);
  try {
    const stores = { monolith, dynamodb, serviceTables: prod.serviceTables, athena, workgroup, database };
    progress.step("Comparing every store with the source, and running the KPIs");
    // Together: Athena works in threads of its own.
    const [ofServices, ofLake, ofPunches, kpis] = await Promise.all([
      compareServices(stores, update),
      compareLake(stores, update),
      comparePunches(done.punches, stores),
      runKpis(athena, done.data, update),
    ]);
    const comparisons = [...ofServices, ...ofLake, ofPunches];
    progress.done(`${comparisons.length} tables, ${kpis.length} KPIs`);
    progress.step("Asking for what was parked, for the new column and for large values");
    return { comparisons, problems: await problems(options.folder, deployment, aws, prod, done), kpis };
  } finally {
    await monolith.end();
  }
}

async function runKpis(
  athena: AthenaClient,
  { kpis, workgroup, database }: DataOutputs,
  update: (state: string) => void,
): Promise<DemoResult["kpis"]> {
  const results = [];
  for (const id of Object.values(kpis)) {
    const { NamedQuery } = await athena.send(new GetNamedQueryCommand({ NamedQueryId: id }));
    const { Name = "", QueryString = "" } = NamedQuery ?? {};
    const kpi = parseKpi(Name, `queries/kpis/${Name}.sql`, QueryString);
    update(kpi.title);
    results.push({ kpi, result: await runQuery(QueryString, { client: athena, workgroup, database }) });
  }
  return results;
}

/** Whatever is not as it must be, beside the rows. */
async function problems(
  folder: string,
  { cloud }: Deployment,
  { prodS3, dataS3, dataDynamodb }: Clients,
  prod: ProdOutputs,
  { data, unknownValues, markers }: Work,
): Promise<string[]> {
  const raw = await serviceItems(dataDynamodb, data.rawTable);
  const users = raw.get("monolith.users") ?? [];
  // A column that the model does not know may be private: it waits in raw until somebody has decided.
  const waiting = users.filter((item) => item["_rest:pronouns"]?.S === JSON.stringify(UNKNOWN)).length;
  // Raw and what was parked are private, and may hold anything; DynamoDB keeps no file here.
  const isPrivate = (file: string): boolean =>
    [data.failuresBucket, data.overflowBucket, prod.failuresBucket].some((bucket) =>
      [`s3/${bucket}/`, `s3/.versions/${bucket}/`].some((folder) => file.startsWith(folder)),
    );
  const names = services.map(({ name }) => name);
  return [
    ...(await checkParked(dataS3, data.failuresBucket, ["capture", "format"])),
    ...(await checkParked(prodS3, prod.failuresBucket, names)),
    ...(await checkOverflow(dataS3, data.overflowBucket, dataDynamodb, data.rawTable)),
    ...(await unexpected(prodS3, prod.failuresBucket, "aws/lambda/")),
    ...(await unexpected(dataS3, data.failuresBucket, "aws/lambda/")),
    ...cloud.services.lambda.problems().map(({ functionName, problem }) => `${functionName}: ${problem}`),
    ...(waiting === unknownValues ? [] : [`${waiting} of ${unknownValues} values of the new column wait in raw`]),
    // What raw does not have either was not looked for.
    ...tables
      .flatMap(markersOf)
      .filter((marker) => raw.get(`monolith.${marker.table}`)?.some((item) => bears(item, marker)) !== true)
      .map(({ table, column }) => `raw has no private value of ${table}.${column}`),
    ...(await findMarkers(markers, path.join(folder, "cloud"), isPrivate)),
  ];
}

/** Failed records where there must be none. */
async function unexpected(client: S3Client, bucket: string, prefix: string): Promise<string[]> {
  const { KeyCount = 0, Contents = [] } = await client.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
  );
  return KeyCount === 0
    ? []
    : [`${KeyCount} objects with failed records in ${bucket}, such as ${Contents[0]?.Key ?? ""}`];
}

export const isGood = ({ comparisons, problems }: DemoResult): boolean =>
  problems.length === 0 && comparisons.every(isSame);

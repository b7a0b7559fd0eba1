/**
 * A run of the whole pipeline on this machine, in parts that are counted apart: the initial load, a full load, changes, the
 * KPIs. Between two parts everything settles, so that what a part has used is the difference of the services' counts.
 */
import { AthenaClient, GetNamedQueryCommand } from "@aws-sdk/client-athena";
import {
  DatabaseMigrationServiceClient,
  StartReplicationTaskCommand,
} from "@aws-sdk/client-database-migration-service";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import type { Client } from "pg";
import { runQuery } from "../../ops/athena";
import type { Cloud } from "../cloud";
import { dataOutputs, prodOutputs, start, type DataOutputs, type Deployment, type ProdOutputs } from "../demo/deploy";
import type { Progress } from "../demo/progress";
import { promoteLoads } from "../demo/promoted";
import { loadEnds, pipesRunDry, replicationCatchesUp } from "../demo/settle";
import { connect } from "../sample/connect";
import { punchClock, workedShifts } from "../sample/punches";
import { createSample, type SampleSize } from "../sample/sample";
import { startWriters } from "../sample/writers";
import { fixedCosts, type Fixed } from "./fixed";
import { keptIn, type Kept } from "./kept";
import { Names } from "./names";
import { changesIn, partsOf, positionsOf, sharedOut, weightsBetween, type Positions } from "./shares";
import { usageOf, usedBetween, type Amount } from "./usage";

export interface RunOptions {
  /** Emptied first. */
  readonly folder: string;
  readonly size: SampleSize;
  /** Row changes in the monolith, at least. */
  readonly changes: number;
  /** Milliseconds to spread them over. */
  readonly over: number;
  /** How many times faster than on AWS batching windows and buffers pass. */
  readonly haste: number;
  /** Shifts whose people clock in and out. */
  readonly workedShifts: number;
  readonly seed: number;
  readonly progress: Progress;
}

export interface CostRun {
  /** Rows that were loaded, and what that used. */
  readonly load: { readonly rows: number; readonly used: readonly Amount[] };
  readonly fullLoad: { readonly rows: number; readonly used: readonly Amount[] };
  readonly changes: {
    /** By table. */
    readonly counts: Readonly<Record<string, number>>;
    /** Changes a second at which AWS' windows would gather batches like those of this run. */
    readonly pace: number;
    /** Shared out among the tables, as far as there is a way to tell. */
    readonly used: readonly Amount[];
    /** Records that were handed to functions, and invocations. */
    readonly batches: { readonly records: number; readonly invocations: number };
  };
  readonly kpis: { readonly queries: number; readonly used: readonly Amount[] };
  readonly kept: readonly Kept[];
  readonly fixed: readonly Fixed[];
}

interface Moment {
  readonly amounts: readonly Amount[];
  readonly positions: Positions;
  readonly records: number;
  readonly invocations: number;
}

function momentOf(cloud: Cloud, names: Names): Moment {
  const functions = cloud.services.lambda.statistics();
  return {
    amounts: usageOf(cloud.services, names),
    positions: positionsOf(cloud.services),
    records: functions.reduce((sum, { records }) => sum + records, 0),
    invocations: functions.reduce((sum, { invocations }) => sum + invocations, 0),
  };
}

function clients({ cloud, region, operators }: Deployment) {
  const settings = (arn: string) => ({ endpoint: cloud.url, region, credentials: cloud.credentials(arn) });
  return {
    dms: new DatabaseMigrationServiceClient(settings(operators.prod)),
    dynamodb: new DynamoDBClient(settings(operators.prod)),
    athena: new AthenaClient(settings(operators.data)),
    lambda: new LambdaClient(settings(operators.data)),
  };
}
type Clients = ReturnType<typeof clients>;

interface Outputs {
  readonly prod: ProdOutputs;
  readonly data: DataOutputs;
}

/** @throws Error when something cannot go on; whatever was started is ended by then. */
export async function runCost(options: RunOptions, onStart?: (close: () => Promise<void>) => void): Promise<CostRun> {
  const { folder, size, haste, progress } = options;
  let rows = 0;
  const fill = async (monolith: Client): Promise<number> => (rows = await createSample(monolith, size));
  const deployment = await start({ folder, haste, progress, fill });
  onStart?.(deployment.close);
  const aws = clients(deployment);
  try {
    const monolith = await connect(deployment.monolith);
    try {
      return await counted(options, deployment, aws, monolith, rows);
    } finally {
      await monolith.end();
    }
  } finally {
    for (const client of Object.values(aws)) client.destroy();
    await deployment.close();
  }
}

async function counted(
  options: RunOptions,
  deployment: Deployment,
  aws: Clients,
  monolith: Client,
  rows: number,
): Promise<CostRun> {
  const { haste, progress } = options;
  const { cloud } = deployment;
  const outputs = {
    prod: prodOutputs.parse(await deployment.up("prod")),
    data: dataOutputs.parse(await deployment.up("data")),
  };
  const stacks = ["prod", "data"].map((name) => cloud.stack(name)).filter((stack) => stack !== undefined);
  const names = new Names(stacks);
  progress.step("The initial load, through the stream");
  await settle(deployment, monolith, aws, outputs, progress);
  const loaded = momentOf(cloud, names);
  const fullRows = await fullLoad(aws, outputs, progress);
  const fullyLoaded = momentOf(cloud, names);
  const milliseconds = await work(options, deployment, monolith, aws, outputs);
  await settle(deployment, monolith, aws, outputs, progress);
  const changed = momentOf(cloud, names);
  progress.step("The KPIs");
  const queries = await kpis(aws.athena, outputs.data);
  const asked = momentOf(cloud, names);
  progress.done();

  // After all counts: to read the streams counts, too.
  const weights = weightsBetween(cloud.services, fullyLoaded.positions, changed.positions, names);
  const used = usedBetween(fullyLoaded.amounts, changed.amounts);
  const counts = changesIn(weights);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return {
    load: { rows, used: usedBetween([], loaded.amounts) },
    fullLoad: { rows: fullRows, used: usedBetween(loaded.amounts, fullyLoaded.amounts) },
    changes: {
      counts,
      pace: total / (milliseconds / 1000) / haste,
      used: sharedOut(used, partsOf(cloud.services, weights, used, names)),
      batches: {
        records: changed.records - fullyLoaded.records,
        invocations: changed.invocations - fullyLoaded.invocations,
      },
    },
    kpis: { queries, used: usedBetween(changed.amounts, asked.amounts) },
    kept: keptIn(cloud.services, names, rows),
    fixed: fixedCosts(stacks, cloud.services.kms.statistics().uses),
  };
}

async function settle(
  { cloud }: Deployment,
  monolith: Client,
  { dms }: Clients,
  { prod }: Outputs,
  progress: Progress,
): Promise<void> {
  const update = (state: string): void => progress.update(state);
  await replicationCatchesUp(monolith, { dms, taskArn: prod.changesTaskArn }, update);
  await pipesRunDry(cloud, update);
  progress.done();
}

/** @returns how many rows it has */
async function fullLoad({ dms, lambda }: Clients, { prod, data }: Outputs, progress: Progress): Promise<number> {
  progress.step("A full load, and its promotion");
  const task = { ReplicationTaskArn: prod.fullLoadTaskArn, StartReplicationTaskType: "start-replication" } as const;
  await dms.send(new StartReplicationTaskCommand(task));
  const rows = await loadEnds({ dms, taskArn: prod.fullLoadTaskArn }, (state) => progress.update(state));
  await promoteLoads(lambda, data.functions.promote);
  progress.done();
  return rows;
}

/** People at work on the monolith and at the terminals. @returns for how many milliseconds */
async function work(
  options: RunOptions,
  { monolith: server }: Deployment,
  monolith: Client,
  { dynamodb }: Clients,
  { prod }: Outputs,
): Promise<number> {
  const { size, seed, changes, over, progress } = options;
  progress.step("Changes");
  const shifts = await workedShifts(monolith, options.workedShifts);
  const began = Date.now();
  const writers = startWriters(server, { size, seed, changes, over });
  try {
    const tableName = prod.ownTables["clocking.punches"] ?? "";
    await Promise.all([writers.result, punchClock({ client: dynamodb, tableName, seed, shifts })]);
    return Date.now() - began;
  } finally {
    writers.stop();
  }
}

/** Every KPI once. @returns how many they are */
async function kpis(athena: AthenaClient, { kpis: ids, workgroup, database }: DataOutputs): Promise<number> {
  for (const id of Object.values(ids)) {
    const { NamedQuery } = await athena.send(new GetNamedQueryCommand({ NamedQueryId: id }));
    await runQuery(NamedQuery?.QueryString ?? "", { client: athena, workgroup, database });
  }
  return Object.keys(ids).length;
}

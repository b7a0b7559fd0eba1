/**
 * A table is added, and another removed, by an edit of the model and `pulumi up` of both stacks, while people work on the
 * monolith all the time: docs/add-a-table.md, step by step.
 */
import { AthenaClient } from "@aws-sdk/client-athena";
import {
  DatabaseMigrationServiceClient,
  DescribeReplicationTasksCommand,
  DescribeTableStatisticsCommand,
  StopReplicationTaskCommand,
  type TableStatistics,
} from "@aws-sdk/client-database-migration-service";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { FirehoseClient, ListDeliveryStreamsCommand } from "@aws-sdk/client-firehose";
import { GetTablesCommand, GlueClient } from "@aws-sdk/client-glue";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { LambdaClient, ListEventSourceMappingsCommand } from "@aws-sdk/client-lambda";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import { parse } from "yaml";
import { startCloud, type Cloud } from "../local/cloud";
import { isSame } from "../local/demo/compare";
import { serviceItems } from "../local/demo/rows";
import { pipesRunDry, replicationCatchesUp } from "../local/demo/settle";
import { compareLake, compareServices } from "../local/demo/verify";
import { startPostgres, type Postgres } from "../local/postgres";
import { connect } from "../local/sample/connect";
import { createSample, SAMPLE_TABLES } from "../local/sample/sample";
import { startWriters, type Writers } from "../local/sample/writers";
import { runQuery } from "../ops/athena";
import { modelOf } from "./liveTable/model";
import { changeAllTheTime, countChanges, countedChanges, heldStill } from "./liveTable/source";
import { onStream } from "./liveTable/stream";

const accounts = { prod: "111111111111", data: "222222222222" };
const region = "eu-west-1";
const program = path.join(__dirname, "liveTable/program");
/** Settings of the demo that name what the surroundings of the stack must have. */
const { config: demo } = parse(fs.readFileSync(path.join(__dirname, "../Pulumi.prod.yaml"), "utf8")) as {
  config: { "tributary:source": { secretArn: string } };
};
/** Seconds; the default is meant for AWS. */
const FILTERS = 1;
const size = { shops: 12, users: 200, shifts: 800 };
/** Row changes a second. */
const LOAD = 60;
const silent = (): void => undefined;

let folder: string;
let postgres: Postgres | undefined;
let cloud: Cloud | undefined;
let monolith: Client | undefined;
let writers: Writers | undefined;
const clients: { destroy(): void }[] = [];

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "tributary-"));
  fs.chmodSync(folder, 0o755);
});

afterAll(async () => {
  writers?.stop();
  for (const client of clients) client.destroy();
  await monolith?.end();
  await cloud?.close();
  await postgres?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

function awsClients(running: Cloud) {
  const settings = (account: string) => ({
    endpoint: running.url,
    region,
    credentials: running.credentials(`arn:aws:iam::${account}:root`),
  });
  const [prod, data] = [settings(accounts.prod), settings(accounts.data)];
  const all = {
    dms: new DatabaseMigrationServiceClient(prod),
    kinesis: new KinesisClient(prod),
    services: new DynamoDBClient(prod),
    lambda: new LambdaClient(prod),
    prodS3: new S3Client({ ...prod, forcePathStyle: true }),
    raw: new DynamoDBClient(data),
    athena: new AthenaClient(data),
    glue: new GlueClient(data),
    firehose: new FirehoseClient(data),
    dataS3: new S3Client({ ...data, forcePathStyle: true }),
  };
  clients.push(...Object.values(all));
  return all;
}

/** How many rows, and how many different versions of rows, the lake has got of a table. */
const LAKE_ROWS = (table: string, which: string): string =>
  `select count(*), count(distinct cast(id as varchar) || ' ' || "_version") from changes_${table} where ${which}`;

test("a table comes and another goes, under load, and the others neither lose a change nor get one twice", async () => {
  postgres = await startPostgres({ folder: path.join(folder, "postgres") });
  const source = (monolith = await connect(postgres));
  await createSample(source, size);
  await countChanges(source, SAMPLE_TABLES);
  const running = (cloud = await startCloud({ folder: path.join(folder, "cloud"), haste: 40 }));
  const { host, port, user: username, password } = postgres;
  const { "tributary:source": monolithAt } = demo;
  running.services.secrets.putSecret(monolithAt.secretArn, JSON.stringify({ host, port, username, password }));
  const aws = awsClients(running);
  const certificate = path.join(folder, "monolith-ca.pem");
  fs.writeFileSync(certificate, postgres.caCertificate);
  const settings = {
    prod: {
      "tributary:source": { ...monolithAt, certificate },
      "tributary:streams": { filterSeconds: FILTERS },
    },
    data: { "tributary:lakeDecisions": ["changes_contracts: dropped", "full_contracts: dropped"] },
  };
  const up = async (
    stack: "prod" | "data",
    tables: readonly string[],
    more: object = {},
  ): Promise<Record<string, unknown>> => {
    const config = { ...settings[stack], ...more, "model:tables": tables };
    return (await running.up({ stack, account: accounts[stack], program, config })).outputs;
  };

  const first = ["shops", "users", "contracts"];
  const ofProd = await up("prod", first);
  const ofData = await up("data", first);
  const taskArn = String(ofProd["changesTaskArn"]);
  const watch = { dms: aws.dms, taskArn };
  const query = { client: aws.athena, workgroup: String(ofData["workgroup"]), database: String(ofData["database"]) };
  const serviceTables = ofProd["serviceTables"] as Readonly<Record<string, string>>;
  const stores = { monolith: source, dynamodb: aws.services, serviceTables, ...query, athena: aws.athena };

  const settle = async (): Promise<void> => {
    await replicationCatchesUp(source, watch, silent);
    await pipesRunDry(running, silent);
  };
  const differences = async (tables: readonly string[]): Promise<string[]> => {
    const model = modelOf(tables);
    const found = [...(await compareServices(stores, silent, model)), ...(await compareLake(stores, silent, model))];
    for (const { rows } of found) expect(rows).toBeGreaterThan(0);
    return found.filter((each) => !isSame(each)).flatMap(({ store, table, examples }) => [store, table, ...examples]);
  };
  const statistics = async (table: string): Promise<TableStatistics> => {
    const command = new DescribeTableStatisticsCommand({ ReplicationTaskArn: taskArn });
    const { TableStatistics = [] } = await aws.dms.send(command);
    return TableStatistics.find(({ TableName }) => TableName === table) ?? {};
  };
  const task = async () => {
    const Filters = [{ Name: "replication-task-arn", Values: [taskArn] }];
    return (await aws.dms.send(new DescribeReplicationTasksCommand({ Filters }))).ReplicationTasks?.[0] ?? {};
  };
  const counted = async (table: string): Promise<number> => {
    const { Inserts = 0, Updates = 0, Deletes = 0 } = await statistics(table);
    return Inserts + Updates + Deletes;
  };
  const slots = async (): Promise<unknown> => (await source.query("select slot_name from pg_replication_slots")).rows;
  const lakeRows = async (table: string, which = `"_op" <> 'load'`): Promise<number[]> =>
    ((await runQuery(LAKE_ROWS(table, which), query)).rows[0] ?? []).map(Number);
  const atRest = <T>(work: () => Promise<T>): Promise<T> =>
    heldStill(source, SAMPLE_TABLES, async () => {
      await settle();
      return work();
    });
  /** Each change of the source is on the stream, and each was accepted once. */
  const onceEach = async (table: string): Promise<void> => {
    const changes = await countedChanges(source, table);
    expect([table, (await onStream(aws.kinesis, streamArn)).changes(table)]).toEqual([table, changes]);
    expect([table, await lakeRows(table)]).toEqual([table, [changes, changes]]);
  };
  const streamArn = String(ofProd["changesStreamArn"]);
  const failed = async (): Promise<string[]> => {
    const of = async (s3: S3Client, bucket: unknown): Promise<string[]> =>
      ((await s3.send(new ListObjectsV2Command({ Bucket: String(bucket) }))).Contents ?? []).map(({ Key = "" }) => Key);
    const keys = [
      ...(await of(aws.prodS3, ofProd["failuresBucket"])),
      ...(await of(aws.dataS3, ofData["failuresBucket"])),
    ];
    // Capture keeps the control records, "create-table" and the like, of every table.
    return keys.filter((key) => !key.startsWith("capture/control/"));
  };

  const working = (writers = startWriters(postgres, { size, seed: 7, changes: LOAD * 1000, over: 1_000_000 }));
  const { result } = working;
  // It never ends by itself: a failure is what it would end by.
  result.catch(() => undefined);
  const worked = async (): Promise<void> => {
    const enough = working.changes() + LOAD;
    while (working.changes() < enough) await Promise.race([delay(50), result]);
  };
  await worked();
  const before = await atRest(async () => {
    expect(await differences(first)).toEqual([]);
    return { slots: await slots(), users: await statistics("users"), loads: await onStream(aws.kinesis, streamArn) };
  });

  // Somebody has stopped the task, and the program has not changed: it goes on from where it was.
  await aws.dms.send(new StopReplicationTaskCommand({ ReplicationTaskArn: taskArn }));
  while ((await task()).Status !== "stopped") await delay(50);
  await worked();
  await up("prod", first);
  expect((await task()).Status).toBe("running");
  // On purpose it stands still, too.
  await up("prod", first, { "tributary:replication": { start: false } });
  expect(await task()).toMatchObject({ Status: "stopped", StopReason: "Stop Reason NORMAL" });
  await worked();
  await up("prod", first);
  expect((await task()).Status).toBe("running");
  await atRest(async () => {
    expect(await differences(first)).toEqual([]);
    expect(await slots()).toEqual(before.slots);
    const stream = await onStream(aws.kinesis, streamArn);
    for (const table of first) expect([table, stream.loads(table)]).toEqual([table, before.loads.loads(table)]);
    await onceEach("shops");
    await onceEach("users");
  });

  // "Add a table": data first, so that it knows the table before anything of it is on the stream.
  const second = [...first, "shifts"];
  await up("data", second);
  const beforeUp = Date.now();
  const editor = await connect(postgres);
  await Promise.race([up("prod", second), changeAllTheTime(editor, "shifts", "break_minutes")]);
  await editor.end();
  await atRest(async () => {
    expect(await differences(second)).toEqual([]);
    // It went on from where it was: with its slot, and without another load of what it had.
    expect(await slots()).toEqual(before.slots);
    const stream = await onStream(aws.kinesis, streamArn);
    for (const table of first) expect([table, stream.loads(table)]).toEqual([table, before.loads.loads(table)]);
    const { FullLoadRows, FullLoadStartTime } = await statistics("users");
    expect([FullLoadRows, FullLoadStartTime]).toEqual([before.users.FullLoadRows, before.users.FullLoadStartTime]);
    await onceEach("shops");
    await onceEach("users");

    const added = await statistics("shifts");
    expect(stream.loads("shifts")).toBe(added.FullLoadRows);
    expect(added.FullLoadRows).toBeGreaterThan(size.shifts / 2);
    const changes = await counted("shifts");
    expect(stream.changes("shifts")).toBe(changes);
    expect(await lakeRows("shifts")).toEqual([changes, changes]);
    // The service's filter had been in force for a while when the first row came.
    const { EventSourceMappings: mappings = [] } = await aws.lambda.send(new ListEventSourceMappingsCommand({}));
    const followers = mappings.filter((mapping) => JSON.stringify(mapping.FilterCriteria).includes("shifts"));
    expect(followers).toHaveLength(1);
    for (const { LastModified } of followers) {
      const waited = Number(added.FullLoadStartTime) - Number(LastModified);
      expect(waited).toBeGreaterThanOrEqual(FILTERS * 1000);
    }
    // What was changed while the task stood still, too.
    const loadBegan = added.FullLoadStartTime?.toISOString().slice(0, 23) ?? "";
    expect(loadBegan > new Date(beforeUp).toISOString()).toBe(true);
    const [meanwhile = 0] = await lakeRows("shifts", `"_op" <> 'load' and "_committed_at" < '${loadBegan}'`);
    expect(meanwhile).toBeGreaterThan(0);
    expect(await failed()).toEqual([]);
  });

  // "Remove a table": prod first, then, once what was sent has arrived, data.
  const third = ["shops", "users", "shifts"];
  await up("prod", third);
  const sent = await atRest(async () => {
    const { changes } = await onStream(aws.kinesis, streamArn);
    const contracts = await lakeRows("contracts", "true");
    expect(contracts[0]).toBeGreaterThanOrEqual(changes("contracts"));
    return { changes: changes("contracts"), contracts };
  });
  await up("data", third);
  await atRest(async () => {
    expect(await differences(third)).toEqual([]);
    await onceEach("shops");
    await onceEach("users");
    const stream = await onStream(aws.kinesis, streamArn);
    expect(stream.changes("contracts")).toBe(sent.changes);
    expect(await countedChanges(source, "contracts")).toBeGreaterThan(sent.changes);
    expect(await failed()).toEqual([]);
    expect(running.services.lambda.problems()).toEqual([]);
  });

  // What goes with it ...
  const { TableList = [] } = await aws.glue.send(new GetTablesCommand({ DatabaseName: query.database }));
  const names = TableList.map(({ Name = "" }) => Name);
  expect(names.filter((name) => name.includes("contracts"))).toEqual([]);
  expect(names).toEqual(expect.arrayContaining(third.flatMap((table) => [`changes_${table}`, `full_${table}`, table])));
  const { DeliveryStreamNames = [] } = await aws.firehose.send(new ListDeliveryStreamsCommand({}));
  expect([...DeliveryStreamNames].sort()).toEqual(third.map((table) => `tributary-${table}`).sort());
  const { EventSourceMappings = [] } = await aws.lambda.send(new ListEventSourceMappingsCommand({}));
  expect(JSON.stringify(EventSourceMappings)).not.toContain("contracts");
  expect(await statistics("contracts")).toEqual({});
  // ... and what stays.
  const lake = await aws.dataS3.send(
    new ListObjectsV2Command({ Bucket: String(ofData["lakeBucket"]), Prefix: "changes/contracts/" }),
  );
  expect(lake.KeyCount).toBeGreaterThan(0);
  const inRaw = await serviceItems(aws.raw, String(ofData["rawTable"]));
  const inService = await serviceItems(aws.services, serviceTables["payroll"] ?? "");
  expect(inRaw.get("monolith.contracts")?.length).toBeGreaterThan(size.users / 2);
  // As of a little earlier: the service forgets the table before the task does.
  expect(inService.get("monolith.contracts")?.length).toBeGreaterThan(size.users / 2);
  await expect(Promise.race([result, Promise.resolve("still working")])).resolves.toBe("still working");
  // The heart beat all the time; the first beat may have come before the counting.
  expect(await countedChanges(source, "heartbeat")).toBeGreaterThan(1);
}, 240_000);

/** The operator's commands on a small laptop cloud, as a person runs them with --local. */
import { AthenaClient } from "@aws-sdk/client-athena";
import {
  DescribeReplicationTasksCommand,
  DatabaseMigrationServiceClient,
} from "@aws-sdk/client-database-migration-service";
import { BatchWriteItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Client } from "pg";
import { serviceItems } from "../local/demo/rows";
import { pipesRunDry, replicationCatchesUp } from "../local/demo/settle";
import { startLaptop, type Laptop } from "../local/laptop";
import { projectFolder } from "../local/project";
import { silentProgress } from "../local/demo/progress";
import { runQuery } from "../ops/athena";
import { backfill } from "../ops/backfill/run";
import { runCommand, type Command, type Surroundings } from "../ops/command";
import { LOCAL_FILE, type LocalCloud, type ProdOutputs } from "../ops/deployment";
import { fullLoad } from "../ops/full-load/run";
import { query } from "../ops/query/run";
import { redrive } from "../ops/redrive/run";
import { dashboardTests } from "./operations/dashboardTests";
import { emitTests } from "./operations/emitTests";

const ignore = (): void => undefined;

/** Beside what the commands read. */
interface ServiceTables {
  readonly changesStreamArn: string;
  readonly serviceTables: Readonly<Record<string, string>>;
}

let home: string;
let laptop: Laptop;
let file: LocalCloud & { prod: { outputs: ServiceTables }; data: { outputs: { lakeBucket: string } } };
let prod: ProdOutputs & ServiceTables;
let monolith: Client;
let dms: DatabaseMigrationServiceClient;
let dynamodb: DynamoDBClient;
let kinesis: KinesisClient;
let s3: S3Client;
let lakeS3: S3Client;
let lakeBucket: string;

beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), "tributary-"));
  fs.chmodSync(home, 0o755);
  fs.symlinkSync(path.join(projectFolder(), "queries"), path.join(home, "queries"));
  const size = { shops: 10, users: 100, shifts: 400 };
  laptop = await startLaptop({
    folder: path.join(home, "cloud"),
    home,
    size,
    pace: 0,
    seed: 5,
    progress: silentProgress,
  });
  file = JSON.parse(fs.readFileSync(path.join(home, LOCAL_FILE), "utf8"));
  expect(fs.statSync(path.join(home, LOCAL_FILE)).mode & 0o777).toBe(0o600);
  const { cloud, region, operators } = laptop.deployment;
  prod = file.prod.outputs;
  const settings = { endpoint: cloud.url, region, credentials: cloud.credentials(operators.prod) };
  dms = new DatabaseMigrationServiceClient(settings);
  dynamodb = new DynamoDBClient(settings);
  kinesis = new KinesisClient(settings);
  s3 = new S3Client({ ...settings, forcePathStyle: true });
  lakeBucket = file.data.outputs.lakeBucket;
  lakeS3 = new S3Client({ ...settings, credentials: cloud.credentials(operators.data), forcePathStyle: true });
  monolith = new Client({ connectionString: laptop.deployment.monolith.url });
  await monolith.connect();
  await settled();
}, 180_000);

afterAll(async () => {
  for (const client of [dms, dynamodb, kinesis, s3, lakeS3]) client?.destroy();
  await monolith?.end();
  await laptop?.close();
  expect(fs.existsSync(path.join(home, LOCAL_FILE))).toBe(false);
  fs.rmSync(home, { recursive: true, force: true });
});

async function settled(): Promise<void> {
  await replicationCatchesUp(monolith, { dms, taskArn: prod.changesTaskArn }, ignore);
  await pipesRunDry(laptop.deployment.cloud, ignore);
}

async function run(command: Command, ...argv: string[]): Promise<{ code: number; out: string; notes: string }> {
  const out: string[] = [];
  const notes: string[] = [];
  const surroundings: Surroundings = {
    ...{ folder: home, environment: {}, signal: new AbortController().signal },
    print: (text) => out.push(text),
    note: (text) => notes.push(text),
    status: ignore,
    input: async () => "",
  };
  const code = await runCommand("test", command, ["--local", ...argv], surroundings);
  return { code, out: out.join("\n"), notes: notes.join("\n") };
}

const ask = async (sql: string): Promise<unknown[]> => JSON.parse((await run(query, "--json", sql)).out).rows;

/** The promoted loads of shifts, absences and users, by their names. */
const loads = () =>
  Promise.all(
    ["shifts", "absences", "users"].map(async (table) => {
      const Prefix = `full/public/${table}/load=`;
      const { Contents = [] } = await lakeS3.send(new ListObjectsV2Command({ Bucket: lakeBucket, Prefix }));
      return [...new Set(Contents.map(({ Key = "" }) => Key.slice(Prefix.length).split("/")[0]))];
    }),
  );

test("a full load of some tables replaces theirs in the lake, and leaves the others and no task behind", async () => {
  const before = await loads();
  expect((await run(fullLoad, "shift")).notes).toContain("The full load has no table shift; it has public.shops,");

  const { code, out, notes } = await run(fullLoad, "--json", "shifts", "public.absences");
  expect(code).toBe(0);
  const { rows } = await monolith.query("select count(*)::int as count from shifts");
  expect(JSON.parse(out).tables).toMatchObject([
    { table: "public.shifts", rows: rows[0].count, state: "Table completed" },
    { table: "public.absences", state: "Table completed" },
  ]);
  expect(notes).toContain("In force in the lake: public.shifts, public.absences.");
  const after = await loads();
  expect(after.map(({ length }) => length)).toEqual([2, 2, 1]);
  expect(after[2]).toEqual(before[2]);
  const { ReplicationTasks = [] } = await dms.send(new DescribeReplicationTasksCommand({}));
  expect(ReplicationTasks.map((task) => task.ReplicationTaskIdentifier).sort()).toEqual([
    "tributary-changes",
    "tributary-full-load",
  ]);
}, 60_000);

test("a column that nobody has decided about stays out of where people read, until it is gone or decided", async () => {
  const before = await loads();
  await monolith.query("alter table absences add column diagnosis text default 'flu'");
  const { code, notes } = await run(fullLoad, "absences");
  expect(notes).toContain("has columns that the lake does not know: diagnosis.");
  expect(code).toBe(1);
  expect(await loads()).toEqual(before);

  await monolith.query("alter table absences drop column diagnosis");
  expect((await run(fullLoad, "absences")).notes).toContain("In force in the lake: public.absences.");
}, 60_000);

test("a backfill gives a service what it lacks; the other services and the lake end up unchanged", async () => {
  const table = prod.serviceTables["payroll"] ?? "";
  const items = [...(await serviceItems(dynamodb, table)).values()].flat();
  const lost = items.slice(0, 25).map(({ _key = { S: "" } }) => ({ DeleteRequest: { Key: { _key } } }));
  await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [table]: lost } }));
  const others = ["directory", "clocking"].map((name) => prod.serviceTables[name] ?? "");
  const othersBefore = await Promise.all(others.map((name) => serviceItems(dynamodb, name)));
  const lake = () => ask("select * from shifts order by id");
  const lakeBefore = await lake();

  const { code, out, notes } = await run(backfill, "payroll");
  expect(notes).toContain("loads 3 tables for payroll");
  expect(out).toMatch(/public\.contracts +\d+ +\d+\.\d +Table completed/);
  expect(code).toBe(0);
  await settled();
  expect([...(await serviceItems(dynamodb, table)).values()].flat()).toHaveLength(items.length);
  expect(await Promise.all(others.map((name) => serviceItems(dynamodb, name)))).toEqual(othersBefore);
  expect(await lake()).toEqual(lakeBefore);
}, 60_000);

const now = (): number => Date.now() / 1000;

/** A message of DMS about a contract, at a place in the log. */
const contract = (row: object, position: string): string =>
  JSON.stringify({
    data: row,
    metadata: {
      ...{ timestamp: "2026-11-01T08:00:00.000000Z", "record-type": "data", operation: "update" },
      ...{ "schema-name": "public", "table-name": "contracts", "transaction-record-id": 1 },
      ...{ "commit-timestamp": "2026-11-01T08:00:00.000000Z", "stream-position": position },
    },
  });

test("what was parked goes back through its function: an old one does no harm, what cannot be taken is parked again", async () => {
  const { rows } = await monolith.query("select * from contracts order by id limit 2");
  const bucket = prod.failuresBucket;
  const line = (sequenceNumber: string, data: string, reason: string): string =>
    `${JSON.stringify({
      ...{ reason, detail: "", stream: prod.changesStreamArn, sequenceNumber, partitionKey: "k", arrivedAt: now() },
      data: Buffer.from(data).toString("base64"),
    })}\n`;
  const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  const fresh = "00000000-0000-4000-8000-000000000001";
  const far = "7FFFFFFF/00000000.1.7FFFFFFF/00000000";
  const wage = { kind: "fixed", user_id: 1, shop_id: 1, weekly_hours: 38, starts_on: "2026-01-01" };
  await put(
    "payroll/parked/2026-11-20/1.jsonl",
    line("1", contract({ id: rows[0].id, terms: "older" }, "00000000/00000001.1.00000000/00000001"), "unknown-table") +
      line("2", contract({ ...wage, id: fresh, terms: "put back" }, far), "unknown-table") +
      line("3", "{", "not-json") +
      line("4", contract({ id: rows[1].id, terms: "of long ago" }, far), "unknown-table").replace(
        /"arrivedAt":[\d.]+/,
        `"arrivedAt":${now() - 31 * 86_400}`,
      ),
  );

  const listed = await run(redrive, "--stack", "prod", "list");
  expect(listed.out).toMatch(/prod +payroll +not-json +2026-11-20 +1 +1/);
  expect(listed.out).toMatch(/prod +payroll +unknown-table +2026-11-20 +3 +1/);

  const items = async () => {
    const found = (await serviceItems(dynamodb, prod.serviceTables["payroll"] ?? "")).get("monolith.contracts") ?? [];
    return new Map(found.map((item) => [item["id"]?.S, item]));
  };
  const before = await items();
  const { code, out, notes } = await run(redrive, "--stack", "prod", "--json", "replay");
  expect(JSON.parse(out).records.map((each: { fate: string }) => each.fate)).toEqual([
    ...["stale", "applied", "parked", "expired"],
  ]);
  expect(notes).toContain("What is too old stays where it is");
  expect(code).toBe(1);
  const after = await items();
  expect(after.get(fresh)).toMatchObject({ terms: { S: "put back" } });
  after.delete(fresh);
  expect(after).toEqual(before);

  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  const keys = Contents.map(({ Key = "" }) =>
    Key.replace(/\d{4}-\d\d-\d\dT[^/]*/, "<time>").replace(/again-\d+/, "again"),
  );
  const today = new Date().toISOString().slice(0, 10);
  expect(keys.filter((key) => !key.includes("/control/"))).toEqual([
    "payroll/parked/2026-11-20/1.jsonl",
    `payroll/parked/${today}/3-again.jsonl`,
    "redriven/<time>/payroll/parked/2026-11-20/1.jsonl",
  ]);
}, 60_000);

test("what capture itself parks is listed, by its reason", async () => {
  await kinesis.send(
    new PutRecordCommand({ StreamARN: prod.changesStreamArn, PartitionKey: "k", Data: Buffer.from("no JSON at all") }),
  );
  await settled();
  const { out, code } = await run(redrive, "--stack", "data", "--reason", "not-json", "list");
  expect(out).toMatch(/data +capture +not-json +\d{4}-\d\d-\d\d +1 +1/);
  expect(code).toBe(0);
  expect((await run(redrive, "--stack", "data", "--reason", "oversized", "list")).out).toBe(
    "  Nothing: all was taken.",
  );
}, 60_000);

test("a deployment that refreshes sets right what somebody did to the views, and keeps the load in force", async () => {
  const { deployment } = laptop;
  const { region, cloud, operators } = deployment;
  const athena = new AthenaClient({ endpoint: cloud.url, region, credentials: cloud.credentials(operators.data) });
  const byHand = (sql: string) => runQuery(sql, { client: athena, workgroup: "tributary", database: "tributary" });
  const shifts = "select count(*) as count, count(distinct shop_id) as shops from shifts";
  const planned = "select count(*) as count from planned_shifts";
  const before = [await ask(shifts), await ask(planned)];
  const inForce = await loads();

  await byHand("CREATE OR REPLACE VIEW shifts AS SELECT 1 AS id, 1 AS shop_id");
  await byHand("DROP VIEW planned_shifts");
  await deployment.up("data");
  expect(await ask(shifts)).not.toEqual(before[0]);
  await deployment.up("data", { refresh: true });
  expect([await ask(shifts), await ask(planned)]).toEqual(before);
  expect(await loads()).toEqual(inForce);
  athena.destroy();
}, 60_000);

describe("the dashboard", () => dashboardTests(() => ({ laptop, monolith, file, settled })));

describe("rows emitted again", () => emitTests(() => ({ laptop, monolith, file, settled })));

describe("a query", () => {
  test("by the name of a KPI, as a table with what it took", async () => {
    const { code, out, notes } = await run(query, "weekly_active_shops");
    expect(out).toMatch(/^Weekly active shops \(shops per week\)\. How many shops/);
    expect(out).toMatch(/\n {2}week +active_shops +planning_shops/);
    expect(notes).toMatch(/^ {2}[\d,]+ rows, \d+\.\d\d s, [\d.]+ (B|KB|MB) scanned$/);
    expect(code).toBe(0);
  }, 30_000);

  test("that is wrong is shown with its place", async () => {
    const { code, out, notes } = await run(query, "select id,\n  shop\nfrom shifts");
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(notes).toBe("COLUMN_NOT_FOUND: line 2:3: Column 'shop' cannot be resolved\n2 |   shop\n      ^");
  }, 30_000);
});

import { writeFileSync } from "node:fs";
import * as path from "node:path";
import { StartReplicationTaskCommand } from "@aws-sdk/client-database-migration-service";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { BUCKET, selections, testDms, type TaskOptions, type TestDms } from "./testing";

// Processes have to start, on a machine that may be busy.
jest.setTimeout(60_000);

let dms: TestDms;
let duckdb: DuckDBConnection;
beforeAll(async () => {
  [dms, duckdb] = await Promise.all([testDms(), DuckDBInstance.create().then((instance) => instance.connect())]);
});
afterAll(() => dms.close());

const copyOf = (key: string): string => path.join(dms.folder, key.replaceAll("/", "-"));

/** The rows of an object, and the types of its columns. */
async function parquet(key: string): Promise<{ rows: Record<string, unknown>[]; types: Record<string, string> }> {
  const body = dms.bucket.objects.get(key);
  if (body === undefined) throw new Error(`no ${key} among ${[...dms.bucket.objects.keys()].join(", ")}`);
  const file = copyOf(key);
  writeFileSync(file, body);
  const reader = await duckdb.runAndReadAll(`SELECT * FROM read_parquet('${file}')`);
  const types = reader.columnTypes().map(String);
  return {
    rows: reader.getRowObjectsJson() as Record<string, unknown>[],
    types: Object.fromEntries(reader.columnNames().map((name, index) => [name, types[index] ?? ""])),
  };
}

const column = (action: string, table: string, name: string, more: object = {}) => ({
  "rule-type": "transformation",
  "rule-id": `${action}-${name}`,
  "rule-name": `${action}-${name}`,
  "rule-target": "column",
  "rule-action": action,
  "object-locator": { "schema-name": "public", "table-name": table, "column-name": name },
  ...more,
});
const asText = (table: string, name: string, length = "40") =>
  column("change-data-type", table, name, { "data-type": { type: "string", length } });

async function load(options: TaskOptions): Promise<string> {
  const { arn } = await dms.task({ migrationType: "full-load", ...options, start: false });
  await start(arn, "start-replication");
  return arn;
}

async function start(arn: string, type: "start-replication" | "reload-target" | "resume-processing"): Promise<void> {
  await dms.client.send(new StartReplicationTaskCommand({ ReplicationTaskArn: arn, StartReplicationTaskType: type }));
  await dms.until(arn, ({ status }) => status === "stopped");
}

test("a table as a file: types, exact values, columns removed and changed, the task's start", async () => {
  await dms.sql(`create table kinds (id bigint primary key, small smallint, price numeric(30,10), free numeric, flag boolean,
      doc jsonb, tags text[], body text, bin bytea, at timestamptz, local timestamp, exact timestamp, day date, clock time,
      ref uuid, nothing text, empty text, real real, secret text);
    insert into kinds values (9007199254740993, 7, 12345678901234567890.0123456789, 0.123456789, true, '{"a": [1, "x\\"\\n"]}',
      array['a,b', null], E'two\\nlines, "quoted" \\\\N ☕', '\\x00ff', '2026-11-24 12:00:00.000001+02', '2026-11-24 10:00:00',
      '2026-11-24 10:00:00.123456', '2026-11-24', '08:30:00.5', '6f1e4b3e-0000-4000-8000-000000000000', null, '', 0.1, 'hidden'),
      (2, null, null, null, null, null, null, '\\N', null, null, null, null, null, null, null, null, null, null, null)`);
  const before = new Date().toISOString().slice(0, 23).replace("T", " ");
  const arn = await load({
    rules: [
      ...selections(["kinds"]),
      column("remove-column", "kinds", "secret"),
      asText("kinds", "at"),
      asText("kinds", "local"),
      asText("kinds", "clock"),
    ],
    s3: {
      bucketFolder: "full",
      compressionType: "GZIP",
      parquetVersion: "parquet-2-0",
      parquetTimestampInMillisecond: true,
      timestampColumnName: "_loaded_at",
      useTaskStartTimeForFullLoadTimestamp: true,
      encryptionMode: "SSE_KMS",
      serverSideEncryptionKmsKeyId: "arn:aws:kms:eu-west-1:222222222222:alias/lake",
      expectedBucketOwner: "222222222222",
    },
  });
  expect([...dms.bucket.objects.keys()]).toEqual(["full/public/kinds/LOAD00000001.parquet"]);
  const { rows, types } = await parquet("full/public/kinds/LOAD00000001.parquet");
  const loadedAt = String(rows[0]?.["_loaded_at"]);
  expect(loadedAt).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
  expect(loadedAt > before).toBe(true);
  expect(rows).toEqual([
    {
      id: "9007199254740993",
      small: 7,
      price: "12345678901234567890.0123456789",
      free: "0.123456",
      flag: "true",
      doc: '{"a": [1, "x\\"\\n"]}',
      tags: '{"a,b",NULL}',
      body: 'two\nlines, "quoted" \\N ☕',
      bin: "\\x00\\xFF",
      at: "2026-11-24 10:00:00.000001",
      local: "2026-11-24 10:00:00.000000",
      exact: "2026-11-24 10:00:00.123",
      day: "2026-11-24",
      clock: "08:30:00.500000",
      ref: "6f1e4b3e-0000-4000-8000-000000000000",
      nothing: null,
      empty: "",
      real: expect.closeTo(0.1, 6),
      _loaded_at: loadedAt,
    },
    {
      ...Object.fromEntries(Object.keys(types).map((name) => [name, null])),
      id: "2",
      body: "\\N",
      _loaded_at: loadedAt,
    },
  ]);
  expect(types).toEqual({
    ...{ id: "BIGINT", small: "SMALLINT", price: "DECIMAL(30,10)", free: "DECIMAL(28,6)", flag: "VARCHAR" },
    ...{ doc: "VARCHAR", tags: "VARCHAR", body: "VARCHAR", bin: "BLOB", at: "VARCHAR", local: "VARCHAR" },
    ...{ exact: "TIMESTAMP", day: "DATE", clock: "VARCHAR", ref: "VARCHAR", nothing: "VARCHAR", empty: "VARCHAR" },
    ...{ real: "FLOAT", _loaded_at: "VARCHAR" },
  });
  const schema = await duckdb.runAndReadAll(
    `SELECT logical_type FROM parquet_schema('${copyOf("full/public/kinds/LOAD00000001.parquet")}') WHERE name = 'exact'`,
  );
  expect(String(schema.getRows()[0])).toContain("MILLIS");
  const put = dms.bucket.requests.find(({ method }) => method === "PUT");
  expect(put?.headers).toMatchObject({
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:eu-west-1:222222222222:alias/lake",
    "x-amz-expected-bucket-owner": "222222222222",
  });
  const report = dms.service.tasks().find((task) => task.arn === arn);
  expect(report?.tables).toMatchObject([{ table: "kinds", state: "Table completed", fullLoadRows: 2 }]);
});

test("files of no more than maxFileSize, numbered in hexadecimal; the old ones go first; an empty table has none", async () => {
  await dms.sql(`create table many (id int primary key, body text); create table none (id int primary key);
    insert into many select i, repeat('x', 1000) from generate_series(1, 51) as i`);
  dms.bucket.objects.clear();
  dms.bucket.objects.set("public/many/LOAD000000FF.parquet", Buffer.from("old"));
  dms.bucket.objects.set("public/many_more/LOAD00000001.parquet", Buffer.from("another table's"));
  const options = {
    rules: selections(["many", "none"]),
    settings: { FullLoadSettings: { TargetTablePrepMode: "DROP_AND_CREATE", MaxFullLoadSubTasks: 2 } },
    s3: { maxFileSize: 3 },
  };
  const arn = await load(options);
  const files = Array.from(
    { length: 17 },
    (_, n) => `public/many/LOAD000000${(n + 1).toString(16).toUpperCase().padStart(2, "0")}.parquet`,
  );
  expect([...dms.bucket.objects.keys()].sort()).toEqual([...files, "public/many_more/LOAD00000001.parquet"].sort());
  const all = await Promise.all(files.map(async (file) => (await parquet(file)).rows.length));
  expect(all.reduce((sum, rows) => sum + rows)).toBe(51);
  expect(Math.max(...all)).toBe(3);

  // A finished load has nothing to resume; a reload writes anew.
  const puts = () =>
    dms.bucket.requests.filter(({ method, path: at }) => method === "PUT" && at.startsWith(`/${BUCKET}/public/many/`))
      .length;
  const before = puts();
  await start(arn, "resume-processing");
  expect(puts()).toBe(before);
  await dms.sql("delete from many where id > 2");
  await start(arn, "reload-target");
  expect([...dms.bucket.objects.keys()].filter((key) => key.startsWith("public/many/"))).toEqual([files[0]]);
});

test("what cannot be written as it is stops the task: a time, and a value that is too long", async () => {
  await dms.sql(`create table times (id int primary key, at time); insert into times values (1, '10:00');
    create table longs (id int primary key, body text); insert into longs values (1, repeat('x', 600))`);
  await expect(load({ rules: selections(["times"]), s3: {} })).rejects.toThrow("column at is a time");
  const truncated = { rules: selections(["longs"]), s3: {}, settings: { TargetMetadata: { LobMaxSize: 1 } } };
  await expect(load({ ...truncated, postgresSettings: { failTasksOnLobTruncation: true } })).rejects.toThrow(
    "column 'body': the LOB is larger than LobMaxSize",
  );
  await load(truncated);
  expect((await parquet("public/longs/LOAD00000001.parquet")).rows).toEqual([{ id: 1, body: "x".repeat(512) }]);
});

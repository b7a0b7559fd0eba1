import { readFileSync } from "node:fs";
import * as path from "node:path";
import { StartReplicationTaskCommand } from "@aws-sdk/client-database-migration-service";
import { createSample, SAMPLE_TABLES } from "../../sample/sample";
import { lakeTables, layoutsOf } from "../../../model";
import { decodeDms } from "../../../model/decode";
import { selections, testDms, type Message, type TestDms } from "./testing";

const image = { EnableBeforeImage: true, FieldName: "before-image" };
const VALUES = `9007199254740993, 12.5000000000, 0.123456789, true, '{"b": 1.10, "a": "x"}', array['a,b', null], 'it''s "ünï" ☕',
  '\\x00ff', '2026-11-24 12:00:00.5+02', '2026-11-24 10:00:00', '2026-11-24', '08:30:00', 'calm', '6f1e4b3e-0000-4000-8000-000000000000',
  'abc', null, '', 1.5, '1 day 02:00:00', '{"k": "v"}'`;

// Processes have to start, on a machine that may be busy.
jest.setTimeout(60_000);

let dms: TestDms;
let resourceId = "";
beforeAll(async () => {
  dms = await testDms();
  await dms.sql(`
    create type mood as enum ('calm', 'glad');
    create domain label as varchar(20);
    create table foo (id int primary key, name text, age int, attributes jsonb);
    insert into foo values (42, 'John', 30, '{"foo": "bar"}');
    create table kinds (id bigint primary key, price numeric(30,10), free numeric, flag boolean, doc jsonb, tags text[],
      body text, bin bytea, at timestamptz, local timestamp, day date, clock time, mood mood, ref uuid, code char(5),
      nothing text, empty varchar(9), real double precision, span interval, note label);
    insert into kinds values (${VALUES.replace('\'{"k": "v"}\'', "'n'")});
    create table toast (id int primary key, n int, body text);
    alter table toast alter column body set storage external;
    insert into toast values (1, 0, repeat('long ', 1000));
    create table whole (id int primary key, n int, body text, gone text);
    alter table whole alter column body set storage external, replica identity full;
    insert into whole values (1, 0, repeat('long ', 1000), null);
    create table keyless (n int);
    create table pair (a int, b date, c text, primary key (b, a));
    create table altered (id int primary key, old text);
    create table late (id int primary key, a text);`);
  const { arn } = await dms.task({
    tables: ["foo", "kinds", "toast", "whole", "keyless", "pair", "altered", "late"],
    settings: { BeforeImageSettings: image, TargetMetadata: { LobMaxSize: 512 } },
  });
  resourceId = arn.split(":").at(-1) ?? "";
  await dms.until(arn, ({ tables }) => tables.every(({ state }) => state === "Table completed"));
});
afterAll(() => dms.close());

/** What differs from run to run. */
const masked = ({ text }: Message): string =>
  text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/g, "TIME")
    .replaceAll(/[0-9A-F]{8}\/[0-9A-F]{8}/g, "LSN")
    .replaceAll(/(transaction-id":)\d+/g, "$1XID")
    .replaceAll(resourceId, "TASK");

const operationOf = ({ metadata }: Message): unknown => metadata["operation"];
const isChange = (message: Message): boolean => !["create-table", "load"].includes(String(operationOf(message)));

test("a load and the changes after it, byte for byte as captured from DMS", async () => {
  await dms.stream.until("foo", (messages) => messages.length === 2);
  for (const change of [
    `insert into foo values (46, 'Jane', 31, '{"baz": "qux"}')`,
    "update foo set age = 33 where id = 42",
    "update foo set id = 45 where id = 46",
    "delete from foo where id = 45",
  ]) {
    await dms.sql(change);
  }
  const messages = await dms.stream.many("foo", 6);
  const before = '"prev-transaction-id":XID,"prev-transaction-record-id":1,';
  const change = (operation: string, key: number, previous = before): string =>
    `"metadata":{"commit-timestamp":"TIME","operation":"${operation}","partition-key-type":"primary-key",` +
    `"partition-key-value":"public.foo.${key}",${previous}"record-type":"data","schema-name":"public",` +
    `"stream-position":"LSN.2.LSN","table-name":"foo","timestamp":"TIME","transaction-id":XID,"transaction-record-id":1}}\n`;
  expect(messages.map(masked)).toEqual([
    '{"control":{"table-def":{"columns":{"age":{"nullable":true,"type":"INT32"},"attributes":{"nullable":true,"type":"STRING"},' +
      '"id":{"nullable":false,"type":"INT32"},"name":{"nullable":true,"type":"STRING"}},"primary-key":["id"]}},' +
      '"metadata":{"operation":"create-table","partition-key-type":"task-id","partition-key-value":"TASK","record-type":"control",' +
      '"schema-name":"public","table-name":"foo","timestamp":"TIME"}}\n',
    '{"data":{"age":30,"attributes":"{\\"foo\\": \\"bar\\"}","id":42,"name":"John"},"metadata":{"operation":"load",' +
      '"partition-key-type":"primary-key","partition-key-value":"public.foo.42","record-type":"data","schema-name":"public",' +
      '"table-name":"foo","timestamp":"TIME"}}\n',
    `{"data":{"age":31,"attributes":"{\\"baz\\": \\"qux\\"}","id":46,"name":"Jane"},${change("insert", 46, "")}`,
    `{"before-image":{},"data":{"age":33,"attributes":"{\\"foo\\": \\"bar\\"}","id":42,"name":"John"},${change("update", 42)}`,
    `{"before-image":{"id":46},"data":{"age":31,"attributes":"{\\"baz\\": \\"qux\\"}","id":45,"name":"Jane"},${change("update", 45)}`,
    `{"data":{"age":null,"attributes":null,"id":45,"name":null},${change("delete", 45)}`,
  ]);
  expect(messages.map(({ key }) => key)).toEqual([
    `${resourceId}.public.foo`,
    ...[42, 46, 42, 45, 45].map((id) => `public.foo.${id}`),
  ]);
  expect(dms.stream.about("awsdms_apply_exceptions").map(({ key }) => key)).toEqual([resourceId]);
});

test("every type, in the load and in a change", async () => {
  await dms.sql("update kinds set nothing = null");
  const [, load, update] = await dms.stream.many("kinds", 3);
  const data = {
    id: 9007199254740992,
    price: 12.5,
    free: 0.123456,
    flag: "true",
    doc: '{"a": "x", "b": 1.10}',
    tags: '{"a,b",NULL}',
    body: 'it\'s "ünï" ☕',
    bin: "0x00FF",
    at: "2026-11-24T10:00:00.500000Z",
    local: "2026-11-24T10:00:00Z",
    day: "2026-11-24",
    clock: "08:30:00",
    mood: "calm",
    ref: "6f1e4b3e-0000-4000-8000-000000000000",
    code: "abc  ",
    nothing: null,
    empty: "",
    real: 1.5,
    span: "1 day 02:00:00",
    note: "n",
  };
  expect(load?.data).toEqual(data);
  expect(load?.text).toContain('"id":9007199254740993');
  expect(load?.text).toContain('"price":12.5000000000');
  expect(update?.data).toEqual({ ...data, flag: "t" });
});

test("an unchanged large value is null, unless the log holds the whole old row", async () => {
  for (const table of ["toast", "whole"]) await dms.sql(`update ${table} set n = 1`);
  expect((await dms.stream.many("toast", 3)).at(-1)?.data).toEqual({ id: 1, n: 1, body: null });
  const long = "long ".repeat(1000);
  expect((await dms.stream.many("whole", 3)).at(-1)).toMatchObject({
    data: { id: 1, n: 1, body: long, gone: null },
    "before-image": { id: 1 },
  });
  await dms.sql("delete from whole");
  expect((await dms.stream.many("whole", 4)).at(-1)?.data).toEqual({ id: 1, n: 1, body: long, gone: null });
});

test("a transaction over several tables: numbered, placed, with the change before each", async () => {
  await dms.sql(`begin; insert into keyless values (1); insert into pair values (7, '2026-11-24', 'x'), (8, '2026-11-24', null);
    create table unrelated as select 1 as id; insert into unrelated values (2); update pair set c = 'y' where a = 7; commit`);
  const pairs = (await dms.stream.until("pair", (all) => all.filter(isChange).length >= 3)).filter(isChange);
  const [keyless] = (await dms.stream.until("keyless", (all) => all.some(isChange))).filter(isChange);
  const all = [keyless, ...pairs].map((message) => message?.metadata);
  expect(all.map((metadata) => metadata?.["transaction-record-id"])).toEqual([1, 2, 3, 4]);
  expect(new Set(all.map((metadata) => metadata?.["transaction-id"])).size).toBe(1);
  // Other tables' messages count in the position only.
  expect(all.map((metadata) => String(metadata?.["stream-position"]).split(".")[1])).toEqual(["2", "3", "4", "7"]);
  expect(all.slice(1).map((metadata) => metadata?.["prev-transaction-record-id"])).toEqual([1, 2, 3]);
  // The key's columns in the key's order.
  expect(pairs.map(({ key }) => key)).toEqual([7, 8, 7].map((id) => `public.pair.2026-11-24.${id}`));
  expect(keyless).toMatchObject({ key: "public.keyless", metadata: { "partition-key-type": "schema-table" } });
});

test("without primary key updates and deletes are ignored, and so is TRUNCATE; the log says it", async () => {
  await dms.sql("update keyless set n = 2; delete from keyless; insert into keyless values (3); truncate keyless");
  await dms.sql("insert into keyless values (4)");
  const messages = await dms.stream.until("keyless", (all) => all.at(-1)?.data?.["n"] === 4);
  expect(messages.filter(isChange).map(({ data }) => data?.["n"])).toEqual([1, 3, 4]);
  const log = readFileSync(path.join(dms.folder, "dms", resourceId, "task.log"), "utf8");
  expect(log).toContain("Table public.keyless was truncated on the source. TRUNCATE is not replicated.");
});

test("columns come, change and go: a control message each, and rows as they are", async () => {
  let seen = dms.stream.about("altered").length;
  // One after the other: what a statement changed is read from the catalog when its turn comes.
  for (const [statement, count] of [
    ["alter table altered add column fresh numeric(8,2); insert into altered values (1, 'a', 1.50)", 2],
    ["alter table altered rename column old to older", 1],
    ["alter table altered alter column fresh type numeric(9,3)", 1],
    ["alter table altered drop column older", 1],
    ["insert into altered values (2, 2.5)", 1],
    ["drop table altered", 1],
    ["create table altered (id int primary key)", 1],
    ["insert into altered values (3)", 1],
  ] as const) {
    await dms.sql(statement);
    await dms.stream.many("altered", (seen += count));
  }
  expect(dms.stream.about("altered").map((message) => message.data ?? operationOf(message))).toEqual([
    "create-table",
    "add-column",
    { id: 1, old: "a", fresh: 1.5 },
    "rename-column",
    "column-type-change",
    "drop-column",
    { id: 2, fresh: 2.5 },
    "drop-table",
    "create-table",
    { id: 3 },
  ]);
});

test("rows written before a table is altered and dropped are sent, however late", async () => {
  await dms.sql("insert into late values (1, 'a'); alter table late drop column a; insert into late values (2)");
  await dms.sql("drop table late");
  const messages = await dms.stream.until("late", (all) =>
    all.some((message) => operationOf(message) === "drop-table"),
  );
  expect(messages.flatMap(({ data }) => data ?? [])).toEqual([{ id: 1, a: "a" }, { id: 2 }]);
});

test("what is not switched on is left out; the format json; changes by table where nothing says otherwise", async () => {
  await dms.sql(
    "create table plain (id bigint primary key, a text, b text); insert into plain values (12345678901234567, '', null)",
  );
  await dms.task({ rules: selections(["plain"]), kinesisSettings: {} });
  await dms.stream.many("plain", 2);
  await dms.sql("update plain set b = 'x'; delete from plain");
  const messages = await dms.stream.many("plain", 4);
  expect(messages[1]?.text).toMatch(
    /^\{\n\t"data":\t\{\n\t\t"id":\t1\.2345678901234568e\+16\n\t\},\n\t"metadata":\t\{\n\t\t"operation":\t"load",\n/,
  );
  expect(messages.map(({ text: _text, ...message }) => message)).toEqual([
    { key: expect.any(String), metadata: expect.objectContaining({ operation: "create-table" }) },
    {
      key: "1.2345678901234568e+16",
      data: { id: 12345678901234568 },
      metadata: { operation: "load", "partition-key-type": "primary-key", ...about("plain") },
    },
    ...[
      { operation: "update", data: { id: 12345678901234568, b: "x" } },
      { operation: "delete", data: { id: 12345678901234568 } },
    ].map(({ operation, data }) => ({
      key: "public.plain",
      data,
      metadata: {
        operation,
        "partition-key-type": "schema-table",
        ...about("plain"),
        "transaction-id": expect.any(Number),
      },
    })),
  ]);
});

const about = (table: string) => ({
  "record-type": "data",
  "schema-name": "public",
  "table-name": table,
  timestamp: expect.any(String),
});

test("a value beyond LobMaxSize stops the task where the endpoint says so", async () => {
  await dms.sql("create table long (id int primary key, body text); insert into long values (1, repeat('x', 600))");
  const { arn } = await dms.task({
    tables: ["long"],
    settings: { TargetMetadata: { LobMaxSize: 1 } },
    postgresSettings: { failTasksOnLobTruncation: true },
    start: false,
  });
  await dms.client.send(
    new StartReplicationTaskCommand({ ReplicationTaskArn: arn, StartReplicationTaskType: "start-replication" }),
  );
  const { lastFailure } = await dms.until(arn, ({ status }) => status === "failed");
  expect(lastFailure).toBe("Table 'public.long', column 'body': the LOB is larger than LobMaxSize and was truncated.");
});

test("a record that Kinesis would not take is left out, or its table is, as DataErrorPolicy says", async () => {
  await dms.sql(`create table huge (id int primary key, body text);
    insert into huge values (1, repeat('x', 1100000)), (2, 'small')`);
  const task = async (DataErrorPolicy: string) => {
    const settings = { TargetMetadata: { LobMaxSize: 4096 }, ErrorBehavior: { DataErrorPolicy } };
    const { arn } = await dms.task({ tables: ["huge"], settings });
    return dms.until(arn, ({ tables }) => ["Table completed", "Table error"].includes(tables[0]?.state ?? ""));
  };
  expect((await task("LOG_ERROR")).tables).toMatchObject([{ state: "Table completed", fullLoadRows: 1 }]);
  expect(dms.stream.about("huge").map(({ data }) => data)).toEqual([undefined, { id: 2, body: "small" }]);
  expect((await task("SUSPEND_TABLE")).tables).toMatchObject([{ state: "Table error" }]);
  await expect(task("STOP_TASK")).rejects.toThrow(/the record with key public\.huge\.1 has 11\d{5} bytes/);
});

test("the heartbeat is written where the endpoint says, and nothing else is made without captureDdls", async () => {
  await dms.sql("create table resting (id int primary key); create schema beats");
  const { arn } = await dms.task({
    tables: ["resting"],
    postgresSettings: {
      ...{ heartbeatEnable: true, heartbeatFrequency: 1, heartbeatSchema: "beats" },
      ...{ captureDdls: false, ddlArtifactsSchema: "beats" },
    },
  });
  const made = (): Promise<unknown[]> =>
    dms.sql("select relname from pg_class where relnamespace = 'beats'::regnamespace and relkind = 'r'");
  while ((await made()).length === 0);
  expect(await made()).toEqual([{ relname: "awsdms_heartbeat" }]);
  const beats = (): Promise<unknown[]> => dms.sql("select hb_key from beats.awsdms_heartbeat");
  while ((await beats()).length === 0);
  expect(await beats()).toEqual([{ hb_key: arn.split(":").at(-1) }]);
});

test("the model reads every message of the sample monolith", async () => {
  await createSample(dms.database, { shops: 3, users: 12, shifts: 40 });
  await dms.task({
    tables: SAMPLE_TABLES,
    settings: { BeforeImageSettings: image, TargetMetadata: { LobMaxSize: 64 } },
  });
  const layouts = layoutsOf(lakeTables.map((table) => ({ table })));
  const decode = ({ text }: Message) => decodeDms(text, "1", { layouts, source: "monolith", schema: "public" });
  await dms.sql(
    "update contracts set id = gen_random_uuid() where user_id = 3; delete from shifts where mod(id, 5) = 1",
  );
  const [deleted] = await dms.sql("select count(*)::int as count from shifts");
  await dms.stream.until("shifts", (all) => all.filter(isChange).length >= 40 - Number(deleted?.["count"]));
  for (const table of SAMPLE_TABLES) {
    const decoded = (await dms.stream.until(table, (all) => all.length > 1)).map(decode);
    expect(decoded.filter(({ kind }) => kind === "unreadable")).toEqual([]);
    expect(decoded.some(({ kind }) => kind === "changes")).toBe(true);
  }
});

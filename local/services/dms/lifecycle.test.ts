import {
  DescribeConnectionsCommand,
  DescribeReplicationInstancesCommand,
  DescribeReplicationTasksCommand,
  DescribeTableStatisticsCommand,
  ReloadTablesCommand,
  StartReplicationTaskCommand,
  StopReplicationTaskCommand,
  TestConnectionCommand,
  type ReplicationTask,
  type StartReplicationTaskTypeValue,
} from "@aws-sdk/client-database-migration-service";
import { once } from "node:events";
import * as path from "node:path";
import { makeServerCertificate } from "../../certificate";
import { forkModule } from "../../core/fork";
import { byPrimaryKey, ENDPOINT, selections, TASK, testDms, type Message, type TestDms } from "./testing";

// Processes have to start, on a machine that may be busy.
jest.setTimeout(60_000);

let dms: TestDms;
beforeAll(async () => {
  dms = await testDms();
});
afterAll(() => dms.close());

const operations = (messages: readonly Message[]): unknown[] => messages.map(({ metadata }) => metadata["operation"]);
const ids = (messages: readonly Message[]): unknown[] => messages.map(({ data }) => data?.["id"]);

async function describe(arn: string): Promise<ReplicationTask> {
  const filter = { Name: "replication-task-arn", Values: [arn] };
  const { ReplicationTasks } = await dms.client.send(new DescribeReplicationTasksCommand({ Filters: [filter] }));
  const [task] = ReplicationTasks ?? [];
  if (task === undefined) throw new Error(`${arn} is not described`);
  return task;
}

const start = (arn: string, type: StartReplicationTaskTypeValue) =>
  dms.client.send(new StartReplicationTaskCommand({ ReplicationTaskArn: arn, StartReplicationTaskType: type }));

async function stop(arn: string): Promise<void> {
  await dms.client.send(new StopReplicationTaskCommand({ ReplicationTaskArn: arn }));
  await dms.until(arn, ({ status }) => status === "stopped");
}

const loaded = (arn: string) =>
  dms.until(
    arn,
    ({ status, tables }) => status === "running" && tables.every(({ state }) => state === "Table completed"),
  );

const makeTable = (name: string, rows: number): Promise<unknown> =>
  dms.sql(`create table ${name} (id int primary key, n int);
    insert into ${name} select i, 0 from generate_series(1, ${rows}) as i`);

test("tables are in different phases at once: changes of one flow while another loads, and wait for that one's load", async () => {
  await makeTable("slow", 20);
  await makeTable("quick", 1);
  // Only the last row of the one table does not get through.
  let isHeld = true;
  dms.stream.fails = (keys) => keys.map((key) => isHeld && key === "public.slow.20");
  const { arn } = await dms.task({
    tables: ["slow", "quick"],
    settings: { TargetMetadata: { ParallelApplyThreads: 2 } },
  });
  await dms.stream.until("slow", (all) => all.length === 20);
  await dms.sql("begin; update slow set n = 1 where id in (1, 20); update quick set n = 1; commit");
  await dms.stream.until("quick", (all) => operations(all).includes("update"));
  const { tables } = await dms.until(arn, (task) => task.tables.some(({ updates }) => updates === 1));
  expect(tables.map(({ table, state }) => `${table}: ${state}`).sort()).toEqual([
    "quick: Table completed",
    "slow: Full load",
  ]);
  expect(operations(dms.stream.about("slow"))).not.toContain("update");
  // Nothing of the transaction may be forgotten yet, for a part of it is not on the stream.
  const [slot] = await dms.sql(
    "select confirmed_flush_lsn < pg_current_wal_lsn() as behind from pg_replication_slots where active",
  );
  expect(slot).toEqual({ behind: true });

  isHeld = false;
  const messages = await dms.stream.until(
    "slow",
    (all) => operations(all).filter((each) => each === "update").length === 2,
  );
  expect(operations(messages)).toEqual(["create-table", ...Array<string>(20).fill("load"), "update", "update"]);
  await dms.until(arn, ({ tables: all }) => all.every(({ state }) => state === "Table completed"));

  const { TableStatistics } = await dms.client.send(new DescribeTableStatisticsCommand({ ReplicationTaskArn: arn }));
  expect(TableStatistics?.find(({ TableName }) => TableName === "slow")).toMatchObject({
    ...{ FullLoadRows: 20, Inserts: 0, Updates: 2, Deletes: 0, TableState: "Table completed", FullLoadReloaded: false },
    FullLoadStartTime: expect.any(Date),
  });
  await stop(arn);
});

test("stopped and resumed: from the checkpoint, each change once, and the slot stays", async () => {
  await makeTable("resumed", 2);
  const { arn } = await dms.task({ tables: ["resumed"] });
  await loaded(arn);
  await dms.sql("insert into resumed values (10, 0)");
  await dms.stream.many("resumed", 4);
  await stop(arn);
  const described = await describe(arn);
  expect(described).toMatchObject({ Status: "stopped", StopReason: "Stop Reason NORMAL" });
  expect(described.RecoveryCheckpoint).toMatch(/^checkpoint:V1#1#[0-9A-F]{8}\/[0-9A-F]{8}#0#0#\*#0#0$/);
  expect(
    await dms.sql(
      "select active, slot_name ~ '_[0-9]{8}_[0-9a-f_]{36}$' as named from pg_replication_slots order by active",
    ),
  ).toContainEqual({
    active: false,
    named: true,
  });
  // Committed right after what was acknowledged last.
  await dms.sql("insert into resumed values (11, 0)");
  await start(arn, "resume-processing");
  await dms.sql("insert into resumed values (12, 0)");
  const messages = await dms.stream.until("resumed", (all) => ids(all).includes(12));
  expect(operations(messages)).toEqual(["create-table", "load", "load", "insert", "insert", "insert"]);
  expect(ids(messages).slice(3)).toEqual([10, 11, 12]);
  // The first change after a start has none before it.
  expect(messages.map(({ metadata }) => "prev-transaction-id" in metadata).slice(3)).toEqual([false, false, true]);
  await stop(arn);
});

test("killed in the middle, under load: it comes back by itself, and nothing is lost", async () => {
  await makeTable("killed", 1500);
  const { arn } = await dms.task({ tables: ["killed"], settings: { TargetMetadata: { ParallelApplyThreads: 2 } } });
  const killed = async (): Promise<void> => {
    const { processId } = await dms.until(arn, (task) => task.processId !== undefined);
    if (processId !== undefined) process.kill(processId, "SIGKILL");
    await dms.until(arn, (task) => task.processId !== undefined && task.processId !== processId);
  };
  // Once in the load, twice among the changes.
  await dms.stream.many("killed", 500);
  const changes = (async () => {
    for (let id = 10_001; id <= 10_300; id++) await dms.sql("insert into killed values ($1, 0)", [id]);
    await dms.sql("update killed set n = 2 where id = 1; delete from killed where id = 2");
  })();
  await killed();
  await dms.stream.until("killed", (all) => ids(all).includes(10_050));
  await killed();
  await dms.stream.until("killed", (all) => ids(all).includes(10_150));
  await killed();
  await changes;
  const messages = await dms.stream.until("killed", (all) => operations(all).includes("delete"));
  const inserted = new Set(ids(messages.filter(({ metadata }) => metadata["operation"] === "insert")));
  // Those that were committed before the last load began may be in it only.
  const seen = new Set([...inserted, ...ids(messages.filter(({ metadata }) => metadata["operation"] === "load"))]);
  for (let id = 10_001; id <= 10_300; id++) expect(seen).toContain(id);
  for (let id = 1; id <= 1500; id++) if (id !== 2) expect(seen).toContain(id);
  // What comes twice comes in the same words, but for the time at which it was sent: so that it can be told.
  const positions = new Map<unknown, string>();
  for (const { key, metadata } of messages) {
    const position = metadata["stream-position"];
    if (position === undefined) continue;
    const place = `${key} ${metadata["transaction-record-id"]}`;
    expect(positions.get(position) ?? place).toBe(place);
    positions.set(position, place);
  }
  await stop(arn);
});

test("a connection that breaks is made again, as often as RecoverableErrorCount says", async () => {
  await makeTable("broken", 1);
  const { arn } = await dms.task({ tables: ["broken"], settings: { ErrorBehavior: { RecoverableErrorCount: 1 } } });
  const cut = (): Promise<unknown> =>
    dms.sql("select pg_terminate_backend(active_pid) from pg_replication_slots where active");
  await loaded(arn);
  const { processId: first } = await dms.until(arn, () => true);
  await cut();
  await dms.until(arn, ({ processId }) => processId !== undefined && processId !== first);
  await dms.sql("insert into broken values (2, 0)");
  await dms.stream.until("broken", (all) => ids(all).includes(2));
  // Progress has been made: the count starts anew. Without any it ends.
  await dms.sql("select pg_sleep(0)");
  dms.stream.fails = (keys) => keys.map((key) => key.startsWith("public.broken"));
  for (let attempt = 0; attempt < 2; attempt++) {
    await dms.sql("insert into broken values ($1, 0)", [3 + attempt]);
    const { processId } = await dms.until(arn, (task) => task.processId !== undefined);
    while ((await dms.sql("select 1 from pg_replication_slots where active")).length === 0);
    await cut();
    await dms.until(arn, (task) => task.processId !== processId).catch(() => undefined);
  }
  await expect(dms.until(arn, () => false)).rejects.toThrow("terminating connection due to administrator command");
  dms.stream.fails = () => [];
  expect(await describe(arn)).toMatchObject({
    Status: "failed",
    StopReason: "Stop Reason RECOVERABLE_ERROR",
    LastFailureMessage: expect.stringContaining("terminating connection"),
  });
  await start(arn, "resume-processing");
  await dms.stream.until("broken", (all) => ids(all).includes(4));
  await stop(arn);
});

test("a table is added: the task is stopped, changed and resumed, and only the new table is loaded", async () => {
  await makeTable("first", 1);
  const { arn, created, inputs } = await dms.task({ tables: ["first"] });
  await loaded(arn);
  await makeTable("second", 2);
  const tables = ["first", "second"];
  const tableMappings = JSON.stringify({ rules: [...selections(tables), ...byPrimaryKey(tables)] });
  const updated = await dms.update(TASK, created, { ...inputs, tableMappings });
  expect(updated.outputs["status"]).toBe("running");
  await dms.sql("update first set n = 1; update second set n = 1 where id = 2");
  const second = await dms.stream.until("second", (all) => operations(all).includes("update"));
  expect(operations(second).slice(0, 3)).toEqual(["create-table", "load", "load"]);
  const first = await dms.stream.until("first", (all) => operations(all).includes("update"));
  expect(operations(first)).toEqual(["create-table", "load", "update"]);

  // And taken out again, declared as standing still.
  await dms.update(TASK, updated, { ...inputs, startReplicationTask: false });
  expect(await describe(arn)).toMatchObject({ Status: "stopped" });
});

test("reload: of tables while it runs, of all by reload-target, which makes a new slot", async () => {
  await makeTable("reloaded", 2);
  const { arn, created } = await dms.task({ tables: ["reloaded"] });
  await loaded(arn);
  const TablesToReload = [{ SchemaName: "public", TableName: "reloaded" }];
  await dms.client.send(new ReloadTablesCommand({ ReplicationTaskArn: arn, TablesToReload }));
  await dms.stream.until("reloaded", (all) => operations(all).filter((each) => each === "load").length === 4);
  await dms.until(arn, ({ tables }) => tables[0]?.reloaded === true && tables[0].state === "Table completed");
  await expect(
    dms.client.send(
      new ReloadTablesCommand({ ReplicationTaskArn: arn, TablesToReload: Array(11).fill(TablesToReload[0]) }),
    ),
  ).rejects.toThrow("At most 10 tables");
  await stop(arn);
  await expect(
    dms.client.send(new ReloadTablesCommand({ ReplicationTaskArn: arn, TablesToReload })),
  ).rejects.toMatchObject({ name: "InvalidResourceStateFault" });

  const slots = async (): Promise<unknown[]> => {
    const prefix = arn.split(":").at(-1)?.slice(0, 16).toLowerCase();
    return dms.sql("select slot_name from pg_replication_slots where slot_name like $1", [`${prefix}%`]);
  };
  const before = await slots();
  await expect(start(arn, "start-replication")).rejects.toThrow("valid only for tasks running for the first time");
  await start(arn, "reload-target");
  await dms.stream.until("reloaded", (all) => operations(all).filter((each) => each === "load").length === 6);
  await expect(start(arn, "resume-processing")).rejects.toMatchObject({ name: "InvalidResourceStateFault" });
  await loaded(arn);
  const after = await slots();
  expect(after).toHaveLength(1);
  expect(after).not.toEqual(before);

  await dms.remove(TASK, created);
  expect(await slots()).toEqual([]);
  await expect(describe(arn)).rejects.toMatchObject({ name: "ResourceNotFoundFault" });
});

test("an endpoint changes under a running task only if that may be paused", async () => {
  await makeTable("paused", 1);
  const { arn, inputs } = await dms.task({ tables: ["paused"] });
  await loaded(arn);
  const target = {
    endpointId: "target-paused",
    endpointType: "target",
    engineName: "kinesis",
    kinesisSettings: {
      streamArn: "arn:aws:kinesis:eu-west-1:111111111111:stream/changes",
      serviceAccessRoleArn: "arn:aws:iam::111111111111:role/writer",
      messageFormat: "json-unformatted",
    },
  };
  const previous = { id: "", outputs: { endpointArn: inputs["targetEndpointArn"] } };
  await expect(dms.update(ENDPOINT, previous, target)).rejects.toThrow("set pauseReplicationTasks");
  const { processId } = await dms.until(arn, () => true);
  await dms.update(ENDPOINT, previous, { ...target, pauseReplicationTasks: true });
  const after = await dms.until(arn, ({ status }) => status === "running");
  expect(after.processId).not.toBe(processId);
  await dms.sql("update paused set n = 1");
  const messages = await dms.stream.until("paused", (all) => operations(all).includes("update"));
  // The details are off now.
  expect(messages.at(-1)?.metadata).not.toHaveProperty("stream-position");
  await stop(arn);
});

test("TLS as sslMode says: none is refused by the server, require trusts anybody, verify-full the certificate's issuer only", async () => {
  const certificate = async (certificateId: string, certificatePem: string): Promise<unknown> =>
    (await dms.create("aws:dms/certificate:Certificate", { certificateId, certificatePem })).outputs["certificateArn"];
  const stranger = await makeServerCertificate();
  const instance = await dms.client.send(new DescribeReplicationInstancesCommand({}));
  const ReplicationInstanceArn = instance.ReplicationInstances?.[0]?.ReplicationInstanceArn;
  const outcome = async (endpointId: string, more: Record<string, unknown>): Promise<string | undefined> => {
    const { host, port, user, password, database } = dms.postgres;
    const created = await dms.create(ENDPOINT, {
      ...{ endpointId, endpointType: "source", engineName: "postgres", databaseName: database },
      ...{ serverName: host, port, username: user, password, ...more },
    });
    const EndpointArn = String(created.outputs["endpointArn"]);
    await dms.client.send(new TestConnectionCommand({ ReplicationInstanceArn, EndpointArn }));
    for (;;) {
      const filter = { Name: "endpoint-arn", Values: [EndpointArn] };
      const { Connections } = await dms.client.send(new DescribeConnectionsCommand({ Filters: [filter] }));
      const connection = Connections?.[0];
      if (connection?.Status !== "testing") return connection?.LastFailureMessage ?? connection?.Status;
    }
  };
  const ours = await certificate("ours", dms.postgres.caCertificate);
  const theirs = await certificate("theirs", stranger.authority);
  expect(await outcome("tls-none", { sslMode: "none" })).toContain("no encryption");
  expect(await outcome("tls-require", { sslMode: "require" })).toBe("successful");
  expect(await outcome("tls-full", { sslMode: "verify-full", certificateArn: ours })).toBe("successful");
  expect(await outcome("tls-stranger", { sslMode: "verify-full", certificateArn: theirs })).toContain(
    "certificate signature failure",
  );
  expect(await outcome("tls-ca", { sslMode: "verify-ca", certificateArn: theirs })).toContain(
    "certificate signature failure",
  );
});

test("what stops a task for good is said", async () => {
  const { arn } = await dms.task({ tables: ["no_such_table"], start: false });
  await start(arn, "start-replication");
  await expect(dms.until(arn, () => false)).rejects.toThrow("No tables were found at task initialization");
  expect(await describe(arn)).toMatchObject({ Status: "failed", StopReason: "Stop Reason FATAL_ERROR" });
  const count = dms.service.tasks().length;
  await expect(dms.task({ tables: ["no_such_table"] })).rejects.toThrow(
    /unexpected state 'failed'.*No tables were found/,
  );
  expect(dms.service.tasks()).toHaveLength(count);
});

test("its process ends with the cloud, in order or not", async () => {
  await makeTable("ended", 1);
  const { arn } = await dms.task({ tables: ["ended"] });
  const { processId = 0 } = await loaded(arn);
  await dms.service.close?.();
  expect(() => process.kill(processId, 0)).toThrow("ESRCH");

  const child = forkModule(path.join(__dirname, "task", "main"), { cwd: dms.folder, env: {} });
  await once(child, "spawn");
  child.disconnect();
  expect(await once(child, "exit")).toEqual([0, null]);
});

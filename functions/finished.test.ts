import {
  DescribeReplicationTasksCommand,
  DescribeTableStatisticsCommand,
} from "@aws-sdk/client-database-migration-service";
import type { ReplicationTask, TableStatistics } from "@aws-sdk/client-database-migration-service";
import { finishedLoads } from "./finished";

const at = (hour: number): Date => new Date(Date.UTC(2026, 10, 24, hour));

const task = (id: string, hour: number | undefined, more: Partial<ReplicationTask> = {}): ReplicationTask => ({
  ...{ ReplicationTaskIdentifier: id, ReplicationTaskArn: id, TargetEndpointArn: "lake", Status: "stopped" },
  ...{ StopReason: "Stop Reason FULL_LOAD_ONLY_FINISHED" },
  ...(hour === undefined ? {} : { ReplicationTaskStartDate: at(hour) }),
  ...more,
});

const table = (TableName: string, more: Partial<TableStatistics> = {}): TableStatistics => ({
  ...{ SchemaName: "public", TableName, TableState: "Table completed", FullLoadRows: 7 },
  ...more,
});

/** Answers one item a page. */
const finished = (tasks: readonly ReplicationTask[], tables: Readonly<Record<string, readonly TableStatistics[]>>) => {
  const send = async (command: DescribeReplicationTasksCommand | DescribeTableStatisticsCommand): Promise<object> => {
    const { Marker = "0" } = command.input;
    const place = Number(Marker);
    const isTasks = command instanceof DescribeReplicationTasksCommand;
    const all = isTasks ? tasks : (tables[command.input.ReplicationTaskArn ?? ""] ?? []);
    const items = all.slice(place, place + 1);
    const next = place + 1 < all.length ? { Marker: String(place + 1) } : {};
    return { ...(isTasks ? { ReplicationTasks: items } : { TableStatistics: items }), ...next };
  };
  const sdk = { client: { send }, DescribeReplicationTasksCommand, DescribeTableStatisticsCommand };
  return finishedLoads(sdk, "load");
};

test("tables of a load that has ended well, with their rows", async () => {
  const tables = [table("a"), table("b", { FullLoadRows: 0 }), table("c", { TableState: "Table error" })];
  expect(
    await finished([task("other", 1, { TargetEndpointArn: "stream" }), task("load", 8)], { load: tables }),
  ).toEqual(
    new Map([
      ["public.a", { began: at(8).getTime(), rows: 7 }],
      ["public.b", { began: at(8).getTime(), rows: 0 }],
    ]),
  );
});

test("of several loads into the lake the last one of each table", async () => {
  const tasks = [task("by-hand", 9), task("load", 8), task("never-run", undefined, { Status: "ready" })];
  const loads = await finished(tasks, { load: [table("a"), table("b")], "by-hand": [table("b", { FullLoadRows: 8 })] });
  expect(loads).toEqual(
    new Map([
      ["public.a", { began: at(8).getTime(), rows: 7 }],
      ["public.b", { began: at(9).getTime(), rows: 8 }],
    ]),
  );
});

test.each([{ Status: "failed" }, { StopReason: "Stop Reason NORMAL" }])(
  "after a load that ended otherwise (%j) none",
  async (how) => {
    const tasks = [task("load", 8), task("by-hand", 9, how)];
    expect(await finished(tasks, { load: [table("a"), table("b")], "by-hand": [table("a")] })).toEqual(
      new Map([["public.b", { began: at(8).getTime(), rows: 7 }]]),
    );
  },
);

test("a task that was resumed began with its first table", async () => {
  const tables = [table("a", { FullLoadStartTime: at(6) }), table("b", { FullLoadStartTime: at(9) })];
  const loads = await finished([task("load", 8)], { load: tables });
  expect([...(loads?.values() ?? [])].map(({ began }) => new Date(began))).toEqual([at(6), at(8)]);
});

test.each(["starting", "running", "stopping", "modifying"])("nothing is known while a load is %s", async (Status) => {
  expect(await finished([task("load", 8), task("by-hand", 9, { Status })], { load: [table("a")] })).toBeUndefined();
});

test("the declared task must be there", () =>
  expect(finished([task("other", 8)], {})).rejects.toThrow('There is no DMS task "load"'));

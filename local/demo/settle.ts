/** Waits until everything that happened at the source has reached the end of every path. */
import type { DatabaseMigrationServiceClient } from "@aws-sdk/client-database-migration-service";
import {
  DescribeReplicationTasksCommand,
  DescribeTableStatisticsCommand,
} from "@aws-sdk/client-database-migration-service";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import type { Cloud } from "../cloud";

/** Between looks; milliseconds. */
const PAUSE = 100;
/** Without any progress for so long, something is stuck: better an error than a wait for ever. */
const PATIENCE = 60_000;

/** Looks until `state` says it is done, by undefined. @throws Error once `state` has not changed for a minute. */
async function until(
  what: string,
  state: () => Promise<string | undefined>,
  progress: (state: string) => void,
): Promise<void> {
  let last: string | undefined;
  let since = Date.now();
  for (;;) {
    const now = await state();
    if (now === undefined) return;
    if (now !== last) since = Date.now();
    last = now;
    progress(now);
    if (Date.now() - since > PATIENCE) throw new Error(`${what} does not come to an end: ${now}`);
    await delay(PAUSE);
  }
}

export interface TaskWatch {
  readonly dms: DatabaseMigrationServiceClient;
  readonly taskArn: string;
}

async function taskStatus({ dms, taskArn }: TaskWatch): Promise<{ status: string; reason: string }> {
  const { ReplicationTasks } = await dms.send(
    new DescribeReplicationTasksCommand({ Filters: [{ Name: "replication-task-arn", Values: [taskArn] }] }),
  );
  const [task] = ReplicationTasks ?? [];
  const status = task?.Status ?? "gone";
  if (status === "failed" || status === "gone") {
    throw new Error(`The DMS task ${taskArn} is ${status}: ${task?.LastFailureMessage ?? "no reason given"}`);
  }
  return { status, reason: task?.StopReason ?? "" };
}

/** Rows that the task has loaded so far, and the tables that it has not finished. */
export async function loadProgress({ dms, taskArn }: TaskWatch): Promise<{ rows: number; loading: string[] }> {
  const { TableStatistics = [] } = await dms.send(new DescribeTableStatisticsCommand({ ReplicationTaskArn: taskArn }));
  const loading = TableStatistics.filter(({ TableState }) => TableState !== "Table completed");
  return {
    rows: TableStatistics.reduce((sum, { FullLoadRows = 0 }) => sum + FullLoadRows, 0),
    loading: loading.map(({ TableName = "" }) => TableName),
  };
}

/** Until a full-load task has ended. */
export async function loadEnds(watch: TaskWatch, progress: (state: string) => void): Promise<number> {
  await until(
    "The full load",
    async () => {
      const { status } = await taskStatus(watch);
      const { rows } = await loadProgress(watch);
      return status === "stopped" ? undefined : `${status}, ${rows.toLocaleString("en")} rows`;
    },
    progress,
  );
  return (await loadProgress(watch)).rows;
}

/** Until the replication task has sent all that the monolith had logged by now. */
export async function replicationCatchesUp(
  monolith: Client,
  watch: TaskWatch,
  progress: (state: string) => void,
): Promise<void> {
  const { rows } = await monolith.query<{ lsn: string }>("select pg_current_wal_lsn()::text as lsn");
  const target = rows[0]?.lsn ?? "";
  await until(
    "The replication",
    async () => {
      await taskStatus(watch);
      const { loading } = await loadProgress(watch);
      if (loading.length > 0) return `loading ${loading.join(", ")}`;
      const slots = await monolith.query<{ behind: string }>(
        "select greatest(pg_wal_lsn_diff($1::pg_lsn, confirmed_flush_lsn), 0)::text as behind from pg_replication_slots",
        [target],
      );
      const behind = Math.max(0, ...slots.rows.map((slot) => Number(slot.behind)));
      return behind === 0 ? undefined : `${behind.toLocaleString("en")} bytes of log to go`;
    },
    progress,
  );
}

/** Until every event source mapping has caught up, none has anything in flight, and Firehose has delivered. */
export async function pipesRunDry({ services }: Cloud, progress: (state: string) => void): Promise<void> {
  await until(
    "The pipeline",
    async () => {
      const behind = services.lambda
        .mappings()
        .filter((mapping) => mapping.recordsBehind + mapping.batchesInFlight > 0);
      if (behind.length === 0) return undefined;
      const problem = behind.find(({ lastProcessingResult }) => lastProcessingResult.startsWith("PROBLEM"));
      const state = behind.map(({ functionName, recordsBehind }) => `${functionName} ${recordsBehind}`).join(", ");
      return problem === undefined ? state : `${state}; ${problem.functionName}: ${problem.lastProcessingResult}`;
    },
    progress,
  );
  progress("Firehose delivers");
  await services.firehose.flush();
}

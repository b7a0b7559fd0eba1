/** Watching tables being loaded by a DMS task. https://docs.aws.amazon.com/dms/latest/APIReference/API_TableStatistics.html */
import {
  DescribeReplicationTasksCommand,
  DescribeTableStatisticsCommand,
  type DatabaseMigrationServiceClient,
  type ReplicationTask,
  type TableStatistics,
} from "@aws-sdk/client-database-migration-service";
import { setTimeout as delay } from "node:timers/promises";
import { CannotRun, type Surroundings } from "./command";
import { renderTable } from "./table";

type Dms = Pick<DatabaseMigrationServiceClient, "send">;

/** What came of one table. */
export interface Loaded {
  /** `<schema>.<name>` */
  readonly table: string;
  readonly rows: number;
  readonly seconds: number;
  /** Its rows are where they should be; else `state` says what happened. */
  readonly complete: boolean;
  /** In the words of DMS: `Table completed`, `Table error`, ... */
  readonly state: string;
}

export const tableKey = ({ SchemaName = "", TableName = "" }: TableStatistics): string => `${SchemaName}.${TableName}`;

/** @throws CannotRun if there is no such task. */
export async function describeTask(dms: Dms, arn: string): Promise<ReplicationTask> {
  const [task] = await tasks(dms, "replication-task-arn", arn);
  if (task === undefined) throw new CannotRun(`There is no DMS task ${arn}: has the stack been deployed?`);
  return task;
}

/** The tasks for which a filter of the API holds. */
export async function tasks(dms: Dms, filter: string, value: string): Promise<ReplicationTask[]> {
  const found: ReplicationTask[] = [];
  let marker: string | undefined;
  do {
    const page = await dms.send(
      new DescribeReplicationTasksCommand({ Filters: [{ Name: filter, Values: [value] }], Marker: marker }),
    );
    found.push(...(page.ReplicationTasks ?? []));
    marker = page.Marker;
  } while (marker !== undefined);
  return found;
}

/** By `<schema>.<name>`; of a task that has only just been started nothing yet. */
export async function tableStatistics(dms: Dms, taskArn: string): Promise<Map<string, TableStatistics>> {
  const found = new Map<string, TableStatistics>();
  let marker: string | undefined;
  do {
    try {
      const page = await dms.send(new DescribeTableStatisticsCommand({ ReplicationTaskArn: taskArn, Marker: marker }));
      for (const table of page.TableStatistics ?? []) found.set(tableKey(table), table);
      marker = page.Marker;
    } catch (error) {
      if (error instanceof Error && error.name === "InvalidResourceStateFault") return found;
      throw error;
    }
  } while (marker !== undefined);
  return found;
}

const ACTIVE = ["starting", "running", "stopping", "modifying", "creating"];
export const isActive = ({ Status = "" }: ReplicationTask): boolean => ACTIVE.includes(Status);

const FAILED = ["Table error", "Table cancelled", "Table does not exist"];

export interface Watch {
  readonly dms: Dms;
  readonly taskArn: string;
  /** `<schema>.<name>` */
  readonly tables: readonly string[];
  /** Whether these statistics are of the load that is watched, and not of one before. */
  readonly isOfThisLoad: (table: TableStatistics) => boolean;
  /** The task does nothing but this load: it is over when the task has ended. */
  readonly isWholeTask: boolean;
}

const grouped = (count: number): string => count.toLocaleString("en");

/** Between looks: short at first, for small tables; milliseconds. */
const FIRST_LOOK = 100;
const LAST_LOOK = 3_000;

/** Until every table is loaded or has failed, or the task does not run any more. Says so when a table has ended. */
export async function watchLoad(
  { dms, taskArn, tables, isOfThisLoad, isWholeTask }: Watch,
  { status, note, signal }: Surroundings,
): Promise<{ task: ReplicationTask; loaded: Loaded[] }> {
  const said = new Set<string>();
  for (let pause = FIRST_LOOK; ; pause = Math.min(pause * 1.3, LAST_LOOK)) {
    // The task first: if it has ended by now, the statistics are final.
    const task = await describeTask(dms, taskArn);
    const statistics = await tableStatistics(dms, taskArn);
    const loaded = tables.map((table) => progressOf(table, statistics.get(table), isOfThisLoad));
    const ended = loaded.filter(({ complete, state }) => complete || FAILED.includes(state));
    for (const one of ended.filter(({ table }) => !said.has(table))) {
      said.add(one.table);
      note(`  ${one.table}: ${grouped(one.rows)} rows${one.complete ? "" : `, ${one.state}`}`);
    }
    if (!isActive(task) || (ended.length === tables.length && !isWholeTask)) {
      status("");
      return { task, loaded };
    }
    const open = loaded.filter((one) => !ended.includes(one));
    status(`  ${task.Status}: ${open.map(({ table, rows }) => `${table} ${grouped(rows)}`).join(", ")}`);
    await delay(pause, undefined, { signal });
  }
}

function progressOf(
  table: string,
  statistics: TableStatistics | undefined,
  isOfThisLoad: Watch["isOfThisLoad"],
): Loaded {
  if (statistics === undefined || !isOfThisLoad(statistics)) {
    return { table, rows: 0, seconds: 0, complete: false, state: "waits" };
  }
  const { TableState: state = "", FullLoadRows: rows = 0, FullLoadStartTime: from, FullLoadEndTime: to } = statistics;
  const seconds = from === undefined || to === undefined ? 0 : (to.getTime() - from.getTime()) / 1000;
  return { table, rows, seconds, complete: state === "Table completed", state };
}

/** What came of all tables, for people or as one JSON object. */
export function renderLoaded(loaded: readonly Loaded[], json: boolean): string {
  const rows = loaded.reduce((sum, each) => sum + each.rows, 0);
  if (json) return JSON.stringify({ rows, tables: loaded }, undefined, 2);
  const lines = loaded.map((each) => [each.table, grouped(each.rows), each.seconds.toFixed(1), each.state]);
  const table = renderTable(["table", "rows", "seconds", "state"], lines);
  return `${table}\n\n  ${grouped(rows)} rows of ${loaded.length} ${loaded.length === 1 ? "table" : "tables"}.`;
}

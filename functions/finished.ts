/**
 * Which full loads have ended well, as DMS says it. Nothing in the lake can say so: DMS leaves no mark when a table is
 * complete. Loads are made by the declared task, and by tasks made by hand with the same target (`npm run full-load shifts`).
 */
import type * as Dms from "@aws-sdk/client-database-migration-service";

export interface DmsSdk {
  readonly client: Pick<Dms.DatabaseMigrationServiceClient, "send">;
  readonly DescribeReplicationTasksCommand: typeof Dms.DescribeReplicationTasksCommand;
  readonly DescribeTableStatisticsCommand: typeof Dms.DescribeTableStatisticsCommand;
}

export interface Finished {
  /** Epoch milliseconds: nothing of the load was read before. */
  readonly began: number;
  readonly rows: number;
}

/** Of a task that writes nothing; anything else may. */
const AT_REST = ["ready", "stopped", "failed"];

async function allTasks({ client, DescribeReplicationTasksCommand }: DmsSdk): Promise<Dms.ReplicationTask[]> {
  const found: Dms.ReplicationTask[] = [];
  let marker: string | undefined;
  do {
    const command = new DescribeReplicationTasksCommand({ WithoutSettings: true, Marker: marker });
    const page: Dms.DescribeReplicationTasksCommandOutput = await client.send(command);
    found.push(...(page.ReplicationTasks ?? []));
    marker = page.Marker;
  } while (marker !== undefined);
  return found;
}

async function statistics(sdk: DmsSdk, ReplicationTaskArn: string | undefined): Promise<Dms.TableStatistics[]> {
  const found: Dms.TableStatistics[] = [];
  let marker: string | undefined;
  do {
    const command = new sdk.DescribeTableStatisticsCommand({ ReplicationTaskArn, Marker: marker });
    const page: Dms.DescribeTableStatisticsCommandOutput = await sdk.client.send(command);
    found.push(...(page.TableStatistics ?? []));
    marker = page.Marker;
  } while (marker !== undefined);
  return found;
}

const beganAt = (task: Dms.ReplicationTask): number => task.ReplicationTaskStartDate?.getTime() ?? 0;

/**
 * The load whose files lie at the target, by `<schema>.<table>`; a table whose last load did not end well is left out, for
 * that load has replaced what was there. Undefined while any load is running.
 *
 * @throws Error if there is no task of this name
 */
export async function finishedLoads(sdk: DmsSdk, taskId: string): Promise<ReadonlyMap<string, Finished> | undefined> {
  const all = await allTasks(sdk);
  const declared = all.find(({ ReplicationTaskIdentifier }) => ReplicationTaskIdentifier === taskId);
  if (declared === undefined)
    throw new Error(`There is no DMS task "${taskId}": has the production stack been deployed?`);
  const ours = all.filter(({ TargetEndpointArn }) => TargetEndpointArn === declared.TargetEndpointArn);
  if (!ours.every(({ Status = "" }) => AT_REST.includes(Status))) return undefined;
  const loads = new Map<string, Finished>();
  const started = ours.filter((task) => beganAt(task) > 0).sort((a, b) => beganAt(a) - beganAt(b));
  for (const task of started) {
    const endedWell = task.Status === "stopped" && (task.StopReason ?? "").endsWith("FULL_LOAD_ONLY_FINISHED");
    for (const table of await statistics(sdk, task.ReplicationTaskArn)) {
      const key = `${table.SchemaName ?? ""}.${table.TableName ?? ""}`;
      if (endedWell && table.TableState === "Table completed") {
        // A task that was resumed keeps the tables that it had loaded before.
        const began = Math.min(beganAt(task), table.FullLoadStartTime?.getTime() ?? Infinity);
        loads.set(key, { began, rows: table.FullLoadRows ?? 0 });
      } else loads.delete(key);
    }
  }
  return loads;
}

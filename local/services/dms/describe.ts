/** Tasks, tables and connections in the words of the API. */
import type { Connection } from "./registry";
import type { ReplicationTask } from "./replicationTask";
import type { TableStatistics } from "./spec";

const seconds = (millis: number): number => millis / 1000;
const dated = (name: string, millis: number | undefined): Record<string, number> =>
  millis === undefined ? {} : { [name]: seconds(millis) };

const isLoaded = ({ state }: TableStatistics): boolean => state === "Table completed";
const isLoading = ({ state }: TableStatistics): boolean => state === "Full load" || state === "Table is being reloaded";

function statisticsOf({ tables, freshStarted, started, ended }: ReplicationTask): Record<string, unknown> {
  const loaded = tables.filter(isLoaded);
  const loadStarts = tables.flatMap(({ loadStarted }) => loadStarted ?? []);
  const loadEnds = tables.flatMap(({ loadEnded }) => loadEnded ?? []);
  return {
    FullLoadProgressPercent: tables.length === 0 ? 0 : Math.floor((100 * loaded.length) / tables.length),
    ElapsedTimeMillis: started === undefined ? 0 : (ended ?? Date.now()) - started,
    TablesLoaded: loaded.length,
    TablesLoading: tables.filter(isLoading).length,
    TablesQueued: tables.filter(({ state }) => state === "Before load").length,
    TablesErrored: tables.filter(({ state }) => state === "Table error").length,
    ...dated("FreshStartDate", freshStarted),
    ...dated("StartDate", started),
    ...dated("StopDate", ended),
    ...dated("FullLoadStartDate", loadStarts.length === 0 ? undefined : Math.min(...loadStarts)),
    ...dated(
      "FullLoadFinishDate",
      loaded.length < tables.length || loadEnds.length === 0 ? undefined : Math.max(...loadEnds),
    ),
  };
}

/** As DMS writes a position of PostgreSQL's log. AWS DMS guide, "Creating tasks for ongoing replication". */
const checkpoint = (position: string): string => `checkpoint:V1#1#${position}#0#0#*#0#0`;

export function describeTask(task: ReplicationTask, withoutSettings = false): Record<string, unknown> {
  const { definition, status, lastFailure, stopReason, position, created, started } = task;
  return {
    ReplicationTaskIdentifier: definition.id,
    ReplicationTaskArn: definition.arn,
    SourceEndpointArn: definition.sourceArn,
    TargetEndpointArn: definition.targetArn,
    ReplicationInstanceArn: definition.instanceArn,
    MigrationType: definition.migrationType,
    Status: status,
    ReplicationTaskCreationDate: seconds(created),
    ...dated("ReplicationTaskStartDate", started),
    ...(lastFailure === undefined ? {} : { LastFailureMessage: lastFailure }),
    ...(stopReason === undefined ? {} : { StopReason: stopReason }),
    ...(position === undefined ? {} : { RecoveryCheckpoint: checkpoint(position) }),
    ReplicationTaskStats: statisticsOf(task),
    ...(withoutSettings
      ? {}
      : { TableMappings: definition.mappingText, ReplicationTaskSettings: JSON.stringify(definition.settings) }),
  };
}

export const describeTable = (table: TableStatistics): Record<string, unknown> => ({
  SchemaName: table.schema,
  TableName: table.table,
  Inserts: table.inserts,
  Updates: table.updates,
  Deletes: table.deletes,
  Ddls: table.ddls,
  AppliedInserts: table.inserts,
  AppliedUpdates: table.updates,
  AppliedDeletes: table.deletes,
  AppliedDdls: table.ddls,
  FullLoadRows: table.fullLoadRows,
  FullLoadCondtnlChkFailedRows: 0,
  FullLoadErrorRows: 0,
  ...dated("FullLoadStartTime", table.loadStarted),
  ...dated("FullLoadEndTime", table.loadEnded),
  FullLoadReloaded: table.reloaded,
  TableState: table.state,
  ValidationPendingRecords: 0,
  ValidationFailedRecords: 0,
  ValidationSuspendedRecords: 0,
  ValidationState: "Not enabled",
});

export const describeConnection = ({ instance, endpoint, status, failure }: Connection): Record<string, unknown> => ({
  ReplicationInstanceArn: instance.arn,
  ReplicationInstanceIdentifier: instance.id,
  EndpointArn: endpoint.arn,
  EndpointIdentifier: endpoint.id,
  Status: status,
  ...(failure === undefined ? {} : { LastFailureMessage: failure }),
});

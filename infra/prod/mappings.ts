/** DMS' table mappings and task settings, derived from the model. DMS guide, "Table mapping" and "Task settings". */
import type { Table } from "../../model";
import { formOf } from "../../model";

/** Name of the top-level member that holds the old key of a row whose key changed; `model/decode.ts` reads it. */
const BEFORE_IMAGE = "before-image";

interface Rule {
  readonly "rule-type": "selection" | "object-mapping" | "transformation";
  readonly "rule-id": string;
  readonly "rule-name": string;
  readonly [member: string]: unknown;
}

const locator = ({ schema, name }: Table) => ({ "schema-name": schema, "table-name": name });

/** The list is numbered at the end: ids must be unique within a document. */
type Unnumbered = Omit<Rule, "rule-id">;

const numbered = (rules: readonly Unnumbered[]): string =>
  JSON.stringify({ rules: rules.map((rule, index) => ({ ...rule, "rule-id": String(index + 1) })) });

/** By exact name: what the model does not describe must not be read, least of all by a wildcard. */
const selection = (table: Table): Unnumbered => ({
  "rule-type": "selection",
  "rule-name": `select-${table.name}`,
  "rule-action": "include",
  "object-locator": locator(table),
  filters: [],
});

/**
 * One a table: engine 3.5 and later take no wildcard here. Without `primary-key` DMS sends the loads by primary key and the
 * changes by table name: one hot shard, and a row's load on another shard than its changes.
 */
const byPrimaryKey = (table: Table): Unnumbered => ({
  "rule-type": "object-mapping",
  "rule-name": `partition-${table.name}`,
  "rule-action": "map-record-to-record",
  "object-locator": locator(table),
  "mapping-parameters": { "partition-key-type": "primary-key" },
});

/** For the task that follows the tables. */
export const changeMappings = (tables: readonly Table[]): string =>
  numbered(tables.flatMap((table) => [selection(table), byPrimaryKey(table)]));

/** Forms that Parquet, Athena or both would cut: times have no type there, timestamps stop at milliseconds. */
const TRAVELS_AS_TEXT: readonly string[] = ["time", "timestamp", "instant"];

const columnRules = (table: Table): Unnumbered[] =>
  table.columns.flatMap((column): Unnumbered[] => {
    const target = {
      "rule-type": "transformation" as const,
      "rule-target": "column",
      "object-locator": { ...locator(table), "column-name": column.name },
    };
    const name = `${table.name}-${column.name}`;
    // Private values never enter the lake, and a pseudonym is a hash with a key that DMS does not have.
    if (column.privacy !== "open")
      return [{ ...target, "rule-name": `remove-${name}`, "rule-action": "remove-column" }];
    if (!TRAVELS_AS_TEXT.includes(formOf(column))) return [];
    const type = { type: "string", length: "40" };
    return [{ ...target, "rule-name": `text-${name}`, "rule-action": "change-data-type", "data-type": type }];
  });

/** For the task that writes full loads to the lake. */
export const fullLoadMappings = (tables: readonly Table[]): string =>
  numbered([...tables.map(selection), ...tables.flatMap(columnRules)]);

/** An unconstrained numeric is cut to NUMERIC(28,6) unless DMS is told to send it as text. */
export const hasUnconstrainedNumeric = (tables: readonly Table[]): boolean =>
  tables.some(({ columns }) => columns.some(({ type, precision }) => type === "numeric" && precision === undefined));

/**
 * Rather stop than skip: a table that DMS suspends is lost while the task stays green. What may pass by itself (network,
 * failover) is tried again for ever, at growing intervals.
 */
const errorBehavior = {
  DataErrorPolicy: "STOP_TASK",
  DataTruncationErrorPolicy: "STOP_TASK",
  DataErrorEscalationPolicy: "STOP_TASK",
  EventErrorPolicy: "STOP_TASK",
  TableErrorPolicy: "STOP_TASK",
  TableErrorEscalationPolicy: "STOP_TASK",
  RecoverableErrorCount: -1,
  RecoverableErrorInterval: 5,
  RecoverableErrorThrottling: true,
  RecoverableErrorThrottlingMax: 1800,
  FailOnNoTablesCaptured: true,
};

/**
 * Large objects up to this many KB pass; the source endpoint fails the task on longer ones rather than cutting them, which
 * would break JSON. Kinesis has no full LOB mode, and a message no more than 1 MB.
 */
const LOB_KB = 512;
const largeObjects = { SupportLobs: true, FullLobMode: false, LimitedSizeLobMode: true, LobMaxSize: LOB_KB };

/** No log group or stream here, not even null: DMS refuses them, and the provider then shows a difference for ever. */
const logging = { EnableLogging: true };

/** Only what we decide: keys that are absent here count as equal to what DMS fills in. */
export const changeSettings = (): string =>
  JSON.stringify({
    TargetMetadata: {
      ...largeObjects,
      // Queues are chosen by partition key: the order within a row's key holds, and nothing here relies on another.
      ParallelApplyThreads: 4,
      ParallelApplyQueuesPerThread: 16,
      ParallelApplyBufferSize: 100,
      // Kinesis targets know no batch apply.
      BatchApplyEnabled: false,
    },
    FullLoadSettings: {
      // A stream has nothing to prepare; anything else would send a drop-table first.
      TargetTablePrepMode: "DO_NOTHING",
      MaxFullLoadSubTasks: 4,
      TransactionConsistencyTimeout: 600,
    },
    Logging: logging,
    // The old key of a row whose key changes; PostgreSQL logs no more of a row without REPLICA IDENTITY FULL anyway.
    BeforeImageSettings: { EnableBeforeImage: true, FieldName: BEFORE_IMAGE, ColumnFilter: "pk-only" },
    // DDL comes as control records; capture keeps them.
    ChangeProcessingDdlHandlingPolicy: {
      HandleSourceTableDropped: true,
      HandleSourceTableTruncated: true,
      HandleSourceTableAltered: true,
    },
    ErrorBehavior: errorBehavior,
  });

export const fullLoadSettings = (): string =>
  JSON.stringify({
    TargetMetadata: largeObjects,
    FullLoadSettings: {
      // Removes the files of the load before, of which there may have been more.
      TargetTablePrepMode: "DROP_AND_CREATE",
      MaxFullLoadSubTasks: 4,
      TransactionConsistencyTimeout: 600,
    },
    Logging: logging,
    ErrorBehavior: errorBehavior,
  });

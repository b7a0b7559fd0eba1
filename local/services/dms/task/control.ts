/** Control messages: a table begins, or has become another. Shapes as captured from DMS. */
import { pretty, quote } from "./json";
import { now } from "./clock";
import { isRemoved, type Column, type SourceTable } from "./catalog";
import type { Message, MessageOptions } from "./messages";

/** The names of DMS' types in a `table-def`. INT32, STRING and TIMESTAMP are as captured, the others in their manner. */
const TYPES: Readonly<Record<Column["type"], string>> = {
  INT2: "INT16",
  INT4: "INT32",
  INT8: "INT64",
  NUMERIC: "NUMERIC",
  REAL4: "FLOAT",
  REAL8: "DOUBLE",
  BOOLEAN: "STRING",
  STRING: "STRING",
  WSTRING: "STRING",
  CLOB: "STRING",
  NCLOB: "STRING",
  BLOB: "BYTES",
  DATE: "DATE",
  TIME: "TIME",
  DATETIME: "TIMESTAMP",
};

export type ControlOperation =
  | "create-table"
  | "drop-table"
  | "rename-table"
  | "add-column"
  | "drop-column"
  | "rename-column"
  | "column-type-change";

interface Definition {
  readonly length?: number;
  readonly nullable: boolean;
  readonly precision?: number;
  readonly scale?: number;
  readonly type: string;
}

interface TableDefinition {
  readonly columns: Readonly<Record<string, Definition>>;
  readonly "primary-key"?: readonly string[];
}

function definitionOf(table: SourceTable, { mapping }: MessageOptions): TableDefinition {
  const columns: Record<string, Definition> = {};
  const kept = table.columns.filter(({ name }) => !isRemoved(mapping, table, name));
  for (const { name, nullable, type, length, precision, scale } of [...kept].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    columns[name] = {
      ...(length === undefined ? {} : { length }),
      nullable,
      ...(precision === undefined ? {} : { precision }),
      ...(scale === undefined ? {} : { scale }),
      type: TYPES[type],
    };
  }
  return { columns, ...(table.key.length === 0 ? {} : { "primary-key": table.key }) };
}

function control(
  operation: ControlOperation,
  schema: string,
  table: string,
  definition: TableDefinition | undefined,
  { resourceId, target }: MessageOptions,
): Message {
  const value = target.includePartitionValue ? `"partition-key-value":${quote(resourceId)},` : "";
  const details =
    definition !== undefined && target.includeControlDetails
      ? `"control":{"table-def":${JSON.stringify(definition)}},`
      : "";
  const text =
    `{${details}"metadata":{"operation":"${operation}","partition-key-type":"task-id",${value}"record-type":"control",` +
    `"schema-name":${quote(schema)},"table-name":${quote(table)},"timestamp":"${now()}"}}`;
  return {
    partitionKey: schema === "" ? resourceId : `${resourceId}.${schema}.${table}`,
    text: target.messageFormat === "json" ? pretty(text) : `${text}\n`,
  };
}

/** About a table of the source. `drop-table` and `rename-table` define nothing. */
export const tableControl = (operation: ControlOperation, table: SourceTable, options: MessageOptions): Message =>
  control(
    operation,
    table.schema,
    table.name,
    operation === "drop-table" ? undefined : definitionOf(table, options),
    options,
  );

const text = (length?: number): Definition =>
  length === undefined ? { nullable: false, type: "STRING" } : { length, nullable: false, type: "STRING" };

/** DMS makes its table of exceptions on every target, and on a stream this is what is seen of it. */
export const exceptionsTable = (options: MessageOptions): Message =>
  control(
    "create-table",
    "",
    "awsdms_apply_exceptions",
    {
      columns: {
        ERROR: text(),
        ERROR_TIME: { nullable: false, type: "TIMESTAMP" },
        STATEMENT: text(),
        TABLE_NAME: text(128),
        TABLE_OWNER: text(128),
        TASK_NAME: text(128),
      },
    },
    options,
  );

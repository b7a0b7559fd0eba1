/** A message of DMS on the Kinesis stream -> changes. AWS DMS guide, "Using Amazon Kinesis Data Streams as a target". */
import type { Change, Operation } from "./change";
import { keyText, logPosition, paddedSequence } from "./change";
import type { ExactJson } from "./exactJson";
import { isObject, numberText, parseExact, stringText, writeExact } from "./exactJson";
import type { Layouts, TableLayout } from "./layout";
import { canonical } from "./values";

/** Why a message cannot be taken. The reason is a fixed word to count by; the detail is for people. */
export interface Unreadable {
  readonly reason:
    "not-json" | "not-dms" | "unknown-operation" | "unknown-table" | "no-key" | "no-position" | "bad-value";
  readonly detail: string;
}

export type Decoded =
  | { readonly kind: "changes"; readonly changes: readonly Change[] }
  /** A control record: DDL, or the begin of a table's load. Kept, not applied. */
  | { readonly kind: "control"; readonly operation: string; readonly table: string }
  /** DMS' own tables (`awsdms_*`): nothing of ours. */
  | { readonly kind: "ignored" }
  | { readonly kind: "unreadable"; readonly problem: Unreadable };

const isOperation = (text: string): text is Operation => /^(load|insert|update|delete)$/.test(text);
const CONTROLS: readonly string[] = [
  "create-table",
  "rename-table",
  "drop-table",
  "change-columns",
  "add-column",
  "drop-column",
  "rename-column",
  "column-type-change",
];

const unreadable = (reason: Unreadable["reason"], detail: string): Decoded => ({
  kind: "unreadable",
  problem: { reason, detail },
});

type Row = Record<string, string | null>;

/** Splits a message's columns into known ones, canonical, and unknown ones as JSON. */
function readColumns(
  layout: TableLayout,
  data: { readonly [column: string]: ExactJson },
  operation: Operation,
): { row: Row; unknown: Record<string, string> } | Unreadable {
  const row: Row = {};
  const unknown: Record<string, string> = {};
  for (const name of Object.keys(data)) {
    const value = data[name] ?? null;
    const column = Object.hasOwn(layout.columns, name) ? layout.columns[name] : undefined;
    // A delete carries nulls for all but the key: they say nothing of the row.
    if (operation === "delete" && !layout.key.includes(name)) continue;
    // On an update the null of a large object may merely be unchanged TOAST, and of an unknown column we cannot tell.
    if (value === null && operation === "update" && (column === undefined || column.lob)) continue;
    if (column === undefined) {
      unknown[name] = writeExact(value);
    } else if (value === null) {
      row[name] = null;
    } else {
      const text = canonical(column.form, value);
      if (text === undefined) {
        return { reason: "bad-value", detail: `column "${name}" is no ${column.form} that kept its digits` };
      }
      row[name] = text;
    }
  }
  // A whole row was sent; without IncludeNullAndEmpty its nulls are left out.
  if (operation === "load" || operation === "insert")
    for (const name of Object.keys(layout.columns)) row[name] ??= null;
  return { row, unknown };
}

const isProblem = (value: object): value is Unreadable => "reason" in value && "detail" in value;

/** ISO 8601 with six digits of microseconds; undefined if it is no timestamp. */
function moment(value: ExactJson | undefined): string | undefined {
  const text = stringText(value);
  return text === undefined ? undefined : canonical("instant", text);
}

/** The old key of an update that changed the primary key; undefined if it did not. */
function oldKey(layout: TableLayout, image: ExactJson | undefined, row: Row): { key: Row } | Unreadable | undefined {
  if (!isObject(image)) return undefined;
  const old: Row = {};
  for (const name of layout.key) {
    const value = image[name];
    const column = layout.columns[name];
    if (value === undefined || value === null || column === undefined) {
      old[name] = row[name] ?? null;
      continue;
    }
    const text = canonical(column.form, value);
    if (text === undefined) return { reason: "bad-value", detail: `before-image of "${name}" is no ${column.form}` };
    old[name] = text;
  }
  return layout.key.some((name) => old[name] !== row[name]) ? { key: old } : undefined;
}

export interface DecoderOptions {
  readonly layouts: Layouts;
  /** The source whose layouts these messages belong to. */
  readonly source: string;
  /** The schema DMS replicates. */
  readonly schema: string;
  /** A reader of some tables only: the others are none of its business. Left out: a table without layout is unreadable. */
  readonly ignoresOthers?: true;
}

/**
 * @param text one message, pretty-printed or on one line
 * @param sequence the Kinesis sequence number of its record
 */
export function decodeDms(text: string, sequence: string, options: DecoderOptions): Decoded {
  const { layouts, source, schema, ignoresOthers } = options;
  let message: ExactJson;
  try {
    message = parseExact(text);
  } catch (error) {
    return unreadable("not-json", error instanceof Error ? error.message : String(error));
  }
  const metadata = isObject(message) ? message["metadata"] : undefined;
  if (!isObject(message) || !isObject(metadata)) return unreadable("not-dms", "no metadata object");

  const operation = stringText(metadata["operation"]) ?? "";
  const schemaName = stringText(metadata["schema-name"]) ?? "";
  const tableName = stringText(metadata["table-name"]) ?? "";
  if (tableName.startsWith("awsdms_")) return { kind: "ignored" };
  if (metadata["record-type"] === "control") {
    if (!CONTROLS.includes(operation)) return unreadable("unknown-operation", `control operation "${operation}"`);
    return { kind: "control", operation, table: tableName };
  }
  if (metadata["record-type"] !== "data") return unreadable("not-dms", "record-type is neither data nor control");
  if (!isOperation(operation)) return unreadable("unknown-operation", `operation "${operation}"`);

  const id = `${source}.${tableName}`;
  const layout = schemaName === schema && Object.hasOwn(layouts, id) ? layouts[id] : undefined;
  if (layout === undefined) {
    if (ignoresOthers === true) return { kind: "ignored" };
    return unreadable("unknown-table", `table "${schemaName}.${tableName}" is not in the model`);
  }
  if (!isObject(message["data"])) return unreadable("not-dms", "no data object");
  return decodeRow(message, message["data"], metadata, operation, sequence, layout);
}

function decodeRow(
  message: { readonly [key: string]: ExactJson },
  data: { readonly [column: string]: ExactJson },
  metadata: { readonly [key: string]: ExactJson },
  operation: Operation,
  sequence: string,
  layout: TableLayout,
): Decoded {
  const columns = readColumns(layout, data, operation);
  if (isProblem(columns)) return { kind: "unreadable", problem: columns };
  const { row, unknown } = columns;
  const key = keyText(layout.key, row);
  if (key === undefined)
    return unreadable("no-key", `a column of the key (${layout.key.join(", ")}) is missing or null`);

  const builtAt = moment(metadata["timestamp"]);
  if (builtAt === undefined) return unreadable("not-dms", "metadata.timestamp is no timestamp");
  const { source, table } = layout;
  if (operation === "load") {
    const order = { sequence: paddedSequence(sequence), builtAt };
    return { kind: "changes", changes: [{ source, table, key, operation, order, committedAt: builtAt, row, unknown }] };
  }

  const position = logPosition(
    stringText(metadata["stream-position"]) ?? "",
    numberText(metadata["transaction-record-id"]) ?? "",
  );
  const committedAt = moment(metadata["commit-timestamp"]);
  if (position === undefined || committedAt === undefined) {
    return unreadable(
      "no-position",
      "no stream-position, transaction-record-id or commit-timestamp: is IncludeTransactionDetails off?",
    );
  }
  const order = { sequence: paddedSequence(sequence), builtAt, position };

  const old = operation === "update" ? oldKey(layout, message["before-image"], row) : undefined;
  if (old === undefined)
    return { kind: "changes", changes: [{ source, table, key, operation, order, committedAt, row, unknown }] };
  if (isProblem(old)) return { kind: "unreadable", problem: old };
  const before = keyText(layout.key, old.key);
  if (before === undefined) return unreadable("no-key", "the before-image lacks a part of the key");
  return {
    kind: "changes",
    changes: [
      { source, table, key: before, operation: "delete", order, committedAt, row: old.key, unknown: {}, movedTo: key },
      { source, table, key, operation: "update", order, committedAt, row, unknown, movedFrom: before },
    ],
  };
}

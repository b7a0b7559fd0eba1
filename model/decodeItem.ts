/**
 * A change of an item in a service's own table -> a change. DynamoDB puts one JSON record per change on the Kinesis stream
 * (DynamoDB guide, "Using Kinesis Data Streams to capture changes to DynamoDB"). Records may come twice and out of order:
 * the creation time, in microseconds, is their order.
 */
import type { Decoded, Unreadable } from "./decode";
import type { Change } from "./change";
import { keyText, paddedMicros } from "./change";
import type { Layouts, TableLayout } from "./layout";
import type { Attribute } from "./values";
import { attributeJson, canonical } from "./values";
import { writeExact } from "./exactJson";

/** The members of the record that we read. */
interface ItemRecord {
  readonly eventName: "INSERT" | "MODIFY" | "REMOVE";
  readonly tableName: string;
  readonly dynamodb: {
    readonly ApproximateCreationDateTime: number;
    readonly ApproximateCreationDateTimePrecision?: string;
    readonly Keys: Readonly<Record<string, Attribute>>;
    readonly NewImage?: Readonly<Record<string, Attribute>>;
  };
}

const unreadable = (reason: Unreadable["reason"], detail: string): Decoded => ({
  kind: "unreadable",
  problem: { reason, detail },
});

function parse(text: string): ItemRecord | undefined {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) return undefined;
  const record = value as Partial<ItemRecord>;
  const time = record.dynamodb?.ApproximateCreationDateTime;
  return typeof record.tableName === "string" && Number.isSafeInteger(time) && typeof record.dynamodb?.Keys === "object"
    ? (record as ItemRecord)
    : undefined;
}

/** `tables`: the physical DynamoDB table name -> the id (`<source>.<table>`) of its layout. */
export function decodeItem(text: string, layouts: Layouts, tables: Readonly<Record<string, string>>): Decoded {
  let record: ItemRecord | undefined;
  try {
    record = parse(text);
  } catch (error) {
    return unreadable("not-json", error instanceof Error ? error.message : String(error));
  }
  if (record === undefined) return unreadable("not-dms", "no table name, keys or creation time: not DynamoDB's record");
  const layout = layouts[tables[record.tableName] ?? ""];
  if (layout === undefined)
    return unreadable("unknown-table", `DynamoDB table "${record.tableName}" is not in the model`);
  const operation = { INSERT: "insert", MODIFY: "update", REMOVE: "delete" }[record.eventName] as
    "insert" | "update" | "delete" | undefined;
  if (operation === undefined) return unreadable("unknown-operation", `eventName "${String(record.eventName)}"`);
  return decodeImage(record, operation, layout);
}

function decodeImage(record: ItemRecord, operation: "insert" | "update" | "delete", layout: TableLayout): Decoded {
  const { ApproximateCreationDateTime: time, ApproximateCreationDateTimePrecision: precision, Keys } = record.dynamodb;
  const image = operation === "delete" ? Keys : record.dynamodb.NewImage;
  if (image === undefined) return unreadable("not-dms", "no NewImage");
  const row: Record<string, string | null> = {};
  const unknown: Record<string, string> = {};
  for (const [name, attribute] of Object.entries(image)) {
    const value = attributeJson(attribute);
    const column = Object.hasOwn(layout.columns, name) ? layout.columns[name] : undefined;
    if (column === undefined) {
      unknown[name] = value === undefined ? JSON.stringify(attribute) : writeExact(value);
    } else if (value === null) {
      row[name] = null;
    } else {
      const text = value === undefined ? undefined : canonical(column.form, value);
      if (text === undefined) return unreadable("bad-value", `attribute "${name}" is no ${column.form}`);
      row[name] = text;
    }
  }
  // An image is the whole item: what it lacks is not there.
  if (operation !== "delete") for (const name of Object.keys(layout.columns)) row[name] ??= null;
  const key = keyText(layout.key, row);
  if (key === undefined) return unreadable("no-key", `a part of the key (${layout.key.join(", ")}) is missing or null`);
  const micros = precision === "MICROSECOND" ? time : time * 1000;
  const change: Change = {
    source: layout.source,
    table: layout.table,
    key,
    operation,
    order: { sequence: paddedMicros(String(micros)) },
    committedAt: `${new Date(Math.floor(micros / 1000)).toISOString().slice(0, 20)}${String(micros % 1_000_000).padStart(6, "0")}Z`,
    row,
    unknown,
  };
  return { kind: "changes", changes: [change] };
}

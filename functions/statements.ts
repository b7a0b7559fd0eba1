/**
 * PartiQL for one change. `BatchExecuteStatement` takes 25 conditional writes at the price of single ones;
 * `BatchWriteItem` has no conditions, and a transaction costs twice. DynamoDB guide, "PartiQL for DynamoDB".
 */
import type { AttributeValue, BatchStatementRequest } from "@aws-sdk/client-dynamodb";
import type { Change } from "../model/change";
import { acceptance, ORDER, orderToKeep } from "../model/change";
import type { TableLayout } from "../model/layout";
import { toStored } from "../model/values";

/** Our attributes; the columns stand beside them under their own names. */
export const META = {
  key: "_key",
  /** `<source>.<table>`, so that a reader of a shared table knows the layout. */
  table: "_table",
  operation: "_operation",
  committedAt: "_committedAt",
  /** True on a tombstone; readers skip it. */
  deleted: "_deleted",
  /** Epoch seconds at which DynamoDB may remove a tombstone. */
  expires: "_expires",
  /** On the tombstone of a key change: the row's new key. */
  movedTo: "_movedTo",
  /** Beside it: the position of the change that brought the row there. */
  movedAt: "_movedAt",
  /** Position of the last late change that was passed on to a moved row. */
  forwarded: "_forwarded",
  /** When the row was last sent to the lake again (`emit.ts`). */
  emitted: "_emitted",
  /** Of raw: epoch seconds of its own clock. `committedAt` may be hours older: DMS or *capture* was late, or a message parked. */
  acceptedAt: "_acceptedAt",
  /** True where some attribute is, or was, a pointer into the overflow (`overflow.ts`). */
  overflow: "_overflow",
} as const;

/** A column the model does not know, as JSON text, until the model learns it. */
export const REST_PREFIX = "_rest:";

/** On a row whose key changed: where the value of a large object came from (`move.ts`). */
export const inheritedMark = (column: string): string => `_from:${column}`;

/**
 * Tombstones outlive whatever may still be in the streams, which keep at most seven days. What is put back later than this
 * after it arrived might bring back a row that has been deleted since.
 */
export const TOMBSTONE_SECONDS = 30 * 86_400;

/** Where a store puts a change. */
export interface Place {
  readonly tableName: string;
  /** Put before the key, in a table that holds rows of several. */
  readonly keyPrefix: string;
  readonly layout: TableLayout;
  /** It is raw, which keeps what nobody has decided about, and when it took a change. */
  readonly keepsUnknown: boolean;
}

type Attributes = Record<string, AttributeValue>;

/** The attributes that a change sets, without the key and the order. */
export function attributesOf(change: Change, place: Place, nowSeconds: number): Attributes {
  const { layout, keepsUnknown } = place;
  const attributes: Attributes = {
    [META.table]: { S: `${change.source}.${change.table}` },
    [META.operation]: { S: change.operation },
    [META.committedAt]: { S: change.committedAt },
  };
  for (const name of Object.keys(change.row)) {
    const column = layout.columns[name];
    if (column !== undefined) attributes[name] = toStored(column.form, change.row[name] ?? null);
  }
  if (keepsUnknown) {
    for (const [name, json] of Object.entries(change.unknown)) attributes[REST_PREFIX + name] = { S: json };
    attributes[META.acceptedAt] = { N: String(nowSeconds) };
  }
  if (change.operation === "delete") {
    attributes[META.deleted] = { BOOL: true };
    attributes[META.expires] = { N: String(nowSeconds + TOMBSTONE_SECONDS) };
  }
  return attributes;
}

/** The attributes that a change clears: of a delete all but the key, else what a tombstone or a key change left. */
export function cleared(change: Change, layout: TableLayout): string[] {
  const lobs = Object.keys(layout.columns).filter((name) => layout.columns[name]?.lob === true);
  if (change.operation === "delete") {
    const columns = Object.keys(layout.columns).filter((name) => !layout.key.includes(name));
    return [...columns, ...lobs.map(inheritedMark), META.movedTo, META.movedAt];
  }
  const set = lobs.filter((name) => name in change.row);
  return [...set.map(inheritedMark), META.deleted, META.expires, META.movedTo, META.movedAt];
}

export const itemKey = (place: Place, key: string): AttributeValue.SMember => ({ S: place.keyPrefix + key });

const stored = (texts: Readonly<Record<string, string>>): Attributes =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, { S: text }]));

/** Every row has all three texts of the order, so that a clause is one comparison. */
export const noOrder: Attributes = {
  [ORDER.sequence]: { S: "" },
  [ORDER.position]: { S: "" },
  [ORDER.barrier]: { S: "" },
};

/** A whole new item. Fails with DuplicateItem where there is one already. */
export function insertStatement(change: Change, place: Place, nowSeconds: number): BatchStatementRequest {
  const item: Attributes = {
    [META.key]: itemKey(place, change.key),
    ...noOrder,
    ...stored(orderToKeep(change)),
    ...attributesOf(change, place, nowSeconds),
  };
  const names = Object.keys(item).map((name) => `'${name.replace(/'/g, "''")}': ?`);
  return {
    Statement: `INSERT INTO "${place.tableName}" VALUE {${names.join(", ")}}`,
    Parameters: Object.values(item),
  };
}

/** Texts of statements by what they set: the changes of a batch have few shapes. */
export type Texts = Map<string, string>;

/** Changes the item where the acceptance rule holds. Fails with ConditionalCheckFailed where there is none, too. */
export function updateStatement(
  change: Change,
  place: Place,
  nowSeconds: number,
  texts: Texts = new Map(),
): BatchStatementRequest {
  const attributes = attributesOf(change, place, nowSeconds);
  const order = orderToKeep(change);
  const clauses = acceptance(change);
  const names = Object.keys(attributes);
  const parameters: AttributeValue[] = [];
  for (const name in order) parameters.push({ S: order[name] ?? "" });
  for (const name of names) parameters.push(attributes[name] ?? { NULL: true });
  parameters.push(itemKey(place, change.key));
  for (const { below } of clauses) parameters.push({ S: below });

  // All that the text depends on.
  const shape = `${place.tableName} ${change.table} ${change.operation} ${Object.keys(order).join()} ${clauses.map(({ attribute }) => attribute).join()} ${names.join()}`;
  let text = texts.get(shape);
  if (text === undefined) {
    text = [
      `UPDATE ${quoted(place.tableName)}`,
      ...Object.keys(order).map(setOne),
      ...names.map(setOne),
      ...cleared(change, place.layout).map(removeOne),
      `WHERE ${quoted(META.key)}=?`,
      ...clauses.map(({ attribute }) => `AND ${quoted(attribute)}<?`),
    ].join(" ");
    texts.set(shape, text);
  }
  return { Statement: text, Parameters: parameters, ReturnValuesOnConditionCheckFailure: "ALL_OLD" };
}

/** PartiQL's double quotes around a name. */
const quoted = (name: string): string => `"${name.includes('"') ? name.replace(/"/g, '""') : name}"`;
const setOne = (name: string): string => `SET ${quoted(name)}=?`;
const removeOne = (name: string): string => `REMOVE ${quoted(name)}`;

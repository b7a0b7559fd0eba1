/**
 * A change of one row, and the rule that says which change wins.
 *
 * A store keeps three texts with every row and takes a change only if each one that the change carries is greater:
 *
 * | kept       | of                                                   | load  | change | half of a key change | service's change |
 * | ---------- | ---------------------------------------------------- | ----- | ------ | -------------------- | ---------------- |
 * | `sequence` | the stream: Kinesis' order within the key's shard    | above | above  |                      | above (its time) |
 * | `position` | the log: commit position and number in the transaction |     | above  | above                |                  |
 * | `barrier`  | the clock of DMS, set by a key change                | above |        | sets it              |                  |
 *
 * Why each:
 * - `sequence` makes Lambda's retries harmless: what was applied once is not above itself.
 * - `position` makes the replays of DMS after a restart harmless: they come again with new sequence numbers. A load has no
 *   position and keeps the stored one.
 * - A change of the primary key is a delete of the old key and an upsert of the new one, and the two keys live on
 *   different shards whose sequence numbers do not compare. So neither half looks at `sequence` or moves it. A load of such
 *   a key that is still on its way has neither a position nor a comparable sequence; the `barrier`, the moment at which
 *   DMS built the key change, tells it from a later reload.
 */

export type Operation = "load" | "insert" | "update" | "delete";

/** What a change carries to be ordered by. Fixed-width text, so that comparing the text compares the order. */
export interface Order {
  /** 56 digits of Kinesis, or the 20 digits of microseconds at which a service's item changed. */
  readonly sequence?: string;
  /** See `logPosition`. */
  readonly position?: string;
  /** ISO 8601 with microseconds: when DMS built the message. */
  readonly builtAt?: string;
}

export interface Change {
  /** `monolith`, or the service that owns the table. */
  readonly source: string;
  readonly table: string;
  /** The primary key as text; see `keyText`. */
  readonly key: string;
  readonly operation: Operation;
  readonly order: Order;
  /** ISO 8601 with microseconds; for a load the moment DMS built its message, long after it read the row at worst. */
  readonly committedAt: string;
  /** Known columns that the message holds, as canonical text (`types.ts`). Of a delete: the key. */
  readonly row: Readonly<Record<string, string | null>>;
  /** Columns the model does not know, as JSON text. */
  readonly unknown: Readonly<Record<string, string>>;
  /** On the delete of a key change: the key the row has now. */
  readonly movedTo?: string;
  /** On the upsert of a key change: the key the row had. */
  readonly movedFrom?: string;
}

/** The attributes in which a store keeps the order of a row; an absent one counts as the empty text, below all others. */
export const ORDER = { sequence: "_sequence", position: "_position", barrier: "_barrier" } as const;

export interface Clause {
  readonly attribute: (typeof ORDER)[keyof typeof ORDER];
  /** The stored text must be below this one. */
  readonly below: string;
}

const isKeyChange = (change: Pick<Change, "movedTo" | "movedFrom">): boolean =>
  change.movedTo !== undefined || change.movedFrom !== undefined;

/** The acceptance rule: a store that has the row takes the change if and only if every clause holds. */
export function acceptance(change: Change): Clause[] {
  const { sequence, position, builtAt } = change.order;
  const clauses: Clause[] = [];
  if (sequence !== undefined && !isKeyChange(change)) clauses.push({ attribute: ORDER.sequence, below: sequence });
  if (position !== undefined) clauses.push({ attribute: ORDER.position, below: position });
  if (change.operation === "load" && builtAt !== undefined) clauses.push({ attribute: ORDER.barrier, below: builtAt });
  return clauses;
}

/** What the store keeps once it has taken the change. What is left out stays as it is. */
export function orderToKeep(change: Change): Record<string, string> {
  const { sequence, position, builtAt } = change.order;
  const kept: Record<string, string> = {};
  if (sequence !== undefined && !isKeyChange(change)) kept[ORDER.sequence] = sequence;
  if (position !== undefined) kept[ORDER.position] = position;
  if (isKeyChange(change) && builtAt !== undefined) kept[ORDER.barrier] = builtAt;
  return kept;
}

/** Kinesis' sequence numbers have up to 56 digits; of a service's item the microseconds count. */
export const paddedSequence = (digits: string): string => digits.padStart(56, "0");
export const paddedMicros = (digits: string): string => digits.padStart(20, "0");

/**
 * The position in the log as text that compares: `stream-position` of DMS ("00000002/7C007328.2.00000002/7C007328": log
 * position, counter, log position) and `transaction-record-id`.
 * @returns undefined if `streamPosition` has another shape.
 */
export function logPosition(streamPosition: string, recordId: string): string | undefined {
  const match = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})\.(\d{1,10})\.([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(
    streamPosition,
  );
  if (match === null || !/^\d{1,12}$/.test(recordId)) return undefined;
  const [, high = "", low = "", counter = "", endHigh = "", endLow = ""] = match;
  const hex = (text: string): string => text.toUpperCase().padStart(8, "0");
  return `${hex(high)}${hex(low)}.${counter.padStart(10, "0")}.${hex(endHigh)}${hex(endLow)}.${recordId.padStart(12, "0")}`;
}

/** One key column: its text. Several: a JSON array of their texts. `undefined` if a part is missing or null. */
export function keyText(key: readonly string[], row: Readonly<Record<string, string | null>>): string | undefined {
  const parts: string[] = [];
  for (const column of key) {
    const part = row[column];
    if (part === undefined || part === null) return undefined;
    parts.push(part);
  }
  return parts.length === 1 ? parts[0] : JSON.stringify(parts);
}

/** Reading many items: a page ends at a limit, or after one megabyte. */
import { holds, type Condition, type Values } from "./condition";
import { isRecord } from "./request";
import { validation } from "./errors";
import { type Attributes, type Item, written } from "./item";
import { keyOf, keyPart, type Key } from "./keys";
import { checked } from "./attribute";
import { project, type Path } from "./path";
import type { Table } from "./table";

const MAX_PAGE_BYTES = 1024 * 1024;

export interface Page {
  readonly items: readonly Attributes[];
  /** Items read, and those of them that met the filter. */
  readonly scanned: number;
  readonly count: number;
  readonly bytes: number;
  /** Key after which the next page begins; undefined on the last. */
  readonly last: Attributes | undefined;
}

export interface PageRequest {
  readonly table: Table;
  readonly source: Iterable<Item>;
  readonly filter?: { readonly condition: Condition; readonly values: Values } | undefined;
  readonly paths?: readonly Path[] | undefined;
  /** Items to read, whether or not they meet the filter. */
  readonly limit?: number | undefined;
  readonly onlyCount?: boolean;
}

export function readPage({ table, source, filter, paths, limit = Infinity, onlyCount = false }: PageRequest): Page {
  const items: Attributes[] = [];
  let [scanned, count, bytes] = [0, 0, 0];
  let last: Item | undefined;
  for (const item of source) {
    scanned += 1;
    bytes += item.bytes;
    if (filter === undefined || holds(filter.condition, item, filter.values)) {
      count += 1;
      if (!onlyCount) items.push(paths === undefined ? written(item) : project(item, paths));
    }
    if (scanned >= limit || bytes >= MAX_PAGE_BYTES) {
      last = item;
      break;
    }
  }
  return { items, scanned, count, bytes, last: last && keyPart(table.schema, last) };
}

/** Items of a partition in the order of the sort key or against it, beginning after a key. */
export function* ordered(
  table: Table,
  partition: Pick<Key, "hash" | "place">,
  forward: boolean,
  after: Key | undefined,
): Generator<Item> {
  // A copy, since other requests may write while a reader holds on to the generator.
  const items = [...table.items.partition(partition)];
  if (!forward) items.reverse();
  const at = after === undefined ? 0 : table.items.positionOf(after);
  const present = after === undefined ? undefined : table.items.get(after);
  if (forward) yield* items.slice(at + (present === undefined ? 0 : 1));
  else yield* after === undefined ? items : items.slice(items.length - at);
}

/** The key at which a page begins, as the page before named it. */
export function startKey(table: Table, value: unknown): Key | undefined {
  if (value === undefined) return undefined;
  if (!isRecord(value)) throw validation("The provided starting key is invalid");
  try {
    return keyOf(
      table.schema,
      Object.fromEntries(Object.entries(value).map(([name, attribute]) => [name, checked(attribute)])),
    );
  } catch (error) {
    throw validation(`The provided starting key is invalid: ${error instanceof Error ? error.message : ""}`);
  }
}

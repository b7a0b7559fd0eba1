/** PartiQL's SELECT: a query where WHERE names one partition key, else a scan. */
import { readUnits } from "./capacity";
import type { Condition, Values } from "./condition";
import { valueOf } from "./condition";
import { validation } from "./errors";
import type { Attributes, Item } from "./item";
import { partitionOf } from "./keys";
import { ordered, readPage, startKey } from "./pages";
import type { Path } from "./path";
import type { Table } from "./table";

export interface SelectRequest {
  readonly table: Table;
  readonly condition: Condition | undefined;
  readonly values: Values;
  readonly paths: readonly Path[] | undefined;
  readonly isConsistent: boolean;
  readonly limit: number | undefined;
  readonly token: unknown;
}

export interface SelectedPage {
  readonly items: readonly Attributes[];
  /** Read units. */
  readonly units: number;
  readonly next?: { readonly token: string; readonly key: Attributes };
}

export function selectPage({
  table,
  condition,
  values,
  paths,
  isConsistent,
  limit,
  token,
}: SelectRequest): SelectedPage {
  const after = token === undefined ? undefined : startKey(table, readToken(token));
  const partition = condition === undefined ? undefined : partitionIn(table, condition, values);
  const source: Iterable<Item> =
    partition === undefined ? table.items.scan(0, 1, after) : ordered(table, partition, true, after);
  const page = readPage({ table, source, filter: condition && { condition, values }, paths, limit });
  const next = page.last && { token: Buffer.from(JSON.stringify(page.last)).toString("base64"), key: page.last };
  return { items: page.items, units: readUnits(page.bytes, isConsistent), ...(next && { next }) };
}

function readToken(token: unknown): unknown {
  try {
    return JSON.parse(Buffer.from(String(token), "base64").toString("utf8"));
  } catch {
    throw validation("Invalid NextToken");
  }
}

/** The one partition that the condition allows, if it says so on its top level. */
function partitionIn(table: Table, condition: Condition, values: Values): ReturnType<typeof partitionOf> | undefined {
  const { hash } = table.schema;
  for (const clause of condition.kind === "and" ? condition.parts : [condition]) {
    if (clause.kind !== "compare" || clause.by !== "=" || clause.left.kind !== "path") continue;
    if (clause.left.path.root !== hash.name || clause.left.path.rest.length > 0) continue;
    const value = valueOf(clause.right, undefined, values);
    if (value?.[hash.type] !== undefined) return partitionOf(table.schema, value);
  }
  return undefined;
}

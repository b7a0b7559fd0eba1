/** One SELECT with its FROM, WHERE, GROUP BY, HAVING, and the ORDER BY behind it. https://trino.io/docs/current/sql/select.html */
import type { Expression, Select, SelectItem, SortItem } from "../sql/ast";
import { QueryError, unsupported, type Position } from "../sql/errors";
import { duckName } from "../sql/types";
import { condition, translate } from "./expressions";
import { conjuncts, pushDown } from "./filters";
import { group, isAggregated } from "./groups";
import { requireComparable } from "./operators";
import type { Output, Translated } from "./queries";
import { translateRelation, type From } from "./relations";
import { endsWith, type Context, type Environment, type Field } from "./scope";
import { type Typed } from "./typed";
import { sortSql, windowCall } from "./windows";

interface Item {
  readonly name?: string;
  readonly value: Typed;
}

export function translateSelect(select: Select, orderBy: readonly SortItem[], environment: Environment): Translated {
  const { session, outer } = environment;
  const from: From = select.from ? translateRelation(select.from, environment) : { sql: "", fields: [] };
  const scope = { fields: from.fields, outer };
  const rows: Context = { environment, scope, correlates: false };
  const source = `${from.sql && ` FROM ${from.sql}`}${where(select, { ...rows, correlates: true })}`;
  const isGrouped = isAggregated(select, orderBy);
  const grouped = isGrouped ? group(select, source, rows) : undefined;
  const windows: (readonly string[])[] = [];
  const context = outputContext(grouped?.context ?? rows, windows);
  const having = select.having && grouped ? condition(select.having, grouped.context, "HAVING clause") : undefined;
  if (having) session.reads(having);
  const items = select.items.flatMap((item) => expand(item, from.fields, context));
  const sorted = orderBy.map((item) => ({ item, ...sortValue(item.expression, items, context) }));
  for (const { item, value } of sorted) {
    session.reads(value);
    requireComparable(value.type, item.expression);
  }
  if (select.distinct) {
    for (const { value } of items) {
      session.reads(value);
      requireComparable(value.type, value);
    }
  }
  // After all that may add an aggregate.
  const behind = grouped
    ? ` FROM (${grouped.sql()}) AS ${grouped.name}${having ? ` WHERE ${having.sql}` : ""}`
    : source;
  const columns = items.map(({ name, value }): Output => {
    const kept = windows.every((keys) => keys.includes(value.sql));
    return { name, type: value.type, origins: value.origins, partitions: kept ? value.partitions : [] };
  });
  return { sql: assemble(select, items, sorted, behind, environment), columns };
}

function where(select: Select, context: Context): string {
  if (!select.where) return "";
  const filter = condition(select.where, context, "WHERE clause");
  context.environment.session.reads(filter);
  for (const part of conjuncts(select.where)) pushDown(part, context, context.scope.fields);
  return ` WHERE ${filter.sql}`;
}

function outputContext(context: Context, windows: (readonly string[])[]): Context {
  return {
    ...context,
    window: (call) => {
      const { value, partitionBy } = windowCall(call, context);
      windows.push(partitionBy);
      return value;
    },
  };
}

function expand(item: SelectItem, fields: readonly Field[], context: Context): Item[] {
  if (item.kind === "expression") {
    const { expression, alias } = item;
    const name = alias ?? (expression.kind === "column" ? expression.name : undefined);
    return [{ name: name?.toLowerCase(), value: translate(expression, context) }];
  }
  const qualifier = item.qualifier.map((part) => part.toLowerCase());
  const meant = fields.filter((field) => endsWith(field.qualifier, qualifier));
  if (meant.length === 0) {
    if (qualifier.length === 0)
      throw new QueryError("COLUMN_NOT_FOUND", "SELECT * not allowed from relation that has no columns", item);
    throw new QueryError("TABLE_NOT_FOUND", `Unable to resolve reference ${item.qualifier.join(".")}`, item);
  }
  return meant.map((field) => ({ name: field.name, value: starValue(field, item, context) }));
}

function starValue(field: Field, position: Position, context: Context): Typed {
  const { type } = field.value;
  if (type.kind === "unreadable") throw unsupported(position, `the type ${type.name} of the column ${field.name}`);
  return {
    ...(context.column ? context.column(field, position) : field.value),
    line: position.line,
    column: position.column,
  };
}

interface SortValue {
  readonly value: Typed;
  /** The output column it is, if it is one. */
  readonly index?: number;
}

/** The place of the output column that a bare number in ORDER BY or GROUP BY names. */
export function orderIndex(expression: Expression, width: number, clause = "ORDER BY"): number | undefined {
  if (expression.kind !== "integer") return undefined;
  const place = Number(expression.text);
  if (place < 1 || place > width) {
    throw new QueryError("INVALID_COLUMN_REFERENCE", `${clause} position ${place} is not in select list`, expression);
  }
  return place - 1;
}

/** In ORDER BY the output columns come before those of the tables. */
function sortValue(expression: Expression, items: readonly Item[], context: Context): SortValue {
  const named = (candidate: Expression): number | undefined => {
    if (candidate.kind !== "column" || candidate.qualifier.length > 0) return undefined;
    const name = candidate.name.toLowerCase();
    const found = items.flatMap((item, index) => (item.name === name ? [index] : []));
    const different = new Set(found.map((index) => items[index]?.value.sql));
    if (different.size > 1) throw new QueryError("AMBIGUOUS_NAME", `Column '${name}' is ambiguous`, candidate);
    return found[0];
  };
  const index = orderIndex(expression, items.length) ?? named(expression);
  if (index !== undefined) {
    const value = items[index]?.value;
    if (value) return { value, index };
  }
  const value = translate(expression, {
    ...context,
    replace: (candidate) => {
      const place = named(candidate);
      return (place === undefined ? undefined : items[place]?.value) ?? context.replace?.(candidate);
    },
  });
  const same = items.findIndex((item) => item.value.sql === value.sql);
  return same === -1 ? { value } : { value, index: same };
}

function assemble(
  select: Select,
  items: readonly Item[],
  sorted: readonly (SortValue & { item: SortItem })[],
  behind: string,
  environment: Environment,
): string {
  const columns = items.map(({ value }, index) => `${outputSql(value)} AS c${index + 1}`);
  const hidden = sorted.filter(({ index }) => index === undefined);
  const [first] = hidden;
  if (select.distinct && first) {
    throw new QueryError(
      "EXPRESSION_NOT_IN_DISTINCT",
      "For SELECT DISTINCT, ORDER BY expressions must appear in select list",
      first.item.expression,
    );
  }
  const extra = hidden.map(({ value }, index) => `${value.sql} AS h${index + 1}`);
  const core = `SELECT ${select.distinct ? "DISTINCT " : ""}${[...columns, ...extra].join(", ")}${behind}`;
  if (sorted.length === 0) return core;
  const key = (entry: (typeof sorted)[number]): string =>
    entry.index === undefined ? `h${hidden.indexOf(entry) + 1}` : `c${entry.index + 1}`;
  const name = environment.session.unique("q");
  const keys = sorted.map((entry) => sortSql(`${name}.${key(entry)}`, entry.item));
  const names = items.map((_, index) => `${name}.c${index + 1} AS c${index + 1}`);
  return `SELECT ${names.join(", ")} FROM (${core}) AS ${name} ORDER BY ${keys.join(", ")}`;
}

/** A NULL without a type must have one in DuckDB. */
function outputSql(value: Typed): string {
  const { type, sql } = value;
  return type.kind === "unknown" ? `CAST(${sql} AS ${duckName(type)})` : sql;
}

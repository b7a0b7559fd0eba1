/** GROUP BY and aggregates: a query of their own, whose keys are k1, k2, ... and whose aggregates are a1, a2, ... */
import type { Expression, FunctionCall, Grouping, Select, SelectItem, SortItem } from "../sql/ast";
import { QueryError, unsupported } from "../sql/errors";
import { BIGINT } from "../sql/types";
import { aggregate, isAggregate } from "./aggregates";
import { condition, translate } from "./expressions";
import { requireComparable } from "./operators";
import { fingerprint, type Context, type Field } from "./scope";
import { orderIndex } from "./select";
import { originsOf, typed, type Typed } from "./typed";
import { sortSql } from "./windows";

export interface Grouped {
  readonly name: string;
  /** Where the expressions of SELECT, HAVING and ORDER BY stand. */
  readonly context: Context;
  /** The query; to be asked for when all expressions are translated, since each may add an aggregate. */
  sql(): string;
}

export function isAggregated(select: Select, orderBy: readonly SortItem[]): boolean {
  if (select.groupBy.length > 0 || select.having) return true;
  const items = select.items.flatMap((item) => (item.kind === "expression" ? [item.expression] : []));
  return [...items, ...orderBy.map(({ expression }) => expression)].some(hasAggregate);
}

/** Whether an aggregate stands in it, but not in a subquery. `sum(x) OVER ()` is none, `sum(sum(x)) OVER ()` has one. */
function hasAggregate(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasAggregate);
  if (typeof value !== "object" || value === null) return false;
  if ("with" in value) return false;
  if (isCall(value) && !value.over && (isAggregate(value.name) || value.name === "grouping")) return true;
  return Object.values(value).some(hasAggregate);
}

function isCall(value: object): value is FunctionCall {
  return "kind" in value && value.kind === "call";
}

interface Key {
  readonly kind: Expression["kind"];
  readonly mark: string;
  readonly value: Typed;
  readonly alias: string;
}

export function group(select: Select, source: string, rows: Context): Grouped {
  const { environment, scope } = rows;
  const { session } = environment;
  const name = session.unique("g");
  const keys: Key[] = [];
  const isSimple = select.groupBy.every(({ kind }) => kind === "simple");
  const keyOf = (expression: Expression): Key => {
    const meant = groupExpression(expression, select.items);
    const mark = fingerprint(meant, scope);
    const known = keys.find((key) => key.mark === mark);
    if (known) return known;
    const value = translate(meant, rows);
    requireComparable(value.type, expression);
    session.reads(value);
    const key = { kind: meant.kind, mark, value, alias: `k${keys.length + 1}` };
    keys.push(key);
    return key;
  };
  const groupings = select.groupBy.map((grouping) => groupingSql(grouping, keyOf));
  const aggregates = new Map<string, { sql: string; value: Typed }>();
  const add = (mark: string, sql: string, value: Typed): Typed => {
    const known = aggregates.get(mark);
    if (known) return known.value;
    const named = { ...value, sql: `${name}.a${aggregates.size + 1}` };
    aggregates.set(mark, { sql, value: named });
    return named;
  };
  const context: Context = {
    environment,
    scope,
    correlates: false,
    replace: (expression) => {
      if (expression.kind === "integer" || expression.kind === "string") return undefined;
      if (keys.every(({ kind }) => kind !== expression.kind)) return undefined;
      const mark = fingerprint(expression, scope);
      const key = keys.find((candidate) => candidate.mark === mark);
      if (!key) return undefined;
      const { value } = key;
      const partitions = isSimple ? value.partitions : [];
      return { ...typed(`${name}.${key.alias}`, value.type, expression), origins: value.origins, partitions };
    },
    column: (field, position) => {
      const key = keys.find((candidate) => candidate.value.sql === field.value.sql);
      if (key) {
        const partitions = isSimple ? key.value.partitions : [];
        return { ...typed(`${name}.${key.alias}`, key.value.type, position), origins: key.value.origins, partitions };
      }
      throw new QueryError(
        "EXPRESSION_NOT_AGGREGATE",
        `'${written(field)}' must be an aggregate expression or appear in GROUP BY clause`,
        position,
      );
    },
    aggregate: (call) => {
      const mark = fingerprint(call, scope);
      if (call.name === "grouping") throw unsupported(call, "grouping() in this place");
      const { sql, value } = aggregateCall(call, rows);
      return add(mark, sql, value);
    },
  };
  const withGrouping: Context = {
    ...context,
    replace: (expression) => {
      if (expression.kind !== "call" || expression.name !== "grouping") return context.replace?.(expression);
      const places = expression.args.map((arg) => {
        const mark = fingerprint(arg, scope);
        const key = keys.find((candidate) => candidate.mark === mark);
        if (key) return key.value.sql;
        throw new QueryError(
          "INVALID_FUNCTION_ARGUMENT",
          "The arguments to GROUPING() must be expressions of GROUP BY",
          arg,
        );
      });
      return add(fingerprint(expression, scope), `grouping(${places.join(", ")})`, typed("", BIGINT, expression));
    },
  };
  return {
    name,
    context: withGrouping,
    sql: () => {
      const columns = [
        ...keys.map(({ value, alias }) => `${value.sql} AS ${alias}`),
        ...[...aggregates.values()].map(({ sql }, index) => `${sql} AS a${index + 1}`),
      ];
      if (columns.length === 0) columns.push("count(*) AS a1");
      const by = groupings.length > 0 ? ` GROUP BY ${groupings.join(", ")}` : "";
      return `SELECT ${columns.join(", ")}${source}${by}`;
    },
  };
}

function written(field: Field): string {
  const qualifier = field.qualifier[field.qualifier.length - 1];
  return [...(qualifier === undefined ? [] : [qualifier]), field.name ?? ""].join(".");
}

/** A bare number means the item of SELECT at that place. */
function groupExpression(expression: Expression, items: readonly SelectItem[]): Expression {
  const index = orderIndex(expression, items.length, "GROUP BY");
  if (index === undefined) return expression;
  const item = items[index];
  if (item?.kind !== "expression") throw unsupported(expression, "a position in GROUP BY beside a star in SELECT");
  return item.expression;
}

function groupingSql(grouping: Grouping, keyOf: (expression: Expression) => Key): string {
  const sets = grouping.sets.map((set) => set.map((expression) => keyOf(expression).value.sql));
  const list = (set: readonly string[]): string => `(${set.join(", ")})`;
  switch (grouping.kind) {
    case "simple":
      return (sets[0] ?? []).join(", ");
    case "rollup":
      return `ROLLUP ${list(sets[0] ?? [])}`;
    case "cube":
      return `CUBE ${list(sets[0] ?? [])}`;
    case "sets":
      return `GROUPING SETS (${sets.map(list).join(", ")})`;
  }
}

function aggregateCall(call: FunctionCall, rows: Context): { sql: string; value: Typed } {
  const inner: Context = {
    ...rows,
    aggregate: (nested) => {
      throw new QueryError(
        "NESTED_AGGREGATION",
        `Cannot nest aggregations inside aggregation '${call.name}': ${nested.name}`,
        nested,
      );
    },
  };
  if (call.ignoreNulls) throw unsupported(call, `IGNORE NULLS in ${call.name}`);
  const args = call.args.map((arg) => translate(arg, inner));
  const orderBy = call.orderBy.map((item) => ({ item, value: translate(item.expression, inner) }));
  for (const { value } of orderBy) requireComparable(value.type, value);
  const filter = call.filter && condition(call.filter, inner, "FILTER clause");
  const modifiers = {
    star: call.star,
    distinct: call.distinct,
    orderBy: orderBy.length > 0 ? orderBy.map(({ item, value }) => sortSql(value.sql, item)).join(", ") : undefined,
    filter: filter?.sql,
  };
  const { sql, type } = aggregate(call.name, args, modifiers, call);
  const parts = [...args, ...orderBy.map(({ value }) => value), ...(filter ? [filter] : [])];
  return { sql, value: { ...typed(sql, type, call), origins: originsOf(parts) } };
}

/** Window functions. https://trino.io/docs/current/functions/window.html */
import type { FrameBound, FunctionCall, SortItem, Window } from "../sql/ast";
import { QueryError, unsupported } from "../sql/errors";
import { BIGINT, DOUBLE, type Type } from "../sql/types";
import { aggregate, isAggregate } from "./aggregates";
import { coerce } from "./casts";
import { count, translate } from "./expressions";
import { requireComparable } from "./operators";
import { argument } from "./overload";
import type { Context } from "./scope";
import { typed, type Typed } from "./typed";

/** Functions that stand only before OVER, with the number of their arguments. */
const ARITY: Readonly<Record<string, readonly [least: number, most: number]>> = {
  row_number: [0, 0],
  rank: [0, 0],
  dense_rank: [0, 0],
  percent_rank: [0, 0],
  cume_dist: [0, 0],
  ntile: [1, 1],
  lag: [1, 3],
  lead: [1, 3],
  first_value: [1, 1],
  last_value: [1, 1],
  nth_value: [2, 2],
};

export function isWindowFunction(name: string): boolean {
  return Object.hasOwn(ARITY, name);
}

export const WINDOW_FUNCTION_NAMES: readonly string[] = Object.keys(ARITY);

export function sortSql(sql: string, item: SortItem): string {
  return `${sql} ${item.descending ? "DESC" : "ASC"} NULLS ${item.nullsFirst ? "FIRST" : "LAST"}`;
}

/** A call with OVER; its arguments may be aggregates of the query, but no windows. */
export function windowCall(call: FunctionCall, outer: Context): { value: Typed; partitionBy: readonly string[] } {
  const context: Context = { ...outer, window: undefined };
  const { name, over } = call;
  if (!over) throw new Error("a window function has a window");
  const [least, most] = ARITY[name] ?? [0, Infinity];
  if (call.args.length < least || call.args.length > most) {
    throw new QueryError("FUNCTION_NOT_FOUND", `Unexpected parameters for function ${name}`, call);
  }
  const isOffset = name === "lag" || name === "lead";
  if (isOffset && over.frame) {
    throw new QueryError("SYNTAX_ERROR", `Cannot specify window frame for ${name} function`, call);
  }
  const partitionBy = over.partitionBy.map((item) => translate(item, context));
  const orderBy = over.orderBy.map((item) => translate(item.expression, context));
  for (const key of [...partitionBy, ...orderBy]) requireComparable(key.type, key);
  const window = windowSql(over, partitionBy, orderBy);
  if (isAggregate(name)) {
    if (call.ignoreNulls) throw unsupported(call, `IGNORE NULLS in ${name}`);
    const args = call.args.map((item) => translate(item, context));
    const modifiers = {
      star: call.star,
      distinct: call.distinct,
      orderBy: call.orderBy.length > 0 ? "" : undefined,
      filter: call.filter ? "" : undefined,
      over: window,
    };
    const { sql, type } = aggregate(name, args, modifiers, call);
    return { value: typed(sql, type, call, [...args, ...partitionBy, ...orderBy]), partitionBy: texts(partitionBy) };
  }
  if (call.distinct || call.filter || call.orderBy.length > 0 || call.star) {
    throw unsupported(call, `DISTINCT, FILTER, ORDER BY or * in ${name}`);
  }
  const takesNulls = isOffset || name.endsWith("_value");
  if (call.ignoreNulls && !takesNulls) throw unsupported(call, `IGNORE NULLS in ${name}`);
  const { args, type } = argumentsOf(call, context);
  const list = args.map(({ sql }) => sql).join(", ");
  const sql = `${name}(${list}${call.ignoreNulls ? " IGNORE NULLS" : ""}) OVER ${window}`;
  return { value: typed(sql, type, call, [...args, ...partitionBy, ...orderBy]), partitionBy: texts(partitionBy) };
}

function texts(values: readonly Typed[]): string[] {
  return values.map(({ sql }) => sql);
}

function argumentsOf(call: FunctionCall, context: Context): { args: Typed[]; type: Type } {
  const { name } = call;
  const [first, second, third] = call.args;
  if (!first) return { args: [], type: name === "percent_rank" || name === "cume_dist" ? DOUBLE : BIGINT };
  if (name === "ntile") return { args: [positive(count(first, context), name)], type: BIGINT };
  const value = translate(first, context);
  const args = [value];
  if (second)
    args.push(
      name === "nth_value" ? positive(count(second, context), name) : notNegative(count(second, context), name),
    );
  if (third) args.push(coerce(translate(third, context), value.type));
  return { args: args.map((_, index) => argument(args, index)), type: value.type };
}

function notNegative(value: Typed, name: string): Typed {
  if (typeof value.literal !== "number") throw unsupported(value, `an offset of ${name} that is not a literal`);
  if (value.literal < 0) throw new QueryError("INVALID_FUNCTION_ARGUMENT", "Offset must be at least 0", value);
  return value;
}

function positive(value: Typed, name: string): Typed {
  if (typeof value.literal !== "number") throw unsupported(value, `a number of ${name} that is not a literal`);
  if (value.literal < 1)
    throw new QueryError("INVALID_FUNCTION_ARGUMENT", "Buckets and offsets must be greater than 0", value);
  return value;
}

function windowSql(window: Window, partitionBy: readonly Typed[], orderBy: readonly Typed[]): string {
  const parts: string[] = [];
  if (partitionBy.length > 0) parts.push(`PARTITION BY ${texts(partitionBy).join(", ")}`);
  if (orderBy.length > 0) {
    const items = window.orderBy.map((item, index) => sortSql(orderBy[index]?.sql ?? "", item));
    parts.push(`ORDER BY ${items.join(", ")}`);
  }
  const { frame } = window;
  if (frame) {
    const end = frame.end ?? ({ kind: "current row" } as const);
    parts.push(`${frame.unit} BETWEEN ${bound(frame.start)} AND ${bound(end)}`);
  }
  return `(${parts.join(" ")})`;
}

function bound(of: FrameBound): string {
  return "offset" in of ? `${of.offset} ${of.kind.toUpperCase()}` : of.kind.toUpperCase();
}

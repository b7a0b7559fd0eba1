/** Aggregate functions. https://trino.io/docs/current/functions/aggregate.html */
import { QueryError, unsupported, type Position } from "../sql/errors";
import {
  BIGINT,
  BOOLEAN,
  coerces,
  decimal,
  DOUBLE,
  duckName,
  isFloating,
  isInteger,
  typeName,
  type Type,
} from "../sql/types";
import { coerce } from "./casts";
import { fromDigits, requireComparable } from "./operators";
import { argument } from "./overload";
import { fail, names, type Typed } from "./typed";

/** Writes one of DuckDB's aggregates with what stands around the call (DISTINCT, ORDER BY, FILTER, OVER). */
export type Write = (name: string, args: string, filter?: string) => string;

type Build = (args: readonly Typed[], write: Write, position: Position) => { sql: string; type: Type };

interface Aggregate {
  readonly arity: number;
  readonly build: Build;
  /** Not as a window function, and not with DISTINCT: it is made of several. */
  readonly alone?: boolean;
  /** Whether the order of the rows matters. */
  readonly ordered?: boolean;
}

function as(args: readonly Typed[], index: number, type: Type, name: string): string {
  const value = argument(args, index);
  if (!coerces(value.type, type)) throw wrong(name, args, value);
  return coerce(value, type).sql;
}

function wrong(name: string, args: readonly Typed[], position: Position): QueryError {
  return new QueryError(
    "FUNCTION_NOT_FOUND",
    `Unexpected parameters (${names(args)}) for function ${name} (as far as local athena knows it)`,
    position,
  );
}

const sum: Build = (args, write, position) => {
  const { sql, type } = argument(args, 0);
  const total = write("sum", sql);
  if (isInteger(type)) return { sql: `CAST(${total} AS BIGINT)`, type: BIGINT };
  if (type.kind === "decimal") return { sql: total, type: decimal(38, type.scale) };
  if (isFloating(type)) return { sql: `CAST(${total} AS ${duckName(type)})`, type };
  throw wrong("sum", args, position);
};

const avg: Build = (args, write, position) => {
  const { sql, type } = argument(args, 0);
  if (isInteger(type) || type.kind === "double") return { sql: write("avg", sql), type: DOUBLE };
  if (type.kind === "real") return { sql: `CAST(${write("avg", sql)} AS FLOAT)`, type };
  if (type.kind !== "decimal") throw wrong("avg", args, position);
  const count = write("count", sql);
  const digits = `athena_divide(athena_digits(${write("sum", sql)}), CAST(nullif(${count}, 0) AS HUGEINT))`;
  return { sql: `CAST(${fromDigits(digits, type.scale)} AS ${duckName(type)})`, type };
};

function extreme(name: "min" | "max"): Build {
  return (args, write, position) => {
    const { sql, type } = argument(args, 0);
    requireComparable(type, position);
    const plain = write(name, sql);
    if (!isFloating(type)) return { sql: plain, type };
    const nan = fail("NOT_SUPPORTED", `'local athena: ${name} of NaN is not supported'`);
    return { sql: `CASE WHEN ${write("bool_or", `isnan(${sql})`)} THEN ${nan} ELSE ${plain} END`, type };
  };
}

/** The value of the row with the greatest or smallest other one, also if the value is NULL. */
function extremeBy(name: "arg_min_null" | "arg_max_null"): Build {
  return (args, write, position) => {
    const [value, by] = [argument(args, 0), argument(args, 1)];
    requireComparable(by.type, position);
    return { sql: write(name, `${value.sql}, ${by.sql}`), type: value.type };
  };
}

/**
 * Trino's t-digest keeps small groups whole and then answers the value at the place `floor(p * n)` of the sorted ones;
 * that value is answered for groups of every size.
 */
const percentile: Build = (args, write, position) => {
  const value = argument(args, 0);
  const { type } = value;
  if (argument(args, 1).type.kind === "array") throw unsupported(position, "approx_percentile of several percentages");
  const share = as(args, 1, DOUBLE, "approx_percentile");
  const result = isInteger(type) ? BIGINT : type;
  if (result.kind !== "bigint" && !isFloating(result)) throw wrong("approx_percentile", args, position);
  const sorted = `list_sort(${write("list", value.sql, `${value.sql} IS NOT NULL`)})`;
  const place = `least(CAST(floor(${share} * ${write("count", value.sql)}) AS BIGINT), ${write("count", value.sql)} - 1) + 1`;
  const outside = fail("INVALID_FUNCTION_ARGUMENT", "'Percentile must be between 0 and 1'");
  const found = `CAST(list_extract(${sorted}, ${place}) AS ${duckName(result)})`;
  return { sql: `CASE WHEN ${share} < 0 OR ${share} > 1 THEN ${outside} ELSE ${found} END`, type: result };
};

function spread(name: string): Aggregate {
  return { arity: 1, build: (args, write) => ({ sql: write(name, as(args, 0, DOUBLE, name)), type: DOUBLE }) };
}

function truth(name: "bool_and" | "bool_or"): Aggregate {
  return { arity: 1, build: (args, write) => ({ sql: write(name, as(args, 0, BOOLEAN, name)), type: BOOLEAN }) };
}

const someValue: Aggregate = {
  arity: 1,
  build: (args, write) => ({ sql: write("any_value", argument(args, 0).sql), type: argument(args, 0).type }),
};

const AGGREGATES: Readonly<Record<string, Aggregate>> = {
  count: { arity: 1, build: (args, write) => ({ sql: write("count", argument(args, 0).sql), type: BIGINT }) },
  count_if: {
    arity: 1,
    build: (args, write) => ({
      sql: write("count", `CASE WHEN ${as(args, 0, BOOLEAN, "count_if")} THEN 1 END`),
      type: BIGINT,
    }),
  },
  sum: { arity: 1, build: sum },
  avg: { arity: 1, build: avg },
  min: { arity: 1, build: extreme("min") },
  max: { arity: 1, build: extreme("max") },
  min_by: { arity: 2, build: extremeBy("arg_min_null") },
  max_by: { arity: 2, build: extremeBy("arg_max_null") },
  arbitrary: someValue,
  any_value: someValue,
  bool_and: truth("bool_and"),
  every: truth("bool_and"),
  bool_or: truth("bool_or"),
  array_agg: {
    arity: 1,
    ordered: true,
    build: (args, write) => ({
      sql: write("list", argument(args, 0).sql),
      type: { kind: "array", element: argument(args, 0).type },
    }),
  },
  // Exact, where Trino estimates (within 2.3 % of it).
  approx_distinct: {
    arity: 1,
    alone: true,
    build: (args, write, position) => {
      requireComparable(argument(args, 0).type, position);
      return { sql: write("count", `DISTINCT ${argument(args, 0).sql}`), type: BIGINT };
    },
  },
  approx_percentile: { arity: 2, alone: true, build: percentile },
  stddev: spread("stddev_samp"),
  stddev_samp: spread("stddev_samp"),
  stddev_pop: spread("stddev_pop"),
  variance: spread("var_samp"),
  var_samp: spread("var_samp"),
  var_pop: spread("var_pop"),
};

export function isAggregate(name: string): boolean {
  return Object.hasOwn(AGGREGATES, name);
}

export const AGGREGATE_NAMES: readonly string[] = Object.keys(AGGREGATES);

export interface Modifiers {
  readonly star: boolean;
  readonly distinct: boolean;
  /** SQL after ORDER BY, if any. */
  readonly orderBy?: string;
  /** SQL of a condition. */
  readonly filter?: string;
  /** SQL of a window, in its parentheses. */
  readonly over?: string;
}

/** A call of an aggregate function, as DuckDB's SQL. */
export function aggregate(
  name: string,
  args: readonly Typed[],
  modifiers: Modifiers,
  position: Position,
): { sql: string; type: Type } {
  const { star, distinct, orderBy, filter, over } = modifiers;
  const found = AGGREGATES[name];
  if (!found) throw new Error(`${name} is no aggregate function`);
  const write: Write = (call, list, extra) => {
    const conditions = [filter, extra].filter((part) => part !== undefined);
    const inside = `${distinct ? "DISTINCT " : ""}${list}${orderBy === undefined ? "" : ` ORDER BY ${orderBy}`}`;
    const where = conditions.length > 0 ? ` FILTER (WHERE ${conditions.join(" AND ")})` : "";
    return `${call}(${inside})${where}${over === undefined ? "" : ` OVER ${over}`}`;
  };
  if (star) {
    if (name !== "count") throw wrong(name, args, position);
    return { sql: write("count", "*"), type: BIGINT };
  }
  if (name === "count" && args.length === 0) return { sql: write("count", "*"), type: BIGINT };
  if (args.length !== found.arity) {
    throw unsupported(position, `${name} with ${args.length} arguments (or Trino has no such function)`);
  }
  for (const arg of args) {
    if (arg.type.kind === "unknown") throw unsupported(arg, `${name} of NULL without a type`);
    if (distinct && found.arity === 1) requireComparable(arg.type, arg);
  }
  if (found.alone && over !== undefined) throw unsupported(position, `${name} as a window function`);
  if (found.alone && distinct) throw unsupported(position, `DISTINCT in ${name}`);
  if (distinct && found.arity > 1) throw unsupported(position, `DISTINCT in ${name}`);
  if (orderBy !== undefined && !found.ordered) throw unsupported(position, `ORDER BY in ${name}`);
  if (over !== undefined && (distinct || filter !== undefined || orderBy !== undefined)) {
    throw unsupported(position, "DISTINCT, FILTER or ORDER BY in a window function");
  }
  for (const arg of args)
    if (arg.type.kind.startsWith("interval")) throw unsupported(arg, `${name} of ${typeName(arg.type)}`);
  return found.build(args, write, position);
}

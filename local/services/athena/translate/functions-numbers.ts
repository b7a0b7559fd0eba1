/** https://trino.io/docs/current/functions/math.html */
import { QueryError, unsupported, type Position } from "../sql/errors";
import { BIGINT, BOOLEAN, decimal, DOUBLE, duckName, INTEGER, isInteger, isNumeric, type Type } from "../sql/types";
import { arithmetic } from "./operators";
import { argument, built, plain, typeOf, type Functions, type Overload } from "./overload";
import { guarded, literalInteger, type Typed } from "./typed";

function integer(type: Type): boolean {
  return isInteger(type);
}
function decimals(type: Type): boolean {
  return type.kind === "decimal";
}
function number(type: Type): boolean {
  return isNumeric(type);
}

/** Of a decimal: none of its digits behind the point, one more before it (for the carry). */
function whole(name: "round" | "floor" | "ceil"): readonly Overload[] {
  return [
    plain([integer], typeOf(0), (value) => value),
    built([decimals], (args) => {
      const { type: from, sql } = argument(args, 0);
      if (from.kind !== "decimal") throw new Error("not a decimal");
      const type = decimal(from.precision - from.scale + Math.min(from.scale, 1), 0);
      return { sql: `CAST(${name}(CAST(${sql} AS DECIMAL(38,${from.scale}))) AS ${duckName(type)})`, type };
    }),
    plain([DOUBLE], DOUBLE, (value) => `${name}(${value})`),
  ];
}

function roundTo(args: readonly Typed[]): { sql: string; type: Type } {
  const [value, digits] = [argument(args, 0), argument(args, 1)];
  const places = literalInteger(digits, "a number of digits of round");
  if (places < 0) throw unsupported(digits, "rounding before the point");
  const { type: from, sql } = value;
  if (from.kind !== "decimal") return { sql: isInteger(from) ? sql : `round(${sql}, ${places})`, type: from };
  const type = decimal(from.precision + 1, from.scale);
  const rounded = places >= from.scale ? sql : `round(CAST(${sql} AS ${duckName(type)}), ${places})`;
  return { sql: `CAST(${rounded} AS ${duckName(type)})`, type };
}

const BIGGEST = 10_000;

/** The whole numbers from one to another. */
function sequence(args: readonly Typed[], position: Position): { sql: string; type: Type } {
  const [first, last, step] = [argument(args, 0).sql, argument(args, 1).sql, args[2]];
  if (step && step.literal === 0) throw new QueryError("INVALID_FUNCTION_ARGUMENT", "step must not be zero", position);
  if (step && typeof step.literal !== "number") throw unsupported(step, "a step of sequence that is not a literal");
  const by = step ? step.sql : `CASE WHEN ${first} <= ${last} THEN 1 ELSE -1 END`;
  const few = `abs(CAST(${last} AS HUGEINT) - ${first}) // abs(${by}) < ${BIGGEST}`;
  const message = `'result of sequence function must not have more than ${BIGGEST} entries'`;
  const right = step ? `AND (${last} - ${first}) * sign(${by}) >= 0 ` : "";
  const sql = guarded(
    `${few} ${right}`,
    `generate_series(${first}, ${last}, ${by})`,
    `(${first} + ${last})`,
    "INVALID_FUNCTION_ARGUMENT",
    message,
  );
  return { sql, type: { kind: "array", element: BIGINT } };
}

export const integerSequences: readonly Overload[] = [
  built([BIGINT, BIGINT], sequence),
  built([BIGINT, BIGINT, BIGINT], sequence),
];

const NAN = "CAST('NaN' AS DOUBLE)";

function real(sql: (value: string) => string): readonly Overload[] {
  return [plain([DOUBLE], DOUBLE, sql)];
}

/** DuckDB ends the query where Java has an infinity or NaN. */
function logarithm(name: string, value: string): string {
  return `CASE WHEN ${value} = 0 THEN CAST('-Infinity' AS DOUBLE) WHEN ${value} < 0 THEN ${NAN} ELSE ${name}(${value}) END`;
}

const powers: readonly Overload[] = [
  plain([DOUBLE, DOUBLE], DOUBLE, (base, exponent) => `power(${base}, ${exponent})`),
];

export const NUMBER_FUNCTIONS: Functions = {
  abs: [plain([number], typeOf(0), (value) => `abs(${value})`)],
  round: [...whole("round"), built([number, INTEGER], roundTo)],
  floor: whole("floor"),
  ceil: whole("ceil"),
  ceiling: whole("ceil"),
  mod: [
    {
      parameters: [number, number],
      build: (args, position) => arithmetic("%", argument(args, 0), argument(args, 1), position),
    },
  ],
  // Functions of reals: the last of their digits may be another one than Java's.
  sqrt: real((value) => `CASE WHEN ${value} < 0 THEN ${NAN} ELSE sqrt(${value}) END`),
  exp: real((value) => `exp(${value})`),
  ln: real((value) => logarithm("ln", value)),
  log2: real((value) => logarithm("log2", value)),
  log10: real((value) => logarithm("log10", value)),
  power: powers,
  pow: powers,
  pi: [plain([], DOUBLE, () => "pi()")],
  sign: [
    plain([integer], typeOf(0), (value) => `sign(${value})`),
    plain([DOUBLE], DOUBLE, (value) => `CASE WHEN isnan(${value}) THEN ${NAN} ELSE CAST(sign(${value}) AS DOUBLE) END`),
  ],
  truncate: [
    built([decimals], (args) => {
      const { type: from, sql } = argument(args, 0);
      if (from.kind !== "decimal") throw new Error("not a decimal");
      const type = decimal(Math.max(1, from.precision - from.scale), 0);
      return { sql: `CAST(trunc(${sql}) AS ${duckName(type)})`, type };
    }),
    plain([DOUBLE], DOUBLE, (value) => `trunc(${value})`),
  ],
  nan: [plain([], DOUBLE, () => NAN)],
  infinity: [plain([], DOUBLE, () => "CAST('Infinity' AS DOUBLE)")],
  is_nan: [plain([DOUBLE], BOOLEAN, (value) => `isnan(${value})`)],
  is_finite: [plain([DOUBLE], BOOLEAN, (value) => `isfinite(${value})`)],
  is_infinite: [plain([DOUBLE], BOOLEAN, (value) => `isinf(${value})`)],
};

/** Comparisons and arithmetic with Trino's types. https://trino.io/docs/current/functions/decimal.html */
import type { ArithmeticOperator, ComparisonOperator } from "../sql/ast";
import { QueryError, unsupported, type Position } from "../sql/errors";
import {
  asDecimal,
  BOOLEAN,
  commonType,
  decimal,
  duckName,
  isFloating,
  isInteger,
  isNumeric,
  typeName,
  type Type,
} from "../sql/types";
import { coerce } from "./casts";
import { fail, mismatch, typed, type Typed } from "./typed";

/** All values as the type they have in common. */
export function unify(values: readonly Typed[], what: string): { values: Typed[]; type: Type } {
  const [first, ...others] = values;
  if (!first) throw new Error("nothing to unify");
  let type = first.type;
  for (const other of others) {
    const common = commonType(type, other.type);
    if (!common)
      throw mismatch(
        other,
        `${what} must be the same type or coercible to a common type. Cannot find common type between ${typeName(type)} and ${typeName(other.type)}`,
      );
    type = common;
  }
  return { values: values.map((value) => coerce(value, type)), type };
}

function operands(
  left: Typed,
  right: Typed,
  op: string,
  position: Position,
): { left: Typed; right: Typed; type: Type } {
  const type = commonType(left.type, right.type);
  if (!type) throw mismatch(position, `Cannot apply operator: ${typeName(left.type)} ${op} ${typeName(right.type)}`);
  return { left: coerce(left, type), right: coerce(right, type), type };
}

export function requireComparable(type: Type, position: Position): void {
  const { kind } = type;
  if (kind === "json" || kind === "array" || kind === "unreadable" || kind.startsWith("interval")) {
    throw unsupported(position, `comparing values of type ${typeName(type)}`);
  }
}

export function compare(op: ComparisonOperator, a: Typed, b: Typed, position: Position): Typed {
  const { left, right, type } = operands(a, b, op, position);
  requireComparable(type, position);
  const plain = `(${left.sql} ${op} ${right.sql})`;
  return typed(isFloating(type) ? withNan(op, left, right, plain) : plain, BOOLEAN, position, [a, b]);
}

/** NaN is unequal to all in Trino; in DuckDB it equals itself and is greater than all others. */
function withNan(op: ComparisonOperator, left: Typed, right: Typed, plain: string): string {
  const tests: string[] = [];
  if (left.literal === undefined) tests.push(`isnan(${left.sql}) AND ${right.sql} IS NOT NULL`);
  if (right.literal === undefined) tests.push(`isnan(${right.sql}) AND ${left.sql} IS NOT NULL`);
  if (tests.length === 0) return plain;
  return `CASE WHEN ${tests.join(" OR ")} THEN ${op === "<>"} ELSE ${plain} END`;
}

export function arithmetic(op: ArithmeticOperator, a: Typed, b: Typed, position: Position): Typed {
  const time = timeArithmetic(op, a, b, position);
  if (time) return time;
  const cannot = mismatch(position, `Cannot apply operator: ${typeName(a.type)} ${op} ${typeName(b.type)}`);
  const numeric = (type: Type): boolean => isNumeric(type) || type.kind === "unknown";
  if (!numeric(a.type) || !numeric(b.type) || (a.type.kind === "unknown" && b.type.kind === "unknown")) throw cannot;
  const { left, right, type } = operands(a, b, op, position);
  if (type.kind === "decimal") return decimalArithmetic(op, a, b, type, position);
  if (isInteger(type) && (op === "/" || op === "%")) {
    return typed(withDivisor(right, `${left.sql} ${op === "/" ? "//" : "%"} ${right.sql}`), type, position, [a, b]);
  }
  return typed(`(${left.sql} ${op} ${right.sql})`, type, position, [a, b]);
}

/** DuckDB answers NULL where Trino ends the query. */
function withDivisor(divisor: Typed, quotient: string): string {
  if (typeof divisor.literal === "number" && divisor.literal !== 0) return `(${quotient})`;
  return `CASE WHEN ${divisor.sql} = 0 THEN ${fail("DIVISION_BY_ZERO", "'Division by zero'")} ELSE ${quotient} END`;
}

function decimalArithmetic(
  op: ArithmeticOperator,
  a: Typed,
  b: Typed,
  common: Type & { kind: "decimal" },
  position: Position,
): Typed {
  const l = asDecimal(a.type) ?? common;
  const r = asDecimal(b.type) ?? common;
  const left = coerce(a, l).sql;
  const right = coerce(b, r).sql;
  const scale = Math.max(l.scale, r.scale);
  const result = (sql: string, type: Type & { kind: "decimal" }): Typed => {
    if (type.scale > 38)
      throw new QueryError(
        "NUMERIC_VALUE_OUT_OF_RANGE",
        `DECIMAL scale must be in range [0, precision (38)]: ${type.scale}`,
        position,
      );
    return typed(`CAST(${sql} AS ${duckName(type)})`, type, position, [a, b]);
  };
  switch (op) {
    case "+":
    case "-": {
      const type = decimal(Math.max(l.precision - l.scale, r.precision - r.scale) + scale + 1, scale);
      const wide = duckName(type);
      return result(`CAST(${left} AS ${wide}) ${op} CAST(${right} AS ${wide})`, type);
    }
    case "*":
      return result(`${left} * ${right}`, decimal(l.precision + r.precision, l.scale + r.scale));
    case "/": {
      const type = decimal(l.precision + r.scale + Math.max(r.scale - l.scale, 0), scale);
      const shift = scale - l.scale + r.scale;
      return result(
        fromDigits(`athena_divide(athena_digits(${left}) * ${power(shift)}, athena_digits(${right}))`, scale),
        type,
      );
    }
    case "%": {
      const type = decimal(Math.min(l.precision - l.scale, r.precision - r.scale) + scale, scale);
      const wide = duckName(decimal(38, scale));
      return result(withDivisor(coerce(b, r), `CAST(${left} AS ${wide}) % CAST(${right} AS ${wide})`), type);
    }
  }
}

function power(exponent: number): string {
  return `CAST('1${"0".repeat(exponent)}' AS HUGEINT)`;
}

/** Digits without a point, as the decimal with `scale` of them behind it. */
export function fromDigits(digits: string, scale: number): string {
  const whole = `CAST(${digits} AS DECIMAL(38,0))`;
  return scale === 0 ? whole : `${whole} * CAST('0.${"0".repeat(scale - 1)}1' AS DECIMAL(${scale},${scale}))`;
}

const DAY = 24 * 60 * 60 * 1000;

/** Dates and timestamps plus or minus an interval; nothing if none of the operands is one. */
function timeArithmetic(op: ArithmeticOperator, a: Typed, b: Typed, position: Position): Typed | undefined {
  const swap = op === "+" && a.type.kind.startsWith("interval");
  const [time, interval] = swap ? [b, a] : [a, b];
  const { type } = time;
  const temporal = type.kind === "date" || type.kind === "timestamp" || type.kind === "timestamp with time zone";
  if (a.type.kind.startsWith("interval") && !temporal) {
    throw unsupported(position, "arithmetic with intervals alone (use date_add for a count that is not a literal)");
  }
  if (!interval.type.kind.startsWith("interval")) {
    if (temporal && op === "-" && type.kind === b.type.kind)
      throw unsupported(position, "subtracting dates or timestamps (use date_diff)");
    return undefined;
  }
  if (!temporal || (op !== "+" && op !== "-")) {
    throw mismatch(position, `Cannot apply operator: ${typeName(a.type)} ${op} ${typeName(b.type)}`);
  }
  if (typeof interval.literal !== "number") throw unsupported(interval, "an interval that is not a literal");
  const months = interval.type.kind === "interval year to month";
  if (!months && type.kind === "date" && interval.literal % DAY !== 0) {
    throw new QueryError("INVALID_FUNCTION_ARGUMENT", "Cannot add hour, minutes or seconds to a date", position);
  }
  if (months && type.kind === "timestamp with time zone" && type.zone !== "UTC") {
    throw unsupported(position, "adding months to a timestamp in a time zone other than UTC");
  }
  const sum = `${time.sql} ${op} ${interval.sql}`;
  if (type.kind === "timestamp" || type.kind === "timestamp with time zone") {
    const precise = months ? type : { ...type, precision: Math.max(3, type.precision) };
    return typed(`(${sum})`, precise, position, [a, b]);
  }
  return typed(`CAST(${sum} AS DATE)`, type, position, [a, b]);
}

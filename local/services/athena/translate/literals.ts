/** Literals and the moment of the query. https://trino.io/docs/current/language/types.html */
import type { Expression, IntervalUnit } from "../sql/ast";
import { QueryError, unsupported, type Position } from "../sql/errors";
import {
  BIGINT,
  BOOLEAN,
  DATE,
  decimal,
  DOUBLE,
  duckName,
  INTEGER,
  JSON_TYPE,
  typeOfName,
  UNKNOWN,
  VARBINARY,
  VARCHAR,
  varchar,
  type Type,
} from "../sql/types";
import { cast } from "./casts";
import { zoneName } from "./functions-times";
import { fail, quote, typed, type Typed } from "./typed";

const INT_MAX = 2_147_483_647n;
const LONG_MAX = 9_223_372_036_854_775_807n;

export function text(value: string, position: Position): Typed {
  return { ...typed(quote(value), varchar([...value].length), position), literal: value };
}

/** With a cast: DuckDB would give a bare number the type that suits its neighbours. */
export function integer(digits: string, position: Position): Typed {
  const value = BigInt(digits);
  if (value > LONG_MAX || value < -LONG_MAX - 1n) {
    throw new QueryError("INVALID_LITERAL", `Invalid numeric literal: ${digits}`, position);
  }
  const type = value > INT_MAX || value < -INT_MAX - 1n ? BIGINT : INTEGER;
  const literal = Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
  return { ...typed(`CAST(${digits} AS ${duckName(type)})`, type, position), literal };
}

function exact(digits: string, position: Position): Typed {
  const [whole = "", fraction = ""] = digits.replace(/^-/, "").split(".");
  const significant = whole.replace(/^0+/, "");
  const precision = Math.max(1, significant.length + fraction.length);
  if (precision > 38) throw new QueryError("INVALID_LITERAL", `Invalid decimal literal: ${digits}`, position);
  const type = decimal(precision, fraction.length);
  return typed(`CAST(${quote(digits)} AS ${duckName(type)})`, type, position);
}

export function isLiteral(expression: Expression): boolean {
  return /^(null|boolean|string|binary|integer|decimal|double|typed|interval)$/.test(expression.kind);
}

/** A value that stands in the statement; nothing if the expression is none. */
export function literal(expression: Expression): Typed | undefined {
  switch (expression.kind) {
    case "null":
      return typed("NULL", UNKNOWN, expression);
    case "boolean":
      return typed(String(expression.value), BOOLEAN, expression);
    case "string":
      return text(expression.value, expression);
    case "binary":
      return typed(`unhex(${quote(expression.value)})`, VARBINARY, expression);
    case "integer":
      return integer(expression.text, expression);
    case "decimal":
      return exact(expression.text, expression);
    case "double":
      return typed(`CAST(${quote(expression.text)} AS DOUBLE)`, DOUBLE, expression);
    case "typed":
      return typedLiteral(expression.type, expression.value, expression);
    case "interval":
      return interval(expression.negative, expression.value, expression.unit, expression);
    case "negate":
      return negative(expression.operand, expression);
    default:
      return undefined;
  }
}

/** The smallest integer has no positive counterpart, so that the sign belongs to the number. */
function negative(operand: Expression, position: Position): Typed | undefined {
  if (operand.kind === "integer") return integer(`-${operand.text}`, position);
  if (operand.kind === "decimal") return exact(`-${operand.text}`, position);
  return undefined;
}

function typedLiteral(name: string, value: string, position: Position): Typed {
  const place = { line: position.line, column: position.column };
  const invalid = new QueryError("INVALID_LITERAL", `'${value}' is not a valid ${name.toUpperCase()} literal`, place);
  switch (name) {
    case "date":
      if (!isDate(value)) throw invalid;
      return typed(`CAST(${quote(value)} AS DATE)`, DATE, place);
    case "timestamp":
      return timestampLiteral(value, place) ?? fault(invalid);
    case "varchar":
      return { ...text(value, place), type: VARCHAR };
    case "decimal":
      if (!/^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$/.test(value)) throw invalid;
      return exact(value.replace(/^\+/, ""), place);
    case "json": {
      const parsed = `CASE WHEN json_valid(${quote(value)}) THEN CAST(${quote(value)} AS JSON) ELSE ${fail("INVALID_LITERAL", quote("invalid JSON literal"))} END`;
      return typed(parsed, JSON_TYPE, place);
    }
    case "time":
    case "char":
    case "real":
      throw unsupported(place, `a literal of type ${name}`);
    default:
      return cast(
        text(value, place),
        typeOfName({ name, parameters: [], withTimeZone: false, ...place }),
        false,
        place,
      );
  }
}

function fault(error: QueryError): never {
  throw error;
}

function isDate(value: string): boolean {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(value);
  if (!match) return false;
  const [, year = "", month = "", day = ""] = match;
  const moment = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return moment.getUTCMonth() === Number(month) - 1 && moment.getUTCDate() === Number(day);
}

/** The precision is that of the text; with a zone behind it, it is a timestamp with time zone. */
function timestampLiteral(value: string, position: Position): Typed | undefined {
  const match = /^(\S+?)(?: (\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,12}))?)?)?(?: ([A-Za-z].*))?$/.exec(value);
  if (!match) return undefined;
  const [, date = "", hour = "0", minute = "0", second = "0", fraction = "", zone] = match;
  if (!isDate(date) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (fraction.length > 6) throw unsupported(position, "a timestamp below microseconds");
  const local = `CAST(${quote(`${date} ${hour}:${minute}:${second}${fraction && `.${fraction}`}`)} AS TIMESTAMP)`;
  const precision = fraction.length;
  if (zone === undefined) return typed(local, { kind: "timestamp", precision }, position);
  const name = zoneName(text(zone, position));
  const type: Type = { kind: "timestamp with time zone", precision, zone: name };
  return typed(`timezone(${quote(name)}, ${local})`, type, position);
}

const MILLISECONDS: Readonly<Record<string, number>> = {
  day: 24 * 60 * 60 * 1000,
  hour: 60 * 60 * 1000,
  minute: 60 * 1000,
  second: 1000,
};

function interval(negative: boolean, value: string, unit: IntervalUnit, position: Position): Typed {
  if (!/^[+-]?\d+$/.test(value)) {
    throw new QueryError("INVALID_LITERAL", `'${value}' is not a valid INTERVAL literal`, position);
  }
  const count = Number(value) * (negative ? -1 : 1);
  const size = MILLISECONDS[unit];
  if (size === undefined) {
    const months = unit === "year" ? 12 * count : count;
    return { ...typed(`to_months(${months})`, { kind: "interval year to month" }, position), literal: months };
  }
  const sql = `to_milliseconds(${count * size})`;
  return { ...typed(sql, { kind: "interval day to second" }, position), literal: count * size };
}

/** current_date, current_timestamp and localtimestamp: the start of the query, in UTC. */
export function current(what: "date" | "timestamp" | "localtimestamp", now: Date, position: Position): Typed {
  const moment = now.toISOString().replace("T", " ").replace("Z", "");
  if (what === "date") return typed(`CAST(${quote(moment.slice(0, 10))} AS DATE)`, DATE, position);
  const local = `CAST(${quote(moment)} AS TIMESTAMP)`;
  if (what === "localtimestamp") return typed(local, { kind: "timestamp", precision: 3 }, position);
  return typed(`timezone('UTC', ${local})`, { kind: "timestamp with time zone", precision: 3, zone: "UTC" }, position);
}

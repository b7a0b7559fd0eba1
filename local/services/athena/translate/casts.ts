/**
 * CAST, TRY_CAST and Trino's implicit coercions. A cast that DuckDB does otherwise than Trino is mended here, one that is
 * not listed is refused. https://trino.io/docs/current/functions/conversion.html
 */
import { unsupported, type Position } from "../sql/errors";
import { fromJson } from "./json";
import { coerces, duckName, isFloating, isInteger, sameType, typeName, type Type } from "../sql/types";
import { fail, localTime, mismatch, quote, typed, WHITESPACE_SQL, type Typed } from "./typed";

/** `value` as `to`, which it becomes without a cast. */
export function coerce(value: Typed, to: Type): Typed {
  if (sameType(value.type, to)) return value;
  if (!coerces(value.type, to)) throw mismatch(value, `Cannot coerce ${typeName(value.type)} to ${typeName(to)}`);
  return { ...typed(convert(value, to, false), to, value, [value]), literal: value.literal };
}

/** CAST, or TRY_CAST if `safe`. */
export function cast(value: Typed, to: Type, safe: boolean, position: Position): Typed {
  if (sameType(value.type, to)) return value;
  return typed(convert(value, to, safe), to, position, [value]);
}

function convert(value: Typed, to: Type, safe: boolean): string {
  const { type: from, sql } = value;
  const plain = `${safe ? "TRY_CAST" : "CAST"}(${sql} AS ${duckName(to)})`;
  if (from.kind === "unknown") return `CAST(NULL AS ${duckName(to)})`;
  switch (from.kind) {
    case "varchar":
      return fromVarchar(value, to, safe);
    case "boolean":
      if (isInteger(to) || to.kind === "double") return plain;
      if (to.kind === "varchar") return toVarchar(value, to, plain);
      break;
    case "tinyint":
    case "smallint":
    case "integer":
    case "bigint":
      if (isInteger(to) || to.kind === "decimal" || to.kind === "double" || to.kind === "real") return plain;
      if (to.kind === "boolean") return `(${sql} <> 0)`;
      if (to.kind === "varchar") return toVarchar(value, to, plain);
      break;
    case "decimal":
      if (isInteger(to) || to.kind === "decimal") return plain;
      // Through text: the quotient of two doubles would round twice.
      if (isFloating(to)) return `CAST(CAST(${sql} AS VARCHAR) AS ${duckName(to)})`;
      if (to.kind === "varchar") return toVarchar(value, to, decimalText(sql, from));
      break;
    case "real":
    case "double":
      if (to.kind === "double") return plain;
      return fromDouble(value, to, safe);
    case "date":
      if (to.kind === "timestamp") return plain;
      if (to.kind === "timestamp with time zone") return `timezone('UTC', CAST(${sql} AS TIMESTAMP))`;
      if (to.kind === "varchar") return toVarchar(value, to, plain);
      break;
    case "timestamp":
    case "timestamp with time zone":
      return fromTimestamp(value, to, safe);
    case "json":
      return fromJson(value, to, safe);
    case "array":
      if (to.kind === "array" && coerces(from.element, to.element)) {
        const item = { ...value, type: from.element, sql: "item" };
        return `list_transform(${sql}, lambda item: ${convert(item, to.element, safe)})`;
      }
  }
  throw refused(value, to);
}

function refused(value: Typed, to: Type): Error {
  return unsupported(value, `a cast from ${typeName(value.type)} to ${typeName(to)}`);
}

/** DuckDB writes no 0 before the point of a decimal that has no digits there. */
export function decimalText(sql: string, { precision, scale }: Type & { kind: "decimal" }): string {
  const text = `CAST(${sql} AS VARCHAR)`;
  return precision > scale ? text : `regexp_replace(${text}, '^(-?)\\.', '\\10.')`;
}

/** varchar(n) of a value that is not text must hold all of it. */
function toVarchar(value: Typed, to: Type & { kind: "varchar" }, sql: string): string {
  if (to.length !== undefined) throw refused(value, to);
  return sql;
}

const DATE_TEXT = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}";
const TIME_TEXT = "([01]?[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9](\\.[0-9]{1,6})?)?";
const NUMBER_TEXT = "([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?";

function fromVarchar(value: Typed, to: Type, safe: boolean): string {
  const { sql } = value;
  const fits = (text: string, pattern: string): string => `regexp_full_match(${text}, ${quote(pattern)})`;
  const refuse = fail("INVALID_CAST_ARGUMENT", castMessage(sql, to));
  const otherwise = safe ? "" : ` WHEN ${sql} IS NOT NULL THEN ${refuse}`;
  const read = (text: string, type: string): string =>
    safe ? `TRY_CAST(${text} AS ${type})` : `coalesce(TRY_CAST(${text} AS ${type}), ${refuse})`;
  const exactly = (pattern: string, converted: string): string =>
    `CASE WHEN ${fits(sql, pattern)} THEN ${converted}${otherwise} END`;
  // Blanks around the text are rare, and cost more to take away than the cast itself.
  const trimmed = (pattern: string, convert: (text: string) => string): string => {
    const inside = `trim(${sql}, ${WHITESPACE_SQL})`;
    return `CASE WHEN ${fits(sql, pattern)} THEN ${convert(sql)} WHEN ${fits(inside, pattern)} THEN ${convert(inside)}${otherwise} END`;
  };
  switch (to.kind) {
    case "varchar":
      if (to.length === undefined) return sql;
      return value.type.kind === "varchar" && (value.type.length ?? Infinity) <= to.length
        ? sql
        : `substr(${sql}, 1, ${to.length})`;
    case "boolean":
      return exactly("(?i:t|true|1|f|false|0)", `(lower(${sql}) IN ('t', 'true', '1'))`);
    case "tinyint":
    case "smallint":
    case "integer":
    case "bigint":
      return exactly("[+-]?[0-9]+", read(`ltrim(${sql}, '+')`, duckName(to)));
    case "decimal":
      return exactly(`[+-]?${NUMBER_TEXT}`, readDecimal(sql, to, read, fits));
    case "double":
    case "real":
      return trimmed(`[+-]?(NaN|Infinity|${NUMBER_TEXT}[dDfF]?)`, (text) =>
        read(`ltrim(rtrim(${text}, 'dDfF'), '+')`, duckName(to)),
      );
    case "date":
      return trimmed(DATE_TEXT, (text) => read(text, "DATE"));
    case "timestamp":
      return trimmed(`${DATE_TEXT}( ${TIME_TEXT})?`, (text) => roundTime(read(text, "TIMESTAMP"), to.precision));
  }
  throw refused(value, to);
}

/** Trino's words for a text that does not become the type. */
function castMessage(sql: string, to: Type): string {
  switch (to.kind) {
    case "date":
    case "timestamp":
      return `'Value cannot be cast to ${to.kind}: ' || ${sql}`;
    case "decimal":
      return `'Cannot cast VARCHAR ''' || ${sql} || ''' to DECIMAL(${to.precision}, ${to.scale})'`;
    default:
      return `'Cannot cast ''' || ${sql} || ''' to ${to.kind === "integer" ? "INT" : to.kind.toUpperCase()}'`;
  }
}

/** DuckDB reads digits into 64 bits a hundred times faster than into 128. */
function readDecimal(
  sql: string,
  to: Type & { kind: "decimal" },
  read: (text: string, type: string) => string,
  fits: (text: string, pattern: string) => string,
): string {
  const wide = read(`ltrim(${sql}, '+')`, duckName(to));
  const whole = 18 - to.scale;
  if (to.precision <= 18 || whole < 1) return wide;
  const short = `-?[0-9]{1,${whole}}(\\.[0-9]{0,${to.scale}})?`;
  return `CASE WHEN ${fits(sql, short)} THEN CAST(CAST(${sql} AS DECIMAL(18,${to.scale})) AS ${duckName(to)}) ELSE ${wide} END`;
}

function fromDouble(value: Typed, to: Type, safe: boolean): string {
  const { sql } = value;
  const read = safe ? "TRY_CAST" : "CAST";
  // Trino rounds half away from zero, DuckDB's cast half to even.
  if (isInteger(to)) return `${read}(round(CAST(${sql} AS DOUBLE)) AS ${duckName(to)})`;
  if (to.kind === "real") return `${read}(${sql} AS FLOAT)`;
  // Trino takes the shortest decimal that is this double (`BigDecimal.valueOf`), so does DuckDB's text.
  if (to.kind === "decimal") return `${read}(CAST(${sql} AS VARCHAR) AS ${duckName(to)})`;
  // Trino's versions differ: an older one writes 12.5, a newer one 1.25E1.
  if (to.kind === "varchar") throw unsupported(value, "a cast from double to varchar (cast it to a decimal first)");
  throw refused(value, to);
}

function fromTimestamp(value: Typed, to: Type, _safe: boolean): string {
  const { type: from, sql } = value;
  if (!("precision" in from)) throw refused(value, to);
  if (to.kind === "timestamp") return shorten(localTime(value), from.precision, to.precision);
  if (to.kind === "timestamp with time zone") {
    if (from.kind === "timestamp") return `timezone('UTC', ${shorten(sql, from.precision, to.precision)})`;
    if (to.precision >= from.precision) return sql;
  }
  if (to.kind === "date") return `CAST(${localTime(value)} AS DATE)`;
  if (to.kind === "time") return `CAST(${shorten(localTime(value), from.precision, to.precision)} AS TIME)`;
  if (to.kind === "varchar") {
    const zone = from.kind === "timestamp with time zone" ? ` || ${quote(` ${from.zone}`)}` : "";
    return toVarchar(value, to, `(${timestampText(localTime(value), from.precision)}${zone})`);
  }
  throw refused(value, to);
}

/** `2026-01-01 00:00:00.000` */
export function timestampText(sql: string, precision: number, separator = " "): string {
  const micros = `strftime(${sql}, '%Y-%m-%d${separator}%H:%M:%S.%f')`;
  return precision === 6 ? micros : `substr(${micros}, 1, ${precision === 0 ? 19 : 20 + precision})`;
}

function shorten(sql: string, from: number, to: number): string {
  return to < from ? roundTime(sql, to) : sql;
}

/** A timestamp rounded half up to a number of fraction digits. */
export function roundTime(sql: string, precision: number): string {
  return precision >= 6 ? sql : `athena_round_time(${sql}, ${10 ** (6 - precision)})`;
}

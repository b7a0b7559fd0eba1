/**
 * CAST, TRY_CAST and Trino's implicit coercions. A cast that DuckDB does otherwise than Trino is mended here, one that is
 * not listed is refused. https://trino.io/docs/current/functions/conversion.html
 */
import { unsupported, type Position } from "../sql/errors";
import { coerces, duckName, isInteger, sameType, typeName, type Type } from "../sql/types";
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
      if (to.kind === "double") return `CAST(CAST(${sql} AS VARCHAR) AS DOUBLE)`;
      if (to.kind === "varchar") return toVarchar(value, to, plain);
      break;
    case "real":
      if (to.kind === "double") return plain;
      break;
    case "double":
      return fromDouble(value, to, safe);
    case "date":
      if (to.kind === "timestamp") return plain;
      if (to.kind === "timestamp with time zone") return `timezone('UTC', CAST(${sql} AS TIMESTAMP))`;
      if (to.kind === "varchar") return toVarchar(value, to, plain);
      break;
    case "timestamp":
    case "timestamp with time zone":
      return fromTimestamp(value, to, safe);
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

/** varchar(n) of a value that is not text must hold all of it. */
function toVarchar(value: Typed, to: Type & { kind: "varchar" }, sql: string): string {
  if (to.length !== undefined) throw refused(value, to);
  return sql;
}

function fromVarchar(value: Typed, to: Type, safe: boolean): string {
  const { sql } = value;
  const trimmed = `trim(${sql}, ${WHITESPACE_SQL})`;
  const check = (pattern: string, text: string, converted: string): string => {
    const name = quote(`' to ${typeName(to).toUpperCase()}`);
    const otherwise = safe
      ? ""
      : ` WHEN ${sql} IS NOT NULL THEN ${fail("INVALID_CAST_ARGUMENT", `'Cannot cast ''' || ${sql} || ${name}`)}`;
    return `CASE WHEN regexp_full_match(${text}, ${quote(pattern)}) THEN ${converted}${otherwise} END`;
  };
  const read = (text: string, type: string): string => `${safe ? "TRY_CAST" : "CAST"}(${text} AS ${type})`;
  const date = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}";
  switch (to.kind) {
    case "varchar":
      if (to.length === undefined) return sql;
      return value.type.kind === "varchar" && (value.type.length ?? Infinity) <= to.length
        ? sql
        : `substr(${sql}, 1, ${to.length})`;
    case "boolean":
      return check("(?i:t|true|1|f|false|0)", sql, `(lower(${sql}) IN ('t', 'true', '1'))`);
    case "tinyint":
    case "smallint":
    case "integer":
    case "bigint":
      return check("[+-]?[0-9]+", sql, read(`ltrim(${sql}, '+')`, duckName(to)));
    case "decimal":
      return check(
        "[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?",
        sql,
        read(`ltrim(${sql}, '+')`, duckName(to)),
      );
    case "double": {
      const pattern = "[+-]?(NaN|Infinity|([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?[dDfF]?)";
      return check(pattern, trimmed, read(`ltrim(rtrim(${trimmed}, 'dDfF'), '+')`, "DOUBLE"));
    }
    case "date":
      return check(date, trimmed, read(trimmed, "DATE"));
    case "timestamp": {
      const time = " ([01]?[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9](\\.[0-9]{1,6})?)?";
      const whole = read(
        `CASE WHEN length(${trimmed}) < 11 THEN ${trimmed} || ' 00:00:00' ELSE ${trimmed} END`,
        "TIMESTAMP",
      );
      return check(`${date}(${time})?`, trimmed, roundTime(whole, to.precision));
    }
  }
  throw refused(value, to);
}

function fromDouble(value: Typed, to: Type, safe: boolean): string {
  const { sql } = value;
  const read = safe ? "TRY_CAST" : "CAST";
  // Trino rounds half away from zero, DuckDB's cast half to even.
  if (isInteger(to)) return `${read}(round(${sql}) AS ${duckName(to)})`;
  if (to.kind === "real") return `${read}(${sql} AS FLOAT)`;
  // Trino takes the shortest decimal that is this double (`BigDecimal.valueOf`), so does DuckDB's text.
  if (to.kind === "decimal") return `${read}(CAST(${sql} AS VARCHAR) AS ${duckName(to)})`;
  if (to.kind !== "varchar") throw refused(value, to);
  // Beyond these bounds Trino writes an exponent, in another form than DuckDB.
  const plain = `CAST(${sql} AS VARCHAR)`;
  const beyond = fail(
    "NOT_SUPPORTED",
    "'local athena: a double below 0.001 or from 10000000 on as varchar is not supported'",
  );
  const text =
    `CASE WHEN isnan(${sql}) THEN 'NaN' WHEN isinf(${sql}) THEN CASE WHEN ${sql} > 0 THEN 'Infinity' ELSE '-Infinity' END ` +
    `WHEN ${sql} = 0 OR (abs(${sql}) >= 0.001 AND abs(${sql}) < 10000000) THEN ${plain} WHEN ${sql} IS NOT NULL THEN ${beyond} END`;
  return toVarchar(value, to, text);
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

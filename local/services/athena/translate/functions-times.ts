/** https://trino.io/docs/current/functions/datetime.html */
import { QueryError, unsupported, type Position } from "../sql/errors";
import { BIGINT, DATE, DOUBLE, TIMESTAMP, typeName, VARCHAR, type Type } from "../sql/types";
import { cast, timestampText } from "./casts";
import { jodaFormat, mysqlFormat, mysqlParseFormat } from "./formats";
import { unify } from "./operators";
import { argument, built, type Functions, type Overload } from "./overload";
import { fail, guarded, literalText, localTime, quote, type Typed } from "./typed";

type Built = { sql: string; type: Type };

function date(type: Type): boolean {
  return type.kind === "date";
}
function timestamp(type: Type): boolean {
  return type.kind === "timestamp" || type.kind === "timestamp with time zone";
}
function moment(type: Type): boolean {
  return date(type) || timestamp(type);
}
function localTimestamp(type: Type): boolean {
  return type.kind === "timestamp";
}
function readableDate(type: Type): boolean {
  return type.kind === "varchar" || moment(type);
}
function clock(type: Type): boolean {
  return type.kind === "time" || timestamp(type);
}

/** Longest first. `true`: as long in every time zone. */
const UNITS: Readonly<Record<string, boolean>> = {
  year: false,
  quarter: false,
  month: false,
  week: false,
  day: false,
  hour: true,
  minute: true,
  second: true,
  millisecond: true,
};

/** The unit that the first argument names; of a date only days and longer ones. */
function unitOf(args: readonly Typed[], type: Type): { unit: string; exact: boolean } {
  const first = argument(args, 0);
  const unit = literalText(first, "a unit of time").toLowerCase();
  const exact = UNITS[unit];
  if (exact === undefined || (exact && type.kind === "date")) {
    const what = type.kind === "date" ? "DATE" : "TIMESTAMP";
    throw new QueryError("INVALID_FUNCTION_ARGUMENT", `'${unit}' is not a valid ${what} field`, first);
  }
  return { unit, exact };
}

/** A time zone that stands in the statement. */
export function zoneName(zone: Typed): string {
  const name = literalText(zone, "a time zone");
  if (/^[+-]|^[A-Z]$/i.test(name)) throw unsupported(zone, `the time zone ${name} (write one such as Europe/Paris)`);
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
  } catch {
    throw new QueryError("INVALID_FUNCTION_ARGUMENT", `'${name}' is not a valid time zone`, zone);
  }
  return name;
}

/** `value` seen from a time zone. Without one of its own it is taken to be in UTC, the session's. */
export function atTimeZone(value: Typed, zone: Typed): Built {
  const { type } = value;
  const name = zoneName(zone);
  if (type.kind === "timestamp with time zone") return { sql: value.sql, type: { ...type, zone: name } };
  if (type.kind !== "timestamp") throw unsupported(value, `AT TIME ZONE of ${typeName(type)}`);
  const sql = `timezone('UTC', ${value.sql})`;
  return { sql, type: { kind: "timestamp with time zone", precision: type.precision, zone: name } };
}

/** A local time as the moment at which it is in the time zone of `type`. */
function fromLocal(sql: string, type: Type): string {
  return type.kind === "timestamp with time zone" ? `timezone(${quote(type.zone ?? "UTC")}, ${sql})` : sql;
}

function truncate(args: readonly Typed[]): Built {
  const value = argument(args, 1);
  const { type } = value;
  const { unit, exact } = unitOf(args, type);
  if (type.kind === "date") return { sql: `CAST(date_trunc(${quote(unit)}, ${value.sql}) AS DATE)`, type };
  const local = localTime(value);
  const truncated = `date_trunc(${quote(unit)}, ${local})`;
  // Within a day the rest is taken away: an hour of a change of clocks has two moments of the same name.
  const sql = exact && local !== value.sql ? `(${value.sql} - (${local} - ${truncated}))` : fromLocal(truncated, type);
  return { sql, type };
}

/** Whole units between two moments, which is DuckDB's date_sub. */
function difference(args: readonly Typed[]): Built {
  const { values, type } = unify(args.slice(1), "Arguments of date_diff");
  const [from, to] = [argument(values, 0), argument(values, 1)];
  const { unit, exact } = unitOf(args, type);
  const zone = argument(args, 1).type;
  const seen = (value: Typed): string => {
    if (type.kind !== "timestamp with time zone") return value.sql;
    // Days are those of the first value's time zone.
    return exact ? `timezone('UTC', ${value.sql})` : localTime({ ...value, type: zone });
  };
  const mixed = zone.kind !== "timestamp with time zone" && type.kind === "timestamp with time zone" && !exact;
  if (mixed) throw unsupported(from, "date_diff of values with and without a time zone");
  return { sql: `date_sub(${quote(unit)}, ${seen(from)}, ${seen(to)})`, type: BIGINT };
}

const ADDED: Readonly<Record<string, (count: string) => string>> = {
  year: (count) => `to_months(CAST(12 * ${count} AS INTEGER))`,
  quarter: (count) => `to_months(CAST(3 * ${count} AS INTEGER))`,
  month: (count) => `to_months(CAST(${count} AS INTEGER))`,
  week: (count) => `to_days(CAST(7 * ${count} AS INTEGER))`,
  day: (count) => `to_days(CAST(${count} AS INTEGER))`,
  hour: (count) => `to_hours(${count})`,
  minute: (count) => `to_minutes(${count})`,
  second: (count) => `to_seconds(${count})`,
  millisecond: (count) => `to_milliseconds(${count})`,
};

function add(args: readonly Typed[]): Built {
  const [count, value] = [argument(args, 1), argument(args, 2)];
  const { type } = value;
  const { unit, exact } = unitOf(args, type);
  if (!exact && type.kind === "timestamp with time zone" && type.zone !== "UTC") {
    throw unsupported(value, `adding ${unit}s to a timestamp in a time zone other than UTC`);
  }
  const sum = `(${value.sql} + ${ADDED[unit]?.(count.sql)})`;
  if (type.kind === "date") return { sql: `CAST(${sum} AS DATE)`, type };
  return { sql: sum, type };
}

function field(of: (type: Type) => boolean, sql: (local: string) => string): readonly Overload[] {
  return [built([of], (args) => ({ sql: `CAST(${sql(localTime(argument(args, 0)))} AS BIGINT)`, type: BIGINT }))];
}

/** Text without an offset is in the session's time zone, UTC. */
function fromIso(args: readonly Typed[]): Built {
  const { sql } = argument(args, 0);
  const shape = quote(
    "[0-9]{4}-[0-9]{2}-[0-9]{2}(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.,][0-9]{1,9})?)?(Z|[+-]00:?00)?)?",
  );
  // Joda keeps milliseconds and drops what is below.
  const time = `CASE WHEN length(${sql}) > 11 THEN regexp_extract(${sql}, 'T([0-9:]+)', 1) ELSE '00:00' END`;
  const padded = `substr(${sql}, 1, 10) || ' ' || ${time} || CASE WHEN length(${time}) = 5 THEN ':00' ELSE '' END`;
  const fraction = `CAST(rpad(regexp_extract(${sql}, '[.,]([0-9]{1,3})', 1), 3, '0') AS BIGINT)`;
  const read = `CAST(${padded} AS TIMESTAMP) + to_milliseconds(${fraction})`;
  const message =
    `'Invalid format: "' || ${sql} || '" (local athena reads yyyy-mm-dd, yyyy-mm-ddThh:mm, ` +
    `yyyy-mm-ddThh:mm:ss and fractions of a second, with Z or without)'`;
  return {
    sql: guarded(
      `regexp_full_match(${sql}, ${shape})`,
      `timezone('UTC', ${read})`,
      sql,
      "INVALID_FUNCTION_ARGUMENT",
      message,
    ),
    type: { kind: "timestamp with time zone", precision: 3, zone: "UTC" },
  };
}

function isoText(args: readonly Typed[]): Built {
  const value = argument(args, 0);
  const { type } = value;
  if (type.kind === "date") return { sql: `strftime(${value.sql}, '%Y-%m-%d')`, type: VARCHAR };
  if (!("precision" in type) || type.kind === "decimal") throw new Error("not a moment");
  const local = timestampText(localTime(value), type.precision, "T");
  if (type.kind !== "timestamp with time zone") return { sql: local, type: VARCHAR };
  if (type.zone !== "UTC") throw unsupported(value, "to_iso8601 in a time zone other than UTC");
  return { sql: `(${local} || 'Z')`, type: VARCHAR };
}

function fromUnix(args: readonly Typed[]): Built {
  const { sql } = argument(args, 0);
  const zone = args[1] ? zoneName(args[1]) : "UTC";
  const value = `timezone('UTC', epoch_ms(CAST(floor(${sql} * 1000 + 0.5) AS BIGINT)))`;
  return { sql: value, type: { kind: "timestamp with time zone", precision: 3, zone } };
}

/** DuckDB counts from 1970 in UTC; a timestamp without a time zone is taken to be in UTC, the session's. */
function toUnix(args: readonly Typed[]): Built {
  const value = argument(args, 0);
  const plain = value.type.kind === "timestamp with time zone" ? `timezone('UTC', ${value.sql})` : value.sql;
  return { sql: `epoch(${plain})`, type: DOUBLE };
}

function parse(args: readonly Typed[]): Built {
  const [text, format] = [argument(args, 0), argument(args, 1)];
  const read = `try_strptime(${text.sql}, ${mysqlParseFormat(format)})`;
  const message = `'Invalid format: "' || ${text.sql} || '"'`;
  // DuckDB would pass over blanks.
  const fits = `${read} IS NOT NULL AND NOT regexp_matches(${text.sql}, '^\\s|\\s$')`;
  return { sql: guarded(fits, read, text.sql, "INVALID_FUNCTION_ARGUMENT", message), type: TIMESTAMP };
}

const BIGGEST = 10_000;

/** The dates or timestamps from one to another: each is the first plus a multiple of the step. */
function sequence(args: readonly Typed[], position: Position): Built {
  const { values, type } = unify(args.slice(0, 2), "Arguments of sequence");
  const [first, last] = [argument(values, 0).sql, argument(values, 1).sql];
  if (type.kind !== "date" && type.kind !== "timestamp") throw unsupported(position, `sequence of ${typeName(type)}`);
  const step = args[2];
  if (step && typeof step.literal !== "number") throw unsupported(step, "a step of sequence that is not a literal");
  const size = step && typeof step.literal === "number" ? step.literal : 24 * 60 * 60 * 1000;
  if (size === 0) throw new QueryError("INVALID_FUNCTION_ARGUMENT", "interval must not be zero", position);
  if (!step && type.kind !== "date") throw unsupported(position, "sequence of timestamps without a step");
  const months = step?.type.kind === "interval year to month";
  if (!months && type.kind === "date" && size % (24 * 60 * 60 * 1000) !== 0) {
    throw new QueryError(
      "INVALID_FUNCTION_ARGUMENT",
      "sequence step must be a day interval if start and end values are dates",
      position,
    );
  }
  const distance = `date_sub(${months ? "'month'" : "'millisecond'"}, CAST(${first} AS TIMESTAMP), CAST(${last} AS TIMESTAMP))`;
  const by = step ? String(size) : `CASE WHEN ${first} <= ${last} THEN ${size} ELSE -${size} END`;
  const added = months ? `to_months(CAST(item * ${by} AS INTEGER))` : `to_milliseconds(item * ${by})`;
  const one = `${first} + ${added}`;
  const list = `list_transform(range(0, ${distance} // ${by} + 1), lambda item: ${type.kind === "date" ? `CAST(${one} AS DATE)` : one})`;
  const right = size > 0 ? `${first} <= ${last}` : `${first} >= ${last}`;
  const few = `abs(${distance} // ${by}) < ${BIGGEST}`;
  const message = `'sequence must end where its step leads, with at most ${BIGGEST} entries'`;
  const sql = guarded(
    step ? `${right} AND ${few}` : few,
    list,
    `(${first} > ${last})`,
    "INVALID_FUNCTION_ARGUMENT",
    message,
  );
  return { sql, type: { kind: "array", element: type } };
}

function interval(type: Type): boolean {
  return type.kind.startsWith("interval");
}

export const dateSequences: readonly Overload[] = [
  built([moment, moment], sequence),
  built([moment, moment, interval], sequence),
];

const dayOfMonth = field(moment, (local) => `day(${local})`);
const dayOfWeek = field(moment, (local) => `isodow(${local})`);
const dayOfYear = field(moment, (local) => `dayofyear(${local})`);
const weekOfYear = field(moment, (local) => `week(${local})`);
const yearOfWeek = field(moment, (local) => `isoyear(${local})`);

export const TIME_FUNCTIONS: Functions = {
  date: [built([readableDate], (args, position) => cast(argument(args, 0), DATE, false, position))],
  date_trunc: [built([VARCHAR, moment], truncate)],
  date_diff: [built([VARCHAR, moment, moment], difference)],
  date_add: [built([VARCHAR, BIGINT, moment], add)],
  year: field(moment, (local) => `year(${local})`),
  quarter: field(moment, (local) => `quarter(${local})`),
  month: field(moment, (local) => `month(${local})`),
  week: weekOfYear,
  week_of_year: weekOfYear,
  day: dayOfMonth,
  day_of_month: dayOfMonth,
  day_of_week: dayOfWeek,
  dow: dayOfWeek,
  day_of_year: dayOfYear,
  doy: dayOfYear,
  year_of_week: yearOfWeek,
  yow: yearOfWeek,
  hour: field(clock, (local) => `hour(${local})`),
  minute: field(clock, (local) => `minute(${local})`),
  second: field(clock, (local) => `second(${local})`),
  millisecond: field(clock, (local) => `millisecond(${local}) % 1000`),
  last_day_of_month: [built([moment], (args) => ({ sql: `last_day(${localTime(argument(args, 0))})`, type: DATE }))],
  at_timezone: [built([timestamp, VARCHAR], (args) => atTimeZone(argument(args, 0), argument(args, 1)))],
  with_timezone: [
    built([localTimestamp, VARCHAR], (args) => {
      const zone = zoneName(argument(args, 1));
      const { sql, type } = argument(args, 0);
      const precision = type.kind === "timestamp" ? type.precision : 3;
      return { sql: `timezone(${quote(zone)}, ${sql})`, type: { kind: "timestamp with time zone", precision, zone } };
    }),
  ],
  from_unixtime: [built([DOUBLE], fromUnix), built([DOUBLE, VARCHAR], fromUnix)],
  to_unixtime: [built([timestamp], toUnix)],
  from_iso8601_timestamp: [built([VARCHAR], fromIso)],
  from_iso8601_date: [
    built([VARCHAR], (args) => {
      const { sql } = argument(args, 0);
      const other = fail(
        "INVALID_FUNCTION_ARGUMENT",
        `'Invalid format: "' || ${sql} || '" (local athena reads yyyy-mm-dd)'`,
      );
      const shape = `regexp_full_match(${sql}, '[0-9]{4}-[0-9]{2}-[0-9]{2}')`;
      return {
        sql: `CASE WHEN ${shape} THEN CAST(${sql} AS DATE) WHEN ${sql} IS NOT NULL THEN ${other} END`,
        type: DATE,
      };
    }),
  ],
  to_iso8601: [built([moment], isoText)],
  date_format: [
    built([moment, VARCHAR], (args) => ({
      sql: `strftime(${localTime(argument(args, 0))}, ${mysqlFormat(argument(args, 1))})`,
      type: VARCHAR,
    })),
  ],
  date_parse: [built([VARCHAR, VARCHAR], parse)],
  format_datetime: [
    built([moment, VARCHAR], (args) => ({
      sql: `strftime(${localTime(argument(args, 0))}, ${jodaFormat(argument(args, 1))})`,
      type: VARCHAR,
    })),
  ],
};

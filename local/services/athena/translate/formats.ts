/** Patterns of dates and times: MySQL's for date_format and date_parse, Joda's for format_datetime, as DuckDB's strftime. */
import { QueryError, unsupported } from "../sql/errors";
import { literalText, quote, type Typed } from "./typed";

/** https://trino.io/docs/current/functions/datetime.html#mysql-date-functions */
const MYSQL: Readonly<Record<string, string>> = {
  "%a": "%a",
  "%b": "%b",
  "%c": "%-m",
  "%d": "%d",
  "%e": "%-d",
  "%f": "%f",
  "%H": "%H",
  "%h": "%I",
  "%I": "%I",
  "%i": "%M",
  "%j": "%j",
  "%k": "%-H",
  "%l": "%-I",
  "%M": "%B",
  "%m": "%m",
  "%p": "%p",
  "%r": "%I:%M:%S %p",
  "%S": "%S",
  "%s": "%S",
  "%T": "%H:%M:%S",
  "%v": "%V",
  "%W": "%A",
  "%x": "%G",
  "%Y": "%Y",
  "%y": "%y",
  "%%": "%%",
};

/** What DuckDB reads back as Joda does. */
const PARSED = ["%c", "%d", "%e", "%H", "%i", "%k", "%m", "%S", "%s", "%T", "%Y", "%%"];

/** The pattern of a date_format call, as a literal of strftime. */
export function mysqlFormat(argument: Typed): string {
  return quote(translate(argument, (code) => MYSQL[code]));
}

/** The pattern of a date_parse call: all that it leaves open would have a default of its own in either engine. */
export function mysqlParseFormat(argument: Typed): string {
  const text = literalText(argument, "a pattern of date_parse");
  const codes = [...text.matchAll(/%./gs)].map(([code]) => code);
  for (const code of codes) {
    if (!PARSED.includes(code)) throw unsupported(argument, `${code} in a pattern of date_parse`);
  }
  if (!codes.includes("%Y")) throw unsupported(argument, "a pattern of date_parse without %Y");
  const hasMonth = codes.includes("%m") || codes.includes("%c");
  const hasDay = codes.includes("%d") || codes.includes("%e");
  if (hasDay && !hasMonth) throw unsupported(argument, "a pattern of date_parse with a day and no month");
  return quote(translate(argument, (code) => MYSQL[code]?.replaceAll("-", "")));
}

function translate(argument: Typed, replace: (code: string) => string | undefined): string {
  const text = literalText(argument, "a pattern of dates");
  return text.replace(/%(.?)/gs, (code, letter: string) => {
    const found = replace(code);
    if (found !== undefined) return found;
    if (/^[DUuVwX]$/.test(letter)) {
      throw new QueryError("INVALID_FUNCTION_ARGUMENT", `${code} not supported in date format string`, argument);
    }
    throw unsupported(argument, `${code} in a pattern of dates`);
  });
}

/** https://www.joda.org/joda-time/apidocs/org/joda/time/format/DateTimeFormat.html */
const JODA: Readonly<Record<string, string>> = {
  yyyy: "%Y",
  YYYY: "%Y",
  yy: "%y",
  YY: "%y",
  MMMM: "%B",
  MMM: "%b",
  MM: "%m",
  M: "%-m",
  dd: "%d",
  d: "%-d",
  DDD: "%j",
  EEEE: "%A",
  EEE: "%a",
  EE: "%a",
  E: "%a",
  e: "%u",
  xxxx: "%G",
  ww: "%V",
  HH: "%H",
  H: "%-H",
  hh: "%I",
  h: "%-I",
  mm: "%M",
  m: "%-M",
  ss: "%S",
  s: "%-S",
  SSS: "%g",
  a: "%p",
};

/** The pattern of a format_datetime call, as a literal of strftime. */
export function jodaFormat(argument: Typed): string {
  const text = literalText(argument, "a pattern of format_datetime");
  const parts = text.matchAll(/([A-Za-z])\1*|'((?:[^']|'')*)'|[^A-Za-z']+|'/g);
  const format = [...parts].map(([part, letter, quoted]) => {
    if (quoted !== undefined) return quoted === "" ? "'" : quoted.replaceAll("''", "'").replaceAll("%", "%%");
    if (letter === undefined && part !== "'") return part.replaceAll("%", "%%");
    const found = JODA[part];
    if (found === undefined) throw unsupported(argument, `${part} in a pattern of format_datetime`);
    return found;
  });
  return quote(format.join(""));
}

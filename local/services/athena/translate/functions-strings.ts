/** https://trino.io/docs/current/functions/string.html and regexp.html */
import { unsupported } from "../sql/errors";
import { BIGINT, BOOLEAN, varchar, VARBINARY, VARCHAR, type Type } from "../sql/types";
import { concatenatedArrays } from "./functions-collections";
import { argument, built, plain, typeOf, type Functions, type Overload } from "./overload";
import { readPattern } from "./patterns";
import { fail, guarded, literalInteger, literalText, quote, WHITESPACE_SQL, type Typed } from "./typed";

function lengthOf(type: Type): number {
  return type.kind === "varchar" ? (type.length ?? Infinity) : 0;
}

function trim(side: "trim" | "ltrim" | "rtrim"): readonly Overload[] {
  return [
    plain([VARCHAR], typeOf(0), (text) => `${side}(${text}, ${WHITESPACE_SQL})`),
    plain([VARCHAR, VARCHAR], typeOf(0), (text, characters) => `${side}(${text}, ${characters})`),
  ];
}

/** DuckDB counts a start of 0 as 1 and reads backwards for a negative length; Trino answers with empty text. */
function substr(args: readonly Typed[]): { sql: string; type: Type } {
  const text = argument(args, 0);
  const start = argument(args, 1);
  const length = args[2];
  const taken = length ? `substr(${text.sql}, ${start.sql}, ${length.sql})` : `substr(${text.sql}, ${start.sql})`;
  const empty: string[] = [];
  if (!(typeof start.literal === "number" && start.literal > 0)) {
    empty.push(`${start.sql} = 0`, `${start.sql} < -length(${text.sql})`);
  }
  if (length && !(typeof length.literal === "number" && length.literal > 0)) empty.push(`${length.sql} <= 0`);
  const known = args.map(({ sql }) => `${sql} IS NOT NULL`).join(" AND ");
  return {
    sql: empty.length > 0 ? `CASE WHEN (${empty.join(" OR ")}) AND ${known} THEN '' ELSE ${taken} END` : taken,
    type: text.type,
  };
}

function splitPart(args: readonly Typed[]): { sql: string; type: Type } {
  const [text, delimiter, index] = [argument(args, 0), argument(args, 1), argument(args, 2)];
  if (literalText(delimiter, "a delimiter of split_part") === "")
    throw unsupported(delimiter, "an empty delimiter of split_part");
  const part = `list_extract(string_split(${text.sql}, ${delimiter.sql}), ${index.sql})`;
  if (typeof index.literal === "number" && index.literal > 0) return { sql: part, type: text.type };
  const sql = guarded(
    `${index.sql} > 0`,
    part,
    index.sql,
    "INVALID_FUNCTION_ARGUMENT",
    "'Index must be greater than zero'",
  );
  return { sql, type: text.type };
}

function replace(args: readonly Typed[]): { sql: string; type: Type } {
  const [text, search, by] = [argument(args, 0), argument(args, 1), args[2]];
  if (literalText(search, "the text that replace looks for") === "") throw unsupported(search, "replacing empty text");
  const [x, z] = [lengthOf(text.type), by ? lengthOf(by.type) : 0];
  return {
    sql: `replace(${text.sql}, ${search.sql}, ${by?.sql ?? "''"})`,
    type: by ? varchar(x + z * (x + 1)) : text.type,
  };
}

function pad(name: "lpad" | "rpad"): readonly Overload[] {
  return [
    built([VARCHAR, BIGINT, VARCHAR], (args) => {
      const [text, size, filler] = [argument(args, 0), argument(args, 1), argument(args, 2)];
      if (literalInteger(size, `a size of ${name}`) < 0) throw unsupported(size, "a negative size");
      if (literalText(filler, `a padding of ${name}`) === "") throw unsupported(filler, "an empty padding");
      return { sql: `${name}(${text.sql}, CAST(${size.sql} AS INTEGER), ${filler.sql})`, type: VARCHAR };
    }),
  ];
}

/** `^` and `$` mean the same in both only where the text has a single line. */
function ofOneLine(text: Typed, anchored: boolean, sql: string): string {
  if (!anchored) return sql;
  const refused = fail(
    "NOT_SUPPORTED",
    "'local athena: ^ or $ in a pattern on text of several lines is not supported'",
  );
  return `CASE WHEN contains(${text.sql}, chr(10)) THEN ${refused} ELSE ${sql} END`;
}

function extract(args: readonly Typed[]): { sql: string; type: Type } {
  const [text, group] = [argument(args, 0), args[2]];
  const pattern = readPattern(argument(args, 1));
  const number = group ? literalInteger(group, "a group of regexp_extract") : 0;
  if (number < 0 || number > pattern.groups)
    throw unsupported(group, `group ${number} of a pattern with ${pattern.groups}`);
  if (number > 0 && pattern.mayLeaveGroupsOut)
    throw unsupported(group, "extracting a group of a pattern with | or optional groups");
  const found = `regexp_extract(${text.sql}, ${quote(pattern.text)}, ${number})`;
  const sql = `CASE WHEN regexp_matches(${text.sql}, ${quote(pattern.text)}) THEN ${found} END`;
  return { sql: ofOneLine(text, pattern.anchored, sql), type: text.type };
}

function replaceMatches(args: readonly Typed[]): { sql: string; type: Type } {
  const [text, by] = [argument(args, 0), args[2]];
  const pattern = readPattern(argument(args, 1));
  const replacement = by ? literalText(by, "a replacement of regexp_replace") : "";
  if (/[$\\]/.test(replacement)) throw unsupported(by, "$ or \\ in a replacement of regexp_replace");
  if (pattern.matchesEmpty) throw unsupported(argument(args, 1), "replacing a pattern that matches empty text");
  const [x, y] = [lengthOf(text.type), by ? lengthOf(by.type) : 0];
  const sql = `regexp_replace(${text.sql}, ${quote(pattern.text)}, ${quote(replacement)}, 'g')`;
  return {
    sql: ofOneLine(text, pattern.anchored, sql),
    type: by ? varchar(x + Math.max((x * y) / 2, y) * (x + 1)) : text.type,
  };
}

const substrings = [built([VARCHAR, BIGINT], substr), built([VARCHAR, BIGINT, BIGINT], substr)];

export const STRING_FUNCTIONS: Functions = {
  length: [
    plain([VARCHAR], BIGINT, (text) => `length(${text})`),
    plain([VARBINARY], BIGINT, (bytes) => `octet_length(${bytes})`),
  ],
  lower: [plain([VARCHAR], typeOf(0), (text) => `lower(${text})`)],
  // Character by character, as in Java: the sharp s has no upper case of one character.
  upper: [
    plain([VARCHAR], typeOf(0), (text) => {
      const parts = `list_transform(string_split(${text}, 'ß'), lambda part: upper(part))`;
      return `CASE WHEN contains(${text}, 'ß') THEN array_to_string(${parts}, 'ß') ELSE upper(${text}) END`;
    }),
  ],
  trim: trim("trim"),
  ltrim: trim("ltrim"),
  rtrim: trim("rtrim"),
  substr: substrings,
  substring: substrings,
  replace: [built([VARCHAR, VARCHAR], replace), built([VARCHAR, VARCHAR, VARCHAR], replace)],
  split_part: [built([VARCHAR, VARCHAR, BIGINT], splitPart)],
  split: [
    built([VARCHAR, VARCHAR], (args) => {
      const [text, delimiter] = [argument(args, 0), argument(args, 1)];
      if (literalText(delimiter, "a delimiter of split") === "")
        throw unsupported(delimiter, "an empty delimiter of split");
      return { sql: `string_split(${text.sql}, ${delimiter.sql})`, type: { kind: "array", element: text.type } };
    }),
  ],
  strpos: [plain([VARCHAR, VARCHAR], BIGINT, (text, part) => `strpos(${text}, ${part})`)],
  starts_with: [plain([VARCHAR, VARCHAR], BOOLEAN, (text, start) => `starts_with(${text}, ${start})`)],
  // NULL if any is: DuckDB's concat would leave it out.
  concat: [
    plain([VARCHAR, VARCHAR], VARCHAR, (...texts) => `(${texts.join(" || ")})`, true),
    plain([VARBINARY, VARBINARY], VARBINARY, (...parts) => `(${parts.join(" || ")})`, true),
    ...concatenatedArrays,
  ],
  // Passes over NULL, but for the separator.
  concat_ws: [plain([VARCHAR, VARCHAR], VARCHAR, (...texts) => `concat_ws(${texts.join(", ")})`, true)],
  lpad: pad("lpad"),
  rpad: pad("rpad"),
  regexp_like: [
    built([VARCHAR, VARCHAR], (args) => {
      const pattern = readPattern(argument(args, 1));
      const text = argument(args, 0);
      return {
        sql: ofOneLine(text, pattern.anchored, `regexp_matches(${text.sql}, ${quote(pattern.text)})`),
        type: BOOLEAN,
      };
    }),
  ],
  regexp_extract: [built([VARCHAR, VARCHAR], extract), built([VARCHAR, VARCHAR, BIGINT], extract)],
  regexp_replace: [built([VARCHAR, VARCHAR], replaceMatches), built([VARCHAR, VARCHAR, VARCHAR], replaceMatches)],
};

/**
 * A value's text in PostgreSQL -> its JSON in a message. The shapes are those captured from DMS, where a capture exists:
 * timestamps with Z and without a zero fraction, bytea as 0x and upper-case hex, JSON and arrays as strings of PostgreSQL's
 * text, booleans as "t" and "f" in changes; and where none does, the guide's: booleans as "true" and "false" in a load.
 */
import type { Column } from "./catalog";
import { isLob } from "./catalog";

export type Encode = (text: string) => string;

export interface EncodeOptions {
  readonly phase: "load" | "change";
  readonly largeIntegers: boolean;
  /** Bytes; undefined without a limit. */
  readonly lobLimit: number | undefined;
  /** Told of each value that was cut. */
  readonly onTruncated: (column: string) => void;
}

const SPECIAL = /["\\\u0000-\u001f]/;

export const quote = (text: string): string => (SPECIAL.test(text) ? JSON.stringify(text) : `"${text}"`);

const asIs: Encode = (text) => text;

/** A double, as C prints it: what becomes of a large integer unless UseLargeIntegerValue. */
const scientific = (text: string): string => Number(text).toExponential();

/** Digits from which on DMS writes scientific notation, and the most that UseLargeIntegerValue keeps. */
const PLAIN_DIGITS = 16;
const LARGE_DIGITS = 18;

const bigint =
  (most: number): Encode =>
  (text) =>
    text.length <= most || (text.length === most + 1 && text[0] === "-") ? text : scientific(text);

/** JSON has no NaN and no infinity. */
const number: Encode = (text) => (/[a-z]/i.test(text) && !/^[-+\d.]+e[-+\d]+$/i.test(text) ? `"${text}"` : text);

/** NUMERIC(28,6): the rest is cut off, not rounded. */
const cutNumber: Encode = (text) => {
  const point = text.indexOf(".");
  return point < 0 ? number(text) : text.slice(0, point + 7);
};

const money: Encode = (text) => {
  const digits = text.replace(/[^\d.]/g, "");
  return text.includes("-") || text.startsWith("(") ? `-${digits}` : digits;
};

const bytes: Encode = (text) => `"0x${text.slice(2).toUpperCase()}"`;

/** AWS DMS guide, "Source data types for PostgreSQL": infinity is cut to the last and first day. */
const LAST = "9999-12-31T23:59:59Z";
const FIRST = "4713-01-01T00:00:00Z BC";

const dateTime: Encode = (text) => {
  if (text === "infinity") return `"${LAST}"`;
  if (text === "-infinity") return `"${FIRST}"`;
  const era = text.endsWith(" BC") ? " BC" : "";
  const blank = text.indexOf(" ");
  const day = text.slice(0, blank);
  const clock = text.slice(blank + 1, text.length - era.length).replace(/\+00$/, "");
  return clock.length > 8
    ? `"${day}T${clock.slice(0, 9)}${clock.slice(9).padEnd(6, "0")}Z${era}"`
    : `"${day}T${clock}Z${era}"`;
};

const date: Encode = (text) =>
  text === "infinity" ? `"${LAST.slice(0, 10)}"` : text === "-infinity" ? `"${FIRST.slice(0, 10)} BC"` : `"${text}"`;

/** COPY prints `t`, test_decoding `true`. */
const loadBoolean: Encode = (text) => (text[0] === "t" ? '"true"' : '"false"');
const changeBoolean: Encode = (text) => (text[0] === "t" ? '"t"' : '"f"');

function encoderOf(column: Column, { phase, largeIntegers }: EncodeOptions): Encode {
  switch (column.type) {
    case "INT2":
    case "INT4":
      return asIs;
    case "INT8":
      return bigint(largeIntegers ? LARGE_DIGITS : PLAIN_DIGITS);
    case "NUMERIC":
      return column.cut ? cutNumber : number;
    case "REAL4":
    case "REAL8":
      return number;
    case "BOOLEAN":
      return phase === "load" ? loadBoolean : changeBoolean;
    case "BLOB":
      return bytes;
    case "DATETIME":
      return dateTime;
    case "DATE":
      return date;
    case "TIME":
      return (text) => `"${text}"`;
    case "STRING":
      return column.pgType === "money" ? money : quote;
    default:
      return quote;
  }
}

/**
 * Bytes of a large object as DMS counts them for LobMaxSize: of an NCLOB two a character and four beyond the basic plane
 * (AWS DMS guide, "Setting LOB support"), of a BLOB its own, of a CLOB those of UTF-8.
 */
function limited(column: Column, limit: number, encode: Encode, onTruncated: (column: string) => void): Encode {
  if (column.type === "BLOB") {
    const most = 2 + 2 * limit;
    return (text) => {
      if (text.length <= most) return encode(text);
      onTruncated(column.name);
      return encode(text.slice(0, most));
    };
  }
  if (column.type === "NCLOB") {
    const most = Math.floor(limit / 2);
    return (text) => {
      if (text.length <= most) return encode(text);
      onTruncated(column.name);
      // Not half a character.
      return encode(text.slice(0, most).replace(/[\uD800-\uDBFF]$/, ""));
    };
  }
  return (text) => {
    // No character has more than three bytes for each of JavaScript's units.
    if (text.length * 3 <= limit || Buffer.byteLength(text) <= limit) return encode(text);
    onTruncated(column.name);
    return encode(
      Buffer.from(text)
        .subarray(0, limit)
        .toString("utf8")
        .replace(/\uFFFD+$/, ""),
    );
  };
}

export function encoder(column: Column, options: EncodeOptions): Encode {
  const encode = encoderOf(column, options);
  return options.lobLimit !== undefined && isLob(column.type)
    ? limited(column, options.lobLimit, encode, options.onTruncated)
    : encode;
}

/** A message with the indentation of DMS' `json` format, from the one-line form. */
export function pretty(line: string): string {
  let out = "";
  let depth = 0;
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^"{}[\],:\s]+/g;
  let previous = "";
  for (const [token] of line.matchAll(tokens)) {
    const closing = token === "}" || token === "]";
    if (closing) depth -= 1;
    if (closing ? previous !== "{" && previous !== "[" : previous === "{" || previous === "[" || previous === ",") {
      out += "\n" + "\t".repeat(depth);
    }
    out += token === ":" ? ":\t" : token;
    if (token === "{" || token === "[") depth += 1;
    previous = token;
  }
  return out;
}

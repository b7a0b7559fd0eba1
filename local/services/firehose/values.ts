/**
 * What the OpenX JSON SerDe makes of a JSON value in a column of a Hive type. Followed is what AWS documents ("Convert input
 * data format"), what the SerDe's source does (rcongiu/Hive-JSON-Serde), and what others have seen Firehose do. A value of
 * which that is not known, or which would be changed without a word, fails its record and says so.
 *
 * | column           | taken                                                        |
 * | ---------------- | ------------------------------------------------------------ |
 * | smallint to bigint | integers in range; strings of digits, with or without sign |
 * | double           | numbers; strings of a number, NaN, Infinity, -Infinity       |
 * | boolean          | true, false; strings "true" and "false" in any case          |
 * | string           | strings; integers up to 64 bits and booleans as their text   |
 * | date             | strings YYYY-MM-DD                                           |
 * | any              | null, and a missing key, which is null                       |
 */
import type { GlueColumn } from "../../core/contracts";

export type Token = "string" | "number" | "true" | "false" | "null" | "object" | "array";

/** `plain`: DuckDB reads the token as it stands. A text: the JSON that stands for the value. A fault: why it fails. */
export type Verdict = "plain" | { readonly json: string } | { readonly fault: string };

export interface Column {
  readonly name: string;
  readonly hiveType: string;
  readonly duckType: string;
  /** `text` gives the token as it was sent, quotes and escapes included. */
  judge(token: Token, text: () => string): Verdict;
}

const mismatch = (token: string): { fault: string } => ({
  fault: `Data does not match the schema. For input string: ${token}`,
});
const unknown = (token: string): { fault: string } => ({
  fault: `local firehose: what Firehose makes of ${token.slice(0, 100)} is not known, so it is refused.`,
});
/** The text of a string token; the scanner has seen that it is valid. */
const unquote = (token: string): string => String(JSON.parse(token));

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function integer(bits: bigint): Column["judge"] {
  const [min, max] = [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
  // So few digits are in range without a look.
  const safeDigits = max.toString().length - 1;
  return (token, text) => {
    if (token === "number") {
      const digits = text();
      if (!/^-?\d+$/.test(digits)) return unknown(digits);
      if (digits === "-0") return { json: "0" };
      if (digits.length <= safeDigits) return "plain";
      const value = BigInt(digits);
      return value >= min && value <= max ? "plain" : mismatch(digits);
    }
    if (token !== "string") return unknown(text());
    const sent = unquote(text());
    if (!/^[+-]?\d+$/.test(sent)) return /^0x/i.test(sent) ? unknown(text()) : mismatch(text());
    const value = BigInt(sent.replace("+", ""));
    return value >= min && value <= max ? { json: value.toString() } : mismatch(text());
  };
}

const double: Column["judge"] = (token, text) => {
  if (token !== "number" && token !== "string") return unknown(text());
  const sent = token === "number" ? text() : unquote(text());
  if (token === "string" && /^(NaN|-?Infinity)$/.test(sent)) return "plain";
  if (!NUMBER.test(sent)) return mismatch(text());
  // Beyond the range of a double Java would write Infinity.
  return Number.isFinite(Number(sent)) ? (token === "number" ? "plain" : { json: sent }) : unknown(text());
};

const boolean: Column["judge"] = (token, text) => {
  if (token === "true" || token === "false") return "plain";
  const sent = token === "string" ? unquote(text()).toLowerCase() : "";
  // Java's parseBoolean would take any other text for false.
  return sent === "true" || sent === "false" ? { json: sent } : unknown(text());
};

const LONG = 2n ** 63n;

const string: Column["judge"] = (token, text) => {
  if (token === "string") return "plain";
  if (token === "true" || token === "false") return { json: `"${token}"` };
  const sent = text();
  if (token !== "number" || !/^-?\d+$/.test(sent)) return unknown(sent);
  const value = BigInt(sent);
  return value >= -LONG && value < LONG ? { json: `"${value}"` } : unknown(sent);
};

const date: Column["judge"] = (token, text) => {
  if (token !== "string") return unknown(text());
  const sent = unquote(text());
  if (!/^\d{4}-\d\d-\d\d$/.test(sent)) return mismatch(text());
  const day = new Date(`${sent}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(sent) ? "plain" : mismatch(text());
};

const TYPES: Readonly<Record<string, Pick<Column, "duckType" | "judge">>> = {
  smallint: { duckType: "SMALLINT", judge: integer(16n) },
  int: { duckType: "INTEGER", judge: integer(32n) },
  bigint: { duckType: "BIGINT", judge: integer(64n) },
  double: { duckType: "DOUBLE", judge: double },
  boolean: { duckType: "BOOLEAN", judge: boolean },
  string: { duckType: "VARCHAR", judge: string },
  date: { duckType: "DATE", judge: date },
};

/** Why a table with these columns cannot be written here; undefined if it can. */
export function schemaFault(columns: readonly GlueColumn[]): string | undefined {
  const strange = columns.find(({ Type }) => !(Type in TYPES));
  if (strange === undefined) return undefined;
  const known = Object.keys(TYPES).join(", ");
  return `the column "${strange.Name}" has the type ${strange.Type}; how Firehose reads it from JSON is not known here (known: ${known})`;
}

/** @throws for a schema with a `schemaFault`. */
export function columnsOf(columns: readonly GlueColumn[]): Column[] {
  return columns.map(({ Name, Type }) => {
    const type = TYPES[Type];
    if (type === undefined) throw new Error(schemaFault(columns));
    const judge: Column["judge"] = (token, text) => {
      const verdict = token === "null" ? "plain" : type.judge(token, text);
      return typeof verdict === "object" && "fault" in verdict
        ? { fault: `${verdict.fault} (column "${Name}", ${Type})` }
        : verdict;
    };
    return { name: Name, hiveType: Type, duckType: type.duckType, judge };
  });
}

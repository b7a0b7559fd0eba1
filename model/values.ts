/** Values from DMS and DynamoDB to the canonical text of `types.ts`, and on to DynamoDB and the lake. */
import type { ExactJson } from "./exactJson";
import { numberText, writeExact } from "./exactJson";
import type { Form } from "./types";

/** An integer in scientific notation beyond this many digits went through a double and may have lost some. */
const SAFE_DIGITS = 15;

/** `1.5E+3` -> `1500`; plain digits pass unchanged. Undefined if `text` is no decimal number. */
function plainDecimal(text: string): string | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent] = match;
  const minus = sign === "-" ? "-" : "";
  if (exponent === undefined) return fraction === "" ? minus + whole : `${minus}${whole}.${fraction}`;
  const shift = Number(exponent);
  const digits = whole + fraction;
  const point = whole.length + shift;
  if (point <= 0) return `${minus}0.${"0".repeat(-point)}${digits}`;
  const left = digits
    .slice(0, point)
    .padEnd(point, "0")
    .replace(/^0+(?=\d)/, "");
  const right = digits.slice(point);
  return right === "" ? minus + left : `${minus}${left}.${right}`;
}

function integer(value: string): string | undefined {
  const exact = plainDecimal(value);
  if (exact === undefined) return undefined;
  const whole = exact.replace(/\.0*$/, "");
  if (!/^-?\d+$/.test(whole)) return undefined;
  // DMS writes a large integer as a double unless the endpoint has UseLargeIntegerValue: the digits may be gone.
  if (/[eE.]/.test(value) && whole.replace("-", "").length > SAFE_DIGITS) return undefined;
  return whole;
}

function boolean(value: string): string | undefined {
  switch (value.toLowerCase()) {
    case "true":
    case "t":
    case "1":
      return "true";
    case "false":
    case "f":
    case "0":
      return "false";
    default:
      return undefined;
  }
}

function float(value: string): string | undefined {
  const special = /^([+-]?)(nan|inf(?:inity)?)$/i.exec(value);
  if (special !== null) {
    const minus = special[1] === "-" ? "-" : "";
    return /nan/i.test(value) ? "NaN" : `${minus}Infinity`;
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value) ? value : undefined;
}

function bytes(value: string): string | undefined {
  const hex = value.replace(/^(0x|\\x)/i, "").toLowerCase();
  return /^([0-9a-f]{2})*$/.test(hex) ? hex : undefined;
}

function date(value: string): string | undefined {
  return /^(\d{4,6}-\d\d-\d\d)(?:[T ]00:00:00(?:\.0+)?(?:Z|\+00(?::?00)?)?)?$/.exec(value)?.[1];
}

/** Microseconds: six digits, or undefined when there are more that are not zero. */
function micros(fraction: string | undefined): string | undefined {
  const digits = (fraction ?? "").padEnd(6, "0");
  return /^0*$/.test(digits.slice(6)) ? digits.slice(0, 6) : undefined;
}

function time(value: string): string | undefined {
  const match = /^(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z?$/.exec(value);
  const fraction = micros(match?.[2]);
  return match === null || fraction === undefined ? undefined : `${match[1]}.${fraction}`;
}

const TIMESTAMP = /^(\d{4,6}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:(Z)|([+-])(\d\d):?(\d\d)?)?$/;

/** In UTC, with microseconds, without a zone. */
function timestamp(value: string): string | undefined {
  const match = TIMESTAMP.exec(value);
  if (match === null) return undefined;
  const [, day, clock, digits, , sign, hours, minutes] = match;
  const fraction = micros(digits);
  if (fraction === undefined) return undefined;
  const offset = sign === undefined ? 0 : (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes ?? 0));
  if (offset === 0) return `${day}T${clock}.${fraction}`;
  const instant = new Date(Date.parse(`${day}T${clock}Z`) - offset * 60_000);
  return `${instant.toISOString().slice(0, 19)}.${fraction}`;
}

/**
 * The canonical text of a value that is not null.
 * Accepts every variant DMS is known to send: booleans as true, "true", "t" or "1", bytes with and without 0x, numbers as
 * number or string, timestamps with and without fraction, zone and T.
 * @returns undefined if the value is none of the form, or may have lost digits on its way.
 */
export function canonical(form: Form, value: Exclude<ExactJson, null>): string | undefined {
  // JSON columns may come as JSON when an attribute mapping says so; everything else nested is text too.
  if (typeof value === "object") return form === "text" ? writeExact(value) : undefined;
  const text = typeof value === "boolean" ? String(value) : (numberText(value) ?? value);
  switch (form) {
    case "integer":
      return integer(text);
    case "decimal":
    case "number":
      return /^nan$/i.test(text) ? "NaN" : plainDecimal(text);
    case "float":
      return float(text);
    case "boolean":
      return boolean(text);
    case "text":
      return text;
    case "bytes":
      return bytes(text);
    case "date":
      return date(text);
    case "time":
      return time(text);
    case "timestamp":
      return timestamp(text);
    case "instant": {
      const utc = timestamp(text);
      return utc === undefined ? undefined : `${utc}Z`;
    }
  }
}

/** What a column is in DynamoDB. `B` is base64 in a stream's event and bytes in the SDK. */
export type Stored = { S: string } | { N: string } | { BOOL: boolean } | { B: Uint8Array } | { NULL: true };

export function toStored(form: Form, value: string | null): Stored {
  if (value === null) return { NULL: true };
  switch (form) {
    case "integer":
      return { N: value };
    case "boolean":
      return { BOOL: value === "true" };
    case "bytes":
      return { B: Buffer.from(value, "hex") };
    default:
      return { S: value };
  }
}

/** A DynamoDB attribute as the SDK and the streams show it; only the members that a column uses. */
export interface Attribute {
  readonly S?: string;
  readonly N?: string;
  readonly BOOL?: boolean;
  readonly B?: Uint8Array | string;
  readonly NULL?: boolean;
}

/** An attribute as exact JSON, so that `canonical` reads it. Undefined for a set, list or map, and for a leading NUL. */
export function attributeJson(attribute: Attribute): ExactJson | undefined {
  if (attribute.NULL === true) return null;
  if (attribute.S !== undefined) return attribute.S.charCodeAt(0) === 0 ? undefined : attribute.S;
  if (attribute.N !== undefined) return `\0${attribute.N}`;
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.B === undefined) return undefined;
  const buffer = typeof attribute.B === "string" ? Buffer.from(attribute.B, "base64") : Buffer.from(attribute.B);
  return `0x${buffer.toString("hex")}`;
}

/** A value as JSON text for a `changes` table in the lake. */
export function toLakeJson(form: Form, value: string | null): string {
  if (value === null) return "null";
  return form === "integer" || form === "boolean" ? value : JSON.stringify(value);
}

/**
 * Where objects go: prefixes with expressions that are evaluated at delivery.
 * https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
 */
import { randomUUID } from "node:crypto";

type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "timestamp"; readonly pattern: string }
  | { readonly kind: "random" }
  | { readonly kind: "errorType" };

export type Prefix = readonly Part[];

/** What is added to a prefix that says no time. */
const BY_HOUR = "yyyy/MM/dd/HH/";
const MAX_LENGTH = 512;

const two = (number: number): string => String(number).padStart(2, "0");
const FIELDS: Readonly<Record<string, (at: Date) => string>> = {
  yyyy: (at) => String(at.getUTCFullYear()),
  MM: (at) => two(at.getUTCMonth() + 1),
  dd: (at) => two(at.getUTCDate()),
  HH: (at) => two(at.getUTCHours()),
  mm: (at) => two(at.getUTCMinutes()),
  ss: (at) => two(at.getUTCSeconds()),
};
/** A pattern of Java's DateTimeFormatter: quoted text, fields, the rest as it is. */
const PATTERN = /'[^']*'|([A-Za-z])\1*|[^A-Za-z']+/g;

function timestampFault(pattern: string): string | undefined {
  const tokens = pattern.match(PATTERN) ?? [];
  if (pattern === "" || tokens.join("") !== pattern) return `!{timestamp:${pattern}} is no pattern of a date`;
  const strange = tokens.find((token) => /^[A-Za-z]/.test(token) && !(token in FIELDS));
  return strange === undefined
    ? undefined
    : `!{timestamp:${pattern}}: "${strange}" is not supported locally (known: ${Object.keys(FIELDS).join(", ")})`;
}

const timestamp = (pattern: string, at: Date): string =>
  (pattern.match(PATTERN) ?? []).map((token) => FIELDS[token]?.(at) ?? token.replaceAll("'", "")).join("");

/** @returns the parts, or why it is none. */
function parse(prefix: string): Prefix | string {
  const parts: Part[] = [];
  for (const [piece, expression] of prefix.matchAll(/!\{([^}]*)\}|!\{|(?:(?!!\{)[^])+/g)) {
    if (!piece.startsWith("!{")) parts.push({ kind: "text", text: piece });
    else if (expression === "firehose:random-string") parts.push({ kind: "random" });
    else if (expression === "firehose:error-output-type") parts.push({ kind: "errorType" });
    else if (expression?.startsWith("timestamp:")) {
      const pattern = expression.slice("timestamp:".length);
      const fault = timestampFault(pattern);
      if (fault !== undefined) return fault;
      parts.push({ kind: "timestamp", pattern });
    } else return `the expression "${piece}" is not supported`;
  }
  if (prefix.length > MAX_LENGTH) return `it has ${prefix.length} characters, and ${MAX_LENGTH} are allowed`;
  return parts;
}

const has = (prefix: Prefix, kind: Part["kind"]): boolean => prefix.some((part) => part.kind === kind);
const hasExpressions = (prefix: Prefix): boolean => prefix.some(({ kind }) => kind !== "text");

export interface Prefixes {
  readonly data: Prefix;
  readonly errors: Prefix;
}

/**
 * Both prefixes of a destination, by the rules of the guide.
 * @returns a text if they break one, or if the guide leaves open where objects would go.
 */
export function readPrefixes(prefix: string | undefined, errorOutputPrefix: string | undefined): Prefixes | string {
  const data = parse(prefix ?? "");
  if (typeof data === "string") return `prefix "${prefix ?? ""}": ${data}`;
  if (has(data, "errorType"))
    return `prefix "${prefix}": !{firehose:error-output-type} belongs into errorOutputPrefix only`;
  if (hasExpressions(data) && !has(data, "timestamp")) {
    return `prefix "${prefix}": with expressions but without !{timestamp:...} it is not supported; say the time`;
  }
  if (errorOutputPrefix === undefined) {
    return hasExpressions(data)
      ? "errorOutputPrefix can't be null when prefix contains expressions"
      : "errorOutputPrefix is missing; without it, where errors go is not supported locally";
  }
  const errors = parse(errorOutputPrefix);
  if (typeof errors === "string") return `errorOutputPrefix "${errorOutputPrefix}": ${errors}`;
  if (!has(errors, "errorType")) {
    return `errorOutputPrefix "${errorOutputPrefix}": it must include !{firehose:error-output-type}`;
  }
  const byHour: Part = { kind: "timestamp", pattern: BY_HOUR };
  return { data: has(data, "timestamp") ? data : [...data, byHour], errors };
}

export interface ObjectName {
  readonly prefix: Prefix;
  readonly stream: string;
  readonly version: number;
  /** Arrival of the object's oldest record. */
  readonly at: Date;
  readonly extension: "" | ".parquet";
}

/** `<evaluated prefix><stream>-<version>-<year>-<month>-<day>-<hour>-<minute>-<second>-<uuid><extension>` */
export function objectKey({ prefix, stream, version, at, extension }: ObjectName): string {
  const evaluated = prefix.map((part) => {
    switch (part.kind) {
      case "text":
        return part.text;
      case "timestamp":
        return timestamp(part.pattern, at);
      case "random":
        return randomUUID().slice(0, 11);
      case "errorType":
        return "format-conversion-failed";
    }
  });
  return `${evaluated.join("")}${stream}-${version}-${timestamp("yyyy-MM-dd-HH-mm-ss", at)}-${randomUUID()}${extension}`;
}

/** An expression in DuckDB's SQL with the type it has in Trino. */
import { QueryError, type QueryErrorCode, unsupported, type Position } from "../sql/errors";
import { typeName, type Type } from "../sql/types";

export interface Typed extends Position {
  readonly sql: string;
  readonly type: Type;
  /** Columns of tables (`Session.origin`) whose bytes are read for it. */
  readonly origins: ReadonlySet<string>;
  /** Partition columns whose value this is: a filter on it also chooses folders (`Scan.filters`). */
  readonly partitions?: readonly PartitionColumn[];
  /** The value, if it stands in the statement: a string's text, an integer, the milliseconds or months of an interval. */
  readonly literal?: string | number;
}

/** A partition column of one use of a table. */
export interface PartitionColumn {
  readonly scan: { readonly filters: string[] };
  readonly name: string;
}

export const NO_ORIGINS: ReadonlySet<string> = new Set();

export function originsOf(parts: readonly { readonly origins: ReadonlySet<string> }[]): ReadonlySet<string> {
  const first = parts.find((part) => part.origins.size > 0);
  if (!first || parts.every((part) => part === first || part.origins.size === 0)) return first?.origins ?? NO_ORIGINS;
  const all = new Set<string>();
  for (const part of parts) for (const origin of part.origins) all.add(origin);
  return all;
}

/** Checks stand beside what they check, so that nested expressions grow fast. */
const LONGEST = 500_000;

/** A new expression made of others. */
export function typed(sql: string, type: Type, position: Position, parts: readonly Typed[] = []): Typed {
  if (sql.length > LONGEST) throw unsupported(position, "an expression nested as deeply as this (use WITH)");
  return { sql, type, origins: originsOf(parts), line: position.line, column: position.column };
}

export function quote(text: string): string {
  if (text.includes("\0"))
    throw new QueryError("NOT_SUPPORTED", "local athena: a NUL character in a string is not supported");
  return `'${text.replaceAll("'", "''")}'`;
}

/** SQL that ends the query with `code: <message>`; `message` is SQL of a string. */
export function fail(code: QueryErrorCode, message: string): string {
  return `error(${quote(`${code}: `)} || ${message})`;
}

/** `value` where `condition` holds, NULL where it is NULL (as `subject` is), and an error where it does not. */
export function guarded(
  condition: string,
  value: string,
  subject: string,
  code: QueryErrorCode,
  message: string,
): string {
  return `CASE WHEN ${condition} THEN ${value} WHEN ${subject} IS NOT NULL THEN ${fail(code, message)} END`;
}

/** The text of an argument that this emulation must see in the statement. */
export function literalText(argument: Typed, what: string): string {
  if (typeof argument.literal !== "string") throw unsupported(argument, `${what} that is not a literal`);
  return argument.literal;
}

export function literalInteger(argument: Typed, what: string): number {
  if (typeof argument.literal !== "number") throw unsupported(argument, `${what} that is not a literal`);
  return argument.literal;
}

/** Characters that Trino's trim removes (`SliceUtf8` of airlift). */
const WHITESPACE = [
  ...[9, 10, 11, 12, 13, 28, 29, 30, 31, 32, 0x1680, 0x180e, 0x2028, 0x2029, 0x205f, 0x3000],
  ...[0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2008, 0x2009, 0x200a],
];
export const WHITESPACE_SQL = quote(String.fromCodePoint(...WHITESPACE));

/** A timestamp with time zone as the local time of its zone. */
export function localTime(value: Typed): string {
  const { type } = value;
  if (type.kind !== "timestamp with time zone") return value.sql;
  if (type.zone === undefined) {
    throw unsupported(
      value,
      "the local time of values that each have their own time zone (put AT TIME ZONE behind it)",
    );
  }
  return `timezone(${quote(type.zone)}, ${value.sql})`;
}

export function mismatch(position: Position, detail: string): QueryError {
  return new QueryError("TYPE_MISMATCH", detail, position);
}

export function names(values: readonly Typed[]): string {
  return values.map(({ type }) => typeName(type)).join(", ");
}

/** Trino's types: their names, what they coerce to, and what they are in DuckDB and in Hive (Glue). */
import type { TypeName } from "./ast";
import { QueryError, unsupported, type Position } from "./errors";

export type Type =
  | { readonly kind: SimpleKind }
  /** Without a length it is unbounded. */
  | { readonly kind: "varchar"; readonly length?: number }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "time"; readonly precision: number }
  | { readonly kind: "timestamp"; readonly precision: number }
  /** `zone` is the one that every value carries; nothing where each value has its own. */
  | { readonly kind: "timestamp with time zone"; readonly precision: number; readonly zone?: string }
  | { readonly kind: "array"; readonly element: Type }
  /** A column of the catalog that this emulation cannot read. */
  | { readonly kind: "unreadable"; readonly name: string };

type SimpleKind =
  | "unknown"
  | "boolean"
  | "tinyint"
  | "smallint"
  | "integer"
  | "bigint"
  | "real"
  | "double"
  | "date"
  | "varbinary"
  | "json"
  | "interval day to second"
  | "interval year to month";

export const UNKNOWN: Type = { kind: "unknown" };
export const BOOLEAN: Type = { kind: "boolean" };
export const INTEGER: Type = { kind: "integer" };
export const BIGINT: Type = { kind: "bigint" };
export const DOUBLE: Type = { kind: "double" };
export const DATE: Type = { kind: "date" };
export const VARBINARY: Type = { kind: "varbinary" };
export const JSON_TYPE: Type = { kind: "json" };
export const VARCHAR: Type = { kind: "varchar" };
export const TIMESTAMP: Type = { kind: "timestamp", precision: 3 };

export function varchar(length: number | undefined): Type {
  return length === undefined || length >= 2147483647 ? VARCHAR : { kind: "varchar", length };
}

export function decimal(precision: number, scale: number): Type & { kind: "decimal" } {
  return { kind: "decimal", precision: Math.min(38, precision), scale };
}

const INTEGER_DIGITS: Readonly<Record<string, number>> = { tinyint: 3, smallint: 5, integer: 10, bigint: 19 };
const INTEGERS = ["tinyint", "smallint", "integer", "bigint"];

export function isInteger(type: Type): boolean {
  return INTEGERS.includes(type.kind);
}

export function isFloating(type: Type): boolean {
  return type.kind === "double" || type.kind === "real";
}

export function isNumeric(type: Type): boolean {
  return isInteger(type) || isFloating(type) || type.kind === "decimal";
}

/** An integer type as the decimal that holds it: https://trino.io/docs/current/functions/decimal.html */
export function asDecimal(type: Type): (Type & { kind: "decimal" }) | undefined {
  if (type.kind === "decimal") return type;
  const digits = INTEGER_DIGITS[type.kind];
  return digits === undefined ? undefined : decimal(digits, 0);
}

/** The type as Trino writes it, e.g. `decimal(10,2)`, `timestamp(3) with time zone`. */
export function typeName(type: Type): string {
  switch (type.kind) {
    case "varchar":
      return type.length === undefined ? "varchar" : `varchar(${type.length})`;
    case "decimal":
      return `decimal(${type.precision},${type.scale})`;
    case "time":
    case "timestamp":
      return `${type.kind}(${type.precision})`;
    case "timestamp with time zone":
      return `timestamp(${type.precision}) with time zone`;
    case "array":
      return `array(${typeName(type.element)})`;
    case "unreadable":
      return type.name;
    default:
      return type.kind;
  }
}

export function sameType(a: Type, b: Type): boolean {
  const zones = "zone" in a && "zone" in b ? a.zone === b.zone : true;
  return typeName(a) === typeName(b) && zones;
}

/** The DuckDB type that holds the values. */
export function duckName(type: Type): string {
  switch (type.kind) {
    case "decimal":
      return `DECIMAL(${type.precision},${type.scale})`;
    case "timestamp with time zone":
      return "TIMESTAMPTZ";
    case "varbinary":
      return "BLOB";
    case "array":
      return `${duckName(type.element)}[]`;
    case "real":
      return "FLOAT";
    case "unknown":
      return "INTEGER";
    case "interval day to second":
    case "interval year to month":
      return "INTERVAL";
    default:
      return type.kind.toUpperCase();
  }
}

/** A type of the Glue catalog as Athena reads it: https://docs.aws.amazon.com/athena/latest/ug/data-types.html */
export function typeOfHive(hive: string): Type {
  const text = hive.trim().toLowerCase();
  const bounded = /^varchar\((\d+)\)$/.exec(text);
  if (bounded) return varchar(Number(bounded[1]));
  const exact = /^decimal(?:\((\d+)(?:,\s*(\d+))?\))?$/.exec(text);
  if (exact) return decimal(Number(exact[1] ?? 10), Number(exact[2] ?? 0));
  const array = /^array<(.*)>$/.exec(text);
  if (array?.[1]) {
    const element = typeOfHive(array[1]);
    return element.kind === "unreadable" ? { kind: "unreadable", name: text } : { kind: "array", element };
  }
  switch (text) {
    case "string":
      return VARCHAR;
    case "int":
    case "integer":
      return INTEGER;
    case "float":
      return { kind: "real" };
    case "binary":
      return VARBINARY;
    case "timestamp":
      return TIMESTAMP;
    case "boolean":
    case "tinyint":
    case "smallint":
    case "bigint":
    case "double":
    case "date":
      return { kind: text };
    default:
      return { kind: "unreadable", name: text };
  }
}

/** The type as a view's column in the catalog. Throws for what Hive has no type for, as Athena does. */
export function hiveName(type: Type): string {
  switch (type.kind) {
    case "varchar":
      return type.length === undefined ? "string" : `varchar(${Math.max(1, type.length)})`;
    case "decimal":
      return typeName(type);
    case "integer":
      return "int";
    case "real":
      return "float";
    case "varbinary":
      return "binary";
    case "timestamp":
      if (type.precision === 3) return "timestamp";
      break;
    case "array":
      return `array<${hiveName(type.element)}>`;
    case "boolean":
    case "tinyint":
    case "smallint":
    case "bigint":
    case "double":
    case "date":
      return type.kind;
  }
  throw new QueryError("NOT_SUPPORTED", `Unsupported Hive type: ${typeName(type)}`);
}

/** A type named in a statement. */
export function typeOfName(name: TypeName): Type {
  const parameters = name.parameters.filter((parameter) => typeof parameter === "number");
  const only = (count: number): void => {
    if (name.parameters.length > count || parameters.length !== name.parameters.length) {
      throw new QueryError("TYPE_NOT_FOUND", `Unknown type: ${name.name}(...)`, name);
    }
  };
  if (name.withTimeZone && name.name !== "timestamp") throw unsupported(name, `the type ${name.name} with time zone`);
  switch (name.name) {
    case "array": {
      const element = name.parameters[0];
      if (typeof element !== "object" || name.parameters.length !== 1) break;
      return { kind: "array", element: typeOfName(element) };
    }
    case "int":
      only(0);
      return INTEGER;
    case "boolean":
    case "tinyint":
    case "smallint":
    case "integer":
    case "bigint":
    case "real":
    case "double":
    case "date":
    case "varbinary":
    case "json":
      only(0);
      return { kind: name.name };
    case "varchar":
      only(1);
      return varchar(parameters[0]);
    case "decimal":
    case "dec":
    case "numeric": {
      only(2);
      const [precision = 38, scale = 0] = parameters;
      if (precision < 1 || precision > 38 || scale > precision) break;
      return decimal(precision, scale);
    }
    case "time":
    case "timestamp": {
      only(1);
      const [precision = 3] = parameters;
      if (precision > 6) throw unsupported(name, `the type ${name.name}(${precision})`);
      return name.withTimeZone
        ? { kind: "timestamp with time zone", precision, zone: "UTC" }
        : { kind: name.name, precision };
    }
    case "char":
    case "map":
    case "row":
    case "uuid":
    case "ipaddress":
      throw unsupported(name, `the type ${name.name}`);
  }
  throw new QueryError("TYPE_NOT_FOUND", `Unknown type: ${name.name}`, name);
}

/**
 * The type that both become without a cast (Trino's `TypeCoercion.getCommonSuperType`); nothing where Trino asks for a
 * cast, e.g. between varchar and numbers.
 */
export function commonType(a: Type, b: Type): Type | undefined {
  if (a.kind === "unreadable" || b.kind === "unreadable") return undefined;
  if (sameType(a, b)) return a;
  if (a.kind === "unknown") return b;
  if (b.kind === "unknown") return a;
  if (a.kind === "array" && b.kind === "array") {
    const element = commonType(a.element, b.element);
    return element && { kind: "array", element };
  }
  if (a.kind === "varchar" && b.kind === "varchar") {
    return varchar(a.length === undefined || b.length === undefined ? undefined : Math.max(a.length, b.length));
  }
  if (isNumeric(a) && isNumeric(b)) return commonNumber(a, b);
  return commonTime(a, b);
}

function commonNumber(a: Type, b: Type): Type {
  if (a.kind === "double" || b.kind === "double") return DOUBLE;
  if (a.kind === "real" || b.kind === "real") return { kind: "real" };
  if (isInteger(a) && isInteger(b)) return INTEGERS.indexOf(a.kind) > INTEGERS.indexOf(b.kind) ? a : b;
  const left = asDecimal(a) ?? decimal(38, 0);
  const right = asDecimal(b) ?? decimal(38, 0);
  const scale = Math.max(left.scale, right.scale);
  return decimal(Math.max(left.precision - left.scale, right.precision - right.scale) + scale, scale);
}

function commonTime(a: Type, b: Type): Type | undefined {
  const ranks: Readonly<Record<string, number>> = { date: 0, timestamp: 1, "timestamp with time zone": 2 };
  const [low, high] = (ranks[a.kind] ?? 0) <= (ranks[b.kind] ?? 0) ? [a, b] : [b, a];
  if (ranks[low.kind] === undefined) return undefined;
  if (high.kind === "timestamp") {
    return { kind: "timestamp", precision: Math.max(high.precision, low.kind === "timestamp" ? low.precision : 0) };
  }
  if (high.kind !== "timestamp with time zone") return undefined;
  const precision = Math.max(high.precision, "precision" in low ? low.precision : 0);
  // A value without a zone is taken to be in the session's, which is UTC in Athena.
  const lowZone = low.kind === "timestamp with time zone" ? low.zone : "UTC";
  return { kind: "timestamp with time zone", precision, zone: lowZone === high.zone ? high.zone : undefined };
}

/** Whether a value of `from` becomes `to` without a cast. */
export function coerces(from: Type, to: Type): boolean {
  const common = commonType(from, to);
  return common !== undefined && sameType(common, to);
}

/** Refuses what no operation may touch. */
export function requireReadable(type: Type, position: Position, what: string): void {
  if (type.kind === "unreadable") throw unsupported(position, `the type ${type.name} of ${what}`);
}

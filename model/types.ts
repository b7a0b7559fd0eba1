/**
 * The one type table: PostgreSQL type -> how its values travel and rest. Every converter reads it.
 *
 * | form      | canonical text in a `Change`        | DynamoDB | lake, changes | lake, full load  | current-state view |
 * | --------- | ----------------------------------- | -------- | ------------- | ---------------- | ------------------ |
 * | integer   | digits                              | N        | (int type)    | (int type)       | (int type)         |
 * | decimal   | digits with the point               | S        | string        | decimal(p,s)     | decimal(p,s)       |
 * | number    | digits with the point               | S        | string        | string           | varchar            |
 * | float     | shortest decimal, NaN, ±Infinity    | S        | string        | float or double  | real or double     |
 * | boolean   | true, false                         | BOOL     | boolean       | string           | boolean            |
 * | text      | as PostgreSQL prints it             | S        | string        | string           | varchar            |
 * | bytes     | lower-case hex                      | B        | string        | binary           | varbinary          |
 * | date      | YYYY-MM-DD                          | S        | string        | date             | date               |
 * | time      | HH:MM:SS.ffffff                     | S        | string        | string           | varchar            |
 * | timestamp | YYYY-MM-DDTHH:MM:SS.ffffff          | S        | string        | string           | timestamp(3) + iso |
 * | instant   | YYYY-MM-DDTHH:MM:SS.ffffffZ         | S        | string        | string           | timestamp(3) + iso |
 *
 * Why so much text in the lake: Athena's timestamps stop at milliseconds, it has no column type for a time, and how
 * Firehose reads a decimal from JSON is not documented. Text keeps every digit; the views give people the real types.
 * A DynamoDB number would drop trailing zeros, so decimals rest as text there too.
 *
 * Sources: AWS DMS guide, "Source data types for PostgreSQL"; Athena guide, "Data types in Athena"; Firehose guide,
 * "Convert input data format".
 */
export type Form =
  "integer" | "decimal" | "number" | "float" | "boolean" | "text" | "bytes" | "date" | "time" | "timestamp" | "instant";

interface TypeInfo {
  readonly form: Form;
  /**
   * DMS treats the type as a large object (NCLOB, CLOB, BLOB). On an update such a column may arrive as null although it
   * merely did not change, because PostgreSQL does not log a TOASTed value again.
   */
  readonly lob: boolean;
}

const plain = (form: Form): TypeInfo => ({ form, lob: false });
const large = (form: Form): TypeInfo => ({ form, lob: true });

export const types = {
  smallint: plain("integer"),
  integer: plain("integer"),
  bigint: plain("integer"),
  numeric: plain("decimal"),
  real: plain("float"),
  "double precision": plain("float"),
  boolean: plain("boolean"),
  character: plain("text"),
  "character varying": plain("text"),
  text: large("text"),
  json: large("text"),
  jsonb: large("text"),
  array: large("text"),
  hstore: large("text"),
  xml: large("text"),
  tsvector: large("text"),
  bytea: large("bytes"),
  uuid: plain("text"),
  enum: plain("text"),
  date: plain("date"),
  time: plain("time"),
  "time with time zone": plain("text"),
  timestamp: plain("timestamp"),
  "timestamp with time zone": plain("instant"),
  interval: plain("text"),
  inet: plain("text"),
  cidr: plain("text"),
  macaddr: plain("text"),
  bit: plain("text"),
  "bit varying": plain("text"),
  range: plain("text"),
} as const satisfies Record<string, TypeInfo>;

export type PgType = keyof typeof types;

/** What the lake gets of a column: the value, a keyed hash of it that still joins, or nothing. */
export type Privacy = "open" | "pseudonym" | "drop";

/** A column as the model knows it. Plain data. */
export interface Column {
  readonly name: string;
  readonly type: PgType;
  /** Of a constrained numeric. */
  readonly precision?: number;
  readonly scale?: number;
  readonly nullable: boolean;
  readonly privacy: Privacy;
  readonly comment: string;
}

/** The largest precision that DMS keeps as a number, and that Athena has a decimal for. */
const MAX_DECIMAL = 38;

/** A numeric without precision, or with more than 38 digits, travels as a string: no decimal type holds it. */
export function formOf(column: Pick<Column, "type" | "precision">): Form {
  if (column.type !== "numeric") return types[column.type].form;
  return column.precision === undefined || column.precision > MAX_DECIMAL ? "number" : "decimal";
}

export const isLob = (type: PgType): boolean => types[type].lob;

const aliases: Readonly<Record<string, PgType>> = {
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  float4: "real",
  float8: "double precision",
  bool: "boolean",
  char: "character",
  varchar: "character varying",
  timestamptz: "timestamp with time zone",
  timetz: "time with time zone",
  varbit: "bit varying",
  int4range: "range",
  int8range: "range",
  numrange: "range",
  tsrange: "range",
  tstzrange: "range",
  daterange: "range",
};

/**
 * Reads a PostgreSQL type as drizzle or `format_type` writes it: `numeric(30, 10)`, `timestamp (6) with time zone`, `text[]`.
 * @returns undefined for a type the table above does not hold (an enum's name is the caller's to recognise).
 */
export function parseType(sql: string): Pick<Column, "type" | "precision" | "scale"> | undefined {
  if (/\[\d*\]$/.test(sql)) return { type: "array" };
  const modifier = /\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)/.exec(sql);
  const name = sql
    .toLowerCase()
    .replace(/\s*\([^)]*\)/, "")
    .replace(/ without time zone$/, "")
    .trim();
  const type = aliases[name] ?? (name in types ? (name as PgType) : undefined);
  if (type === undefined) return undefined;
  if (type !== "numeric" || modifier === null) return { type };
  return { type, precision: Number(modifier[1]), scale: Number(modifier[2] ?? 0) };
}

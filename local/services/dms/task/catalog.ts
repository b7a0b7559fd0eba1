/** The source's tables, and what DMS makes of their columns. AWS DMS guide, "Source data types for PostgreSQL". */
import type { Client } from "pg";
import type { Mapping, PostgresSettings } from "../spec";

export type DmsType =
  | "INT2"
  | "INT4"
  | "INT8"
  | "NUMERIC"
  | "REAL4"
  | "REAL8"
  | "BOOLEAN"
  | "STRING"
  | "WSTRING"
  | "CLOB"
  | "NCLOB"
  | "BLOB"
  | "DATE"
  | "TIME"
  | "DATETIME";

export interface Column {
  readonly name: string;
  /** Stays the same when the column is renamed. */
  readonly number: number;
  /** As `format_type` prints it, without modifier: how test_decoding names it. */
  readonly pgType: string;
  readonly type: DmsType;
  /** Of NUMERIC. */
  readonly precision?: number;
  readonly scale?: number;
  /** Characters, of a string that has a limit. */
  readonly length?: number;
  /** A numeric without precision: digits after the sixth are cut. */
  readonly cut: boolean;
  readonly nullable: boolean;
}

export interface SourceTable {
  readonly schema: string;
  readonly name: string;
  /** As PostgreSQL quotes it in SQL and test_decoding in its messages. */
  readonly quoted: string;
  readonly columns: readonly Column[];
  /** Columns of the primary key, in its order. */
  readonly key: readonly string[];
  readonly identityFull: boolean;
}

export const isLob = (type: DmsType): boolean => type === "CLOB" || type === "NCLOB" || type === "BLOB";

/** `%` stands for any text. */
export function matches(pattern: string, name: string): boolean {
  if (!pattern.includes("%")) return pattern === name;
  const parts = pattern.split("%").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(name);
}

const matchesTable = (rule: { schema: string; table: string }, schema: string, table: string): boolean =>
  matches(rule.schema, schema) && matches(rule.table, table);

/** An excluding rule wins over an including one. DMS leaves its own tables alone. */
export function isSelected({ selections }: Mapping, schema: string, table: string): boolean {
  if (table.startsWith("awsdms_")) return false;
  const hits = selections.filter((rule) => matchesTable(rule, schema, table));
  return hits.length > 0 && hits.every(({ action }) => action === "include");
}

export const isRemoved = ({ removedColumns }: Mapping, { schema, name }: SourceTable, column: string): boolean =>
  removedColumns.some((rule) => matchesTable(rule, schema, name) && matches(rule.column, column));

interface TypeRow {
  readonly type: string;
  readonly base: string;
  readonly modifier: number;
  readonly kind: string;
  readonly category: string;
}

const plain: Readonly<Record<string, DmsType>> = {
  smallint: "INT2",
  integer: "INT4",
  bigint: "INT8",
  real: "REAL4",
  "double precision": "REAL8",
  boolean: "BOOLEAN",
  text: "NCLOB",
  json: "NCLOB",
  jsonb: "NCLOB",
  hstore: "NCLOB",
  bytea: "BLOB",
  xml: "CLOB",
  tsvector: "CLOB",
  tsquery: "CLOB",
  path: "CLOB",
  polygon: "CLOB",
  date: "DATE",
  "time without time zone": "TIME",
  "time with time zone": "STRING",
  "timestamp without time zone": "DATETIME",
  "timestamp with time zone": "DATETIME",
};

/** Length, or precision and scale, in a type's modifier are offset by the size of a header. */
const HEADER = 4;
const MAX_DECIMAL = 38;

type Classified = Pick<Column, "type" | "precision" | "scale" | "length" | "cut">;

function classify({ base, modifier, kind, category }: TypeRow, settings: PostgresSettings): Classified {
  const as = (type: DmsType, more: Partial<Classified> = {}): Classified => ({ type, cut: false, ...more });
  if (category === "A" || kind === "c") return as("NCLOB");
  if (base === "jsonb" && settings.mapJsonbAsClob) return as("CLOB");
  if (base === "numeric") {
    if (modifier < 0) {
      return settings.mapUnboundedNumericAsString
        ? as("STRING")
        : as("NUMERIC", { precision: 28, scale: 6, cut: true });
    }
    const precision = (modifier - HEADER) >> 16;
    const scale = (modifier - HEADER) & 0xffff;
    return precision > MAX_DECIMAL ? as("STRING") : as("NUMERIC", { precision, scale });
  }
  if (base === "character varying" || base === "character") {
    if (modifier >= HEADER) return as("WSTRING", { length: modifier - HEADER });
    return as({ wstring: "WSTRING", clob: "CLOB", nclob: "NCLOB" }[settings.mapLongVarcharAs] as DmsType);
  }
  return as(plain[base] ?? "STRING");
}

/** For a column that test_decoding shows and the catalog no longer has. */
export function unknownColumn(name: string, pgType: string, settings: PostgresSettings): Column {
  const category = pgType.endsWith("[]") ? "A" : "";
  const row = { type: pgType, base: pgType, modifier: -1, kind: "b", category };
  return { name, number: 0, pgType, nullable: true, ...classify(row, settings) };
}

const COLUMNS = `
  select n.nspname as schema, c.relname as table, quote_ident(n.nspname) || '.' || quote_ident(c.relname) as quoted,
    c.relreplident = 'f' as full, a.attname as name, a.attnum as number, not a.attnotnull as nullable,
    format_type(t.oid, null) as type, format_type(b.oid, null) as base,
    case when t.typbasetype <> 0 then t.typtypmod else a.atttypmod end as modifier,
    b.typtype as kind, b.typcategory as category, array_position(i.indkey::int[], a.attnum::int) as key
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated <> 'v'
  join pg_type t on t.oid = a.atttypid
  join pg_type b on b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
  left join pg_index i on i.indrelid = c.oid and i.indisprimary
  where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
  order by n.nspname, c.relname, a.attnum`;

interface ColumnRow extends TypeRow {
  readonly schema: string;
  readonly table: string;
  readonly quoted: string;
  readonly full: boolean;
  readonly name: string;
  readonly number: number;
  readonly nullable: boolean;
  readonly key: number | null;
}

/** The tables that the mapping selects. Partitioned parents are none: DMS takes their partitions. */
export async function readTables(
  client: Client,
  mapping: Mapping,
  settings: PostgresSettings,
  supportLobs: boolean,
): Promise<SourceTable[]> {
  const { rows } = await client.query<ColumnRow>(COLUMNS);
  const byTable = new Map<string, ColumnRow[]>();
  for (const row of rows) {
    if (!isSelected(mapping, row.schema, row.table)) continue;
    const known = byTable.get(row.quoted);
    if (known === undefined) byTable.set(row.quoted, [row]);
    else known.push(row);
  }
  return [...byTable].map(([quoted, [first, ...others]]) => {
    const all = first === undefined ? [] : [first, ...others];
    const columns = all.map((row): Column => {
      const { name, number, type: pgType, nullable } = row;
      return { name, number, pgType, nullable, ...classify(row, settings) };
    });
    return {
      quoted,
      schema: first?.schema ?? "",
      name: first?.table ?? "",
      identityFull: first?.full ?? false,
      columns: supportLobs ? columns : columns.filter(({ type }) => !isLob(type)),
      key: all
        .filter(({ key }) => key !== null)
        .sort((left, right) => Number(left.key) - Number(right.key))
        .map(({ name }) => name),
    };
  });
}

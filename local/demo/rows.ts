/**
 * The rows of a table as the source holds them and as the stores hold them, all as text in one form. Nothing here uses the
 * code under test: the source is asked by plain SQL, the stores through their APIs.
 *
 * | type        | text                                           |
 * | ----------- | ---------------------------------------------- |
 * | bytea       | hex                                            |
 * | date, time  | YYYY-MM-DD, HH:MM:SS.ffffff                    |
 * | timestamp   | YYYY-MM-DDTHH:MM:SS.ffffff                     |
 * | timestamptz | YYYY-MM-DDTHH:MM:SS.ffffffZ                    |
 * | double      | the shortest text of the number in JavaScript  |
 * | others      | as PostgreSQL prints them                      |
 */
import type { AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { paginateScan } from "@aws-sdk/client-dynamodb";
import type { Client } from "pg";
import type { QueryOptions } from "../../ops/athena";
import { runQuery } from "../../ops/athena";

export interface SourceColumn {
  readonly name: string;
  /** `data_type` of information_schema. */
  readonly type: string;
}

/** Rows as text by the text of their key; a column's place is the same in every row. */
export type Rows = ReadonlyMap<string, readonly (string | null)[]>;

export const keyOf = (row: readonly (string | null)[], columns: readonly string[], key: readonly string[]): string =>
  JSON.stringify(key.map((name) => row[columns.indexOf(name)] ?? null));

const isDouble = (type: string): boolean => type === "double precision" || type === "real";

export async function sourceColumns(client: Client, table: string): Promise<SourceColumn[]> {
  const { rows } = await client.query<SourceColumn>(
    `select column_name as name, data_type as type from information_schema.columns
     where table_schema = 'public' and table_name = $1 order by ordinal_position`,
    [table],
  );
  return rows;
}

function textOf({ name, type }: SourceColumn): string {
  const column = `"${name}"`;
  switch (type) {
    case "bytea":
      return `encode(${column}, 'hex')`;
    case "date":
      return `to_char(${column}, 'YYYY-MM-DD')`;
    case "time without time zone":
      return `to_char(${column}, 'HH24:MI:SS.US')`;
    case "timestamp without time zone":
      return `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.US')`;
    case "timestamp with time zone":
      return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
    case "boolean":
      return `${column}::text`;
    default:
      // What PostgreSQL sends to its clients: a cast to text would drop a char's blanks and add an inet's mask.
      return `case when ${column} is not null then format('%s', ${column}) end`;
  }
}

function collect(
  rows: Iterable<readonly (string | null)[]>,
  columns: readonly SourceColumn[],
  key: readonly string[],
): Map<string, readonly (string | null)[]> {
  const names = columns.map(({ name }) => name);
  const doubles = columns.map(({ type }) => isDouble(type));
  const found = new Map<string, readonly (string | null)[]>();
  for (const row of rows) {
    const plain = row.map((value, index) =>
      doubles[index] === true && value !== null ? String(Number(value)) : value,
    );
    const id = keyOf(plain, names, key);
    if (found.has(id)) throw new Error(`the key ${id} stands twice`);
    found.set(id, plain);
  }
  return found;
}

export async function sourceRows(
  client: Client,
  table: string,
  columns: readonly SourceColumn[],
  key: readonly string[],
): Promise<Rows> {
  const { rows } = await client.query<(string | null)[]>({
    text: `select ${columns.map(textOf).join(", ")} from "${table}"`,
    rowMode: "array",
  });
  return collect(rows, columns, key);
}

/** An attribute of a column as text. A missing attribute is not null: it shows as such. */
export function attributeText(attribute: AttributeValue | undefined): string | null {
  if (attribute === undefined) return "(missing)";
  if (attribute.NULL === true) return null;
  if (attribute.B !== undefined) return Buffer.from(attribute.B).toString("hex");
  return (
    attribute.S ?? attribute.N ?? (attribute.BOOL === undefined ? JSON.stringify(attribute) : String(attribute.BOOL))
  );
}

/** Every live item of a table of the monolith in a service's DynamoDB table, tombstones left out. */
export async function serviceItems(
  client: DynamoDBClient,
  tableName: string,
): Promise<Map<string, Record<string, AttributeValue>[]>> {
  const items = new Map<string, Record<string, AttributeValue>[]>();
  for await (const page of paginateScan({ client }, { TableName: tableName, ConsistentRead: true })) {
    for (const item of page.Items ?? []) {
      if (item["_deleted"]?.BOOL === true) continue;
      const table = item["_table"]?.S ?? "";
      const list = items.get(table);
      if (list === undefined) items.set(table, [item]);
      else list.push(item);
    }
  }
  return items;
}

export const itemRows = (
  items: readonly Record<string, AttributeValue>[],
  columns: readonly SourceColumn[],
  key: readonly string[],
): Rows =>
  collect(
    items.map((item) => columns.map(({ name }) => attributeText(item[name]))),
    columns,
    key,
  );

/** The current-state view of a table, through Athena. */
export async function lakeRows(
  view: string,
  columns: readonly SourceColumn[],
  key: readonly string[],
  options: QueryOptions,
): Promise<Rows> {
  const exact = columns.map(({ name, type }) => (type.startsWith("timestamp") ? `${name}_iso` : name));
  const { rows } = await runQuery(`select ${exact.join(", ")} from ${view}`, options);
  // Athena prints bytes in pairs.
  const isBytes = columns.map(({ type }) => type === "bytea");
  const plain = rows.map((row) =>
    row.map((value, index) => (isBytes[index] === true && value !== null ? value.replaceAll(" ", "") : value)),
  );
  return collect(plain, columns, key);
}

/**
 * Whether private values got where they must not be: marker values in every private column of the monolith, and a search for
 * them through every byte of the cloud's files, in any form that our own code or a service may give them.
 */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import * as fs from "node:fs";
import * as path from "node:path";
import { gunzipSync, inflateRawSync } from "node:zlib";
import type { Client } from "pg";
import { tables, type Table } from "../../model";
import { attributeText } from "./rows";

/** Rows that get the markers: one may be deleted, or overwritten, before it has gone every way. */
const ROWS = 20;

export interface Marker {
  readonly table: string;
  readonly column: string;
  readonly value: string;
  /** As PostgreSQL's driver takes it. */
  readonly sent: string | Buffer;
}

/** In a column that the model does not know. */
export const UNKNOWN = "they-b6Rn";

/** One for every private column. @throws Error for one of a type that no marker can have. */
export const markersOf = ({ name: table, columns }: Table): Marker[] =>
  columns
    .filter(({ privacy }) => privacy === "drop")
    .map(({ name: column, type }) => {
      // Short enough for a telephone number.
      const value = `h8Qw.${table}.${column}@private`;
      if (type === "text" || type === "character varying") return { table, column, value, sent: value };
      if (type === "bytea") return { table, column, value, sent: Buffer.from(value) };
      throw new Error(`${table}.${column} is private, and local/demo/privacy.ts has no marker of type ${type}`);
    });

/** @returns what nobody may find outside raw: the markers, and of those rows what the lake has a pseudonym of. */
export async function plantMarkers(monolith: Client): Promise<string[]> {
  const hashed: string[] = [];
  for (const table of tables) {
    const key = table.key.join(", ");
    const markers = markersOf(table);
    if (markers.length > 0) {
      await monolith.query(
        `update ${table.name} set ${markers.map(({ column }, index) => `${column} = $${index + 1}`).join(", ")}
         where (${key}) in (select ${key} from ${table.name} order by ${key} limit ${ROWS})`,
        markers.map(({ sent }) => sent),
      );
    }
    for (const { name } of table.columns.filter(({ privacy }) => privacy === "pseudonym")) {
      const { rows } = await monolith.query<{ value: string }>(
        `select ${name}::text as value from ${table.name} where ${name} is not null order by ${key} limit 3`,
      );
      hashed.push(...rows.map(({ value }) => value));
    }
  }
  return [...tables.flatMap(markersOf).map(({ value }) => value), UNKNOWN, ...hashed];
}

/** Whether a row of raw, or of a service, has the marker. */
export const bears = (item: Readonly<Record<string, AttributeValue>>, { column, sent }: Marker): boolean =>
  attributeText(item[column]) === (typeof sent === "string" ? sent : sent.toString("hex"));

/** A marker in the forms it may have: as it is, in hex, in UTF-16, and in base64 wherever it begins in a longer text. */
function formsOf(marker: string): Buffer[] {
  const plain = Buffer.from(marker);
  const hex = plain.toString("hex");
  const base64 = [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), plain]).toString("base64");
    // The first and last characters depend on the neighbours.
    const inner = text.slice(before === 0 ? 0 : before + 1).replace(/=+$/, "");
    const whole = inner.slice(0, -1);
    return [whole, whole.replace(/\+/g, "-").replace(/\//g, "_")];
  });
  const percent = encodeURIComponent(marker);
  const texts = [hex, hex.toUpperCase(), percent, JSON.stringify(marker).slice(1, -1), ...base64];
  return [plain, Buffer.from(marker, "utf16le"), ...texts.map((text) => Buffer.from(text))];
}

type Search = (where: string, bytes: Buffer) => void;

/** @returns a line for each marker and file that it stands in; nothing if all is well. */
export async function findMarkers(
  markers: readonly string[],
  folder: string,
  isAllowed: (file: string) => boolean,
): Promise<string[]> {
  const forms = markers.map((marker) => ({ marker, forms: formsOf(marker) }));
  const found = new Set<string>();
  const search: Search = (where, bytes) => {
    for (const { marker, forms: each } of forms)
      if (each.some((form) => bytes.includes(form))) found.add(`the private value "${marker}" stands in ${where}`);
  };
  const duckdb = await DuckDBInstance.create(":memory:");
  const connection = await duckdb.connect();
  try {
    for (const name of fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
      const file = path.join(folder, name);
      if (isAllowed(name) || !fs.statSync(file).isFile()) continue;
      search(`the name of ${name}`, Buffer.from(name));
      const bytes = fs.readFileSync(file);
      search(name, bytes);
      if (bytes.subarray(0, 4).toString("latin1") === "PAR1") await searchParquet(connection, file, name, search);
      else if (bytes.subarray(0, 2).equals(GZIP)) search(name, gunzipSync(bytes));
      else if (bytes.subarray(0, 4).equals(ZIP)) searchZip(bytes, name, search);
    }
  } finally {
    connection.closeSync();
    duckdb.closeSync();
  }
  return [...found];
}

/** Pages are compressed, so the file's own bytes say little. */
async function searchParquet(connection: DuckDBConnection, file: string, name: string, search: Search): Promise<void> {
  const literal = `'${file.replace(/'/g, "''")}'`;
  const reader = await connection.runAndReadAll(`select * from read_parquet(${literal}, hive_partitioning = false)`);
  const columns = reader.getColumnsJson();
  search(name, Buffer.from(reader.columnNames().join("\n")));
  for (const column of columns) {
    search(
      name,
      Buffer.from(column.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join("\n")),
    );
  }
  // Bytes print as escapes: once more, as hex.
  for (const [index, type] of reader.columnTypes().entries()) {
    if (type.toString() !== "BLOB") continue;
    const column = `"${(reader.columnNames()[index] ?? "").replace(/"/g, '""')}"`;
    const hex = await connection.runAndReadAll(`select hex(${column}) from read_parquet(${literal})`);
    search(name, Buffer.from(hex.getColumnsJson().flat().join("\n")));
  }
}

const GZIP = Buffer.from([0x1f, 0x8b]);
const ZIP = Buffer.from("PK\u0003\u0004");

/** The members of a zip file, by their local headers. PKWARE's APPNOTE, 4.3.7. */
function searchZip(bytes: Buffer, name: string, search: Search): void {
  for (let at = 0; bytes.subarray(at, at + 4).equals(ZIP);) {
    const [method, size] = [bytes.readUInt16LE(at + 8), bytes.readUInt32LE(at + 18)];
    const start = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
    const member = bytes.subarray(start, start + size);
    search(name, method === 8 ? inflateRawSync(member) : member);
    at = start + size;
  }
}

/** The tables of a statement as SQL over Parquet files: which files they are, whether they fit, and what reading them costs. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { join } from "node:path";
import type { GlueTable, ObjectStore } from "../../../core/contracts";
import type { Principal } from "../../../core/service";
import { QueryError, unsupported } from "../sql/errors";
import { duckName, typeName } from "../sql/types";
import type { Scan, ScanColumn } from "../translate/session";
import { quote } from "../translate/typed";
import { fileList, type Footer, type Footers, type LakeFile } from "./parquet";
import { folder, partitioningOf, requireInjected } from "./partitions";
import { readColumn } from "./types";

export interface Reader {
  readonly objects: ObjectStore;
  readonly footers: Footers;
  readonly connection: DuckDBConnection;
  readonly principal: Principal;
  readonly now: Date;
}

interface TableFile extends LakeFile {
  /** Of the partition columns. */
  readonly values: readonly string[];
}

/** `name (c1, c2, ...) AS (...)` for a WITH clause, and the bytes that Athena would scan. */
export async function readScan(scan: Scan, reader: Reader): Promise<{ sql: string; bytes: number }> {
  const { table } = scan;
  const wanted = scan.columns.filter(({ name, isPartition }) => !isPartition && scan.reads(name));
  requireInjected(table, scan.filters);
  const files = await prune(scan, await filesOf(table, reader), reader);
  allowed(files, table, reader);
  // Without a column to read, the rows are counted from the footers alone.
  const footers = await reader.footers.read(files, reader.connection);
  const groups = new Map<string, TableFile[]>();
  let bytes = 0;
  for (const file of files) {
    const footer = footers.get(file.path);
    if (!footer) throw new Error(`no footer of ${file.path}`);
    for (const { name } of wanted) bytes += footer.columns.get(name)?.bytes ?? 0;
    const signature = wanted.map((column) => requireFit(column, footer, file, table)).join(", ");
    groups.set(signature, [...(groups.get(signature) ?? []), file]);
  }
  const selects = [...groups.values()].map((group) => select(scan, group, footers.get(group[0]?.path ?? "")));
  if (selects.length === 0) selects.push(`SELECT ${scan.columns.map(nothing).join(", ")} WHERE false`);
  const names = scan.columns.map((_, index) => `c${index + 1}`).join(", ");
  return { sql: `${scan.name}(${names}) AS NOT MATERIALIZED (${selects.join(" UNION ALL ")})`, bytes };
}

function nothing(column: ScanColumn): string {
  const type = column.type.kind === "unreadable" ? "INTEGER" : duckName(column.type);
  return `CAST(NULL AS ${type})`;
}

function location(table: GlueTable): { bucket: string; prefix: string } {
  const found = /^s3:\/\/([^/]+)\/(.*)$/.exec(folder(table.StorageDescriptor.Location));
  const [, bucket, prefix] = found ?? [];
  if (bucket === undefined || prefix === undefined) {
    throw new QueryError(
      "HIVE_INVALID_METADATA",
      `Table ${table.DatabaseName}.${table.Name}: "${table.StorageDescriptor.Location}" is no S3 location`,
    );
  }
  return { bucket, prefix };
}

/** The files that Athena sees: all below the location, but for those whose name begins with `_` or `.`. */
async function filesOf(table: GlueTable, { objects, principal, now }: Reader): Promise<TableFile[]> {
  requireParquet(table);
  const { bucket, prefix } = location(table);
  const partitioning = partitioningOf(table, now);
  const root = objects.folder(bucket);
  const keys = await objects.keys(principal, bucket, prefix).catch((error: unknown) => {
    throw denied(table, error);
  });
  return keys.flatMap((key) => {
    const relative = key.slice(prefix.length);
    if (key.endsWith("/") || relative.split("/").some((part) => /^[_.]/.test(part))) return [];
    const values = partitioning ? partitioning.valuesOf(relative) : [];
    return values ? [{ key, path: join(root, key), values }] : [];
  });
}

function requireParquet(table: GlueTable): void {
  const { StorageDescriptor: storage, Parameters: parameters } = table;
  const path = `${table.DatabaseName}.${table.Name}`;
  if (parameters["table_type"]?.toUpperCase() === "ICEBERG") throw unsupported(undefined, `the Iceberg table ${path}`);
  const serde = storage.SerdeInfo?.SerializationLibrary ?? "";
  if (!/ParquetHiveSerDe$/.test(serde) || !/MapredParquetInputFormat$/.test(storage.InputFormat ?? "")) {
    throw unsupported(
      undefined,
      `the table ${path} of the format ${serde || storage.InputFormat || "(none)"} (it reads Parquet)`,
    );
  }
}

/** Leaves out the folders that the statement's conditions exclude. */
async function prune(scan: Scan, files: readonly TableFile[], { connection }: Reader): Promise<readonly TableFile[]> {
  if (scan.filters.length === 0 || files.length === 0) return files;
  const columns = scan.columns.filter(({ isPartition }) => isPartition);
  const distinct = new Map(files.map(({ values }) => [JSON.stringify(values), values]));
  const rows = [...distinct].map(([mark, values]) => `(${quote(mark)}, ${values.map(quote).join(", ")})`);
  const names = columns.map(({ name }) => `"${name}"`).join(", ");
  const cast = columns.map(({ name, type }) => `CAST("${name}" AS ${duckName(type)}) AS "${name}"`).join(", ");
  const filter = scan.filters.map((condition) => `(${condition})`).join(" AND ");
  const sql = `SELECT mark FROM (SELECT mark, ${cast} FROM (VALUES ${rows.join(", ")}) AS v(mark, ${names})) AS p WHERE ${filter}`;
  const result = await connection.runAndReadAll(sql);
  const kept = new Set(result.getRowsJS().map(([mark]) => String(mark)));
  return files.filter(({ values }) => kept.has(JSON.stringify(values)));
}

/** Asks for the right to read once per folder, by its first file. */
function allowed(files: readonly TableFile[], table: GlueTable, { objects, principal }: Reader): void {
  const { bucket } = location(table);
  const asked = new Set<string>();
  for (const { key } of files) {
    const parent = key.slice(0, key.lastIndexOf("/"));
    if (asked.has(parent)) continue;
    asked.add(parent);
    try {
      objects.authorizeRead(principal, bucket, key);
    } catch (error) {
      throw denied(table, error);
    }
  }
}

/** S3's refusal in Athena's words. */
function denied(table: GlueTable, error: unknown): unknown {
  if (!(error instanceof Error) || !/AccessDenied/.test(error.name)) return error;
  const path = table.StorageDescriptor.Location;
  return new QueryError("PERMISSION_DENIED", `Permission denied on S3 path: ${path} (${error.message})`);
}

function requireFit(column: ScanColumn, footer: Footer, file: TableFile, table: GlueTable): string {
  const found = footer.columns.get(column.name);
  if (!found) return "";
  if (readColumn("x", found.type, column.type) === undefined) {
    const path = `s3://${location(table).bucket}/${file.key}`;
    throw new QueryError(
      "HIVE_BAD_DATA",
      `Field ${column.name}'s type ${found.type} in parquet file ${path} is incompatible with type ${typeName(column.type)} defined in table schema`,
    );
  }
  return found.type;
}

/** Files of one form. What they lack is NULL. */
function select(scan: Scan, files: readonly TableFile[], footer: Footer | undefined): string {
  const partitions = scan.columns.filter(({ isPartition }) => isPartition);
  const columns = scan.columns.map((column, index) => {
    const name = `"${column.name.replaceAll('"', '""')}"`;
    if (column.isPartition) return `CAST(${name} AS ${duckName(column.type)}) AS c${index + 1}`;
    // Columns that nobody reads are named all the same: should one be read after all, its values are right.
    const found = footer?.columns.get(column.name);
    return `${(found && readColumn(name, found.type, column.type)) ?? nothing(column)} AS c${index + 1}`;
  });
  const options = ["union_by_name=false", `hive_partitioning=${partitions.length > 0}`];
  if (partitions.length > 0) {
    options.push(
      `hive_types={${partitions.map(({ name }) => `${quote(name)}: VARCHAR`).join(", ")}}`,
      "hive_types_autocast=false",
    );
  }
  return `SELECT ${columns.join(", ")} FROM read_parquet(${fileList(files)}, ${options.join(", ")})`;
}

/** Rows of a table, as PostgreSQL copies them out in CSV, to a Parquet file. AWS DMS guide, "Target data types for S3 Parquet". */
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { escapeIdentifier, escapeLiteral } from "pg";
import type { Mapping, PostgresSettings, S3Target } from "../spec";
import { isLob, isRemoved, matches, type Column, type SourceTable } from "./catalog";
import { FatalError } from "./errors";

/** A column of the file. */
export interface FileColumn {
  readonly name: string;
  /** What PostgreSQL selects: text, or NULL. */
  readonly source: string;
  /** What DuckDB makes of the text in the column of that name. */
  readonly value: string;
  /** Of a large object: characters, or for a BLOB bytes. */
  readonly limit?: number;
  readonly isBlob: boolean;
  /** Of a column that was changed to a string. */
  readonly length?: number;
}

const KIB = 1024;

/** Clamped as the guide says; what is finite goes through `finite`. */
const clamped = (column: string, finite: string): string =>
  `case when ${column} = 'infinity' then '9999-12-31 23:59:59' when ${column} = '-infinity' then '4713-01-01 00:00:00 BC' else ${finite} end`;

/** A date or time as text: six digits of a second's fraction, as in the timestamp column that DMS adds. */
function asText(quoted: string, { pgType, type }: Column): string {
  if (type === "TIME") return `to_char(${quoted}, 'HH24:MI:SS.US')`;
  if (type !== "DATETIME") return `${quoted}::text`;
  const local = pgType.endsWith("with time zone") ? `${quoted} at time zone 'UTC'` : quoted;
  return clamped(quoted, `to_char(${local}, 'YYYY-MM-DD HH24:MI:SS.US')`);
}

function typed(column: Column, target: S3Target, settings: PostgresSettings): { source: string; value: string } {
  const quoted = escapeIdentifier(column.name);
  const cast = (type: string, source = `${quoted}::text`) => ({ source, value: `cast(${quoted} as ${type})` });
  switch (column.type) {
    case "INT2":
      return cast("smallint");
    case "INT4":
      return cast("integer");
    case "INT8":
      return cast("bigint");
    case "NUMERIC": {
      const decimal = `decimal(${column.precision ?? 28}, ${column.scale ?? 6})`;
      return cast(decimal, column.cut ? `trunc(${quoted}, 6)::text` : undefined);
    }
    case "REAL4":
      return cast("float");
    case "REAL8":
      return cast("double");
    case "BOOLEAN":
      return settings.mapBooleanAsBoolean ? cast("boolean") : cast("varchar");
    case "BLOB":
      return { source: `encode(${quoted}, 'hex')`, value: `from_hex(${quoted})` };
    case "DATE":
      return cast("date", `left(${clamped(quoted, `${quoted}::text`)}, 10)`);
    case "DATETIME": {
      const micros = `cast(${quoted} as timestamp)`;
      return {
        source: asText(quoted, column),
        // Athena reads milliseconds only, and DMS cuts what is below.
        value: target.parquetTimestampInMillisecond ? `date_trunc('millisecond', ${micros})::timestamp_ms` : micros,
      };
    }
    case "TIME":
      throw new FatalError(
        `local dms: column ${column.name} is a time. Parquet files of DMS hold it as TIME32, which is not supported here and ` +
          "which Athena cannot read: change it to a string with a change-data-type rule.",
      );
    default:
      return cast("varchar");
  }
}

/** @throws FatalError for a column that DMS writes in a way we cannot. */
export function fileColumns(
  table: SourceTable,
  mapping: Mapping,
  target: S3Target,
  settings: PostgresSettings,
  lobKb: number | undefined,
): FileColumn[] {
  return table.columns
    .filter(({ name }) => !isRemoved(mapping, table, name))
    .map((column): FileColumn => {
      const { name, type } = column;
      const rule = mapping.strings.find(
        (each) => matches(each.schema, table.schema) && matches(each.table, table.name) && matches(each.column, name),
      );
      if (rule !== undefined && isLob(type)) {
        throw new FatalError(`Column ${name} is a LOB: the only transformation of it is to remove it.`);
      }
      const quoted = escapeIdentifier(name);
      const isBlob = type === "BLOB";
      const limit = lobKb === undefined || !isLob(type) ? undefined : Math.floor((lobKb * KIB) / (isBlob ? 1 : 2));
      if (rule === undefined) {
        const { source, value } = typed(column, target, settings);
        const cut =
          limit === undefined ? value : isBlob ? `from_hex(left(${quoted}, ${limit * 2}))` : `left(${value}, ${limit})`;
        return { name, source, value: cut, isBlob, ...(limit === undefined ? {} : { limit }) };
      }
      return { name, source: asText(quoted, column), value: quoted, isBlob, length: rule.length };
    });
}

export const copySql = (table: SourceTable, columns: readonly FileColumn[]): string =>
  `COPY (SELECT ${columns.map(({ source }) => source).join(", ")} FROM ${table.quoted}) ` +
  `TO STDOUT (FORMAT csv, FORCE_QUOTE *, NULL '\\N')`;

export interface FileJob {
  readonly columns: readonly FileColumn[];
  readonly csv: string;
  /** Bytes of the longest line. */
  readonly longest: number;
  readonly parquet: string;
  readonly target: S3Target;
  /** `YYYY-MM-DD HH:MM:SS.ffffff` */
  readonly timestamp: string;
}

/** One database in memory for all conversions; each has a connection of its own. */
export class ParquetWriter {
  private instance: Promise<DuckDBInstance> | undefined;

  async write(job: FileJob): Promise<{ truncated: string | undefined }> {
    this.instance ??= DuckDBInstance.create(":memory:", {
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      memory_limit: "512MB",
      threads: "2",
    });
    const connection = await (await this.instance).connect();
    try {
      const truncated = await firstTruncated(connection, job);
      await connection.run(convertSql(job));
      return { truncated };
    } finally {
      connection.closeSync();
    }
  }

  async close(): Promise<void> {
    (await this.instance)?.closeSync();
  }
}

function readCsv({ columns, csv, longest }: FileJob): string {
  const types = columns.map(({ name }) => `${escapeLiteral(name)}: 'VARCHAR'`).join(", ");
  const line = Math.max(2 * KIB * KIB, longest + KIB);
  return (
    `read_csv(${escapeLiteral(csv)}, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', ` +
    `nullstr = '\\N', allow_quoted_nulls = false, strict_mode = true, parallel = false, max_line_size = ${line}, ` +
    `buffer_size = ${line * 4}, columns = {${types}})`
  );
}

/** The first column that holds a value beyond its limit. */
async function firstTruncated(connection: DuckDBConnection, job: FileJob): Promise<string | undefined> {
  const limited = job.columns.filter(({ limit, length }) => limit !== undefined || length !== undefined);
  // A line that is no longer than every limit holds no value that is.
  const least = Math.min(...limited.map(({ limit, length }) => limit ?? length ?? 0));
  if (limited.length === 0 || job.longest <= least) return undefined;
  const tests = limited.map(({ name, limit, length, isBlob }) => {
    const most = (limit ?? length ?? 0) * (isBlob ? 2 : 1);
    return `bool_or(length(${escapeIdentifier(name)}) > ${most})`;
  });
  const reader = await connection.runAndReadAll(`SELECT ${tests.join(", ")} FROM ${readCsv(job)}`);
  const at = reader.getRows()[0]?.findIndex((value) => value === true) ?? -1;
  return limited[at]?.name;
}

function convertSql(job: FileJob): string {
  const { columns, target, parquet, timestamp } = job;
  const selected = columns.map(({ name, value }) => `${value} AS ${escapeIdentifier(name)}`);
  if (target.timestampColumnName !== undefined) {
    selected.push(`${escapeLiteral(timestamp)} AS ${escapeIdentifier(target.timestampColumnName)}`);
  }
  const codec = target.compressionType === "GZIP" ? "gzip" : "uncompressed";
  const version = target.parquetVersion === "parquet-2-0" ? "V2" : "V1";
  return (
    `COPY (SELECT ${selected.join(", ")} FROM ${readCsv(job)}) TO ${escapeLiteral(parquet)} ` +
    `(FORMAT parquet, COMPRESSION ${codec}, PARQUET_VERSION ${version}, ROW_GROUP_SIZE ${target.rowGroupLength})`
  );
}

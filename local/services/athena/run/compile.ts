/** A query of Trino as one statement of DuckDB that writes its result as Athena's CSV. */
import type { Query } from "../sql/ast";
import type { Session } from "../translate/session";
import { translateQuery } from "../translate/queries";
import { quote } from "../translate/typed";
import { readScan, type Reader } from "../tables/scans";
import { columnInfo, outputName, printed, type ColumnInfo } from "./output";

export interface Compiled {
  /** A SELECT whose columns are texts. */
  readonly sql: string;
  readonly columns: readonly ColumnInfo[];
  /** As Athena counts them: the column chunks of the columns that are read, in the files that partitions leave. */
  readonly bytes: number;
}

export async function compile(query: Query, session: Session, reader: Reader): Promise<Compiled> {
  const { sql, columns } = translateQuery(query, { session, commonTables: new Map() });
  for (const { origins } of columns) session.reads(origins);
  const texts = columns.map(({ type }, index) => `${printed(`q.c${index + 1}`, type)} AS c${index + 1}`);
  const tables: string[] = [];
  let bytes = 0;
  for (const scan of session.scans) {
    const read = await readScan(scan, reader);
    tables.push(read.sql);
    bytes += read.bytes;
  }
  const shared = tables.length > 0 ? `WITH ${tables.join(", ")} ` : "";
  return {
    sql: `${shared}SELECT ${texts.join(", ")} FROM (${sql}) AS q`,
    columns: columns.map((column, index) => columnInfo(outputName(column, index), column.type)),
    bytes,
  };
}

/** Athena quotes every value but NULL. */
export function copyTo(sql: string, path: string): string {
  return `COPY (${sql}) TO ${quote(path)} (FORMAT csv, HEADER false, FORCE_QUOTE *, NULLSTR '', DELIMITER ',', QUOTE '"', ESCAPE '"')`;
}

export function csvLine(values: readonly string[]): string {
  return `${values.map((value) => `"${value.replaceAll('"', '""')}"`).join(",")}\n`;
}

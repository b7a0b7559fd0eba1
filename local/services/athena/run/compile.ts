/** A query of Trino as one statement of DuckDB that writes its result as Athena's CSV. */
import type { Query } from "../sql/ast";
import { QueryError, unsupported } from "../sql/errors";
import { typeName } from "../sql/types";
import type { Session } from "../translate/session";
import { translateQuery, type Output } from "../translate/queries";
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
  const { columns, select } = await plan(query, session, reader);
  const texts = columns.map(({ type }, index) => `${printed(`q.c${index + 1}`, type)} AS c${index + 1}`);
  return {
    ...(await select(texts)),
    columns: columns.map((column, index) => columnInfo(outputName(column, index), column.type)),
  };
}

interface Plan {
  readonly columns: readonly Output[];
  /** The query's columns are q.c1, q.c2, ... */
  select(columns: readonly string[]): Promise<Pick<Compiled, "sql" | "bytes">>;
}

async function plan(query: Query, session: Session, reader: Reader): Promise<Plan> {
  const { sql, columns } = translateQuery(query, { session, commonTables: new Map() });
  for (const { origins } of columns) session.reads(origins);
  return {
    columns,
    async select(list) {
      const tables: string[] = [];
      let bytes = 0;
      for (const scan of session.scans) {
        const read = await readScan(scan, reader);
        tables.push(read.sql);
        bytes += read.bytes;
      }
      const shared = tables.length > 0 ? `WITH ${tables.join(", ")} ` : "";
      return { sql: `${shared}SELECT ${list.join(", ")} FROM (${sql}) AS q`, bytes };
    },
  };
}

/** Types that DuckDB writes to Parquet as Athena does. */
const UNLOADED = /^(boolean|smallint|integer|bigint|real|double|decimal|varchar|varbinary|date)$/;

/** A query whose columns keep their types and names, for a file of Parquet. */
export async function compileUnload(
  query: Query,
  session: Session,
  reader: Reader,
): Promise<Pick<Compiled, "sql" | "bytes">> {
  const { columns, select } = await plan(query, session, reader);
  const list = columns.map(({ name, type }, index) => {
    if (name === undefined)
      throw new QueryError("MISSING_COLUMN_NAME", `Column name not specified at position ${index + 1}`);
    if (!UNLOADED.test(type.kind)) throw unsupported(undefined, `UNLOAD of the type ${typeName(type)}`);
    return `q.c${index + 1} AS "${name.replaceAll('"', '""')}"`;
  });
  return select(list);
}

export function copyToParquet(sql: string, path: string, compression: string): string {
  return `COPY (${sql}) TO ${quote(path)} (FORMAT parquet, COMPRESSION ${compression.toLowerCase()})`;
}

/** Athena quotes every value but NULL. */
export function copyTo(sql: string, path: string): string {
  return `COPY (${sql}) TO ${quote(path)} (FORMAT csv, HEADER false, FORCE_QUOTE *, NULLSTR '', DELIMITER ',', QUOTE '"', ESCAPE '"')`;
}

export function csvLine(values: readonly string[]): string {
  return `${values.map((value) => `"${value.replaceAll('"', '""')}"`).join(",")}\n`;
}

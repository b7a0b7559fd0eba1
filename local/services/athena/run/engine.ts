/** One DuckDB for all queries. Its work is done in threads of its own: the event loop only waits. */
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { PRELUDE } from "../translate/macros";
import { QueryError } from "../sql/errors";
import { unmade } from "./faults";

export class Engine {
  private instance: Promise<DuckDBInstance> | undefined;
  private closed = false;

  /** What does not fit into memory goes to `folder`. */
  constructor(private readonly folder: string) {}

  /** A connection for one query; closed by whoever took it. */
  async connect(): Promise<DuckDBConnection> {
    if (this.closed) throw new QueryError("GENERIC_INTERNAL_ERROR", "local athena: the service is closed");
    return (await (this.instance ??= this.open())).connect();
  }

  private async open(): Promise<DuckDBInstance> {
    const instance = await DuckDBInstance.create(":memory:", {
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      memory_limit: "768MB",
      temp_directory: this.folder,
      threads: "2",
    });
    const connection = await instance.connect();
    await connection.run("SET GLOBAL TimeZone = 'UTC'");
    for (const statement of PRELUDE) await connection.run(statement);
    connection.closeSync();
    return instance;
  }

  async close(): Promise<void> {
    this.closed = true;
    const { instance } = this;
    this.instance = undefined;
    (await instance)?.closeSync();
  }
}

/** Runs a statement; what DuckDB throws comes as Trino would say it. */
export async function runSql(connection: DuckDBConnection, sql: string): Promise<number> {
  try {
    const result = await connection.run(sql);
    const [row] = await result.getRows();
    return Number(row?.[0] ?? 0);
  } catch (error) {
    throw unmade(error);
  }
}

/** For tests: what the local Athena answers to an expression or a query that needs no table, or one over given tables. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { compile } from "../run/compile";
import { Engine } from "../run/engine";
import { unmade } from "../run/faults";
import { parseStatement } from "../sql/statements";
import { Footers } from "../tables/parquet";
import { Session } from "../translate/session";
import type { ObjectStore } from "../../../core/contracts";
import { tmpdir } from "node:os";

/** The moment that is now in these tests. */
export const NOW = new Date("2026-03-29T12:34:56.789Z");

const noObjects: ObjectStore = {
  folder: () => "/",
  put: async () => undefined,
  putFile: async () => undefined,
  keys: async () => [],
  authorizeRead: () => undefined,
};

export class Trino {
  private readonly engine = new Engine(tmpdir());
  private readonly footers = new Footers();
  private connection: DuckDBConnection | undefined;

  /** Rows of texts as Athena prints them; NULL is null. */
  async rows(
    sql: string,
    parameters: readonly string[] = [],
  ): Promise<{ names: string[]; types: string[]; rows: (string | null)[][] }> {
    this.connection ??= await this.engine.connect();
    const statement = parseStatement(sql, parameters);
    if (statement.kind !== "query") throw new Error("not a query");
    const session = new Session({ hasDatabase: (name) => name === "lake", table: () => undefined }, "lake", NOW);
    const principal = { arn: "arn:aws:iam::222222222222:role/analyst", account: "222222222222" };
    const reader = { objects: noObjects, footers: this.footers, connection: this.connection, principal, now: NOW };
    const compiled = await compile(statement.query, session, reader);
    try {
      const result = await this.connection.runAndReadAll(compiled.sql);
      const rows = result.getRowsJS().map((row) => row.map((value) => (value === null ? null : String(value))));
      return { names: compiled.columns.map(({ Name }) => Name), types: compiled.columns.map(({ Type }) => Type), rows };
    } catch (error) {
      throw unmade(error);
    }
  }

  /** The value of one expression. */
  async value(expression: string): Promise<string | null> {
    const { rows } = await this.rows(`SELECT ${expression}`);
    return rows[0]?.[0] ?? null;
  }

  async close(): Promise<void> {
    this.connection?.closeSync();
    await this.engine.close();
  }
}

/** Statements beside queries: views are made and dropped, tables listed. https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html */
import type { Catalog, GlueColumn } from "../../../core/contracts";
import type { Principal, Scope } from "../../../core/service";
import type { Name, Statement } from "../sql/ast";
import { QueryError } from "../sql/errors";
import { translateQuery } from "../translate/queries";
import { CATALOG, type Session, type Tables } from "../translate/session";
import { readView, viewTable } from "../translate/views";

export interface CatalogAccess {
  readonly catalog: Catalog;
  readonly principal: Principal;
  readonly scope: Scope;
}

/** The catalog with the caller's rights; a refusal comes as Athena words it. */
export function tablesOf({ catalog, principal, scope }: CatalogAccess): Tables {
  return {
    hasDatabase: (name) => catalog.database(scope, name) !== undefined,
    table: (database, name) => allowed(() => catalog.table(principal, scope, database, name)),
  };
}

function allowed<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof Error) || !/AccessDenied/.test(error.name)) throw error;
    throw new QueryError("PERMISSION_DENIED", `Insufficient permissions to execute the query. ${error.message}`);
  }
}

export interface Lines {
  readonly columns: readonly string[];
  readonly lines: readonly string[];
}

export function runStatement(
  statement: Exclude<Statement, { kind: "query" | "unload" }>,
  session: Session,
  access: CatalogAccess,
): Lines {
  switch (statement.kind) {
    case "create view":
      createView(statement, session, access);
      return { columns: [], lines: [] };
    case "drop view":
      dropView(statement, session, access);
      return { columns: [], lines: [] };
    case "show tables":
    case "show views":
      return list(statement, session, access);
    case "show columns": {
      const { StorageDescriptor, PartitionKeys } = session.table(statement.path);
      const names = [...StorageDescriptor.Columns, ...PartitionKeys].map(({ Name }) => padded(Name));
      return { columns: ["field"], lines: names };
    }
    case "describe": {
      const table = session.table(statement.path);
      return {
        columns: ["col_name", "data_type", "comment"],
        lines: describe(table.StorageDescriptor.Columns, table.PartitionKeys),
      };
    }
    case "show create view": {
      const table = session.table(statement.path);
      if (table.TableType !== "VIRTUAL_VIEW") throw noView(statement.path, table.DatabaseName, table.Name);
      const sql = `CREATE VIEW ${table.DatabaseName}.${table.Name} AS\n${readView(table).originalSql}`;
      return { columns: ["Create View"], lines: sql.split("\n") };
    }
  }
}

const START = { line: 1, column: 1 };

function createView(
  statement: Statement & { kind: "create view" },
  session: Session,
  { catalog, principal, scope }: CatalogAccess,
): void {
  const { database, name } = session.place(statement.path);
  const path = `${CATALOG}.${database}.${name}`;
  if (!/^[a-z0-9_]+$/.test(name)) {
    throw new QueryError(
      "NOT_SUPPORTED",
      `The view name '${name}' has a special character other than an underscore`,
      statement.path[0],
    );
  }
  const existing = session.tables.table(database, name);
  if (existing && existing.TableType !== "VIRTUAL_VIEW")
    throw new QueryError("ALREADY_EXISTS", `Table already exists: '${path}'`, START);
  if (existing && !statement.replace) throw new QueryError("ALREADY_EXISTS", `View already exists: '${path}'`, START);
  const query = translateQuery(statement.query, { session, commonTables: new Map() });
  const table = viewTable({ database, name, catalogId: scope.account }, statement.sql, query);
  allowed(() => catalog.putTable(principal, scope, table));
}

function dropView(
  statement: Statement & { kind: "drop view" },
  session: Session,
  { catalog, principal, scope }: CatalogAccess,
): void {
  const { database, name } = session.place(statement.path);
  const table = session.tables.table(database, name);
  if (!table) {
    if (statement.ifExists) return;
    throw new QueryError("TABLE_NOT_FOUND", `View '${CATALOG}.${database}.${name}' does not exist`, START);
  }
  if (table.TableType !== "VIRTUAL_VIEW") throw noView(statement.path, database, name);
  allowed(() => catalog.deleteTable(principal, scope, database, name));
}

function noView([first]: readonly Name[], database: string, name: string): QueryError {
  return new QueryError("TABLE_NOT_FOUND", `'${CATALOG}.${database}.${name}' is a table and no view`, first);
}

function list(
  statement: Statement & { kind: "show tables" | "show views" },
  session: Session,
  { catalog, principal, scope }: CatalogAccess,
): Lines {
  const database = statement.database?.text.toLowerCase() ?? session.database?.toLowerCase();
  if (database === undefined || !session.tables.hasDatabase(database)) {
    throw new QueryError("SCHEMA_NOT_FOUND", `Schema '${database ?? ""}' does not exist`, statement.database ?? START);
  }
  const isWanted = (type: string): boolean => statement.kind === "show tables" || type === "VIRTUAL_VIEW";
  const tables = allowed(() => catalog.tables(principal, scope, database)).filter(({ TableType }) =>
    isWanted(TableType),
  );
  return {
    columns: [statement.kind === "show tables" ? "tab_name" : "views"],
    lines: tables.map(({ Name }) => Name).sort(),
  };
}

/** Hive fills the columns of such answers up with blanks. */
function padded(text: string): string {
  return text.padEnd(20);
}

function describe(columns: readonly GlueColumn[], partitionKeys: readonly GlueColumn[]): string[] {
  const line = ({ Name, Type, Comment = "" }: GlueColumn): string => [Name, Type, Comment].map(padded).join("\t");
  const all = [...columns, ...partitionKeys].map(line);
  if (partitionKeys.length === 0) return all;
  const title = line({ Name: "# col_name", Type: "data_type", Comment: "comment" });
  return [...all, "\t \t ", "# Partition Information\t \t ", title, "\t \t ", ...partitionKeys.map(line)];
}

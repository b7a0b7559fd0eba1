/** The Data Catalog in memory. Every access asks for the catalog, the database and the table together, as Glue does. */
import type { Catalog } from "../../core/contracts";
import { readRequest } from "../../core/requests";
import { AwsError, type Authorizer, type Principal, type Scope } from "../../core/service";
import { isName, lengthFault, type StoredTable, tableFault, tableInput, type TableInput } from "./table";

export interface Database {
  readonly Name: string;
  readonly Description?: string;
  readonly LocationUri?: string;
  readonly Parameters: Readonly<Record<string, string>>;
  readonly CatalogId: string;
  /** Seconds since the epoch. */
  readonly CreateTime: number;
}

interface Shelf {
  database: Database;
  /** Every version of each table, the newest last. */
  readonly tables: Map<string, StoredTable[]>;
}

const arn = ({ account, region }: Scope, path: string): string => `arn:aws:glue:${region}:${account}:${path}`;
export const catalogArn = (scope: Scope): string => arn(scope, "catalog");
export const databaseArn = (scope: Scope, database: string): string => arn(scope, `database/${database}`);
export const tableArn = (scope: Scope, database: string, table: string): string =>
  arn(scope, `table/${database}/${table}`);

export const invalid = (message: string): AwsError => new AwsError("InvalidInputException", message);
const notFound = (message: string): AwsError => new AwsError("EntityNotFoundException", message);
const now = (): number => Math.floor(Date.now() / 1000);

export class GlueCatalog {
  private readonly shelves = new Map<string, Map<string, Shelf>>();

  private scoped({ account, region }: Scope): Map<string, Shelf> {
    const key = `${account}/${region}`;
    const known = this.shelves.get(key) ?? new Map<string, Shelf>();
    this.shelves.set(key, known);
    return known;
  }

  private shelf(scope: Scope, name: string): Shelf {
    const shelf = this.scoped(scope).get(name);
    if (shelf === undefined) throw notFound(`Database ${name} not found.`);
    return shelf;
  }

  database(scope: Scope, name: string): Database | undefined {
    return this.scoped(scope).get(name)?.database;
  }

  /** By name. */
  databases(scope: Scope): Database[] {
    const all = [...this.scoped(scope).values()].map(({ database }) => database);
    return all.sort((a, b) => (a.Name < b.Name ? -1 : 1));
  }

  createDatabase(scope: Scope, input: Omit<Database, "CatalogId" | "CreateTime">): Database {
    if (!isName(input.Name)) {
      throw invalid(`The database "${input.Name}": expected lower-case letters, digits and underscores as its name.`);
    }
    if (this.database(scope, input.Name) !== undefined) {
      throw new AwsError("AlreadyExistsException", `Database ${input.Name} already exists.`);
    }
    const database = { ...input, CatalogId: scope.account, CreateTime: now() };
    this.scoped(scope).set(input.Name, { database, tables: new Map() });
    return database;
  }

  updateDatabase(scope: Scope, input: Omit<Database, "CatalogId" | "CreateTime">): Database {
    const shelf = this.shelf(scope, input.Name);
    shelf.database = { ...input, CatalogId: scope.account, CreateTime: shelf.database.CreateTime };
    return shelf.database;
  }

  /** With its tables, as Glue does. */
  deleteDatabase(scope: Scope, name: string): void {
    this.shelf(scope, name);
    this.scoped(scope).delete(name);
  }

  table(scope: Scope, database: string, name: string): StoredTable | undefined {
    return this.scoped(scope).get(database)?.tables.get(name)?.at(-1);
  }

  existing(scope: Scope, database: string, name: string): StoredTable {
    const table = this.shelf(scope, database).tables.get(name)?.at(-1);
    if (table === undefined) throw notFound(`Table ${name} not found in the database ${database}.`);
    return table;
  }

  /** By name. */
  tables(scope: Scope, database: string): StoredTable[] {
    const all = [...this.shelf(scope, database).tables.values()].flatMap((versions) => versions.at(-1) ?? []);
    return all.sort((a, b) => (a.Name < b.Name ? -1 : 1));
  }

  /** The newest first. */
  versions(scope: Scope, database: string, name: string): StoredTable[] {
    this.existing(scope, database, name);
    return [...(this.shelf(scope, database).tables.get(name) ?? [])].reverse();
  }

  /** `create` refuses a table that exists, `update` one that does not. */
  put(scope: Scope, database: string, input: TableInput, how: "create" | "update"): StoredTable {
    const { tables } = this.shelf(scope, database);
    const long = lengthFault(input);
    if (long !== undefined) throw new AwsError("ValidationException", long);
    const fault = tableFault(input);
    if (fault !== undefined) throw invalid(`The table ${database}.${input.Name}: ${fault}.`);
    const known = tables.get(input.Name) ?? [];
    const last = known.at(-1);
    if (how === "create" && last !== undefined) {
      throw new AwsError("AlreadyExistsException", `Table ${input.Name} already exists in the database ${database}.`);
    }
    if (how === "update") this.existing(scope, database, input.Name);
    const at = now();
    const table: StoredTable = {
      ...input,
      DatabaseName: database,
      CatalogId: scope.account,
      VersionId: String(known.length),
      CreateTime: last?.CreateTime ?? at,
      UpdateTime: at,
    };
    tables.set(input.Name, [...known, table]);
    return table;
  }

  deleteTable(scope: Scope, database: string, name: string): void {
    this.existing(scope, database, name);
    this.shelf(scope, database).tables.delete(name);
  }
}

/** The catalog for the other services, which act as a principal. */
export function sharedCatalog(catalog: GlueCatalog, authorizer: Authorizer): Catalog {
  const ask = (principal: Principal, action: string, scope: Scope, database: string, table: string): void => {
    for (const resource of [catalogArn(scope), databaseArn(scope, database), tableArn(scope, database, table)]) {
      authorizer.check(principal, action, resource);
    }
  };
  return {
    database: (scope, name) => catalog.database(scope, name),
    databases: (scope) => catalog.databases(scope),
    table(principal, scope, database, name) {
      ask(principal, "glue:GetTable", scope, database, name);
      return catalog.table(scope, database, name);
    },
    tables(principal, scope, database) {
      ask(principal, "glue:GetTables", scope, database, "*");
      return catalog.tables(scope, database);
    },
    putTable(principal, scope, { DatabaseName: database, CatalogId: _, ...input }) {
      const how = catalog.table(scope, database, input.Name) === undefined ? "create" : "update";
      ask(principal, how === "create" ? "glue:CreateTable" : "glue:UpdateTable", scope, database, input.Name);
      catalog.put(scope, database, readRequest(tableInput, input, "glue", "InvalidInputException"), how);
    },
    deleteTable(principal, scope, database, name) {
      ask(principal, "glue:DeleteTable", scope, database, name);
      catalog.deleteTable(scope, database, name);
    },
  };
}

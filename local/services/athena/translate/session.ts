/** What is gathered while one statement is translated. */
import type { Name } from "../sql/ast";
import { QueryError, unsupported } from "../sql/errors";
import type { GlueTable } from "../../../core/contracts";
import type { PartitionColumn, Typed } from "./typed";
import { typeOfHive, type Type } from "../sql/types";
import type { Field } from "./scope";

export const CATALOG = "awsdatacatalog";

/** The catalog as the caller may see it. */
export interface Tables {
  hasDatabase(name: string): boolean;
  table(database: string, name: string): GlueTable | undefined;
}

export interface ScanColumn {
  readonly name: string;
  readonly type: Type;
  readonly isPartition: boolean;
}

/** One use of a table. In the statement it is the table `name` with the columns c1, c2, ... */
export interface Scan {
  readonly name: string;
  readonly table: GlueTable;
  readonly columns: readonly ScanColumn[];
  /** Conditions on partition columns, as SQL over a table `p` that has them under their names. */
  readonly filters: string[];
  /** Whether the column must be read: what stands on it is part of the answer. */
  reads(column: string): boolean;
}

export class Session {
  readonly scans: Scan[] = [];
  private readonly read = new Set<string>();
  private counter = 0;

  constructor(
    readonly tables: Tables,
    /** Of names without a database. */
    readonly database: string | undefined,
    /** What current_timestamp is. */
    readonly now: Date,
    private readonly root?: Session,
    private readonly views: readonly string[] = [],
  ) {}

  /** The session of a view, whose names are those of its own database. Nothing if the view stands on itself. */
  within(database: string, view: string): Session | undefined {
    if (this.views.includes(view)) return undefined;
    return new Session(this.tables, database, this.now, this.root ?? this, [...this.views, view]);
  }

  /** A session for what is only checked: nothing of it is read. */
  aside(): Session {
    return new Session(this.tables, this.database, this.now, undefined, this.views);
  }

  unique(prefix: string): string {
    const { root } = this;
    return root ? root.unique(prefix) : `${prefix}${++this.counter}`;
  }

  /** The columns stand in the answer, or decide about it. */
  reads(parts: Iterable<string> | Typed): void {
    const origins = "origins" in parts ? parts.origins : parts;
    const { read } = this.root ?? this;
    for (const origin of origins) read.add(origin);
  }

  scan(table: GlueTable): { name: string; fields: Field[] } {
    const root = this.root ?? this;
    const name = root.unique("s");
    const columns = [
      ...table.StorageDescriptor.Columns.map((column) => ({ column, isPartition: false })),
      ...table.PartitionKeys.map((column) => ({ column, isPartition: true })),
    ].map(({ column, isPartition }) => ({
      name: column.Name.toLowerCase(),
      type: typeOfHive(column.Type),
      isPartition,
    }));
    const scan: Scan = { name, table, columns, filters: [], reads: (column) => root.read.has(`${name}.${column}`) };
    root.scans.push(scan);
    const qualifier = [CATALOG, table.DatabaseName, table.Name];
    const fields = columns.map((column, index): Field => {
      const partitions: PartitionColumn[] = column.isPartition ? [{ scan, name: column.name }] : [];
      const value: Typed = {
        sql: `${name}.c${index + 1}`,
        type: column.type,
        origins: new Set([`${name}.${column.name}`]),
        partitions,
        line: 1,
        column: 1,
      };
      return { name: column.name, qualifier, value };
    });
    return { name, fields };
  }

  /** `a`, `b.a` or `c.b.a` in lower case, checked against the catalog. */
  place(path: readonly Name[]): { database: string; name: string } {
    const [first] = path;
    if (!first) throw new Error("a path has a name");
    const parts = path.map(({ text }) => text.toLowerCase());
    const name = parts.pop() ?? "";
    const database = parts.pop() ?? this.database?.toLowerCase();
    const catalog = parts.pop();
    if (parts.length > 0)
      throw new QueryError(
        "SYNTAX_ERROR",
        `Too many dots in table name: ${path.map(({ text }) => text).join(".")}`,
        first,
      );
    if (catalog !== undefined && catalog !== CATALOG) {
      throw new QueryError("CATALOG_NOT_FOUND", `Catalog '${catalog}' does not exist`, first);
    }
    if (database === undefined) {
      throw new QueryError(
        "SCHEMA_NOT_FOUND",
        "Schema must be specified when session schema is not set (QueryExecutionContext.Database)",
        first,
      );
    }
    if (database === "information_schema") throw unsupported(first, "information_schema");
    if (!this.tables.hasDatabase(database)) {
      throw new QueryError("SCHEMA_NOT_FOUND", `Schema '${database}' does not exist`, first);
    }
    return { database, name };
  }

  table(path: readonly Name[]): GlueTable {
    const [first] = path;
    const { database, name } = this.place(path);
    const table = this.tables.table(database, name);
    if (!table) {
      throw new QueryError("TABLE_NOT_FOUND", `Table '${CATALOG}.${database}.${name}' does not exist`, first);
    }
    return table;
  }
}

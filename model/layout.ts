/** What a Lambda needs to know of the tables, as plain data: closures cannot carry drizzle's objects. */
import type { Column, Form } from "./types";
import { formOf, isLob } from "./types";
import type { Table } from "./table";

export interface ColumnLayout {
  readonly form: Form;
  /** May arrive as null although unchanged (`types.ts`). */
  readonly lob: boolean;
  /** Never enters the lake. */
  readonly private: boolean;
  /** Enters the lake as a keyed hash. */
  readonly pseudonym?: true;
}

export interface TableLayout {
  readonly source: string;
  readonly table: string;
  readonly key: readonly string[];
  readonly columns: Readonly<Record<string, ColumnLayout>>;
}

/** By `<source>.<table>`. */
export type Layouts = Readonly<Record<string, TableLayout>>;

export const tableId = (table: { readonly source: string; readonly name: string }): string =>
  `${table.source}.${table.name}`;

function columnLayout(table: Table, column: Column): ColumnLayout {
  // With REPLICA IDENTITY FULL the log holds the whole row, so a null is a null.
  return {
    form: formOf(column),
    lob: isLob(column.type) && !table.replicaIdentityFull,
    private: column.privacy === "drop",
    ...(column.privacy === "pseudonym" ? { pseudonym: true } : {}),
  };
}

/** Layouts of `tables`, each restricted to its key and `columns` where given. */
export function layoutsOf(tables: readonly { table: Table; columns?: readonly string[] }[]): Layouts {
  const layouts: Record<string, TableLayout> = {};
  for (const { table, columns } of tables) {
    const kept = table.columns.filter(
      ({ name }) => columns === undefined || columns.includes(name) || table.key.includes(name),
    );
    layouts[tableId(table)] = {
      source: table.source,
      table: table.name,
      key: table.key,
      columns: Object.fromEntries(kept.map((column) => [column.name, columnLayout(table, column)])),
    };
  }
  return layouts;
}

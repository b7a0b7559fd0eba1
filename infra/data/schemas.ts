/** What the lake has of every table, in words that tell whether old files can still be read (`SchemaGuard`). */
import type { Column, Table } from "../../model";
import { formOf } from "../../model";
import type { GlueColumn } from "./columns";
import { changeColumns, fullColumns, isPseudonym, pseudonymColumns } from "./columns";
import { changesTable, compactedTable, fullTable, hasFullLoad, hasPseudonyms, pseudonymsTable } from "./currentState";
import type { Schemas } from "./schemaGuard";

/** The form of model/types.ts, and of numbers what the view casts to. */
function kindOf(column: Column): string {
  switch (formOf(column)) {
    case "decimal":
      return `decimal(${column.precision},${column.scale ?? 0})`;
    case "float":
      return column.type === "real" ? "real" : "double";
    default:
      return formOf(column);
  }
}

/** `timestamp as string`, `hashed text as string`. Columns of ours have a type only. */
function columnsIn(table: Table, columns: readonly GlueColumn[]): Schemas[string] {
  return Object.fromEntries(
    columns.map(({ name, type }) => {
      const column = table.columns.find((candidate) => candidate.name.toLowerCase() === name);
      if (column === undefined) return [name, type];
      return [name, `${isPseudonym(column) ? "hashed " : ""}${kindOf(column)} as ${type}`];
    }),
  );
}

export function lakeSchemas(tables: readonly Table[]): Schemas {
  const schemas: Record<string, Schemas[string]> = {};
  for (const table of tables) {
    schemas[changesTable(table)] = columnsIn(table, changeColumns(table));
    if (hasFullLoad(table)) schemas[fullTable(table)] = columnsIn(table, fullColumns(table));
    else schemas[compactedTable(table)] = columnsIn(table, changeColumns(table));
    if (hasPseudonyms(table)) schemas[pseudonymsTable(table)] = columnsIn(table, pseudonymColumns(table));
  }
  return schemas;
}

/** The primary key and what PostgreSQL logs of a row that changes. */
import { escapeIdentifier } from "pg";
import type { Table } from "../../../model";
import { isLob } from "../../../model";
import { enumerate, quotedTable, tableKey, type Finding } from "../finding";
import { modelType, type CatalogTable } from "../source";

const same = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((name, index) => name === right[index]);

const sameSet = (left: readonly string[], right: readonly string[]): boolean =>
  same([...left].sort(), [...right].sort());

const columnList = (names: readonly string[]): string => names.map(escapeIdentifier).join(", ");

/** Columns whose values are large objects to DMS, as the database declares them. */
const largeColumns = (columns: CatalogTable["columns"]): string[] =>
  columns
    .filter((column) => {
      const read = modelType(column);
      return read !== undefined && isLob(read.type);
    })
    .map(({ name }) => name);

/** Those that the model describes: of others the decoder ignores every null. */
const describedColumns = (table: CatalogTable, model: Table): CatalogTable["columns"] =>
  table.columns.filter(({ name }) => model.columns.some((column) => column.name === name));

export function key(table: CatalogTable, model: Table): Finding[] {
  const at = { table: tableKey(table) };
  const name = quotedTable(table);
  if (table.kind !== "r" && table.kind !== "p") return [];
  if (table.key.length === 0) {
    return [
      {
        ...at,
        check: "no-primary-key",
        level: "error",
        what:
          "It has no primary key: DMS ignores its updates and deletes, suspends it during the load if it has an array, " +
          "and cannot spread its rows over the stream.",
        fix: `Give it the one that the model names (${enumerate(model.key)}).`,
        sql: `ALTER TABLE ${name} ADD PRIMARY KEY (${columnList(model.key)});`,
      },
    ];
  }
  const findings: Finding[] = [];
  if (!same(table.key, model.key)) {
    const reordered = sameSet(table.key, model.key);
    findings.push({
      ...at,
      check: "key-differs",
      level: reordered ? "note" : "error",
      columns: table.key,
      what: reordered
        ? `The primary key is (${enumerate(table.key)}), in the model (${enumerate(model.key)}): nothing depends on the order.`
        : `The primary key is (${enumerate(table.key)}), in the model (${enumerate(model.key)}): a delete carries only the ` +
          "former, so that rows would be taken for one another or deletes be parked as unreadable.",
      fix: "Make model/monolith.ts agree with the database.",
    });
  }
  const large = table.key.filter((column) => largeColumns(table.columns).includes(column));
  if (large.length > 0) {
    findings.push({
      ...at,
      check: "key-large-object",
      level: "error",
      columns: large,
      what:
        `${enumerate(large)} in the primary key is a large object to DMS (text, bytea, json, arrays, ...), ` +
        "and DMS does not support such a key: the task fails.",
      fix: "Give the column a bounded type, if its values allow it. That rewrites nothing but needs an exclusive lock.",
      sql: large.map((column) => `ALTER TABLE ${name} ALTER ${escapeIdentifier(column)} TYPE varchar(255);`).join("\n"),
    });
  }
  if (table.keyDeferrable && table.identity !== "f") {
    findings.push({
      ...at,
      check: "key-deferrable",
      level: "error",
      columns: table.key,
      what:
        "The primary key is deferrable, and PostgreSQL does not log it as the row's identity: " +
        "a delete arrives without any column, and nobody can tell of which row.",
      fix: "Make the key immediate, or log the whole row.",
      sql: `ALTER TABLE ${name} REPLICA IDENTITY FULL;`,
    });
  }
  return findings;
}

/** What is in the log of an updated or deleted row, against what the model believes. */
export function identity(table: CatalogTable, model: Table): Finding[] {
  const at = { table: tableKey(table) };
  const name = quotedTable(table);
  if (table.kind !== "r") return [];
  const wanted = model.replicaIdentityFull ? "FULL" : "DEFAULT";
  if (table.identity === "n") {
    return [
      {
        ...at,
        check: "replica-identity",
        level: "error",
        what: "Its replica identity is NOTHING: a delete arrives without any column, and nobody can tell of which row.",
        fix: "Log the key.",
        sql: `ALTER TABLE ${name} REPLICA IDENTITY ${wanted};`,
      },
    ];
  }
  const index = table.identityIndex;
  if (table.identity === "i" && (index === null || !sameSet(index.columns, table.key))) {
    return [
      {
        ...at,
        check: "replica-identity",
        level: "error",
        what:
          (index === null
            ? "Its replica identity is an index that is gone"
            : `Its replica identity is the index ${index.name} (${enumerate(index.columns)}) and not the primary key`) +
          ": a delete arrives without its key.",
        fix: "Log the key.",
        sql: `ALTER TABLE ${name} REPLICA IDENTITY ${wanted};`,
      },
    ];
  }
  const isFull = table.identity === "f";
  if (model.replicaIdentityFull && !isFull) {
    return [
      {
        ...at,
        check: "replica-identity-model",
        level: "error",
        columns: largeColumns(describedColumns(table, model)),
        what:
          "The model says replicaIdentityFull, but the database does not log whole rows: a large value that an update left " +
          "alone arrives as null, and would replace the value in every store.",
        fix: "Set it in the database, or take replicaIdentityFull out of model/tables.ts.",
        sql: `ALTER TABLE ${name} REPLICA IDENTITY FULL;`,
      },
    ];
  }
  if (!isFull) return unseenNulls(table, model);
  return model.replicaIdentityFull ? [] : unusedRows(table, model);
}

/** The database logs whole rows, and the model does not say so. */
function unusedRows(table: CatalogTable, model: Table): Finding[] {
  const at = { check: "replica-identity-model", table: tableKey(table) } as const;
  const large = largeColumns(describedColumns(table, model));
  if (large.length > 0) {
    return [
      {
        ...at,
        level: "warning",
        columns: large,
        what:
          "The database logs whole rows, but the model does not say so: a large column that is set to null keeps its old " +
          "value in every store, although the log tells.",
        fix: "Add replicaIdentityFull: true to the table in model/tables.ts.",
      },
    ];
  }
  // Of a table with a deferrable key the whole row is all that tells a row from others.
  if (table.keyDeferrable) return [];
  return [
    {
      ...at,
      level: "note",
      what: "The database logs whole rows, which the pipeline has no use for here: it has no large columns.",
      fix: "Unless somebody else needs it, log the key alone: less log.",
      sql: `ALTER TABLE ${quotedTable(table)} REPLICA IDENTITY DEFAULT;`,
    },
  ];
}

/** The null of a large column may merely mean "unchanged", and is ignored: so is the one that means null. */
function unseenNulls(table: CatalogTable, model: Table): Finding[] {
  const nullable = largeColumns(describedColumns(table, model).filter((column) => column.nullable));
  if (nullable.length === 0) return [];
  return [
    {
      table: tableKey(table),
      check: "null-not-seen",
      level: "warning",
      columns: nullable,
      what:
        `An update that sets ${nullable.length === 1 ? nullable[0] : `one of ${enumerate(nullable)}`} to null is not seen: the ` +
        `null of a large column may also mean that the value did not change, so the stores keep the old one ` +
        "until the row is loaded again.",
      fix:
        "Nothing, if that never happens. Otherwise log whole rows, which makes more log, and add " +
        "replicaIdentityFull: true to the table in model/tables.ts.",
      sql: `ALTER TABLE ${quotedTable(table)} REPLICA IDENTITY FULL;`,
    },
  ];
}

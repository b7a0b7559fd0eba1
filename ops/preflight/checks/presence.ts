/** Which tables are there at all, and of what kind they are. */
import type { Table } from "../../../model";
import { enumerate, quotedTable, tableKey, type Finding } from "../finding";
import type { CatalogTable, Relation } from "../source";
import { heartbeatSql } from "./heartbeat";

/** A table of the model of which the database has nothing that could be looked at. */
export function absent(model: Table, relations: readonly Relation[]): Finding {
  const table = tableKey(model);
  const temporary = relations.some(({ name, persistence }) => name === model.name && persistence === "t");
  if (temporary) {
    return {
      check: "temporary",
      level: "error",
      table,
      what: "There is only a temporary table of this name: its rows belong to one session and never reach the log.",
      fix: "Create it as an ordinary table, or take it out of model/tables.ts.",
    };
  }
  const elsewhere = relations.filter(({ name, schema }) => name === model.name && schema !== model.schema);
  return {
    check: "table-missing",
    level: "error",
    table,
    what:
      "The model describes it, but the database has no such table. DMS selects it by its exact name and finds nothing; " +
      "if it finds none of the tables, the task fails." +
      (elsewhere.length === 0 ? "" : ` There is ${enumerate(elsewhere.map(tableKey))}.`),
    fix: "Take it out of model/tables.ts, or create it. A renamed table is another table: rename it in the model, too.",
    ...(model.heartbeat === undefined ? {} : { sql: heartbeatSql(model) }),
  };
}

/** What DMS keeps for itself, and what belongs to an extension, nobody misses. */
const isOwn = ({ name, ofExtension }: Relation): boolean => name.startsWith("awsdms_") || ofExtension;

/** Tables that the database has and the model has not. */
export function notReplicated(relations: readonly Relation[], model: readonly Table[]): Finding[] {
  const described = new Set(model.map(tableKey));
  const others = relations.filter(
    (relation) =>
      (relation.kind === "r" || relation.kind === "p") &&
      relation.persistence !== "t" &&
      !relation.isPartition &&
      !isOwn(relation) &&
      !described.has(tableKey(relation)),
  );
  if (others.length === 0) return [];
  const one = others.length === 1;
  return [
    {
      check: "not-replicated",
      level: "note",
      what:
        `${others.length} ${one ? "table is" : "tables are"} not in the model and so not replicated: ` +
        `${enumerate(others.map(tableKey).sort())}.`,
      fix: "Nothing, if that is meant. Otherwise describe them in model/monolith.ts and model/tables.ts.",
    },
  ];
}

const KINDS: Readonly<Record<string, string>> = {
  v: "a view",
  m: "a materialized view",
  f: "a foreign table",
};

/** A relation whose changes never come under its name. */
export function kind(table: CatalogTable): Finding[] {
  const at = { table: tableKey(table) };
  const name = quotedTable(table);
  const findings: Finding[] = [];
  const what = KINDS[table.kind];
  if (what !== undefined) {
    findings.push({
      ...at,
      check: "not-a-table",
      level: "error",
      what: `It is ${what}: PostgreSQL logs no changes of it, so that DMS could load it but not follow it.`,
      fix: "Describe the tables behind it in its place.",
    });
  }
  if (table.persistence === "u") {
    findings.push({
      ...at,
      check: "unlogged",
      level: "error",
      what: "It is unlogged: its changes never reach the write-ahead log, and DMS sees only what it loads.",
      fix: "Make it an ordinary table. That rewrites it under an exclusive lock.",
      sql: `ALTER TABLE ${name} SET LOGGED;`,
    });
  }
  const { children } = table;
  if (table.kind === "p") {
    findings.push({
      ...at,
      check: "partitioned",
      level: "error",
      what:
        "It is partitioned, which DMS does not replicate: changes come under the names of the partitions " +
        `(${enumerate(children, 3) || "none yet"}), and to the model those are other tables.`,
      fix: "Describe the partitions as tables of their own, or leave the table out.",
    });
  } else if (children.length > 0) {
    findings.push({
      ...at,
      check: "inherited",
      level: "error",
      what:
        `Tables inherit from it (${enumerate(children, 3)}): a load reads their rows with its own, ` +
        "while their changes come under their own names.",
      fix: "Detach them, or describe them as tables of their own and expect their rows twice in a load.",
      sql: children.map((child) => `ALTER TABLE ${child} NO INHERIT ${name};`).join("\n"),
    });
  }
  if (table.isPartition) {
    findings.push({
      ...at,
      check: "partition",
      level: "warning",
      what:
        `It is a partition of ${table.parent}: DMS follows its rows, but not that it is attached, detached, ` +
        "dropped or truncated, and each new partition is one more table to describe.",
      fix: "Delete old rows with DELETE rather than with DROP, or accept that the copies keep them.",
    });
  }
  return findings;
}

/** Who may do what to a table, and what DMS cannot follow of it. */
import { escapeIdentifier } from "pg";
import { enumerate, quotedTable, tableKey, type Finding } from "../finding";
import type { CatalogTable, Server } from "../source";

const role = (name: string): string => (name === "PUBLIC" ? name : escapeIdentifier(name));

export function access(table: CatalogTable, server: Server): Finding[] {
  const at = { table: tableKey(table) };
  const name = quotedTable(table);
  const findings: Finding[] = [];
  if (!table.selectable || !table.schemaUsable) {
    findings.push({
      ...at,
      check: "select-grant",
      level: "error",
      what: `${server.user} may not read it: its load fails, and the task stops.`,
      fix: "Grant it.",
      sql: [
        ...(table.schemaUsable
          ? []
          : [`GRANT USAGE ON SCHEMA ${escapeIdentifier(table.schema)} TO ${role(server.user)};`]),
        ...(table.selectable ? [] : [`GRANT SELECT ON ${name} TO ${role(server.user)};`]),
      ].join("\n"),
    });
  }
  if (table.rowsHidden) {
    findings.push({
      ...at,
      check: "row-security",
      level: "error",
      what:
        `Row security hides rows from ${server.user}: a load has only those that its policies show, ` +
        "while the log has the changes of all.",
      fix: "Let the replication user pass by the policies. On RDS the master user grants that.",
      sql: `ALTER ROLE ${role(server.user)} BYPASSRLS;`,
    });
  }
  if (table.truncaters.length > 0) {
    findings.push({
      ...at,
      check: "truncate",
      level: "warning",
      what:
        `${enumerate(table.truncaters)} may TRUNCATE it. DMS does not replicate a TRUNCATE: ` +
        "every store would keep the rows.",
      fix: "Take the right away, and delete with DELETE.",
      sql: `REVOKE TRUNCATE ON ${name} FROM ${table.truncaters.map(role).join(", ")};`,
    });
  }
  return findings;
}

/** An owner has every right from the beginning: once for all tables, since it is mostly one role. */
export function ownersTruncate(tables: readonly CatalogTable[]): Finding[] {
  const byOwner = new Map<string, CatalogTable[]>();
  for (const table of tables) {
    // A superuser can truncate whatever is granted.
    if (table.kind !== "r" || table.owner.superuser || !table.owner.truncates) continue;
    byOwner.set(table.owner.name, [...(byOwner.get(table.owner.name) ?? []), table]);
  }
  return [...byOwner].map(([owner, owned]) => ({
    check: "truncate",
    level: "note",
    what:
      `${owner} owns ${enumerate(owned.map(tableKey), 5)} and so may TRUNCATE what it owns, which DMS does not replicate. ` +
      "Whether the application does, its code knows.",
    fix: "Make sure that nothing truncates, or take the right away even from the owner.",
    sql: `REVOKE TRUNCATE ON ${owned.map(quotedTable).join(", ")} FROM ${role(owner)};`,
  }));
}

/** Only a foreign key can be altered; others are made anew, which reads the whole table. */
function immediate(table: CatalogTable, { name, definition }: CatalogTable["deferrable"][number]): string {
  const constraint = escapeIdentifier(name);
  const change = definition.startsWith("FOREIGN KEY")
    ? `ALTER CONSTRAINT ${constraint} NOT DEFERRABLE`
    : `DROP CONSTRAINT ${constraint}, ADD CONSTRAINT ${constraint} ${definition.replace(/ DEFERRABLE.*$/, "")}`;
  return `ALTER TABLE ${quotedTable(table)} ${change};`;
}

/** What PostgreSQL allows of a table's constraints and DMS does not. */
export function constraints(table: CatalogTable): Finding[] {
  const at = { table: tableKey(table) };
  return [
    ...table.deferrable.map((constraint): Finding => ({
      ...at,
      check: "deferrable",
      level: "warning",
      what:
        `Constraint ${constraint.name} is deferrable: ${constraint.definition}. DMS does not support deferred constraints; ` +
        "the rows of a transaction may arrive in an order that breaks it meanwhile.",
      fix: "Make it immediate, if nothing defers it.",
      sql: immediate(table, constraint),
    })),
    ...table.coalesceIndexes.map((index): Finding => ({
      ...at,
      check: "coalesce-index",
      level: "error",
      what: `The unique index ${index} calls coalesce(): DMS does not replicate a table that has such an index.`,
      fix: "Replace it: from PostgreSQL 15 on UNIQUE NULLS NOT DISTINCT does the same, before that two partial unique indexes do.",
      sql: `DROP INDEX ${escapeIdentifier(table.schema)}.${escapeIdentifier(index)};`,
    })),
  ];
}

/**
 * The current-state view of a table, as Athena's SQL: the latest full load, overlaid with the changes committed since its
 * task started.
 *
 * A change from before the load is in it already and is ignored, which makes a full load a repair and a compaction. A
 * transaction may bear a commit time shortly before the load's start and become visible only after its snapshot, so the
 * overlay begins a minute earlier; a change that is in both does no harm, for the later version wins. Deletes vanish. Without
 * a full load the changes alone are the state; a service's own table never has one.
 *
 * A pseudonym is a hash with a key that DMS does not have: no full load holds one. A loaded row takes it from the latest
 * change of its key, however old, so a table with pseudonyms reads that column of all its changes.
 */
import type { Table } from "../../model";
import { formOf, MONOLITH } from "../../model";
import { LOADED_AT } from "../contract";
import type { ViewColumn } from "./columns";
import { isPoint, isPseudonym, lakeColumns, quoted, viewColumns } from "./columns";

export const changesTable = (table: Table): string => `changes_${table.name}`.toLowerCase();
export const fullTable = (table: Table): string => `full_${table.name}`.toLowerCase();
export const viewName = (table: Table): string => table.name.toLowerCase();

/** DMS loads the monolith's tables only. */
export const hasFullLoad = (table: Table): boolean => table.source === MONOLITH;

const MARGIN = "INTERVAL '1' MINUTE";
/** Before any change. */
const BEGINNING = "TIMESTAMP '1970-01-01 00:00:00'";

/** One column a line, where a column is an expression. */
const perLine = (items: readonly string[]): string => items.map((item) => `    ${item}`).join(",\n");

/** Many columns a line, where they are names. */
const WIDTH = 110;
function wrapped(items: readonly string[]): string {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines[lines.length - 1];
    if (last === undefined || last.length + item.length > WIDTH) lines.push(`  ${item}`);
    else lines[lines.length - 1] = `${last}, ${item}`;
  }
  return lines.join(",\n");
}

const aliased = (name: string, expression: string): string => (name === expression ? name : `${expression} AS ${name}`);

/** Which columns of the view tell its rows apart: of a point in time the exact text, the timestamp being cut. */
function keyColumns(table: Table): string[] {
  return table.key.map((name) => {
    const column = table.columns.find((candidate) => candidate.name === name);
    const exact = column !== undefined && isPoint(formOf(column));
    return quoted(exact ? `${name}_iso` : name);
  });
}

/** The statement after `CREATE OR REPLACE VIEW ... AS`. */
export function currentState(table: Table): string {
  const columns = lakeColumns(table).flatMap(viewColumns);
  return hasFullLoad(table) ? overlaid(table, columns) : changesAlone(table, columns);
}

/** Every key's changes, the latest first. */
const changed = (table: Table, columns: readonly ViewColumn[], since: string): string =>
  `changed AS (
  SELECT
${perLine([
  ...columns.map(({ name, fromChanges }) => aliased(name, fromChanges)),
  `"_op"`,
  `row_number() OVER (PARTITION BY ${table.key.map(quoted).join(", ")} ORDER BY "_version" DESC) AS "_rank"`,
])}
  FROM ${quoted(changesTable(table))}${since}
)`;

const changesAlone = (table: Table, columns: readonly ViewColumn[]): string =>
  `-- ${comment(table)}
-- The latest change of each key; deleted ones vanish.
WITH ${changed(table, columns, "")}
SELECT
${wrapped(columns.map(({ name }) => name))}
FROM changed
WHERE "_rank" = 1 AND "_op" <> 'delete'
`;

const pseudonymsOf = (table: Table): string[] => table.columns.filter(isPseudonym).map(({ name }) => quoted(name));

/** The pseudonyms of each key, from its latest change. */
function known(table: Table, columns: readonly ViewColumn[]): string {
  const key = columns.filter(({ name }) => keyColumns(table).includes(name));
  return `, known AS (
  SELECT
${perLine([
  ...key.map(({ name, fromChanges }) => aliased(name, fromChanges)),
  ...pseudonymsOf(table).map((name) => `max_by(${name}, "_version") AS ${name}`),
])}
  FROM ${quoted(changesTable(table))}
  WHERE "_op" <> 'delete'
  GROUP BY ${key.map(({ fromChanges }) => fromChanges).join(", ")}
)`;
}

function overlaid(table: Table, columns: readonly ViewColumn[]): string {
  const pseudonyms = pseudonymsOf(table);
  const source = (name: string): string => `${pseudonyms.includes(name) ? "known" : "loaded"}.${name}`;
  const joinKnown = `
LEFT JOIN known ON ${keyColumns(table)
    .map((name) => `known.${name} = loaded.${name}`)
    .join(" AND ")}`;
  const loadedAt = quoted(LOADED_AT);
  const full = quoted(fullTable(table));
  const since = `
  WHERE CAST(replace(substr("_committed_at", 1, 23), 'T', ' ') AS timestamp(3)) >= (SELECT "since" FROM full_load)`;
  const onKey = keyColumns(table).map((name) => `changed.${name} = loaded.${name}`);
  return `-- ${comment(table)}
-- The latest full load, overlaid with the changes committed since it began (less a minute). Of the changes of a key the
-- latest wins; deleted ones vanish. Without a full load the changes alone are the state.
WITH full_load AS (
  SELECT
    max(${loadedAt}) AS "started",
    coalesce(CAST(substr(max(${loadedAt}), 1, 23) AS timestamp(3)) - ${MARGIN}, ${BEGINNING}) AS "since"
  FROM ${full}
), loaded AS (
  SELECT
${perLine(columns.filter(({ name }) => !pseudonyms.includes(name)).map(({ name, fromFull }) => aliased(name, fromFull)))}
  FROM ${full}
  WHERE ${loadedAt} = (SELECT "started" FROM full_load)
), ${changed(table, columns, since)}${pseudonyms.length === 0 ? "" : known(table, columns)}
SELECT
${wrapped(columns.map(({ name }) => name))}
FROM changed
WHERE "_rank" = 1 AND "_op" <> 'delete'
UNION ALL
SELECT
${wrapped(columns.map(({ name }) => source(name)))}
FROM loaded
LEFT JOIN changed ON ${['changed."_rank" = 1', ...onKey].join(" AND ")}${pseudonyms.length === 0 ? "" : joinKnown}
WHERE changed."_rank" IS NULL
`;
}

const comment = (table: Table): string => table.comment.replace(/\s+/g, " ");

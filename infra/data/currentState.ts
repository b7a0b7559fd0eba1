/**
 * The current-state view of a table, as Athena's SQL: the full load that was promoted last, overlaid with the changes
 * committed since it began.
 *
 * A change from before the load is in it already and is ignored, which makes a full load a repair and a compaction. It is so
 * only of the latest change of a key: a load through the stream (the first one, or a backfill) bears the time at which DMS
 * built its message, which may be an hour after it read the row, and the update of meanwhile follows it with its own time.
 * Were that update left out for having come before the full load, the older row would stand in its place. Which
 * load it is stands in the SQL as a literal, and so do the bounds that follow from it (functions/load.ts): Athena leaves out
 * the folders of older days, so that what a query reads does not grow with the age of the log. A change that is in both the
 * load and the overlay does no harm, for the later version wins. Deletes vanish. As long as no load has been promoted the
 * changes alone are the state.
 *
 * A service's own table has no full load. In the place of a load stand its own changes, compacted: the latest of each key.
 *
 * A pseudonym is a hash with a key that DMS does not have: no full load holds one. A promotion therefore takes along the
 * latest pseudonym of each key of the load, and the view takes a later one from the changes.
 */
import type { Table } from "../../model";
import { formOf, MONOLITH } from "../../model";
import { BEFORE, LOAD } from "../../functions/load";
import type { ViewColumn } from "./columns";
import { changeColumns, isPoint, isPseudonym, lakeColumns, quoted, viewColumns } from "./columns";

export const changesTable = (table: Table): string => `changes_${table.name}`.toLowerCase();
export const fullTable = (table: Table): string => `full_${table.name}`.toLowerCase();
export const pseudonymsTable = (table: Table): string => `pseudonyms_${table.name}`.toLowerCase();
export const compactedTable = (table: Table): string => `compacted_${table.name}`.toLowerCase();
export const viewName = (table: Table): string => table.name.toLowerCase();

/** DMS loads the monolith's tables only. */
export const hasFullLoad = (table: Table): boolean => table.source === MONOLITH;

/** In the lake's folders of loads: a service's own table has no schema. */
export const groupOf = (table: Table): string => (hasFullLoad(table) ? table.schema : table.source);

export const hasPseudonyms = (table: Table): boolean => hasFullLoad(table) && table.columns.some(isPseudonym);

/** One column a line, where a column is an expression. */
const perLine = (items: readonly string[]): string => items.map((item) => `    ${item}`).join(",\n");

/** Many columns a line, where they are names. */
const WIDTH = 110;
function wrapped(items: readonly string[], indent = "  "): string {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines[lines.length - 1];
    if (last === undefined || last.length + item.length > WIDTH) lines.push(indent + item);
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

/** The statement after `CREATE OR REPLACE VIEW ... AS`, as long as no load has been promoted. */
export const currentState = (table: Table): string => `-- ${comment(table)}
-- The latest change of each key; deleted ones vanish.
WITH ${changed(table, quoted(changesTable(table)))}
${latest(table)}
`;

const comment = (table: Table): string => table.comment.replace(/\s+/g, " ");

const columnsOf = (table: Table): ViewColumn[] => lakeColumns(table).flatMap(viewColumns);

/** Every key's changes as they were delivered, the latest ranked first. What is older need not fit today's types. */
const changed = (table: Table, source: string): string =>
  `changed AS (
  SELECT
${wrapped([...lakeColumns(table).map(({ name }) => quoted(name)), `"_op"`, `"_committed_at"`], "    ")},
    row_number() OVER (PARTITION BY ${table.key.map(quoted).join(", ")} ORDER BY "_version" DESC) AS "_rank"
  FROM ${source}
)`;

/** The state that the changes alone make. */
const latest = (table: Table): string => `SELECT
${perLine(columnsOf(table).map(({ name, fromChanges }) => aliased(name, fromChanges)))}
FROM changed
WHERE "_rank" = 1 AND "_op" <> 'delete'`;

const RECENT = `"dt" >= '${LOAD.day}'`;
const OF_LOAD = `"load" = '${LOAD.name}'`;

/** The same on a load or a compaction: a template that `fill` of functions/load.ts completes. */
export const onLoad = (table: Table): string => (hasFullLoad(table) ? onFullLoad(table) : onCompaction(table));

function onFullLoad(table: Table): string {
  const columns = columnsOf(table);
  const pseudonyms = pseudonymsOf(table);
  const isKnown = (name: string): boolean => pseudonyms.includes(name);
  const source = (name: string): string => `${isKnown(name) ? "known" : "loaded"}.${name}`;
  const joinedOn = (other: string): string =>
    keyColumns(table)
      .map((name) => `${other}.${name} = loaded.${name}`)
      .join(" AND ");
  return `-- ${comment(table)}
-- The full load that was promoted last, overlaid with the latest change of each key, if it was committed since the load
-- began (less a minute); deleted ones vanish.
WITH loaded AS (
  SELECT
${perLine(columns.filter(({ name }) => !isKnown(name)).map(({ name, fromFull }) => aliased(name, fromFull)))}
  FROM ${quoted(fullTable(table))}
  WHERE ${OF_LOAD}
), ${changed(table, `${quoted(changesTable(table))}\n  WHERE ${RECENT}`)}, overlay AS (
  SELECT
${perLine([...columns.map(({ name, fromChanges: expression }) => aliased(name, expression)), `"_op"`])}
  FROM changed
  WHERE "_rank" = 1
    AND CAST(replace(substr("_committed_at", 1, 23), 'T', ' ') AS timestamp(3)) >= TIMESTAMP '${LOAD.since}'
)${pseudonyms.length === 0 ? "" : known(table, columns)}
SELECT
${wrapped(columns.map(({ name }) => name))}
FROM overlay
WHERE "_op" <> 'delete'
UNION ALL
SELECT
${wrapped(columns.map(({ name }) => source(name)))}
FROM loaded
LEFT JOIN overlay ON ${joinedOn("overlay")}${pseudonyms.length === 0 ? "" : `\nLEFT JOIN known ON ${joinedOn("known")}`}
WHERE overlay."_op" IS NULL
`;
}

const pseudonymsOf = (table: Table): string[] => table.columns.filter(isPseudonym).map(({ name }) => quoted(name));

/** Key, pseudonyms and version as they stand in rows of changes. */
const carriedColumns = (table: Table): string[] => [...table.key.map(quoted), ...pseudonymsOf(table), `"_version"`];

const fromChanges = (table: Table, where: string): string =>
  `SELECT ${carriedColumns(table).join(", ")} FROM ${quoted(changesTable(table))} WHERE "_op" <> 'delete'${where}`;

/** What a promotion took along, and all changes that it may not have seen, whenever they were committed. */
const fromCarried = (table: Table, folder: string, recent: string): string =>
  `SELECT ${carriedColumns(table).join(", ")} FROM ${quoted(pseudonymsTable(table))} WHERE "load" = '${folder}'
    UNION ALL
    ${fromChanges(table, ` AND ${recent}`)}`;

/** The latest pseudonyms of each key, under the names of the view. */
function known(table: Table, columns: readonly ViewColumn[]): string {
  const key = columns.filter(({ name }) => keyColumns(table).includes(name));
  return `, known AS (
  SELECT
${perLine([
  ...key.map(({ name, fromChanges: expression }) => aliased(name, expression)),
  ...pseudonymsOf(table).map((name) => `max_by(${name}, "_version") AS ${name}`),
])}
  FROM (
    ${fromCarried(table, LOAD.pseudonyms, RECENT)}
  )
  GROUP BY ${key.map(({ fromChanges: expression }) => expression).join(", ")}
)`;
}

/**
 * What a promotion takes along, as templates: the latest pseudonyms of each key of the load, from all changes (`first`), or
 * from what the load before took along and the changes since (`next`). So no pseudonym is lost, and what is read and kept
 * grows with the table and not with its log.
 */
export function carriedPseudonyms(table: Table): { readonly first: string; readonly next: string } {
  const key = table.key.map(quoted);
  const columns = columnsOf(table).filter(({ name }) => keyColumns(table).includes(name));
  const statement = (source: string): string => `WITH known AS (
  SELECT
${perLine([
  ...key,
  ...columns.map(({ fromChanges: expression }, index) => `${expression} AS "_key${index + 1}"`),
  ...pseudonymsOf(table).map((name) => `max_by(${name}, "_version") AS ${name}`),
  `max("_version") AS "_version"`,
])}
  FROM (
    ${source}
  )
  GROUP BY ${key.join(", ")}
), loaded AS (
  SELECT
${perLine(columns.map(({ fromFull }, index) => `${fromFull} AS "_key${index + 1}"`))}
  FROM ${quoted(fullTable(table))}
  WHERE ${OF_LOAD}
)
SELECT ${carriedColumns(table)
    .map((name) => `known.${name}`)
    .join(", ")}
FROM known
JOIN loaded ON ${columns.map((_, index) => `known."_key${index + 1}" = loaded."_key${index + 1}"`).join(" AND ")}
`;
  return {
    first: statement(fromChanges(table, "")),
    next: statement(fromCarried(table, BEFORE.pseudonyms, `"dt" >= '${BEFORE.day}'`)),
  };
}

/** Changes as they are: those of a compaction, and those of folders that it may not hold. */
const fromCompacted = (table: Table, load: string, recent: string): string => {
  const columns = changeColumns(table)
    .map(({ name }) => quoted(name))
    .join(", ");
  return `(
    SELECT ${columns} FROM ${quoted(compactedTable(table))} WHERE "load" = '${load}'
    UNION ALL
    SELECT ${columns} FROM ${quoted(changesTable(table))} WHERE ${recent}
  )`;
};

const onCompaction = (table: Table): string => `-- ${comment(table)}
-- The latest change of each key, of those that were compacted last and those of the days since; deleted ones vanish.
WITH ${changed(table, fromCompacted(table, LOAD.name, RECENT))}
${latest(table)}
`;

/** What a compaction keeps, as templates: of all changes (`first`), or of the compaction before and the changes since. */
export function compaction(table: Table): { readonly first: string; readonly next: string } {
  const columns = changeColumns(table)
    .map(({ name }) => quoted(name))
    .join(", ");
  const statement = (source: string): string => `SELECT ${columns}
FROM (
  SELECT ${columns},
    row_number() OVER (PARTITION BY ${table.key.map(quoted).join(", ")} ORDER BY "_version" DESC) AS "_rank"
  FROM ${source}
)
WHERE "_rank" = 1 AND "_op" <> 'delete'
`;
  return {
    first: statement(quoted(changesTable(table))),
    next: statement(fromCompacted(table, BEFORE.name, `"dt" >= '${BEFORE.day}'`)),
  };
}

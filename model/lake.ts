/**
 * What the lake's catalog takes of a table. AWS would refuse the rest half-way through a deployment, or take it and then not
 * query it.
 *
 * Bytes: https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog-tables.html (Column, TableInput). Characters, and
 * that case does not count: https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html
 */
import type { Table } from "./table";
import type { Column } from "./types";
import { formOf } from "./types";

const NAME = 255;
const COLUMN_COMMENT = 255;
/** Of the 2,048 for a table's description; the catalog says in the others what the table holds (infra/data/catalog.ts). */
export const TABLE_COMMENT = 1_900;
/** The catalog's tables are called `pseudonyms_<table>` at the longest, the view has `<column>_iso` beside a time. */
const TABLE_NAME = NAME - "pseudonyms_".length;
const COLUMN_NAME = NAME - "_iso".length;

/** Columns that the catalog's tables have for their partitions. */
const PARTITIONS: readonly string[] = ["dt", "load"];

const isName = (text: string): boolean => /^\w+$/.test(text);
const bytes = (text: string): number => Buffer.byteLength(text);

/** How a message about the table goes on, with what to do; undefined if the lake can have it. */
export function lakeFault({ name, comment, columns }: Pick<Table, "name" | "comment" | "columns">): string | undefined {
  if (!isName(name))
    return `: Athena takes letters (a to z), digits and underscores in a name only. Leave the table out.`;
  if (bytes(name) > TABLE_NAME) {
    return `: its name has ${bytes(name)} bytes, and the lake takes ${TABLE_NAME}. Leave the table out.`;
  }
  if (bytes(comment) > TABLE_COMMENT) {
    return `: its comment has ${bytes(comment)} bytes, and the catalog takes ${TABLE_COMMENT}. Shorten it.`;
  }
  const takenBy = new Map<string, string>(PARTITIONS.map((own) => [own, "what tells its folders apart"]));
  const inLake = columns.filter(({ privacy }) => privacy !== "drop");
  for (const column of inLake) {
    const fault = columnFault(column);
    if (fault !== undefined) return `, column "${column.name}": ${fault}`;
    for (const [shown, what] of shownAs(column)) {
      const other = takenBy.get(shown);
      if (other !== undefined) {
        return (
          `, column "${column.name}": the lake has the name "${shown}" for ${other}; case does not count there. ` +
          "Rename one of the two, or declare it private."
        );
      }
      takenBy.set(shown, what);
    }
  }
  return undefined;
}

/** The names that the view has for it, and what each stands for: `viewColumns` of infra/data/columns.ts. */
function shownAs(column: Column): (readonly [string, string])[] {
  const name = column.name.toLowerCase();
  const itself = [name, `column "${column.name}"`] as const;
  const isPoint = ["timestamp", "instant"].includes(formOf(column)) && column.privacy === "open";
  return isPoint ? [itself, [`${name}_iso`, `the exact text of column "${column.name}"`]] : [itself];
}

function columnFault({ name, comment }: Column): string | undefined {
  if (!isName(name)) {
    return "Athena takes letters (a to z), digits and underscores in a name only. Rename it, or declare it private.";
  }
  if (bytes(name) > COLUMN_NAME) {
    return `its name has ${bytes(name)} bytes, and the lake takes ${COLUMN_NAME}. Rename it, or declare it private.`;
  }
  if (bytes(comment) > COLUMN_COMMENT) {
    return `its comment has ${bytes(comment)} bytes, and the catalog takes ${COLUMN_COMMENT}. Shorten it.`;
  }
  // Of a column, not of a table, the catalog takes one line.
  if (/[^\P{Cc}\t]/u.test(comment)) return "its comment has several lines, and the catalog takes one.";
  return undefined;
}

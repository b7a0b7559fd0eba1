/** A column in the three shapes it has in the lake; `model/types.ts` says why. Hive's types for Glue, Trino's for the views. */
import type { Column, Form, Table } from "../../model";
import { formOf } from "../../model";
import { LOADED_AT } from "../contract";

export interface GlueColumn {
  readonly name: string;
  readonly type: string;
  readonly comment: string;
}

const HIVE_INTEGERS: Readonly<Record<string, string>> = { smallint: "smallint", integer: "int", bigint: "bigint" };

const isReal = ({ type }: Column): boolean => type === "real";

export const isPoint = (form: Form): boolean => form === "timestamp" || form === "instant";

export const isPseudonym = ({ privacy }: Column): boolean => privacy === "pseudonym";

/** Columns of which the lake has something. */
export const lakeColumns = (table: Table): readonly Column[] =>
  table.columns.filter(({ privacy }) => privacy !== "drop");

/** Columns that DMS may write: it cannot hash with our key, so pseudonyms come through *format* only. */
const loadedColumns = (table: Table): readonly Column[] => table.columns.filter(({ privacy }) => privacy === "open");

/** In a row of changes: as `toLakeJson` of `model/values.ts` writes it. */
export function changeType(column: Column): string {
  if (isPseudonym(column)) return "string";
  const form = formOf(column);
  if (form === "integer") return HIVE_INTEGERS[column.type] ?? "bigint";
  return form === "boolean" ? "boolean" : "string";
}

/** In a full load: as DMS writes Parquet, after the task's mapping has made text of times. */
export function fullType(column: Column): string {
  switch (formOf(column)) {
    case "integer":
      return HIVE_INTEGERS[column.type] ?? "bigint";
    case "decimal":
      return `decimal(${column.precision},${column.scale ?? 0})`;
    case "float":
      return isReal(column) ? "float" : "double";
    case "bytes":
      return "binary";
    case "date":
      return "date";
    default:
      return "string";
  }
}

/** What every row of changes carries beside its columns: `lakeRow` of `functions/row.ts`. */
const CHANGE_META: readonly GlueColumn[] = [
  { name: "_op", type: "string", comment: "load, insert, update or delete" },
  { name: "_version", type: "string", comment: "The greatest of a key is its state" },
  { name: "_position", type: "string", comment: "Position in the source's log" },
  { name: "_committed_at", type: "string", comment: "UTC, with microseconds" },
];

/** Glue is case-insensitive and keeps lower case. */
const glueColumn = (column: Column, type: string): GlueColumn => ({
  name: column.name.toLowerCase(),
  type,
  comment: column.comment,
});

export const changeColumns = (table: Table): GlueColumn[] => [
  ...lakeColumns(table).map((column) => glueColumn(column, changeType(column))),
  ...CHANGE_META,
];

export const fullColumns = (table: Table): GlueColumn[] => [
  ...loadedColumns(table).map((column) => glueColumn(column, fullType(column))),
  { name: LOADED_AT, type: "string", comment: "When the load's task began" },
];

/** What a promotion takes along for a full load: key, pseudonyms and version of each row, as changes have them. */
export const pseudonymColumns = (table: Table): GlueColumn[] =>
  changeColumns(table).filter(
    ({ name }) =>
      name === "_version" ||
      table.columns.some(
        (column) => column.name.toLowerCase() === name && (isPseudonym(column) || isKey(table, column)),
      ),
  );

const isKey = (table: Table, { name }: Column): boolean => table.key.includes(name);

/** A column of a current-state view, and how it comes from a row of changes and from a full load. */
export interface ViewColumn {
  readonly name: string;
  readonly fromChanges: string;
  readonly fromFull: string;
}

/** To milliseconds, cut and not rounded: a moment of today must not become tomorrow's. */
const timestamp = (iso: string): string => `CAST(replace(substr(${iso}, 1, 23), 'T', ' ') AS timestamp(3))`;

/** What DMS prints of a fraction, if anything, as six digits. */
const sixDigits = (fraction: string): string => `rpad(${fraction}, 6, '0')`;

/** `2026-11-24 08:00:00.5` or `2026-11-24T08:00:00.500000Z` -> `2026-11-24T08:00:00.500000`. */
const isoText = (text: string): string =>
  `replace(substr(${text}, 1, 19), ' ', 'T') || '.' || ${sixDigits(`replace(substr(${text}, 21), 'Z', '')`)}`;

/** The same text to milliseconds. */
const timestampOfAny = (text: string): string =>
  `CAST(replace(replace(substr(${text}, 1, 23), 'T', ' '), 'Z', '') AS timestamp(3))`;

/** Identifiers are quoted: ours begin with an underscore, and a column may be called as a word of SQL. */
export const quoted = (name: string): string => `"${name.toLowerCase()}"`;

/** Numeric NaN is no decimal: it shows as null. */
const decimal = (column: Column, name: string): string =>
  `CAST(nullif(${name}, 'NaN') AS decimal(${column.precision}, ${column.scale ?? 0}))`;

export function viewColumns(column: Column): ViewColumn[] {
  const form = formOf(column);
  const name = quoted(column.name);
  const same = { name, fromChanges: name, fromFull: name };
  // Text, whatever it was. No load has it: it is joined in from the changes (`currentState.ts`).
  if (isPseudonym(column)) return [same];
  switch (form) {
    case "decimal":
      return [{ ...same, fromChanges: decimal(column, name) }];
    case "float":
      return [{ ...same, fromChanges: `CAST(${name} AS ${isReal(column) ? "real" : "double"})` }];
    case "boolean":
      // DMS writes PostgreSQL's booleans as text; the cast takes true and t alike, and fails on anything else.
      return [{ ...same, fromFull: `CAST(${name} AS boolean)` }];
    case "bytes":
      return [{ ...same, fromChanges: `from_hex(${name})` }];
    case "date":
      return [{ ...same, fromChanges: `CAST(${name} AS date)` }];
    case "time":
      return [{ ...same, fromFull: `substr(${name}, 1, 8) || '.' || ${sixDigits(`substr(${name}, 10)`)}` }];
    case "timestamp":
    case "instant":
      return [
        { name, fromChanges: timestamp(name), fromFull: timestampOfAny(name) },
        {
          name: quoted(`${column.name}_iso`),
          fromChanges: name,
          fromFull: form === "instant" ? `${isoText(name)} || 'Z'` : isoText(name),
        },
      ];
    default:
      return [same];
  }
}

/** What is drawn of a KPI's result, and why it cannot be. */
import type { Kpi } from "../../../model/kpi";
import type { QueryResult } from "../../athena";

/** The result does not fit the chart of the KPI's header; the message says what to change. */
export class CannotDraw extends Error {}

export interface Series {
  /** The column. */
  readonly name: string;
  /** One a row; null where there is none. */
  readonly values: readonly (number | null)[];
}

export interface Drawing {
  readonly title: string;
  readonly unit: string;
  /** What the rows are called: the first column as Athena prints it. */
  readonly labels: readonly string[];
  /** The first column is a day or a moment. */
  readonly isTime: boolean;
  /** All of one unit. At least one, at most `SERIES`. */
  readonly series: readonly Series[];
}

/** More than a legend can tell apart, and there are as many colours (style.ts). */
export const SERIES = 5;

export const isNumeric = (type: string): boolean =>
  /^(tinyint|smallint|integer|bigint|real|float|double|decimal(\(.*\))?)$/.test(type);
const isTime = (type: string): boolean => /^(date|timestamp(\(\d+\))?( with time zone)?)$/.test(type);

/** @throws CannotDraw */
export function drawingOf({ title, unit, draws }: Kpi, { columns, rows }: QueryResult): Drawing {
  const [first] = columns;
  const drawn = draws?.map((name) => indexOf(name, columns)) ?? numericColumns(columns);
  if (drawn.length === 0) throw new CannotDraw("The result has no numeric column that could be drawn.");
  if (drawn.length > SERIES) {
    throw new CannotDraw(
      `${drawn.length} columns are more than one chart can tell apart: name ${SERIES} at most ("-- draws: ...").`,
    );
  }
  return {
    ...{ title, unit, isTime: isTime(first?.type ?? "") },
    labels: rows.map(([label]) => (columns.length === 1 ? "" : (label ?? "NULL"))),
    series: drawn.map((index) => ({
      name: columns[index]?.name ?? "",
      values: rows.map((row) => numberOf(row[index] ?? null)),
    })),
  };
}

/** All but the first, which says what a row is; of a single column that one. */
function numericColumns(columns: QueryResult["columns"]): number[] {
  const indexes = columns.flatMap(({ type }, index) => (isNumeric(type) ? [index] : []));
  return columns.length === 1 ? indexes : indexes.filter((index) => index > 0);
}

function indexOf(name: string, columns: QueryResult["columns"]): number {
  const index = columns.findIndex((column) => column.name === name);
  const type = columns[index]?.type;
  if (type === undefined) {
    const known = columns.map((column) => column.name).join(", ");
    throw new CannotDraw(`"draws" names ${name}, and the result has ${known}.`);
  }
  if (!isNumeric(type)) throw new CannotDraw(`"draws" names ${name}, which is ${type} and no number.`);
  return index;
}

/** A double may be NaN or Infinity: there is no place for them. */
function numberOf(text: string | null): number | null {
  const value = Number(text);
  return text !== null && Number.isFinite(value) ? value : null;
}

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
/** `1,234.5 hours`, `12.3%` */
export const withUnit = (value: number, unit: string): string =>
  `${NUMBER.format(value)}${unit === "%" ? "" : " "}${unit}`;

/** A column's name for people. */
export const words = (name: string): string => name.replaceAll("_", " ");

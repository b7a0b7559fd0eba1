/** A query's answer for other programs, and what it took. */
import type { QueryResult } from "../athena";

/** RFC 4180, with NULL and the empty text told apart. */
export function renderCsv({ columns, rows }: QueryResult): string {
  const cell = (value: string | null): string =>
    value === null ? "" : value === "" || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  const lines = [columns.map(({ name }) => name), ...rows].map((row) => row.map(cell).join(","));
  return lines.join("\n");
}

const NUMBERS: readonly string[] = ["tinyint", "smallint", "integer", "real", "float", "double"];

/** What JSON can hold exactly; a bigint or decimal stays text, digit by digit. */
function plain(value: string | null, type: string): unknown {
  if (value === null) return null;
  if (type === "boolean") return value === "true";
  const number = Number(value);
  if (NUMBERS.includes(type) && Number.isFinite(number)) return number;
  return type === "bigint" && Number.isSafeInteger(number) ? number : value;
}

/** Rows are objects by column. Two columns of one name would hide each other: then rows are arrays. */
export function renderJson({ columns, rows, bytesScanned, milliseconds }: QueryResult): string {
  const areUnique = new Set(columns.map(({ name }) => name)).size === columns.length;
  const values = rows.map((row) => columns.map(({ type }, index) => plain(row[index] ?? null, type)));
  const named = values.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
  return JSON.stringify({ columns, rows: areUnique ? named : values, bytesScanned, milliseconds }, undefined, 2);
}

const UNITS = ["B", "KB", "MB", "GB", "TB"];

function bytes(count: number): string {
  let value = count;
  let unit = 0;
  for (; value >= 1024 && unit < UNITS.length - 1; unit += 1) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit] ?? ""}`;
}

/** `12 rows, 0.84 s, 1.2 MB scanned` */
export const renderSummary = ({ rows, bytesScanned, milliseconds }: QueryResult): string =>
  `${rows.length.toLocaleString("en")} ${rows.length === 1 ? "row" : "rows"}, ` +
  `${(milliseconds / 1000).toFixed(2)} s, ${bytes(bytesScanned)} scanned`;

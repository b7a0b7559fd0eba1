/** Of the tests: a KPI and its result, in few words. */
import type { Kpi } from "../../model/kpi";
import type { QueryResult } from "../athena";

export const kpiOf = (more: Partial<Kpi> = {}): Kpi => ({
  ...{ name: "shops", title: "Shops", question: "How many?", owner: "product", unit: "shops", grain: "week" },
  ...{ chart: "line", sql: "-- title: Shops\nselect shops\n" },
  ...more,
});

/** @param columns by name, their types */
export const resultOf = (
  columns: Readonly<Record<string, string>>,
  rows: readonly (readonly (string | null)[])[],
): QueryResult => ({
  columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
  rows,
  bytesScanned: 2048,
  milliseconds: 1500,
});

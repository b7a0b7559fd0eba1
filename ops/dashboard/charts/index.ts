/** A KPI's result by the chart of its header, as HTML with inline SVG. */
import type { Kpi } from "../../../model/kpi";
import type { QueryResult } from "../../athena";
import type { Html } from "../markup";
import { tableOf } from "../table";
import { barChart } from "./bars";
import { drawingOf } from "./drawing";
import { lineChart } from "./line";
import { bigNumber } from "./number";

export { CannotDraw } from "./drawing";

/** Of a KPI whose chart is a table: the rest stands below it, as every KPI's rows do. */
const FIRST_ROWS = 10;

/** @throws CannotDraw if the result does not fit the chart */
export function drawChart(kpi: Kpi, result: QueryResult): Html {
  switch (kpi.chart) {
    case "line":
      return lineChart(kpi.name, drawingOf(kpi, result));
    case "bar":
      return barChart(kpi.name, drawingOf(kpi, result));
    case "number":
      return bigNumber(drawingOf(kpi, result));
    case "table":
      return tableOf(kpi.title, result, FIRST_ROWS);
  }
}

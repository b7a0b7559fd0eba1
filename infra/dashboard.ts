/** The body of a CloudWatch dashboard. CloudWatch guide, "Dashboard body structure and syntax". */
import * as pulumi from "@pulumi/pulumi";
import type { Metric } from "./watch";

export interface Panel {
  readonly row: string;
  readonly title: string;
  readonly metrics: Metric[];
  /** Drawn as lines. */
  readonly limits: number[];
}

/** The grid is 24 wide. */
const WIDTH = 6;
const HEIGHT = 6;
const PER_LINE = 24 / WIDTH;

type Widget = Readonly<Record<string, unknown>>;

function metricWidget({ title, metrics, limits }: Panel, region: string, at: { x: number; y: number }): Widget {
  const lines = metrics.map(({ namespace, name, dimensions, statistic, period, label }) => [
    namespace,
    name,
    ...Object.entries(dimensions).flat(),
    { stat: statistic, period, ...(label === undefined ? {} : { label }) },
  ]);
  return {
    type: "metric",
    ...at,
    width: WIDTH,
    height: HEIGHT,
    properties: {
      title,
      region,
      view: "timeSeries",
      metrics: lines,
      ...(limits.length === 0
        ? {}
        : { annotations: { horizontal: limits.map((value) => ({ value, label: "alarm" })) } }),
    },
  };
}

/** A heading a row, and below it its panels, four side by side. */
export function dashboardBody(panels: readonly Panel[], region: string): pulumi.Output<string> {
  const widgets: Widget[] = [];
  let y = 0;
  for (const row of new Set(panels.map((panel) => panel.row))) {
    widgets.push({ type: "text", x: 0, y, width: 24, height: 1, properties: { markdown: `## ${row}` } });
    y += 1;
    const inRow = panels.filter((panel) => panel.row === row);
    for (const [index, panel] of inRow.entries()) {
      const at = { x: (index % PER_LINE) * WIDTH, y: y + Math.floor(index / PER_LINE) * HEIGHT };
      widgets.push(metricWidget(panel, region, at));
    }
    y += Math.ceil(inRow.length / PER_LINE) * HEIGHT;
  }
  return pulumi.jsonStringify({ widgets });
}

/** The body of a CloudWatch dashboard. CloudWatch guide, "Dashboard body structure and syntax". */
import * as pulumi from "@pulumi/pulumi";
import type { Metric } from "./watch";

export interface Panel {
  readonly row: string;
  readonly title: string;
  readonly metrics: Metric[];
  /** Drawn as lines. */
  readonly limits: number[];
  /** Added to each of the metrics. */
  base?: Metric;
}

/** The grid is 24 wide. */
const WIDTH = 6;
const HEIGHT = 6;
const PER_LINE = 24 / WIDTH;

type Widget = Readonly<Record<string, unknown>>;

type Line = readonly [...unknown[], options: Readonly<Record<string, unknown>>];

const line = ({ namespace, name, dimensions, statistic, period, label }: Metric, more: object = {}): Line => [
  namespace,
  name,
  ...Object.entries(dimensions).flat(),
  { stat: statistic, period, ...(label === undefined ? {} : { label }), ...more },
];

/**
 * One expression for all of them (CloudWatch guide, "Using metric math"): a graph takes 500 metrics and expressions. A metric
 * without data adds nothing; a base without data is as old as its period at least, where it would count as 0.
 */
const sums = (base: Metric, metrics: readonly Metric[]): Line[] => [
  [{ expression: 'FILL(METRICS("each"), 0) + FILL(base, PERIOD(base))', label: "" }],
  line(base, { id: "base", visible: false }),
  ...metrics.map((metric, index) => line(metric, { id: `each${index}`, visible: false })),
];

function metricWidget({ title, metrics, limits, base }: Panel, region: string, at: { x: number; y: number }): Widget {
  const lines = base === undefined ? metrics.map((metric) => line(metric)) : sums(base, metrics);
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

/**
 * How old the lake is, from end to end: a row of the monolith that is updated once a minute (`heartbeat` in the model) goes the
 * way of every table, and its age says how slow that way is, also while nothing else happens.
 *
 * | part of the way                                   | shared by      | measured by                               |
 * | ------------------------------------------------- | -------------- | ----------------------------------------- |
 * | commit, DMS, stream, capture, raw, format         | all tables     | the beat's age when Firehose has it       |
 * | Firehose, Parquet, S3                             | nobody         | Firehose's own age of each table's stream |
 *
 * The two together are a table's freshness. An alarm a table on the first part would say the same 300 times.
 */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Table } from "../../model";
import { tableId } from "../../model";
import { NAMESPACE } from "../functionAlarms";
import type { Metric, Watch } from "../watch";
import { deliveryMetric } from "./alarms";

export interface HeartbeatArgs {
  readonly heartbeat: Table;
  /** All tables of the lake. */
  readonly tables: readonly Table[];
  /** Of *format*, which says how old what it hands to Firehose is. */
  readonly logs: aws.cloudwatch.LogGroup;
}

/** Seconds: seconds are usual, and a task that is modified stands still for a few minutes. */
const LATE = 10 * 60;

export function watchHeartbeat(
  watch: Watch,
  { heartbeat, tables, logs }: HeartbeatArgs,
  options: pulumi.CustomResourceOptions,
): void {
  const row = "Freshness";
  const name = "heartbeat-age";
  new aws.cloudwatch.LogMetricFilter(
    name,
    {
      logGroupName: logs.name,
      pattern: `{ ($.table = "${tableId(heartbeat)}") && ($.ageSeconds >= 0) }`,
      metricTransformation: { name, namespace: NAMESPACE, value: "$.ageSeconds", unit: "Seconds" },
    },
    options,
  );
  const age = (statistic: Metric["statistic"]): Metric => ({
    ...{ namespace: NAMESPACE, name, dimensions: {}, statistic, period: 300, label: "heartbeat" },
  });
  // Where the heartbeat comes from: a service's own tables come by another stream.
  const along = tables.filter(({ source }) => source === heartbeat.source);
  watch.sums(
    { row, title: "Age of the lake, by table (seconds)" },
    age("Maximum"),
    along.map((table) => deliveryMetric(table, "DeliveryToS3.DataFreshness", "Maximum")),
  );
  watch.alarm({
    name: "heartbeat-late",
    means: `Changes need more than ${LATE / 60} minutes from their commit to Firehose.`,
    // The youngest: a row that is loaded or emitted again is old, and no sign of anything.
    metric: age("Minimum"),
    limit: { above: LATE },
    periods: [2, 2],
    runbook: "lake-out-of-date",
    panel: { row, title: "Age of the heartbeat at Firehose (seconds)" },
  });
  watch.alarm({
    name: "heartbeat-missing",
    means: "For a quarter of an hour no heartbeat has reached the lake: somewhere on the way everything stands still.",
    // At the very end, when S3 has it. Firehose writes every five minutes.
    metric: deliveryMetric(heartbeat, "DeliveryToS3.Records", "Sum"),
    limit: { below: 1 },
    periods: [3, 3],
    missing: "bad",
    runbook: "no-heartbeat",
    panel: { row, title: "Heartbeats in the lake" },
  });
}

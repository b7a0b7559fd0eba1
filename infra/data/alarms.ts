/** The alarms on what the data account does not run itself: Firehose, DynamoDB, Athena. The functions have their own. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Table } from "../../model";
import { deliveryStream } from "../contract";
import { NAMESPACE } from "../functionAlarms";
import type { Metric, Watch } from "../watch";

/** Seconds. Firehose writes every five minutes at the latest; what is older than three times that does not get through. */
const DELIVERY_LATE = 15 * 60;

/** Of a table's stream (Firehose guide, "Monitoring with CloudWatch metrics"). */
export const deliveryMetric = (table: Table, name: string, statistic: Metric["statistic"]): Metric => ({
  ...{ namespace: "AWS/Firehose", name, dimensions: { DeliveryStreamName: deliveryStream(table.name) } },
  ...{ statistic, period: 300, label: table.name },
});

export function watchDelivery(
  watch: Watch,
  { tables, logs }: { readonly tables: readonly Table[]; readonly logs: aws.cloudwatch.LogGroup },
  options: pulumi.CustomResourceOptions,
): void {
  const row = "Delivery";
  watchFailures(watch, logs, options);
  for (const table of tables) {
    const metric = (name: string, statistic: Metric["statistic"]): Metric => deliveryMetric(table, name, statistic);
    watch.alarm({
      name: `${table.name}-delivery-late`,
      means: `Firehose does not get rows of ${table.name} into the lake.`,
      metric: metric("DeliveryToS3.DataFreshness", "Maximum"),
      limit: { above: DELIVERY_LATE },
      periods: [3, 3],
      runbook: "delivery-late",
      panel: { row, title: "Oldest row in Firehose (seconds)" },
    });
    watch.alarm({
      name: `${table.name}-conversion`,
      means: `Rows of ${table.name} did not become Parquet.`,
      metric: metric("FailedConversion.Records", "Sum"),
      limit: { above: 0 },
      runbook: "rows-do-not-convert",
      panel: { row, title: "Records that did not convert" },
    });
    watch.alarm({
      name: `${table.name}-delivery-throttled`,
      means: `Firehose takes fewer rows of ${table.name} than format sends.`,
      metric: metric("ThrottledRecords", "Sum"),
      limit: { above: 0 },
      periods: [3, 3],
      runbook: "delivery-throttled",
      panel: { row, title: "Throttled records" },
    });
    watch.show({ row, title: "Rows delivered" }, [metric("DeliveryToS3.Records", "Sum")]);
  }
}

/**
 * Firehose says nothing of its age when it delivers nothing at all ("Data freshness metric increasing or not emitted"), but
 * writes into this log why it fails, and nothing else: one alarm for all tables, and the reason beside it.
 */
function watchFailures(watch: Watch, logs: aws.cloudwatch.LogGroup, options: pulumi.CustomResourceOptions): void {
  const name = "delivery-fails";
  new aws.cloudwatch.LogMetricFilter(
    name,
    {
      logGroupName: logs.name,
      // Every line.
      pattern: "",
      metricTransformation: { name, namespace: NAMESPACE, value: "1", unit: "Count" },
    },
    options,
  );
  watch.alarm({
    name,
    means: "Firehose fails to write to the lake.",
    metric: { namespace: NAMESPACE, name, dimensions: {}, statistic: "Sum", period: 300, label: "all tables" },
    limit: { above: 0 },
    // It tries again by itself, and mostly with success.
    periods: [2, 6],
    runbook: "delivery-late",
    panel: { row: "Delivery", title: "Failures that Firehose reports" },
  });
}

/** Failed or stopped statements in an hour: people mistype, programs do so again and again. */
const FAILED_QUERIES = 20;
/** Bytes in an hour: five dollars. */
const SCANNED = 1024 ** 4;

/** Athena guide, "List of CloudWatch metrics and dimensions": they come by workgroup, type and outcome of the statement. */
export function watchQueries(watch: Watch, workgroups: readonly (readonly [string, aws.athena.Workgroup])[]): void {
  const row = "Queries";
  for (const [label, workgroup] of workgroups) {
    const metric = (name: string, QueryState: string, statistic: Metric["statistic"]): Metric => ({
      ...{ namespace: "AWS/Athena", name, statistic, period: 3600, label },
      dimensions: { WorkGroup: workgroup.name, QueryState, QueryType: "DML" },
    });
    watch.alarm({
      name: `queries-failed-${label}`,
      means: `Many queries of ${label} fail.`,
      metric: metric("TotalExecutionTime", "FAILED", "SampleCount"),
      limit: { above: FAILED_QUERIES },
      runbook: "queries-fail",
      panel: { row, title: "Failed queries an hour" },
    });
    watch.alarm({
      name: `queries-stopped-${label}`,
      means: `Many queries of ${label} are stopped: they would read more than one query may.`,
      // Spelt like that here. What such a query has read is paid for, and in no sum of those that succeed.
      metric: metric("TotalExecutionTime", "CANCELED", "SampleCount"),
      limit: { above: FAILED_QUERIES },
      runbook: "queries-read-much",
      panel: { row, title: "Stopped queries an hour" },
    });
    watch.alarm({
      name: `queries-bytes-${label}`,
      means: `Queries of ${label} have read more than a terabyte in an hour.`,
      metric: metric("ProcessedBytes", "SUCCEEDED", "Sum"),
      limit: { above: SCANNED },
      runbook: "queries-read-much",
      panel: { row, title: "Bytes read an hour" },
    });
    watch.show({ row, title: "Slowest query (milliseconds)" }, [metric("TotalExecutionTime", "SUCCEEDED", "Maximum")]);
  }
}

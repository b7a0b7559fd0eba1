/** The alarms on what the data account does not run itself: Firehose, DynamoDB, Athena. The functions have their own. */
import type * as aws from "@pulumi/aws";
import type { Table } from "../../model";
import { deliveryStream } from "../contract";
import type { Metric, Watch } from "../watch";

/** Seconds. Firehose writes every five minutes at the latest; what is older than three times that does not get through. */
const DELIVERY_LATE = 15 * 60;

/** Firehose guide, "Monitoring with CloudWatch metrics". */
export function watchDelivery(watch: Watch, tables: readonly Table[]): void {
  const row = "Delivery";
  for (const table of tables) {
    const metric = (name: string, statistic: Metric["statistic"]): Metric => ({
      ...{ namespace: "AWS/Firehose", name, dimensions: { DeliveryStreamName: deliveryStream(table.name) } },
      ...{ statistic, period: 300, label: table.name },
    });
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

/** Failed statements in an hour: people mistype, programs do so again and again. */
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

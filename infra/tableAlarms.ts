/** The alarms of a DynamoDB table. DynamoDB guide, "DynamoDB metrics and dimensions". */
import type * as pulumi from "@pulumi/pulumi";
import type { Watch } from "./watch";

const REFUSED = [
  ["ReadThrottleEvents", "read-throttles", "DynamoDB refuses reads of"],
  ["WriteThrottleEvents", "write-throttles", "DynamoDB refuses writes of"],
] as const;

/** @param name of the table in the program */
export function watchTable(watch: Watch, name: string, tableName: pulumi.Input<string>): void {
  for (const [metric, suffix, means] of REFUSED) {
    watch.alarm({
      name: `${name}-${suffix}`,
      means: `${means} the table of ${name}.`,
      metric: {
        ...{ namespace: "AWS/DynamoDB", name: metric, dimensions: { TableName: tableName } },
        ...{ statistic: "Sum", period: 60, label: name },
      },
      limit: { above: 0 },
      // A burst passes: on-demand tables grow.
      periods: [3, 5],
      runbook: "table-throttled",
      panel: { row: "Tables", title: metric === "ReadThrottleEvents" ? "Reads refused" : "Writes refused" },
    });
  }
  watchErrors(watch, name, tableName);
}

/** DynamoDB's own errors have no metric of a table alone: one alarm an operation, for all that our functions do. */
const OPERATIONS = ["BatchExecuteStatement", "BatchGetItem", "TransactWriteItems"] as const;

function watchErrors(watch: Watch, name: string, tableName: pulumi.Input<string>): void {
  for (const operation of OPERATIONS) {
    watch.alarm({
      name: `${name}-${operation}-errors`,
      means: `DynamoDB itself fails on the table of ${name}.`,
      metric: {
        ...{
          namespace: "AWS/DynamoDB",
          name: "SystemErrors",
          dimensions: { TableName: tableName, Operation: operation },
        },
        ...{ statistic: "Sum", period: 60, label: `${name} ${operation}` },
      },
      limit: { above: 0 },
      periods: [3, 5],
      runbook: "table-throttled",
      panel: { row: "Tables", title: "DynamoDB's own errors" },
    });
  }
}

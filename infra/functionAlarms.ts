/** The alarms that every function on a stream has, in either account. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { StreamFunction } from "./function";
import { TIMEOUT } from "./function";
import type { Metric, Watch } from "./watch";

export interface WatchedFunction {
  /** Of the function in the program; alarms and panels carry it. */
  readonly name: string;
  readonly function: Pick<StreamFunction<never, never>, "logs"> & { readonly lambda: aws.lambda.Function };
  readonly mappings: readonly aws.lambda.EventSourceMapping[];
  /** Seconds for which the stream keeps its records: half of it is the limit of how far behind a reader may be. */
  readonly retention: number;
  /** Counts in the lines that the function logs (`{"parked":1}`) of which any one above zero is an alarm. */
  readonly counts: readonly ("parked" | "failedPacks" | "unknown")[];
}

/** Our own metrics, from log lines. */
export const NAMESPACE = "Tributary";

/** Seconds that the slowest shard may be behind before people are told: nothing is lost yet, but what they read is old. */
const LATE = 15 * 60;

export function watchFunction(watch: Watch, watched: WatchedFunction, options: pulumi.CustomResourceOptions): void {
  const { name, mappings, retention, counts } = watched;
  const { lambda, logs } = watched.function;
  const metric = (metricName: string, statistic: Metric["statistic"]): Metric => ({
    ...{ namespace: "AWS/Lambda", name: metricName, dimensions: { FunctionName: lambda.name }, statistic, period: 60 },
    label: name,
  });
  const row = "Functions";
  watch.alarm({
    name: `${name}-errors`,
    means: `The function of ${name} fails.`,
    metric: metric("Errors", "Sum"),
    limit: { above: 0 },
    // One attempt may fail for a reason that passes; the next one succeeds.
    periods: [3, 5],
    runbook: "function-fails",
    panel: { row, title: "Errors" },
  });
  watch.alarm({
    name: `${name}-throttles`,
    means: `Lambda has no room to run the function of ${name}.`,
    metric: metric("Throttles", "Sum"),
    limit: { above: 0 },
    periods: [3, 5],
    runbook: "function-fails",
    panel: { row, title: "Throttles" },
  });
  watch.alarm({
    name: `${name}-duration`,
    means: `The function of ${name} comes close to its time limit of ${TIMEOUT} seconds.`,
    // Milliseconds.
    metric: metric("Duration", "Maximum"),
    limit: { above: TIMEOUT * 1000 * 0.8 },
    periods: [2, 5],
    runbook: "function-fails",
    panel: { row, title: "Duration" },
  });
  watch.alarm({
    name: `${name}-behind`,
    means: `The function of ${name} is behind its stream by half of what the stream keeps.`,
    // Milliseconds.
    metric: metric("IteratorAge", "Maximum"),
    limit: { above: (retention * 1000) / 2 },
    periods: [3, 3],
    runbook: "reader-behind",
    panel: { row, title: "Behind the stream, against what it keeps (ms)" },
  });
  watch.alarm({
    name: `${name}-late`,
    means: `The function of ${name} reads its stream more than ${LATE / 60} minutes late.`,
    metric: { ...metric("IteratorAge", "Maximum"), period: 300 },
    limit: { above: LATE * 1000 },
    periods: [3, 3],
    runbook: "reader-behind",
    panel: { row, title: "Behind the stream (ms)" },
  });
  for (const [index, mapping] of mappings.entries()) {
    const number = mappings.length === 1 ? "" : `-${index + 1}`;
    for (const [event, suffix, means] of GIVEN_UP) {
      watch.alarm({
        name: `${name}${number}-${suffix}`,
        means: `Lambda ${means} records of ${name}.`,
        metric: {
          ...{ namespace: "AWS/Lambda", name: event, dimensions: { EventSourceMappingUUID: mapping.uuid } },
          ...{ statistic: "Sum", period: 60, label: `${name}${number}` },
        },
        limit: { above: 0 },
        runbook: "records-given-up",
        panel: { row, title: "Records given up" },
      });
    }
  }
  for (const count of counts) {
    const ours = `${name}-${count}`;
    new aws.cloudwatch.LogMetricFilter(
      ours,
      {
        logGroupName: logs.name,
        pattern: `{ $.${count} > 0 }`,
        metricTransformation: { name: ours, namespace: NAMESPACE, value: `$.${count}`, unit: "Count" },
      },
      options,
    );
    watch.alarm({
      name: ours,
      means: `Records of ${name} were put aside.`,
      metric: { namespace: NAMESPACE, name: ours, dimensions: {}, statistic: "Sum", period: 60, label: name },
      limit: { above: 0 },
      runbook: "records-parked",
      panel: { row, title: "Records parked" },
    });
  }
}

/** Metrics of a mapping, which `metricsConfig` asks for (Lambda guide, "Event source mapping metrics"). */
const GIVEN_UP = [
  ["OnFailureDestinationDeliveredEventCount", "given-up", "gave up"],
  ["DroppedEventCount", "dropped", "lost"],
] as const;

/** What is watched of the production account beside its services: the task, its machine, the monolith and the streams. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { ProdConfig } from "../config";
import { PREFIX, RETENTION_HOURS } from "../contract";
import type { Metric, Watch } from "../watch";
import type { Changes } from "./changes";
import type { FullLoad } from "./fullLoad";
import type { Replication } from "./replication";
import type { Source } from "./source";
import type { Streams } from "./streams";

export interface AlarmsArgs {
  readonly config: ProdConfig;
  readonly watch: Watch;
  readonly replication: Replication;
  readonly changes: Changes;
  readonly fullLoad: FullLoad;
  readonly source: Source;
  readonly streams: Streams;
}

const MINUTE = 60;
const MB = 1024 ** 2;
const GB = 1024 ** 3;

export function watchReplication({ config, watch, replication, changes }: AlarmsArgs): void {
  const row = "Replication";
  const instance = { ReplicationInstanceIdentifier: replication.instance.replicationInstanceId };
  // Not the task's name: the last part of its ARN (DMS guide, "Monitoring replication tasks using Amazon CloudWatch").
  const task = changes.task.replicationTaskArn.apply((arn) => arn.split(":").at(-1) ?? "");
  const ofTask = (name: string, statistic: Metric["statistic"]): Metric => ({
    ...{ namespace: "AWS/DMS", name, dimensions: { ...instance, ReplicationTaskIdentifier: task } },
    ...{ statistic, period: 5 * MINUTE },
  });
  const ofInstance = (name: string, statistic: Metric["statistic"]): Metric => ({
    ...{ namespace: "AWS/DMS", name, dimensions: instance, statistic, period: 5 * MINUTE },
  });

  watch.alarm({
    name: "source-latency",
    means: "DMS reads the monolith's log more than five minutes late.",
    // Seconds.
    metric: ofTask("CDCLatencySource", "Average"),
    limit: { above: 300 },
    periods: [3, 3],
    runbook: "source-latency",
    panel: { row, title: "Latency" },
  });
  watch.alarm({
    name: "target-latency",
    means: "Changes wait in DMS for more than five minutes before the stream has them.",
    metric: ofTask("CDCLatencyTarget", "Average"),
    limit: { above: 300 },
    periods: [3, 3],
    runbook: "target-latency",
    panel: { row, title: "Latency" },
  });
  watch.alarm({
    name: "replication-stopped",
    means: "The task that follows the monolith reports nothing: it stands still, and the monolith's disk fills.",
    // Never below zero: only its absence is bad.
    metric: ofTask("CDCLatencySource", "Minimum"),
    limit: { below: 0 },
    periods: [3, 3],
    missing: "bad",
    runbook: "replication-stopped",
    panel: { row, title: "Running" },
  });
  const machine = { runbook: "replication-instance" } as const;
  watch.alarm({
    ...machine,
    name: "instance-cpu",
    means: "DMS' instance is short of CPU.",
    metric: ofInstance("CPUUtilization", "Average"),
    limit: { above: 80 },
    periods: [3, 3],
    panel: { row, title: "CPU (%)" },
  });
  watch.alarm({
    ...machine,
    name: "instance-memory",
    means: "DMS' instance is short of memory.",
    metric: ofInstance("FreeableMemory", "Minimum"),
    limit: { below: 256 * MB },
    periods: [3, 3],
    panel: { row, title: "Memory (bytes)" },
  });
  watch.alarm({
    ...machine,
    name: "instance-swap",
    means: "DMS' instance swaps.",
    metric: ofInstance("SwapUsage", "Maximum"),
    limit: { above: 256 * MB },
    periods: [3, 3],
    panel: { row, title: "Swap (bytes)" },
  });
  watch.alarm({
    ...machine,
    name: "instance-storage",
    means: "The disk of DMS' instance is nearly full: with a full one the task stops.",
    metric: ofInstance("FreeStorageSpace", "Minimum"),
    limit: { below: config.replication.storageGb * GB * 0.2 },
    panel: { row, title: "Disk (bytes)" },
  });
}

/** The monolith's own, where RDS' name of it is known. */
export function watchMonolith({ config, watch, source }: AlarmsArgs): void {
  if (source.instanceId === undefined) return;
  const row = "Monolith";
  const dimensions = { DBInstanceIdentifier: source.instanceId };
  const metric = (name: string, statistic: Metric["statistic"]): Metric => ({
    ...{ namespace: "AWS/RDS", name, dimensions, statistic, period: 5 * MINUTE },
  });
  watch.alarm({
    name: "slot-lag",
    means: "A replication slot holds back more than 10 GB of the monolith's log.",
    metric: metric("OldestReplicationSlotLag", "Maximum"),
    limit: { above: 10 * GB },
    runbook: "monoliths-log-grows",
    panel: { row, title: "Log held back (bytes)" },
  });
  watch.alarm({
    name: "log-size",
    means: "The monolith's log takes more than 20 GB of its disk.",
    metric: metric("TransactionLogsDiskUsage", "Maximum"),
    limit: { above: 20 * GB },
    runbook: "monoliths-log-grows",
    panel: { row, title: "Log on disk (bytes)" },
  });
  watch.alarm({
    name: "monolith-storage",
    means: "The monolith's disk is nearly full: with a full one it stands still.",
    metric: metric("FreeStorageSpace", "Minimum"),
    limit: { below: config.source.create === undefined ? 10 * GB : config.source.create.storageGb * GB * 0.1 },
    runbook: "monoliths-log-grows",
    panel: { row, title: "Free disk (bytes)" },
  });
}

export function watchStreams({ watch, streams }: AlarmsArgs): void {
  const row = "Streams";
  for (const [name, stream] of [
    ["changes", streams.changes],
    ["service-changes", streams.serviceChanges],
  ] as const) {
    const metric = (metricName: string, statistic: Metric["statistic"]): Metric => ({
      ...{ namespace: "AWS/Kinesis", name: metricName, dimensions: { StreamName: stream.name }, statistic },
      ...{ period: MINUTE, label: name },
    });
    for (const [direction, of] of [
      ["Write", "takes fewer writes"],
      ["Read", "gives fewer reads"],
    ] as const) {
      watch.alarm({
        name: `${name}-${direction.toLowerCase()}-throttles`,
        means: `The stream ${name} ${of} than are asked of it.`,
        metric: metric(`${direction}ProvisionedThroughputExceeded`, "Sum"),
        limit: { above: 0 },
        periods: [5, 10],
        runbook: "stream-throttled",
        panel: { row, title: `${direction}s refused` },
      });
    }
    watch.alarm({
      name: `${name}-behind`,
      means: `A reader of the stream ${name} is behind by half of what the stream keeps.`,
      // Milliseconds, of the slowest of the shared readers.
      metric: metric("GetRecords.IteratorAgeMilliseconds", "Maximum"),
      limit: { above: (RETENTION_HOURS * 3_600_000) / 2 },
      periods: [3, 3],
      runbook: "reader-behind",
      panel: { row, title: "Slowest reader (ms)" },
    });
    watch.show({ row, title: "Bytes in" }, [metric("IncomingBytes", "Sum")]);
  }
}

/**
 * A load that does not start. One that starts and fails is an event (below): DMS has no metric of it.
 * EventBridge Scheduler guide, "Monitoring Amazon EventBridge Scheduler with Amazon CloudWatch".
 */
export function watchFullLoad({ watch, fullLoad }: AlarmsArgs): void {
  const metric = (name: string): Metric => ({
    ...{ namespace: "AWS/Scheduler", name, dimensions: { ScheduleGroup: fullLoad.schedules.name } },
    ...{ statistic: "Sum", period: 60 * MINUTE },
  });
  const of = {
    limit: { above: 0 },
    runbook: "full-load-fails",
    panel: { row: "Full load", title: "Starts refused, and given up" },
  } as const;
  watch.alarm({
    ...of,
    name: "full-load-refused",
    means: "DMS did not take the schedule's start of the full load.",
    metric: metric("TargetErrorCount"),
  });
  watch.alarm({
    ...of,
    name: "full-load-given-up",
    means: "The schedule has given up to start the full load.",
    metric: metric("InvocationDroppedCount"),
  });
}

/** DMS' own messages, which come at once and say why; the alarms come when nobody has read them. */
export function watchEvents(
  { watch, replication, changes, fullLoad }: AlarmsArgs,
  options: pulumi.CustomResourceOptions,
): void {
  const subscription = (
    name: string,
    sourceType: "replication-task" | "replication-instance",
    sourceId: pulumi.Output<string>,
    eventCategories: string[],
  ) =>
    new aws.dms.EventSubscription(
      name,
      {
        name: `${PREFIX}-${name}`,
        sourceType,
        sourceIds: [sourceId],
        eventCategories,
        snsTopicArn: watch.topic.arn,
        enabled: true,
      },
      options,
    );
  subscription("task-events", "replication-task", changes.task.replicationTaskId, ["failure", "state change"]);
  // Not every start and end: it does both every night.
  subscription("full-load-events", "replication-task", fullLoad.task.replicationTaskId, ["failure"]);
  subscription("instance-events", "replication-instance", replication.instance.replicationInstanceId, [
    "failure",
    "failover",
    "low storage",
    "maintenance",
  ]);
}

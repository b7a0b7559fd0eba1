/** Who is told what: the topics, the alarms with their entries in the runbook, and the dashboards, of both accounts. */
import { anchorsOf, readRunbook } from "../../infra/runbook";
import type { Plan, Planned } from "./plan";
import { pick } from "./plan";
import { policyText } from "./policies";

const alarms = ({ resources }: Plan): readonly Planned[] =>
  resources.filter(({ type }) => type.endsWith(":MetricAlarm"));

/** `name: Namespace/Metric Statistic > limit, 3 of 5 of 60 s`; `!` where no data is bad. */
const line = ({ name, inputs }: Planned): string => {
  const text = (key: string): string => String(inputs[key]);
  const sign = inputs["comparisonOperator"] === "GreaterThanThreshold" ? ">" : "<";
  const periods = `${text("datapointsToAlarm")} of ${text("evaluationPeriods")} of ${text("period")} s`;
  const missing = inputs["treatMissingData"] === "breaching" ? "!" : "";
  return `${name}: ${text("namespace")}/${text("metricName")} ${text("statistic")} ${sign} ${text("threshold")}, ${periods}${missing}`;
};

/** The order of dimensions says nothing. */
const named = (metric: readonly unknown[], dimensions: readonly unknown[]): string =>
  [...metric, ...dimensions.map(String).sort()].join(" ");

/** `quiet`: the data account of a model without a heartbeat. */
export function watchTests(prod: () => Plan, ours: () => Plan, data: () => Plan, quiet: () => Plan): void {
  const all = () => [...alarms(prod()), ...alarms(ours()), ...alarms(data())];

  test("every alarm has an entry in the runbook, and every entry an alarm", () => {
    const sentTo = all().map(({ inputs }) => /docs\/runbook\.md#(\S+)$/.exec(String(inputs["alarmDescription"]))?.[1]);
    expect([...new Set(sentTo)].sort()).toEqual(anchorsOf(readRunbook()).sort());
  });

  test("what goes wrong is told to the account's topic, and that it is over, too", () => {
    for (const plan of [prod(), data()]) {
      const topics = plan.resources.filter(({ type }) => type === "aws:sns/topic:Topic");
      expect(topics).toHaveLength(1);
      const arn = [topics[0]?.outputs["arn"]];
      for (const { inputs } of alarms(plan)) expect(inputs).toMatchObject({ alarmActions: arn, okActions: arn });
    }
  });

  test("no dimension is empty: CloudWatch would watch something that is not there, and be silent", () => {
    for (const { inputs } of all())
      for (const value of Object.values(inputs["dimensions"] as object)) expect(value).toMatch(/./);
  });

  test("the dashboard draws every alarm's metric", () => {
    for (const plan of [prod(), data()]) {
      const { widgets } = JSON.parse(String(pick(plan, "Dashboard", "tributary").inputs["dashboardBody"])) as {
        widgets: { properties: { metrics?: unknown[][] } }[];
      };
      const drawn = widgets
        .flatMap(({ properties }) => properties.metrics ?? [])
        .map((metric) => named(metric.slice(0, 2), metric.slice(2, -1)));
      for (const { inputs } of alarms(plan)) {
        const dimensions = Object.entries(inputs["dimensions"] as object).flat();
        expect(drawn).toContain(named([inputs["namespace"], inputs["metricName"]], dimensions));
      }
      // CloudWatch's limit of a dashboard.
      expect(drawn.length).toBeLessThan(2500);
    }
  });

  describe("the production account", () => {
    test("tells people over an encrypted topic", () => {
      expect(pick(ours(), "TopicSubscription", "ops@example.com").inputs).toEqual({
        topic: "arn:aws:sns:eu-west-1:111111111111:tributary-alarms",
        protocol: "email",
        endpoint: "ops@example.com",
      });
      expect(pick(prod(), "Topic", "alarms").inputs).toEqual({
        name: "tributary-alarms",
        kmsMasterKeyId: "arn:aws:kms:eu-west-1:111111111111:key/00000000-alarms",
      });
      const own = "if StringEquals aws:SourceAccount=111111111111";
      const topic = "arn:aws:sns:eu-west-1:111111111111:tributary-alarms";
      expect(policyText(pick(prod(), "TopicPolicy", "alarms"))).toEqual([
        `Allow sns:Publish for cloudwatch.amazonaws.com on ${topic} ${own}`,
        `Allow sns:Publish for dms.amazonaws.com on ${topic} ${own}`,
        `Deny sns:Publish for * on ${topic} if Bool aws:SecureTransport=false`,
      ]);
      expect(policyText(pick(prod(), "Key", "alarms")).slice(1)).toEqual(
        ["cloudwatch", "dms"].map(
          (service) => `Allow kms:Decrypt, kms:GenerateDataKey for ${service}.amazonaws.com on * ${own}`,
        ),
      );
    });

    test("hears of DMS' own events", () => {
      expect(pick(prod(), "EventSubscription", "task-events").inputs).toEqual({
        name: "tributary-task-events",
        sourceType: "replication-task",
        sourceIds: ["tributary-changes"],
        eventCategories: ["failure", "state change"],
        snsTopicArn: "arn:aws:sns:eu-west-1:111111111111:tributary-alarms",
        enabled: true,
      });
      // Nobody wants to be told each night that a load has begun and ended.
      expect(pick(prod(), "EventSubscription", "full-load-events").inputs).toEqual({
        name: "tributary-full-load-events",
        sourceType: "replication-task",
        sourceIds: ["tributary-full-load"],
        eventCategories: ["failure"],
        snsTopicArn: "arn:aws:sns:eu-west-1:111111111111:tributary-alarms",
        enabled: true,
      });
      expect(pick(prod(), "EventSubscription", "instance-events").inputs).toMatchObject({
        sourceType: "replication-instance",
        sourceIds: ["tributary"],
        eventCategories: ["failure", "failover", "low storage", "maintenance"],
      });
    });

    test("its alarms, but for those of the other services", () => {
      const shown = alarms(prod()).filter(({ name }) => !/^(clocking|directory)/.test(name));
      expect(shown.map(line).sort()).toEqual([
        "changes-behind: AWS/Kinesis/GetRecords.IteratorAgeMilliseconds Maximum > 302400000, 3 of 3 of 60 s",
        "changes-read-throttles: AWS/Kinesis/ReadProvisionedThroughputExceeded Sum > 0, 5 of 10 of 60 s",
        "changes-write-throttles: AWS/Kinesis/WriteProvisionedThroughputExceeded Sum > 0, 5 of 10 of 60 s",
        "full-load-given-up: AWS/Scheduler/InvocationDroppedCount Sum > 0, 1 of 1 of 3600 s",
        "full-load-refused: AWS/Scheduler/TargetErrorCount Sum > 0, 1 of 1 of 3600 s",
        "instance-cpu: AWS/DMS/CPUUtilization Average > 80, 3 of 3 of 300 s",
        "instance-memory: AWS/DMS/FreeableMemory Minimum < 268435456, 3 of 3 of 300 s",
        "instance-storage: AWS/DMS/FreeStorageSpace Minimum < 10737418240, 1 of 1 of 300 s",
        "instance-swap: AWS/DMS/SwapUsage Maximum > 268435456, 3 of 3 of 300 s",
        "log-size: AWS/RDS/TransactionLogsDiskUsage Maximum > 21474836480, 1 of 1 of 300 s",
        "monolith-storage: AWS/RDS/FreeStorageSpace Minimum < 10737418240, 1 of 1 of 300 s",
        "payroll-BatchExecuteStatement-errors: AWS/DynamoDB/SystemErrors Sum > 0, 3 of 5 of 60 s",
        "payroll-BatchGetItem-errors: AWS/DynamoDB/SystemErrors Sum > 0, 3 of 5 of 60 s",
        "payroll-TransactWriteItems-errors: AWS/DynamoDB/SystemErrors Sum > 0, 3 of 5 of 60 s",
        "payroll-behind: AWS/Lambda/IteratorAge Maximum > 302400000, 3 of 3 of 60 s",
        "payroll-dropped: AWS/Lambda/DroppedEventCount Sum > 0, 1 of 1 of 60 s",
        "payroll-duration: AWS/Lambda/Duration Maximum > 96000, 2 of 5 of 60 s",
        "payroll-errors: AWS/Lambda/Errors Sum > 0, 3 of 5 of 60 s",
        "payroll-given-up: AWS/Lambda/OnFailureDestinationDeliveredEventCount Sum > 0, 1 of 1 of 60 s",
        "payroll-late: AWS/Lambda/IteratorAge Maximum > 900000, 3 of 3 of 300 s",
        "payroll-parked: Tributary/payroll-parked Sum > 0, 1 of 1 of 60 s",
        "payroll-read-throttles: AWS/DynamoDB/ReadThrottleEvents Sum > 0, 3 of 5 of 60 s",
        "payroll-throttles: AWS/Lambda/Throttles Sum > 0, 3 of 5 of 60 s",
        "payroll-write-throttles: AWS/DynamoDB/WriteThrottleEvents Sum > 0, 3 of 5 of 60 s",
        "replication-stopped: AWS/DMS/CDCLatencySource Minimum < 0, 3 of 3 of 300 s!",
        "service-changes-behind: AWS/Kinesis/GetRecords.IteratorAgeMilliseconds Maximum > 302400000, 3 of 3 of 60 s",
        "service-changes-read-throttles: AWS/Kinesis/ReadProvisionedThroughputExceeded Sum > 0, 5 of 10 of 60 s",
        "service-changes-write-throttles: AWS/Kinesis/WriteProvisionedThroughputExceeded Sum > 0, 5 of 10 of 60 s",
        "slot-lag: AWS/RDS/OldestReplicationSlotLag Maximum > 10737418240, 1 of 1 of 300 s",
        "source-latency: AWS/DMS/CDCLatencySource Average > 300, 3 of 3 of 300 s",
        "target-latency: AWS/DMS/CDCLatencyTarget Average > 300, 3 of 3 of 300 s",
      ]);
    });

    test("starts of the full load are counted by a group of schedules that has no other", () => {
      const schedules = prod().resources.filter(({ inputs }) => inputs["groupName"] === "tributary");
      expect(schedules.map(({ name }) => name)).toEqual(["full-load"]);
      for (const name of ["full-load-refused", "full-load-given-up"])
        expect(pick(prod(), "MetricAlarm", name).inputs["dimensions"]).toEqual({ ScheduleGroup: "tributary" });
    });

    test("a task is named by the last part of its ARN, a service's records by its own lines", () => {
      expect(pick(prod(), "MetricAlarm", "source-latency").inputs["dimensions"]).toEqual({
        ReplicationInstanceIdentifier: "tributary",
        ReplicationTaskIdentifier: "changes",
      });
      expect(pick(prod(), "LogMetricFilter", "payroll-parked").inputs).toEqual({
        logGroupName: "payroll-1234567",
        pattern: "{ $.parked > 0 }",
        metricTransformation: { name: "payroll-parked", namespace: "Tributary", value: "$.parked", unit: "Count" },
      });
      // What counts the records that are given up.
      expect(pick(prod(), "EventSourceMapping", "payroll").inputs["metricsConfig"]).toEqual({
        metrics: ["EventCount"],
      });
      expect(pick(prod(), "MetricAlarm", "payroll-given-up").inputs["dimensions"]).toEqual({
        EventSourceMappingUUID: "uuid-payroll",
      });
    });
  });

  describe("the data account", () => {
    const ofFunction = (name: string, retention: number, mappings: readonly string[], counts: readonly string[]) => [
      `${name}-behind: AWS/Lambda/IteratorAge Maximum > ${retention / 2}, 3 of 3 of 60 s`,
      `${name}-duration: AWS/Lambda/Duration Maximum > 96000, 2 of 5 of 60 s`,
      `${name}-errors: AWS/Lambda/Errors Sum > 0, 3 of 5 of 60 s`,
      `${name}-late: AWS/Lambda/IteratorAge Maximum > 900000, 3 of 3 of 300 s`,
      `${name}-throttles: AWS/Lambda/Throttles Sum > 0, 3 of 5 of 60 s`,
      ...mappings.flatMap((mapping) => [
        `${mapping}-dropped: AWS/Lambda/DroppedEventCount Sum > 0, 1 of 1 of 60 s`,
        `${mapping}-given-up: AWS/Lambda/OnFailureDestinationDeliveredEventCount Sum > 0, 1 of 1 of 60 s`,
      ]),
      ...counts.map((count) => `${name}-${count}: Tributary/${name}-${count} Sum > 0, 1 of 1 of 60 s`),
    ];
    const TABLES = ["absences", "contracts", "heartbeat", "punches", "shifts", "shops", "users"];
    const HEARTBEAT = [
      "heartbeat-late: Tributary/heartbeat-age Minimum > 600, 2 of 2 of 300 s",
      // What is silent when all is lost must not count silence as good.
      "heartbeat-missing: AWS/Firehose/DeliveryToS3.Records Sum < 1, 3 of 3 of 300 s!",
    ];

    test("its alarms: three a table, for what Firehose does with it alone, and one for what all tables go through", () => {
      expect(alarms(data()).map(line).sort()).toEqual(
        [
          ...HEARTBEAT,
          ...TABLES.flatMap((table) => [
            `${table}-conversion: AWS/Firehose/FailedConversion.Records Sum > 0, 1 of 1 of 300 s`,
            `${table}-delivery-late: AWS/Firehose/DeliveryToS3.DataFreshness Maximum > 900, 3 of 3 of 300 s`,
            `${table}-delivery-throttled: AWS/Firehose/ThrottledRecords Sum > 0, 3 of 3 of 300 s`,
          ]),
          "delivery-fails: Tributary/delivery-fails Sum > 0, 2 of 6 of 300 s",
          ...ofFunction("capture", 604_800_000, ["capture-1", "capture-2"], ["parked"]),
          "capture-silent: AWS/Lambda/Invocations Sum < 1, 1 of 1 of 21600 s!",
          ...ofFunction("format", 86_400_000, ["format"], ["failedPacks", "unknown", "parked"]),
          "promote-errors: AWS/Lambda/Errors Sum > 0, 3 of 4 of 900 s",
          "promote-late: Tributary/promote-oldest-load Maximum > 192, 2 of 2 of 3600 s!",
          "promote-without-load: Tributary/promote-without-load Minimum > 0, 36 of 36 of 3600 s",
          ...["BatchExecuteStatement", "BatchGetItem", "TransactWriteItems"].map(
            (operation) => `raw-${operation}-errors: AWS/DynamoDB/SystemErrors Sum > 0, 3 of 5 of 60 s`,
          ),
          "raw-read-throttles: AWS/DynamoDB/ReadThrottleEvents Sum > 0, 3 of 5 of 60 s",
          "raw-write-throttles: AWS/DynamoDB/WriteThrottleEvents Sum > 0, 3 of 5 of 60 s",
          ...["analysts", "engineers"].flatMap((name) => [
            `queries-bytes-${name}: AWS/Athena/ProcessedBytes Sum > 1099511627776, 1 of 1 of 3600 s`,
            `queries-failed-${name}: AWS/Athena/TotalExecutionTime SampleCount > 20, 1 of 1 of 3600 s`,
            `queries-stopped-${name}: AWS/Athena/TotalExecutionTime SampleCount > 20, 1 of 1 of 3600 s`,
          ]),
        ].sort(),
      );
      const queries = ["failed", "stopped", "bytes"].map((what) =>
        pick(data(), "MetricAlarm", `queries-${what}-analysts`),
      );
      expect(queries.map(({ inputs }) => inputs["dimensions"])).toEqual(
        ["FAILED", "CANCELED", "SUCCEEDED"].map((QueryState) => ({
          ...{ WorkGroup: "tributary-analysts", QueryState, QueryType: "DML" },
        })),
      );
    });

    test("the heartbeat is measured when Firehose has it, and missed when S3 does not get it", () => {
      expect(pick(data(), "LogMetricFilter", "heartbeat-age").inputs).toEqual({
        logGroupName: "format-1234567",
        pattern: '{ ($.table = "monolith.heartbeat") && ($.ageSeconds >= 0) }',
        metricTransformation: {
          ...{ name: "heartbeat-age", namespace: "Tributary", value: "$.ageSeconds", unit: "Seconds" },
        },
      });
      expect(pick(data(), "MetricAlarm", "heartbeat-missing").inputs["dimensions"]).toEqual({
        DeliveryStreamName: "tributary-heartbeat",
      });
    });

    test("every run of the promotion says how old the loads are, and how many tables have none", () => {
      for (const [name, member] of [
        ["promote-oldest-load", "oldestLoadHours"],
        ["promote-without-load", "tablesWithoutLoad"],
      ] as const)
        expect(pick(data(), "LogMetricFilter", name).inputs).toEqual({
          logGroupName: "promote-1234567",
          pattern: `{ $.${member} >= 0 }`,
          metricTransformation: { name, namespace: "Tributary", value: `$.${member}`, unit: "None" },
        });
    });

    test("whatever Firehose says in its log is a failure", () => {
      expect(pick(data(), "LogMetricFilter", "delivery-fails").inputs).toEqual({
        logGroupName: "delivery-1234567",
        pattern: "",
        metricTransformation: { name: "delivery-fails", namespace: "Tributary", value: "1", unit: "Count" },
      });
    });

    test("a table's freshness is drawn: the heartbeat's age, and its own in Firehose", () => {
      const { widgets } = JSON.parse(String(pick(data(), "Dashboard", "tributary").inputs["dashboardBody"])) as {
        widgets: { properties: { title?: string; metrics?: unknown[][] } }[];
      };
      const widget = widgets.find(({ properties }) => properties.title === "Age of the lake, by table (seconds)");
      const hidden = { period: 300, visible: false, stat: "Maximum" };
      expect(widget?.properties.metrics).toEqual([
        [{ expression: 'FILL(METRICS("each"), 0) + FILL(base, PERIOD(base))', label: "" }],
        ["Tributary", "heartbeat-age", { ...hidden, label: "heartbeat", id: "base" }],
        // Without punches, which come by the services' stream.
        ...["shops", "users", "contracts", "shifts", "absences", "heartbeat"].map((label, index) => [
          ...["AWS/Firehose", "DeliveryToS3.DataFreshness", "DeliveryStreamName", `tributary-${label}`],
          { ...hidden, label, id: `each${index}` },
        ]),
      ]);
    });

    test("a model without a heartbeat has no alarm on one, and no other is missing", () => {
      const lines = (plan: Plan): string[] => alarms(plan).map(line).sort();
      const about = (name: string): boolean => name.startsWith("heartbeat-");
      expect(lines(quiet())).toEqual(lines(data()).filter((text) => !about(text)));
      const filters = quiet().resources.filter(({ type }) => type.endsWith(":LogMetricFilter"));
      expect(filters.map(({ name }) => name).filter(about)).toEqual([]);
      expect(String(pick(quiet(), "Dashboard", "tributary").inputs["dashboardBody"])).not.toContain("Age of the lake");
    });
  });
}

/**
 * What watches an account: one topic that people subscribe to, alarms that each have an entry in the runbook, and one
 * dashboard that draws the metrics of those alarms with their limits.
 */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { PREFIX } from "./contract";
import { dashboardBody, type Panel } from "./dashboard";
import { customerKey } from "./key";
import type { Statement } from "./policy";
import { document, forAccount } from "./policy";
import { runbookEntry } from "./runbook";

export interface Metric {
  /** `AWS/Kinesis`, or ours: `Tributary`. */
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, pulumi.Input<string>>>;
  readonly statistic: "Sum" | "Average" | "Minimum" | "Maximum" | "SampleCount";
  /** Seconds for one value: 60 or a multiple. */
  readonly period: number;
  /** In the dashboard's legend; the metric's name otherwise. */
  readonly label?: string;
}

export interface AlarmArgs {
  /** Unique in the account. */
  readonly name: string;
  /** One line for whoever is woken: what is wrong. */
  readonly means: string;
  readonly metric: Metric;
  /** The limit that the metric must not pass, from below or from above. */
  readonly limit: { readonly above: number } | { readonly below: number };
  /** Periods that must be over the limit, of so many looked at; `[3, 5]` overlooks two good ones. Default `[1, 1]`. */
  readonly periods?: readonly [over: number, of: number];
  /** What no data means. Most metrics of errors are absent while there are none: `fine`, the default. */
  readonly missing?: "fine" | "bad";
  /** Anchor of the heading in docs/runbook.md. */
  readonly runbook: string;
  /** Where the dashboard draws it; alarms of the same row and title share a panel. */
  readonly panel: { readonly row: string; readonly title: string };
}

export interface WatchArgs {
  readonly account: string;
  readonly region: string;
  /** Addresses that are sent what the topic is told; each must confirm. */
  readonly emails: readonly string[];
  /** Services that publish beside CloudWatch, e.g. `dms.amazonaws.com`. */
  readonly publishers?: readonly string[];
}

const PUBLISHERS = ["cloudwatch.amazonaws.com"];

export class Watch extends pulumi.ComponentResource {
  /** The account's one topic. */
  readonly topic: aws.sns.Topic;
  private readonly panels: Panel[] = [];
  private drawn = false;

  constructor(
    name: string,
    private readonly args: WatchArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("tributary:index:Watch", name, {}, options);
    const publishers = [...PUBLISHERS, ...(args.publishers ?? [])];
    const key = customerKey(
      "alarms",
      {
        account: args.account,
        description: "What the topic of alarms is told",
        // Publishers to an encrypted topic need its key themselves, and cannot be admitted to aws/sns.
        admits: publishers.map((service) => ({
          Effect: "Allow",
          Action: ["kms:Decrypt", "kms:GenerateDataKey"],
          Principal: { Service: service },
          Condition: forAccount(args.account),
        })),
      },
      { parent: this },
    );
    this.topic = new aws.sns.Topic("alarms", { name: `${PREFIX}-alarms`, kmsMasterKeyId: key.arn }, { parent: this });
    this.admit(publishers);
    for (const email of args.emails) {
      new aws.sns.TopicSubscription(
        email,
        { topic: this.topic.arn, protocol: "email", endpoint: email },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }

  private admit(publishers: readonly string[]): void {
    const { arn } = this.topic;
    const statements: Statement[] = [
      ...publishers.map((service): Statement => ({
        Effect: "Allow",
        Action: ["sns:Publish"],
        Principal: { Service: service },
        Resource: arn,
        Condition: forAccount(this.args.account),
      })),
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Action: ["sns:Publish"],
        Principal: "*",
        Resource: arn,
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ];
    new aws.sns.TopicPolicy("alarms", { arn, policy: document(statements) }, { parent: this });
  }

  /** @throws RunError if docs/runbook.md has no such entry. */
  alarm(args: AlarmArgs): aws.cloudwatch.MetricAlarm {
    const { name, means, metric, limit, periods = [1, 1], missing = "fine" } = args;
    const entry = runbookEntry(name, args.runbook);
    const above = "above" in limit;
    const threshold = above ? limit.above : limit.below;
    this.panel(args.panel, [metric], threshold);
    return new aws.cloudwatch.MetricAlarm(
      name,
      {
        name: `${PREFIX}-${name}`,
        alarmDescription: `${means} What to do: ${entry}`,
        namespace: metric.namespace,
        metricName: metric.name,
        dimensions: { ...metric.dimensions },
        statistic: metric.statistic,
        period: metric.period,
        comparisonOperator: above ? "GreaterThanThreshold" : "LessThanThreshold",
        threshold,
        datapointsToAlarm: periods[0],
        evaluationPeriods: periods[1],
        treatMissingData: missing === "bad" ? "breaching" : "notBreaching",
        alarmActions: [this.topic.arn],
        okActions: [this.topic.arn],
      },
      { parent: this },
    );
  }

  /** A panel of metrics that nobody is woken for, or more metrics for a panel of alarms. */
  show(panel: AlarmArgs["panel"], metrics: readonly Metric[]): void {
    this.panel(panel, metrics);
  }

  /** A panel that draws each metric with `base` added to it; where `base` is silent, at least its period. */
  sums(panel: AlarmArgs["panel"], base: Metric, metrics: readonly Metric[]): void {
    this.panel(panel, metrics).base = base;
  }

  private panel({ row, title }: AlarmArgs["panel"], metrics: readonly Metric[], limit?: number): Panel {
    if (this.drawn) throw new Error(`the dashboard is made already: "${title}" comes too late`);
    let panel = this.panels.find((other) => other.row === row && other.title === title);
    if (panel === undefined) this.panels.push((panel = { row, title, metrics: [], limits: [] }));
    panel.metrics.push(...metrics);
    if (limit !== undefined && !panel.limits.includes(limit)) panel.limits.push(limit);
    return panel;
  }

  /** The account's one dashboard: once, when all alarms are declared. Rows and panels stand in the order of their first use. */
  dashboard(): aws.cloudwatch.Dashboard {
    const dashboardBodyText = dashboardBody(this.panels, this.args.region);
    this.drawn = true;
    return new aws.cloudwatch.Dashboard(
      PREFIX,
      { dashboardName: PREFIX, dashboardBody: dashboardBodyText },
      { parent: this },
    );
  }
}

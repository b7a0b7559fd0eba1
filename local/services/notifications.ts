/** CloudWatch's alarms and dashboards, SNS and EventBridge's rules, as far as they are declared: nothing is sent from here. */
import { z } from "zod";
import type { LocalService, ResourceContext } from "../core/service";
import { common, declaredProviders, type Kind } from "./declared";

const arn = (service: string, { account, region }: ResourceContext, resource: string): string =>
  `arn:aws:${service}:${region}:${account}:${resource}`;

/** A JSON document, as AWS insists. */
const json = z.string().refine((text) => {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}, "Expected a JSON document");
const topicArn = z.string().startsWith("arn:aws:sns:", "Expected the ARN of a topic");

const alarm: Kind = {
  named: "name",
  shape: z.strictObject({
    ...common,
    name: z.string().max(255).optional(),
    alarmDescription: z.string().max(1024).optional(),
    namespace: z.string(),
    metricName: z.string(),
    dimensions: z.record(z.string(), z.string()).default({}),
    statistic: z.enum(["SampleCount", "Average", "Sum", "Minimum", "Maximum"]),
    period: z.number().int().multipleOf(10).min(10),
    comparisonOperator: z.enum([
      "GreaterThanThreshold",
      "GreaterThanOrEqualToThreshold",
      "LessThanThreshold",
      "LessThanOrEqualToThreshold",
    ]),
    threshold: z.number(),
    datapointsToAlarm: z.number().int().min(1).optional(),
    evaluationPeriods: z.number().int().min(1),
    treatMissingData: z.enum(["missing", "ignore", "breaching", "notBreaching"]).default("missing"),
    alarmActions: z.array(topicArn).default([]),
    okActions: z.array(topicArn).default([]),
    insufficientDataActions: z.array(topicArn).default([]),
  }),
  made: ({ name }, context) => ({ id: name, outputs: { arn: arn("cloudwatch", context, `alarm:${name}`) } }),
};

const dashboard: Kind = {
  named: "dashboardName",
  shape: z.strictObject({ ...common, dashboardName: z.string().regex(/^[\w-]{1,255}$/), dashboardBody: json }),
  made: ({ name }, { account }) => ({
    id: name,
    outputs: { dashboardArn: `arn:aws:cloudwatch::${account}:dashboard/${name}` },
  }),
};

const metricFilter: Kind = {
  named: "name",
  shape: z.strictObject({
    ...common,
    name: z.string().max(512).optional(),
    logGroupName: z.string(),
    pattern: z.string(),
    metricTransformation: z.strictObject({
      name: z.string(),
      namespace: z.string(),
      value: z.string(),
      defaultValue: z.string().optional(),
      unit: z.string().optional(),
      dimensions: z.record(z.string(), z.string().startsWith("$.", "Expected a member of the line")).optional(),
    }),
  }),
  made: ({ name }) => ({ id: name, outputs: {} }),
};

const topic: Kind = {
  named: "name",
  shape: z.strictObject({
    ...common,
    name: z.string().max(256).optional(),
    displayName: z.string().optional(),
    kmsMasterKeyId: z.string().optional(),
  }),
  made: ({ name }, context) => ({ id: arn("sns", context, name), outputs: { arn: arn("sns", context, name) } }),
};

const topicPolicy: Kind = {
  shape: z.strictObject({ ...common, arn: topicArn, policy: json }),
  made: ({ inputs }) => ({ id: String(inputs["arn"]), outputs: {} }),
};

const subscription: Kind = {
  shape: z.strictObject({ ...common, topic: topicArn, protocol: z.literal("email"), endpoint: z.email() }),
  made: ({ name, inputs }) => {
    const made = `${String(inputs["topic"])}:${name}`;
    return { id: made, outputs: { arn: made, pendingConfirmation: true } };
  },
};

const rule: Kind = {
  named: "name",
  shape: z.strictObject({
    ...common,
    name: z.string().max(64).optional(),
    description: z.string().optional(),
    eventPattern: json,
    state: z.enum(["ENABLED", "DISABLED"]).default("ENABLED"),
  }),
  made: ({ name }, context) => ({ id: name, outputs: { arn: arn("events", context, `rule/${name}`) } }),
};

const target: Kind = {
  shape: z.strictObject({
    ...common,
    rule: z.string(),
    arn: topicArn,
    targetId: z.string().optional(),
    inputTransformer: z
      .strictObject({ inputPaths: z.record(z.string(), z.string()).optional(), inputTemplate: z.string() })
      .optional(),
  }),
  made: ({ name, inputs }) => ({ id: `${String(inputs["rule"])}-${name}`, outputs: { targetId: name } }),
};

export const notificationsService = (): LocalService => ({
  providers: declaredProviders({
    "aws:cloudwatch/metricAlarm:MetricAlarm": alarm,
    "aws:cloudwatch/dashboard:Dashboard": dashboard,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": metricFilter,
    "aws:cloudwatch/eventRule:EventRule": rule,
    "aws:cloudwatch/eventTarget:EventTarget": target,
    "aws:sns/topic:Topic": topic,
    "aws:sns/topicPolicy:TopicPolicy": topicPolicy,
    "aws:sns/topicSubscription:TopicSubscription": subscription,
  }),
});

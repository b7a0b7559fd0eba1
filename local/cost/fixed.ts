/** What the declared resources cost each month, whether anything changes or not: read from the two stacks. */
import { z } from "zod";
import type { StackState } from "../cloud";
import { costOf, DMS_HOUR, HOURS_A_MONTH, PRICES, type Price } from "./prices";

/** A line of the month's bill. */
export interface Fixed {
  readonly what: string;
  readonly count: number;
  readonly price: Price | undefined;
  /** Dollars a month; undefined where there is no price. */
  readonly usd: number | undefined;
}

type Resource = Pick<StackState["resources"][number], "type" | "name" | "inputs" | "outputs">;

interface Item {
  readonly what: string;
  readonly price: Price | undefined;
  readonly amount: number;
  readonly count?: number;
}

/** AWS includes so much of the disk: 50 GB for the t classes, 100 GB for others. https://aws.amazon.com/dms/pricing/ */
const includedGb = (instanceClass: string): number => (instanceClass.startsWith("dms.t") ? 50 : 100);

function replication({ inputs }: Resource): Item[] {
  const instanceClass = String(inputs["replicationInstanceClass"]);
  const zones = inputs["multiAz"] === true ? 2 : 1;
  const beyond = Math.max(0, Number(inputs["allocatedStorage"]) - includedGb(instanceClass));
  const name = `DMS ${instanceClass}${zones === 2 ? ", Multi-AZ" : ""}`;
  return [
    { what: name, price: DMS_HOUR[instanceClass], amount: HOURS_A_MONTH * zones, count: 1 },
    ...(beyond === 0
      ? []
      : [{ what: "DMS disk beyond what is included", price: PRICES.dmsStorage, amount: beyond * zones }]),
  ];
}

function endpoint({ inputs }: Resource): Item[] {
  const subnets = inputs["subnetIds"];
  if (inputs["vpcEndpointType"] !== "Interface" || !Array.isArray(subnets)) return [];
  const zones = subnets.length;
  return [
    { what: "VPC endpoints, in each zone", price: PRICES.endpointHour, amount: HOURS_A_MONTH * zones, count: zones },
  ];
}

const transformation = z.object({ dimensions: z.unknown().optional() });

/** Of a filter by dimensions nobody can tell how many metrics it makes: one for each value. */
function metricFilter({ inputs }: Resource): Item[] {
  const { dimensions } = transformation.parse(inputs["metricTransformation"]);
  return dimensions === undefined
    ? [{ what: "Metrics of our own, while they have data", price: PRICES.metric, amount: 1 }]
    : [{ what: "Metrics of our own by dimension", price: undefined, amount: 1 }];
}

/** The program's own resources that are no resource of a provider: one makes a secret (infra/data/pseudonyms.ts). */
const dynamic = ({ outputs }: Resource): Item[] =>
  String(outputs["arn"]).startsWith("arn:aws:secretsmanager:") ? secret() : [];

const one =
  (what: string, price: Price, amount = 1) =>
  (): Item[] => [{ what, price, amount }];
const secret = one("Secrets", PRICES.secret);

const PRICED: Readonly<Record<string, (resource: Resource) => Item[]>> = {
  "aws:kinesis/stream:Stream": one("Kinesis streams, on demand", PRICES.kinesisHour, HOURS_A_MONTH),
  "aws:dms/replicationInstance:ReplicationInstance": replication,
  "aws:ec2/vpcEndpoint:VpcEndpoint": endpoint,
  "aws:kms/key:Key": one("KMS keys", PRICES.kmsKey),
  "aws:secretsmanager/secret:Secret": secret,
  "pulumi-nodejs:dynamic:Resource": dynamic,
  "aws:cloudwatch/metricAlarm:MetricAlarm": one("CloudWatch alarms", PRICES.alarm),
  "aws:cloudwatch/logMetricFilter:LogMetricFilter": metricFilter,
  "aws:cloudwatch/dashboard:Dashboard": one("CloudWatch dashboards", PRICES.dashboard),
  // The monolith's database is there for the monolith, whoever makes it.
  "aws:rds/instance:Instance": () => [],
};

/** Free by themselves, or paid for by what is done with them. */
const FREE: ReadonlySet<string> = new Set([
  "aws:athena/namedQuery:NamedQuery",
  "aws:athena/workgroup:Workgroup",
  "aws:cloudwatch/logGroup:LogGroup",
  "aws:cloudwatch/logStream:LogStream",
  "aws:dms/certificate:Certificate",
  "aws:dms/endpoint:Endpoint",
  "aws:dms/eventSubscription:EventSubscription",
  "aws:dms/replicationSubnetGroup:ReplicationSubnetGroup",
  "aws:dms/replicationTask:ReplicationTask",
  "aws:dms/s3Endpoint:S3Endpoint",
  "aws:dynamodb/kinesisStreamingDestination:KinesisStreamingDestination",
  "aws:dynamodb/table:Table",
  "aws:ec2/securityGroup:SecurityGroup",
  "aws:glue/catalogDatabase:CatalogDatabase",
  "aws:glue/catalogTable:CatalogTable",
  "aws:iam/role:Role",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
  "aws:kinesis/resourcePolicy:ResourcePolicy",
  // On an on-demand stream a consumer costs by the gigabyte, which is counted.
  "aws:kinesis/streamConsumer:StreamConsumer",
  "aws:kms/alias:Alias",
  "aws:lambda/eventSourceMapping:EventSourceMapping",
  "aws:lambda/function:Function",
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
  "aws:rds/parameterGroup:ParameterGroup",
  "aws:rds/subnetGroup:SubnetGroup",
  "aws:s3/bucket:Bucket",
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
  "aws:s3/bucketLogging:BucketLogging",
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
  "aws:s3/bucketPolicy:BucketPolicy",
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  "aws:s3/bucketVersioning:BucketVersioning",
  "aws:scheduler/schedule:Schedule",
  "aws:scheduler/scheduleGroup:ScheduleGroup",
  "aws:secretsmanager/secretVersion:SecretVersion",
  "aws:sns/topic:Topic",
  "aws:sns/topicPolicy:TopicPolicy",
  "aws:sns/topicSubscription:TopicSubscription",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  "awsx:ec2:Vpc",
]);

const isOurs = (type: string): boolean => type.startsWith("tributary:") || type.startsWith("pulumi:");

/** Types of which nobody has decided what they cost: to be added above. */
export const undecided = (resources: readonly Pick<Resource, "type">[]): string[] => [
  ...new Set(resources.map(({ type }) => type).filter((type) => !(type in PRICED) && !FREE.has(type) && !isOurs(type))),
];

/** Services ask KMS for a data key anew after so many minutes at most (Kinesis and DynamoDB guides, on encryption at rest). */
const KEY_MINUTES = 5;

/** @param keyUses different uses of keys; see the laptop cloud's KMS */
export function fixedCosts(stacks: readonly { readonly resources: readonly Resource[] }[], keyUses: number): Fixed[] {
  const all = stacks.flatMap(({ resources }) => resources);
  const items = all.flatMap((resource) => PRICED[resource.type]?.(resource) ?? []);
  for (const type of undecided(all)) items.push({ what: type, price: undefined, amount: 1 });
  const requests = (keyUses * HOURS_A_MONTH * 60) / KEY_MINUTES;
  items.push({ what: "KMS requests, at most", price: PRICES.kmsRequest, amount: requests, count: requests });
  const lines = new Map<string, Fixed>();
  for (const { what, price, amount, count = 1 } of items) {
    const so = lines.get(what) ?? { what, count: 0, price, usd: 0 };
    const usd = price === undefined || so.usd === undefined ? undefined : so.usd + costOf(price, amount);
    lines.set(what, { ...so, count: so.count + count, usd });
  }
  return [...lines.values()].sort((a, b) => (b.usd ?? Infinity) - (a.usd ?? Infinity));
}

/** What a function may do, as statements for its role. */
import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Statement } from "./policy";

/** A key that may be used through one service only: a stolen session of the role cannot decrypt by itself. */
export const usesKey = (
  keyArn: pulumi.Input<string>,
  service: "kinesis" | "dynamodb" | "s3" | "secretsmanager",
  region: string,
  actions: readonly string[],
): Statement => ({
  Effect: "Allow",
  Action: actions,
  Resource: keyArn,
  Condition: { StringEquals: { "kms:ViaService": `${service}.${region}.amazonaws.com` } },
});

/** What an event source mapping asks of the function's role on a Kinesis stream (Lambda guide, "Kinesis permissions"). */
export const KINESIS_READ = [
  "kinesis:DescribeStream",
  "kinesis:DescribeStreamSummary",
  "kinesis:GetRecords",
  "kinesis:GetShardIterator",
  "kinesis:ListShards",
] as const;

export const readsKinesis = (
  streamArns: readonly pulumi.Input<string>[],
  keyArn: pulumi.Input<string>,
  region: string,
): Statement[] => [
  { Effect: "Allow", Action: KINESIS_READ, Resource: streamArns },
  usesKey(keyArn, "kinesis", region, ["kms:Decrypt"]),
];

/** The same by enhanced fan-out: the stream pushes to the consumer, and nobody asks it for records. */
export const readsConsumer = (
  streamArn: pulumi.Input<string>,
  consumerArn: pulumi.Input<string>,
  keyArn: pulumi.Input<string>,
  region: string,
): Statement[] => [
  {
    Effect: "Allow",
    Action: ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards"],
    Resource: streamArn,
  },
  { Effect: "Allow", Action: ["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"], Resource: consumerArn },
  usesKey(keyArn, "kinesis", region, ["kms:Decrypt"]),
];

/** Of who writes items: DynamoDB uses the table's key on behalf of whoever asks (guide, "Encryption at rest: usage notes"). */
export const usesTableKey = (keyArn: pulumi.Input<string>, region: string): Statement =>
  usesKey(keyArn, "dynamodb", region, ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey"]);

/** What `functions/store.ts` and `move.ts` ask of a table. */
export const writesTable = (table: aws.dynamodb.Table, key: aws.kms.Key, region: string): Statement[] => [
  {
    Effect: "Allow",
    // PartiQL has actions of its own; the transaction of a key change puts whole items.
    Action: ["dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:BatchGetItem", "dynamodb:PutItem"],
    Resource: table.arn,
  },
  usesTableKey(key.arn, region),
];

/** Of `functions/overflow.ts` what *capture* does: puts a value once, reads it for another item, deletes what it put in vain. */
export const fillsOverflow = (bucket: aws.s3.Bucket, key: aws.kms.Key, region: string): Statement[] => [
  {
    Effect: "Allow",
    // HeadObject, which tells the version of what is there already, is s3:GetObject, too.
    Action: ["s3:PutObject", "s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObject"],
    Resource: pulumi.interpolate`${bucket.arn}/*`,
  },
  usesKey(key.arn, "s3", region, ["kms:Decrypt", "kms:GenerateDataKey"]),
];

/** And what *format* does: reads values by their versions, deletes what no row needs. */
export const emptiesOverflow = (bucket: aws.s3.Bucket, key: aws.kms.Key, region: string): Statement[] => [
  {
    Effect: "Allow",
    Action: ["s3:GetObjectVersion", "s3:DeleteObject"],
    Resource: pulumi.interpolate`${bucket.arn}/*`,
  },
  // S3 says that a version is gone only to who may list; it refuses the others.
  { Effect: "Allow", Action: ["s3:ListBucket"], Resource: bucket.arn },
  usesKey(key.arn, "s3", region, ["kms:Decrypt"]),
];

/** Where Lambda leaves the batches that it gives up, and a function the messages that it parks. */
export interface Failures {
  readonly bucket: aws.s3.Bucket;
  readonly key: aws.kms.Key;
  /** Ends with a slash; parked messages go below it. */
  readonly prefix: string;
}

export const leavesFailures = ({ bucket, key, prefix }: Failures, region: string): Statement[] => [
  {
    Effect: "Allow",
    Action: ["s3:PutObject"],
    // Lambda chooses the keys of what it gives up: aws/lambda/<mapping>/... (Lambda guide, "Retain discarded records").
    Resource: [`${prefix}*`, "aws/lambda/*"].map((objects) => pulumi.interpolate`${bucket.arn}/${objects}`),
  },
  { Effect: "Allow", Action: ["s3:ListBucket"], Resource: bucket.arn },
  usesKey(key.arn, "s3", region, ["kms:GenerateDataKey"]),
];

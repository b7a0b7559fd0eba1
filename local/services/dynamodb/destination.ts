/**
 * Kinesis Data Streams for DynamoDB: every change of a table's items goes to a Kinesis stream.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html
 */
import { createHash, randomUUID } from "node:crypto";
import { principalOf, type RecordSink } from "../../core/contracts";
import type { PolicyStore, Scope } from "../../core/service";
import { afterwards, eventName, imagesOf, recordSize, TIME_TO_LIVE, type ItemChange } from "./change";
import type { KeySchema } from "./keys";

export type Precision = "MILLISECOND" | "MICROSECOND";

const RETRY_MS = 1000;
/** Kinesis takes 500 records and 10 MiB a request; no record has more than a fraction of that. */
const BATCH_RECORDS = 500;
const BATCH_BYTES = 5 * 1024 * 1024;

/**
 * The service-linked role as which DynamoDB writes to Kinesis. Like on AWS, it comes with the first destination of an
 * account, and its managed policy (DynamoDBKinesisReplicationServiceRolePolicy) lets it write to every stream of the
 * account and use, through Kinesis, the keys that encrypt them.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_iam.html
 */
export function replicationRole(account: string, policies: PolicyStore): string {
  const arn =
    `arn:aws:iam::${account}:role/aws-service-role/kinesisreplication.dynamodb.amazonaws.com/` +
    "AWSServiceRoleForDynamoDBKinesisDataStreamsReplication";
  const policy = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: ["kinesis:PutRecord", "kinesis:PutRecords", "kinesis:DescribeStream"],
        Resource: "*",
      },
      {
        Effect: "Allow",
        Action: "kms:GenerateDataKey",
        Resource: "*",
        Condition: { StringLike: { "kms:ViaService": "kinesis.*.amazonaws.com" } },
      },
    ],
  };
  policies.setIdentityPolicy(arn, "DynamoDBKinesisReplicationServiceRolePolicy", JSON.stringify(policy));
  return arn;
}

export interface DestinationOptions extends Scope {
  readonly streamArn: string;
  readonly precision: Precision;
  readonly roleArn: string;
  readonly tableName: string;
  readonly schema: KeySchema;
  readonly sink: RecordSink;
}

interface Waiting {
  readonly partitionKey: string;
  readonly data: Buffer;
}

export class Destination {
  /** Why the stream did not take what waits, if it did not. Like DynamoDB, this one tries again until it does. */
  problem: string | undefined;
  private waiting: Waiting[] = [];
  private retry: NodeJS.Timeout | undefined;
  private isClosed = false;
  private readonly send = afterwards(() => this.flush());

  constructor(readonly options: DestinationOptions) {}

  append(change: ItemChange, key: string): void {
    this.waiting.push({
      // What DynamoDB takes is not documented; 32 hexadecimal digits, the same for the same item, is what is seen.
      partitionKey: createHash("md5").update(key).digest("hex").toUpperCase(),
      data: Buffer.from(JSON.stringify(this.record(change))),
    });
    if (this.retry === undefined) this.send();
  }

  private record(change: ItemChange): object {
    const { region, tableName, schema, precision } = this.options;
    const view = "NEW_AND_OLD_IMAGES";
    const isMicro = precision === "MICROSECOND";
    return {
      awsRegion: region,
      eventID: randomUUID(),
      eventName: eventName(change),
      userIdentity: change.byTimeToLive ? TIME_TO_LIVE : null,
      recordFormat: "application/json",
      tableName,
      dynamodb: {
        ApproximateCreationDateTime: isMicro ? change.micros : Math.floor(change.micros / 1000),
        ...imagesOf(change, schema, view),
        SizeBytes: recordSize(change, schema, view),
        ...(isMicro ? { ApproximateCreationDateTimePrecision: precision } : {}),
      },
      eventSource: "aws:dynamodb",
    };
  }

  private flush(): void {
    this.retry = undefined;
    const { sink, roleArn, streamArn } = this.options;
    while (this.waiting.length > 0 && !this.isClosed) {
      const batch = this.nextBatch();
      try {
        sink.append(principalOf(roleArn), streamArn, batch);
      } catch (error) {
        this.problem = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
        this.retry = setTimeout(() => this.flush(), RETRY_MS).unref();
        return;
      }
      this.problem = undefined;
      this.waiting = this.waiting.slice(batch.length);
    }
  }

  private nextBatch(): readonly Waiting[] {
    let [count, bytes] = [0, 0];
    for (const { data } of this.waiting) {
      if (count === BATCH_RECORDS || bytes > BATCH_BYTES) break;
      count += 1;
      bytes += data.length;
    }
    return this.waiting.slice(0, count);
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.retry);
  }
}

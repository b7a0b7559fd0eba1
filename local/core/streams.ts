/** Streams as their readers see them: what Kinesis and DynamoDB Streams offer to event source mappings. */
import type { DynamoDBRecord, KinesisStreamRecord } from "aws-lambda";

/** The event source's part of a Lambda record; the mapping adds `eventSourceARN` and the like. */
export type StreamEvent =
  { kind: "kinesis"; kinesis: KinesisStreamRecord["kinesis"] } | { kind: "dynamodb"; record: DynamoDBRecord };

export interface StreamRecord {
  readonly sequenceNumber: string;
  /** Size as Lambda counts it against the 6 MB of a batch. */
  readonly bytes: number;
  /** Milliseconds since the epoch, for record age limits. */
  readonly arrivedAt: number;
  readonly event: StreamEvent;
}

/** An append-only log in shards. Offsets count the records of one shard from 0 and stay valid when old ones are trimmed. */
export interface EventStream {
  readonly arn: string;
  readonly kind: "kinesis" | "dynamodb";
  /** Customer key of an encrypted Kinesis stream: its reader needs kms:Decrypt on it. */
  readonly keyArn?: string;
  shardIds(): readonly string[];
  /** Offsets of the oldest kept record and of the end. */
  bounds(shardId: string): { readonly oldest: number; readonly end: number };
  /** Records from `offset` on; fewer than `limit` when the log ends. */
  read(shardId: string, offset: number, limit: number): readonly StreamRecord[];
  /** Calls back after each append; returns the way to stop. */
  onAppend(listener: () => void): () => void;
}

/** Where a reader finds the stream behind an ARN. */
export interface StreamSource {
  stream(arn: string): EventStream | undefined;
}

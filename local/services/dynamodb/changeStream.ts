/**
 * DynamoDB Streams: a table's log of changes, kept for 24 hours, in shards by partition key.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 */
import { randomBytes } from "node:crypto";
import type { DynamoDBRecord } from "aws-lambda";
import type { Scope } from "../../core/service";
import type { EventStream, StreamRecord } from "../../core/streams";
import { afterwards, eventName, imagesOf, recordSize, TIME_TO_LIVE, type ItemChange, type ViewType } from "./change";
import type { KeySchema } from "./keys";

/** A new on-demand table has four partitions (4,000 writes a second at 1,000 each), and each is a shard of its stream. */
export const SHARDS = 4;
const RETENTION_MS = 24 * 3_600_000;
/** Old records are looked for once per so many new ones. */
const TRIM_EVERY = 1024;

interface Logged extends ItemChange {
  readonly number: number;
}

interface Shard {
  records: Logged[];
  /** Offset of the first kept record. */
  oldest: number;
}

export interface StreamOptions extends Scope {
  readonly tableName: string;
  readonly tableArn: string;
  /** ISO time at which the stream was made. */
  readonly label: string;
  readonly view: ViewType;
  readonly schema: KeySchema;
}

/** 21 digits, rising within the table. */
export const sequenceText = (number: number): string => `1${String(number).padStart(20, "0")}`;

export class ChangeStream implements EventStream {
  readonly kind = "dynamodb";
  readonly arn: string;
  /** Whether the table still writes to it; one that was switched off can be read until its records have expired. */
  isEnabled = true;
  /** The customer key of the table, which encrypts the stream too. */
  keyArn?: string;
  /** How many records it has ever held. */
  count = 0;
  private readonly shards: readonly Shard[] = Array.from({ length: SHARDS }, () => ({ records: [], oldest: 0 }));
  private readonly listeners = new Set<() => void>();
  private readonly idPrefix = randomBytes(8).toString("hex");
  private readonly notify = afterwards(() => {
    for (const listener of this.listeners) listener();
  });

  constructor(readonly options: StreamOptions) {
    this.arn = `${options.tableArn}/stream/${options.label}`;
  }

  append(change: ItemChange, place: number): void {
    const shard = this.shards[Math.floor((place / 2 ** 32) * SHARDS)];
    if (shard === undefined) throw new Error(`no shard for ${place}`);
    this.count += 1;
    shard.records.push({ ...change, number: this.count });
    if (this.count % TRIM_EVERY === 0) this.trim();
    this.notify();
  }

  private trim(): void {
    const limit = (Date.now() - RETENTION_MS) * 1000;
    for (const shard of this.shards) {
      const kept = shard.records.findIndex(({ micros }) => micros >= limit);
      const expired = kept < 0 ? shard.records.length : kept;
      if (expired === 0) continue;
      shard.records = shard.records.slice(expired);
      shard.oldest += expired;
    }
  }

  private shard(shardId: string): Shard {
    const shard = this.shards[Number(shardId.split("-")[1])];
    if (shard === undefined || !this.shardIds().includes(shardId)) {
      throw new Error(`The stream ${this.arn} has no shard ${shardId}`);
    }
    return shard;
  }

  shardIds(): readonly string[] {
    return this.shards.map((_, index) => `shardId-${String(index).padStart(20, "0")}`);
  }

  bounds(shardId: string): { readonly oldest: number; readonly end: number } {
    const { oldest, records } = this.shard(shardId);
    return { oldest, end: oldest + records.length };
  }

  read(shardId: string, offset: number, limit: number): readonly StreamRecord[] {
    const { oldest, records } = this.shard(shardId);
    const start = Math.max(0, offset - oldest);
    return records.slice(start, start + limit).map((logged) => this.written(logged));
  }

  /** The first sequence number that a shard still has, or will have next. */
  firstSequence(shardId: string): string {
    return sequenceText(this.shard(shardId).records[0]?.number ?? this.count + 1);
  }

  /** Offset of the first record of a shard whose number is not below `sequence`. */
  offsetOf(shardId: string, sequence: string): number {
    const { records, oldest } = this.shard(shardId);
    const at = records.findIndex(({ number }) => sequenceText(number) >= sequence);
    return oldest + (at < 0 ? records.length : at);
  }

  onAppend(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private written(logged: Logged): StreamRecord {
    const { schema, view, region } = this.options;
    const sequenceNumber = sequenceText(logged.number);
    const size = recordSize(logged, schema, view);
    const record: DynamoDBRecord = {
      eventID: this.idPrefix + logged.number.toString(16).padStart(16, "0"),
      eventName: eventName(logged),
      eventVersion: "1.1",
      eventSource: "aws:dynamodb",
      awsRegion: region,
      dynamodb: {
        ApproximateCreationDateTime: Math.floor(logged.micros / 1_000_000),
        ...imagesOf(logged, schema, view),
        SequenceNumber: sequenceNumber,
        SizeBytes: size,
        StreamViewType: view,
      },
      ...(logged.byTimeToLive ? { userIdentity: TIME_TO_LIVE } : {}),
    };
    const attributes = (logged.next?.values.length ?? 0) + (logged.old?.values.length ?? 0);
    return {
      sequenceNumber,
      // As JSON: `"name":{"S":"value"},` for every attribute, and the record around them.
      bytes: size + 13 * attributes + 450,
      arrivedAt: Math.floor(logged.micros / 1000),
      event: { kind: "dynamodb", record },
    };
  }
}

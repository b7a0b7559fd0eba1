/** A data stream: shards that divide the hash keys among them, and the view that Lambda's event source mappings have of it. */
import { hash, randomUUID } from "node:crypto";
import { isAwsManaged } from "../../core/keys";
import type { EventStream, StreamRecord } from "../../core/streams";
import { ShardLog, type Stored } from "./log";
import { SequenceNumbers } from "./sequence";
import { FanOut, UsageMeter, type Way } from "./usage";

const HASH_KEYS = 1n << 128n;
const HOUR = 3_600_000;

export interface StreamSettings {
  readonly mode: "ON_DEMAND" | "PROVISIONED";
  readonly retentionHours: number;
  readonly maxRecordKib: number;
  readonly shardLevelMetrics: readonly string[];
  readonly enforceConsumerDeletion: boolean;
  /** The key as the stream was given it, and its ARN. */
  readonly encryption?: { readonly keyId: string; readonly keyArn: string };
}

export interface Consumer {
  readonly name: string;
  readonly arn: string;
  /** Seconds since the epoch, as the API says it. */
  readonly createdAt: number;
}

/** A hash key as 32 hexadecimal digits: these compare as text just as the 128-bit numbers do, MD5's own form. */
const hashKeyText = (key: bigint): string => key.toString(16).padStart(32, "0");

export class Shard {
  readonly id: string;
  readonly log = new ShardLog();
  readonly sequences: SequenceNumbers;

  constructor(
    readonly index: number,
    readonly createdAt: number,
    /** The range's two ends belong to it. */
    readonly startingHashKey: bigint,
    readonly endingHashKey: bigint,
  ) {
    this.id = `shardId-${String(index).padStart(12, "0")}`;
    this.sequences = new SequenceNumbers(this);
  }

  sequenceOf(offset: number): string {
    return this.sequences.of(offset, this.log.at(offset).arrivedAt);
  }
}

export class KinesisStream implements EventStream {
  readonly kind = "kinesis";
  /** Tells a stream from one of the same name before it. */
  readonly id = randomUUID();
  readonly createdAt = Date.now();
  readonly consumers = new Map<string, Consumer>();
  readonly fanOut = new FanOut(this);
  readonly meter = new UsageMeter();
  readonly shards: readonly Shard[];
  private readonly lastHashKeys: readonly string[];
  private readonly byId: ReadonlyMap<string, Shard>;
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly arn: string,
    readonly name: string,
    readonly account: string,
    shardCount: number,
    public settings: StreamSettings,
  ) {
    const width = HASH_KEYS / BigInt(shardCount);
    this.shards = Array.from({ length: shardCount }, (_, index) => {
      const start = width * BigInt(index);
      const end = index === shardCount - 1 ? HASH_KEYS - 1n : start + width - 1n;
      return new Shard(index, this.createdAt, start, end);
    });
    this.lastHashKeys = this.shards.map(({ endingHashKey }) => hashKeyText(endingHashKey));
    this.byId = new Map(this.shards.map((shard) => [shard.id, shard]));
  }

  get keyArn(): string | undefined {
    const keyArn = this.settings.encryption?.keyArn;
    return keyArn === undefined || isAwsManaged(keyArn) ? undefined : keyArn;
  }

  shard(id: string): Shard | undefined {
    return this.byId.get(id);
  }

  /** The shard of a partition key; `explicitHashKey` takes the place of the key's MD5. */
  shardOf(partitionKey: string, explicitHashKey: bigint | undefined): Shard {
    const key = explicitHashKey === undefined ? hash("md5", partitionKey) : hashKeyText(explicitHashKey);
    const shard = this.shards[this.lastHashKeys.findIndex((last) => key <= last)];
    if (shard === undefined) throw new RangeError(`No shard holds the hash key ${key}`);
    return shard;
  }

  append(shard: Shard, partitionKey: string, data: Buffer): string {
    const { offset, arrivedAt } = shard.log.append(partitionKey, data, Date.now());
    this.meter.put({ partitionKey, data });
    return shard.sequences.of(offset, arrivedAt);
  }

  /** To be called once after a request's records have been appended. */
  announce(): void {
    for (const listener of this.listeners) listener();
  }

  /** Offset of the oldest record that the retention period keeps. */
  oldest(shard: Shard): number {
    return shard.log.trim(Date.now() - this.settings.retentionHours * HOUR);
  }

  shardIds(): readonly string[] {
    return this.shards.map(({ id }) => id);
  }

  bounds(shardId: string): { oldest: number; end: number } {
    const shard = this.existing(shardId);
    return { oldest: this.oldest(shard), end: shard.log.end };
  }

  /** Makes the records anew each time, 1 µs each: kept, they would take more memory than all the rest. */
  read(shardId: string, offset: number, limit: number, way: Way = "polled"): readonly StreamRecord[] {
    const shard = this.existing(shardId);
    const records: StreamRecord[] = [];
    const end = Math.min(offset + limit, shard.log.end);
    for (let at = Math.max(offset, this.oldest(shard)); at < end; at += 1) {
      const stored = shard.log.at(at);
      this.meter.read(stored, way);
      records.push(toStreamRecord(stored, shard.sequences.of(at, stored.arrivedAt)));
    }
    return records;
  }

  onAppend(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private existing(shardId: string): Shard {
    const shard = this.byId.get(shardId);
    if (shard === undefined) throw new RangeError(`${this.arn} has no shard ${shardId}`);
    return shard;
  }
}

/** A Lambda record's members beside key and data: ARNs, ids, names. */
const ENVELOPE_BYTES = 500;

function toStreamRecord({ partitionKey, data, arrivedAt }: Stored, sequenceNumber: string): StreamRecord {
  const text = data.toString("base64");
  return {
    sequenceNumber,
    bytes: text.length + partitionKey.length + ENVELOPE_BYTES,
    arrivedAt,
    event: {
      kind: "kinesis",
      kinesis: {
        kinesisSchemaVersion: "1.0",
        partitionKey,
        sequenceNumber,
        data: text,
        approximateArrivalTimestamp: arrivedAt / 1000,
      },
    },
  };
}

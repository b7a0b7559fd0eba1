/**
 * What AWS would bill of an on-demand stream, beside its hours: https://aws.amazon.com/kinesis/data-streams/pricing/
 */
import type { EventStream, StreamRecord } from "../../core/streams";
import type { Stored } from "./log";
import type { KinesisStream } from "./stream";

/** "The size of each record rounded up to the nearest 1 KB (1,024 bytes)"; key and data. */
const UNIT = 1024;
const billed = ({ partitionKey, data }: Pick<Stored, "partitionKey" | "data">): number =>
  Math.max(1, Math.ceil((Buffer.byteLength(partitionKey) + data.length) / UNIT)) * UNIT;

/** How records reach a reader: it asks for them, or it is sent them (enhanced fan-out), at another price. */
export type Way = "polled" | "pushed";

export interface StreamUsage {
  readonly records: number;
  /** As billed for putting. */
  readonly putBytes: number;
  /** As billed for reading. The page tells of the rounding only for what is put; without it this would be less. */
  readonly polledBytes: number;
  readonly pushedBytes: number;
}

export class UsageMeter {
  readonly usage = { records: 0, putBytes: 0, polledBytes: 0, pushedBytes: 0 };

  put(record: Pick<Stored, "partitionKey" | "data">): void {
    this.usage.records += 1;
    this.usage.putBytes += billed(record);
  }

  read(record: Stored, way: Way): void {
    this.usage[`${way}Bytes`] += billed(record);
  }
}

/** A stream as its registered consumers see it: the same records, pushed. */
export class FanOut implements EventStream {
  readonly kind = "kinesis";

  constructor(private readonly stream: KinesisStream) {}

  get arn(): string {
    return this.stream.arn;
  }

  get keyArn(): string | undefined {
    return this.stream.keyArn;
  }

  shardIds(): readonly string[] {
    return this.stream.shardIds();
  }

  bounds(shardId: string): { oldest: number; end: number } {
    return this.stream.bounds(shardId);
  }

  read(shardId: string, offset: number, limit: number): readonly StreamRecord[] {
    return this.stream.read(shardId, offset, limit, "pushed");
  }

  onAppend(listener: () => void): () => void {
    return this.stream.onAppend(listener);
  }
}

/**
 * The records of one shard, in memory, without a JavaScript object each: keys and data lie one behind the other in large
 * buffers, and three numbers say where. A run keeps some 150,000 of them, and the garbage collector need not look at any.
 */
const SEGMENT_BYTES = 1024 * 1024;

/** What is stored of a record. `data` is a view on the log's memory: read it before the record is trimmed. */
export interface Stored {
  readonly partitionKey: string;
  readonly data: Buffer;
  /** Milliseconds since the epoch; never falls from one record to the next. */
  readonly arrivedAt: number;
}

class Segment {
  readonly bytes: Buffer;
  private readonly dataStarts: number[] = [];
  private readonly ends: number[] = [];
  readonly arrivals: number[] = [];

  constructor(
    readonly first: number,
    size: number,
  ) {
    // Not from Node's pool: it shares its slabs with everybody else's small buffers and would keep them all.
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  get end(): number {
    return this.first + this.ends.length;
  }

  get free(): number {
    return this.bytes.length - this.endOf(this.ends.length - 1);
  }

  add(partitionKey: string, data: Buffer, arrivedAt: number): void {
    const start = this.endOf(this.ends.length - 1);
    const dataStart = start + this.bytes.write(partitionKey, start, "utf8");
    this.dataStarts.push(dataStart);
    this.ends.push(dataStart + data.copy(this.bytes, dataStart));
    this.arrivals.push(arrivedAt);
  }

  at(offset: number): Stored {
    const index = offset - this.first;
    const dataStart = this.dataStarts[index];
    const arrivedAt = this.arrivals[index];
    if (dataStart === undefined || arrivedAt === undefined) throw new RangeError(`The log has no record ${offset}`);
    return {
      partitionKey: this.bytes.toString("utf8", this.endOf(index - 1), dataStart),
      data: this.bytes.subarray(dataStart, this.endOf(index)),
      arrivedAt,
    };
  }

  private endOf(index: number): number {
    return this.ends[index] ?? 0;
  }
}

export class ShardLog {
  private segments: Segment[] = [];
  private oldest = 0;
  private last = 0;

  get end(): number {
    return this.segments.at(-1)?.end ?? this.oldest;
  }

  /** @returns the offset of the new record and when it is said to have arrived. */
  append(partitionKey: string, data: Buffer, now: number): { offset: number; arrivedAt: number } {
    const size = Buffer.byteLength(partitionKey) + data.length;
    let segment = this.segments.at(-1);
    if (segment === undefined || segment.free < size) {
      segment = new Segment(this.end, Math.max(SEGMENT_BYTES, size));
      this.segments.push(segment);
    }
    // The clock may be set back; the log is searched by time.
    this.last = Math.max(this.last, now);
    segment.add(partitionKey, data, this.last);
    return { offset: segment.end - 1, arrivedAt: this.last };
  }

  /** Forgets what arrived before a time; returns the offset of the oldest record kept. */
  trim(before: number): number {
    this.oldest = Math.max(this.oldest, this.firstFrom(before));
    const kept = this.segments.findIndex((segment) => segment.end > this.oldest);
    if (kept > 0) this.segments.splice(0, kept);
    else if (kept < 0) this.segments = [];
    return this.oldest;
  }

  /** Offset of the first record that arrived at a time or later; the end if none did. */
  firstFrom(time: number): number {
    const segment = this.segments.find(({ arrivals }) => (arrivals.at(-1) ?? 0) >= time);
    if (segment === undefined) return this.end;
    return segment.first + lowerBound(segment.arrivals.length, (index) => (segment.arrivals[index] ?? 0) >= time);
  }

  /** The record at an offset between the oldest and the end. */
  at(offset: number): Stored {
    const index = lowerBound(this.segments.length, (i) => (this.segments[i]?.end ?? 0) > offset);
    const segment = this.segments[index];
    if (segment === undefined || offset < this.oldest) throw new RangeError(`The log has no record ${offset}`);
    return segment.at(offset);
  }
}

/** The first index below `length` for which `reached` holds; it holds for all after one for which it does. */
function lowerBound(length: number, reached: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (reached(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

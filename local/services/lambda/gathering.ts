/**
 * Records on their way to the function. They are written one behind the other as they will stand in the event, so that a
 * batch, and every part of it that is tried again, is a stretch of bytes: nothing is put together twice, and the garbage
 * collector has nothing to look at while an invocation runs.
 */
import type { StreamRecord } from "../../core/streams";

/** What must be known of a record after it has been written. */
export interface Entry {
  readonly offset: number;
  readonly sequenceNumber: string;
  readonly arrivedAt: number;
  /** Where its JSON begins and ends in the bytes; a comma lies between two records. */
  readonly start: number;
  readonly end: number;
}

/** Lambda's limit for a synchronous event, in bytes. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const PAYLOAD_LIMIT = 6 * 1024 * 1024;
const HEAD = Buffer.from('{"Records":[');
const TAIL = Buffer.from("]}");
const FRAME = HEAD.length + TAIL.length;
const COMMA = 44;
const FIRST_CAPACITY = 64 * 1024;

export class Batch {
  constructor(
    readonly entries: readonly Entry[],
    private readonly bytes: Buffer,
  ) {}

  get length(): number {
    return this.entries.length;
  }

  /** Size of its event in bytes. */
  get size(): number {
    return FRAME + (this.entries.at(-1)?.end ?? 0) - (this.entries[0]?.start ?? 0);
  }

  /** The event, in pieces that are not to be changed. */
  get event(): readonly Buffer[] {
    return [HEAD, this.bytes.subarray(this.entries[0]?.start, this.entries.at(-1)?.end), TAIL];
  }

  slice(from: number, to?: number): Batch {
    return new Batch(this.entries.slice(from, to), this.bytes);
  }
}

/** Records that wait to become a batch. */
export class Gathering {
  private entries: Entry[] = [];
  private bytes = Buffer.alloc(0);
  private used = 0;
  private capacity = FIRST_CAPACITY;

  constructor(private readonly batchSize: number) {}

  get length(): number {
    return this.entries.length;
  }

  get firstOffset(): number | undefined {
    return this.entries[0]?.offset;
  }

  /** Whether there is enough for a batch, in number or in bytes. */
  get full(): boolean {
    return this.entries.length >= this.batchSize || this.used + FRAME >= PAYLOAD_LIMIT;
  }

  add(offset: number, { sequenceNumber, arrivedAt }: StreamRecord, json: string): void {
    // A UTF-16 unit has at most three bytes in UTF-8.
    this.reserve(json.length * 3 + 1);
    if (this.entries.length > 0) this.used = this.bytes.writeUInt8(COMMA, this.used);
    const start = this.used;
    this.used += this.bytes.write(json, start);
    this.entries.push({ offset, sequenceNumber, arrivedAt, start, end: this.used });
  }

  /** As many records as a batch may have; one at least, even if that alone is too large for an event. */
  take(): Batch {
    const over = this.entries.findIndex(({ end }) => end + FRAME > PAYLOAD_LIMIT);
    const count = Math.min(this.batchSize, over < 0 ? this.entries.length : Math.max(over, 1), this.entries.length);
    const batch = new Batch(this.entries.slice(0, count), this.bytes);
    const rest = this.entries.slice(count);
    const from = rest[0]?.start ?? this.used;
    const left = this.bytes.subarray(from, this.used);
    this.entries = rest.map((entry) => ({ ...entry, start: entry.start - from, end: entry.end - from }));
    // The batch keeps the bytes; the next one will need about as many.
    this.capacity = Math.max(FIRST_CAPACITY, this.bytes.length, left.length);
    this.bytes = Buffer.alloc(0);
    this.used = 0;
    if (left.length > 0) {
      this.reserve(left.length);
      this.used = left.copy(this.bytes);
    }
    return batch;
  }

  private reserve(more: number): void {
    if (this.used + more <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.capacity, this.bytes.length * 2, this.used + more));
    this.bytes.copy(grown, 0, 0, this.used);
    this.bytes = grown;
  }
}

/**
 * Puts messages on the stream with PutRecords. Order is kept per partition key even where single entries fail: a key has at
 * most one record under way, and the next one leaves when that is on the stream.
 */
import { setTimeout as delay } from "node:timers/promises";
import { FatalError } from "./errors";
import type { Message } from "./messages";

/** AWS API reference, PutRecords. The bytes are a limit of our own, below Kinesis' 10 MiB: smaller requests flow better. */
const MAX_RECORDS = 500;
const MAX_BYTES = 5 * 1024 * 1024;
/** Records that wait before whoever makes them should pause. */
const ENOUGH = 5_000;
const ENOUGH_SIZE = 32 * 1024 * 1024;
const MAX_BACKOFF = 2_000;
/** Milliseconds that a record waits for others to share its request. */
const LINGER = 25;

interface Outgoing {
  readonly key: string;
  readonly text: string;
  readonly onSent: () => void;
}

export interface Entry {
  readonly PartitionKey: string;
  readonly Data: Uint8Array;
}

/** One PutRecords. Resolves with the outcome of each entry: whether it is on the stream. */
export type Put = (entries: Entry[]) => Promise<readonly boolean[]>;

export class OrderedSender {
  /** At most one record a key. */
  private ready: Outgoing[] = [];
  /** By key that is ready or under way: the later records of it. */
  private readonly waiting = new Map<string, Outgoing[] | undefined>();
  private requests = 0;
  private records = 0;
  /** Characters of them. */
  private size = 0;
  private timer: NodeJS.Timeout | undefined;
  private failure: unknown;
  private fail: (error: unknown) => void = () => undefined;
  private stopped = false;
  /** Rejects when a request fails for good; never resolves. */
  readonly failed: Promise<never>;
  private wakers: (() => void)[] = [];

  /** @param concurrency requests at a time */
  constructor(
    private readonly put: Put,
    private readonly concurrency: number,
  ) {
    this.failed = new Promise((_, reject) => (this.fail = reject));
    this.failed.catch(() => undefined);
  }

  /** `onSent` is called once the record is on the stream. */
  push({ partitionKey, text }: Message, onSent: () => void): void {
    const outgoing = { key: partitionKey, text, onSent };
    this.records += 1;
    this.size += text.length;
    if (!this.waiting.has(partitionKey)) {
      this.waiting.set(partitionKey, undefined);
      this.enqueue(outgoing);
      return;
    }
    const queue = this.waiting.get(partitionKey);
    if (queue === undefined) this.waiting.set(partitionKey, [outgoing]);
    else queue.push(outgoing);
  }

  private enqueue(outgoing: Outgoing): void {
    this.ready.push(outgoing);
    if (this.ready.length >= MAX_RECORDS) {
      this.pump();
    } else {
      // A request costs as much as a hundred records: what comes shortly after goes along.
      this.timer ??= setTimeout(() => this.pump(), LINGER);
    }
  }

  get isFull(): boolean {
    return this.records >= ENOUGH || this.size >= ENOUGH_SIZE;
  }

  /** Resolves when there is room again. @throws what made sending fail. */
  async room(): Promise<void> {
    while (this.isFull) await this.progress();
    this.rethrow();
  }

  /** Resolves when everything is on the stream. @throws what made sending fail. */
  async drained(): Promise<void> {
    while (this.records > 0) await this.progress();
    this.rethrow();
  }

  /** Sends nothing more; resolves when the requests under way have come back. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    while (this.requests > 0) await new Promise<void>((resolve) => this.wakers.push(resolve));
  }

  private rethrow(): void {
    if (this.failure !== undefined) throw this.failure;
    if (this.stopped) throw new FatalError("The task is stopping.");
  }

  private async progress(): Promise<void> {
    this.rethrow();
    await new Promise<void>((resolve) => this.wakers.push(resolve));
    this.rethrow();
  }

  private wake(): void {
    for (const wake of this.wakers.splice(0)) wake();
  }

  private pump(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    while (this.requests < this.concurrency && this.ready.length > 0 && !this.stopped && this.failure === undefined) {
      let bytes = 0;
      let count = 0;
      for (const { key, text } of this.ready) {
        bytes += Buffer.byteLength(text) + Buffer.byteLength(key);
        if (count === MAX_RECORDS || (count > 0 && bytes > MAX_BYTES)) break;
        count += 1;
      }
      const batch = this.ready.splice(0, count);
      this.requests += 1;
      void this.send(batch)
        .catch((error: unknown) => {
          this.failure ??= error;
          this.fail(error);
        })
        .then(() => {
          this.requests -= 1;
          this.wake();
          this.pump();
        });
    }
  }

  /** Until every record of the batch is on the stream; only those that failed are sent again. */
  private async send(batch: Outgoing[]): Promise<void> {
    for (let attempt = 0; batch.length > 0; attempt++) {
      if (attempt > 0) await delay(Math.min(MAX_BACKOFF, 50 * 2 ** attempt));
      if (this.stopped) return;
      const outcomes = await this.put(entriesOf(batch));
      const failed: Outgoing[] = [];
      for (const [index, outgoing] of batch.entries()) {
        if (outcomes[index] === true) this.sent(outgoing);
        else failed.push(outgoing);
      }
      batch = failed;
      this.wake();
    }
  }

  private sent({ key, text, onSent }: Outgoing): void {
    this.records -= 1;
    this.size -= text.length;
    const next = this.waiting.get(key)?.shift();
    if (next === undefined) this.waiting.delete(key);
    // It has waited long enough: the request that has just come back makes room for it.
    else this.ready.push(next);
    onSent();
  }
}

/** All in one piece of memory: many small ones keep the garbage collector busy. */
function entriesOf(batch: readonly Outgoing[]): Entry[] {
  const lengths = batch.map(({ text }) => Buffer.byteLength(text));
  const block = Buffer.allocUnsafeSlow(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  return batch.map(({ key, text }, index) => {
    const from = at;
    at += lengths[index] ?? 0;
    block.write(text, from);
    return { PartitionKey: key, Data: block.subarray(from, at) };
  });
}

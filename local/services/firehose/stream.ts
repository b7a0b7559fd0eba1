/** A delivery stream: holds records until they are many or old enough, and delivers them one batch after the other. */
import { AwsError, type Scope } from "../../core/service";
import { deliver, type Batch, type DeliveryDeps, type FirehoseRecord } from "./delivery";
import type { StreamSettings } from "./settings";

const MIB = 1024 * 1024;
/** More than this is not held for a destination that does not take it: the caller is told to slow down. */
const HELD_BYTES = 256 * MIB;
/** Before a batch that failed is tried again; milliseconds. */
const RETRY = 5_000;
/** Each record is billed rounded up to 5 KB: https://aws.amazon.com/firehose/pricing/ */
const BILLED = 5 * 1024;

export interface DeliveryStatistics {
  readonly arn: string;
  readonly name: string;
  readonly records: number;
  readonly bytes: number;
  readonly billedBytes: number;
  /** Documents written as rows. */
  readonly rows: number;
  readonly objects: number;
  /** Records that did not convert; each stands under the error prefix. */
  readonly failedRecords: number;
  /** Records not delivered yet. */
  readonly waitingRecords: number;
  /** Attempts that failed; their records wait for another. */
  readonly failedAttempts: number;
  /** What stood in the way of the last attempt that failed. */
  readonly lastFailure?: string;
}

export class DeliveryStream {
  version = 1;
  readonly createdAt = Date.now();
  updatedAt: number | undefined;
  private waiting: FirehoseRecord[] = [];
  private waitingBytes = 0;
  /** Batches that are being delivered, or wait for another attempt. */
  private readonly batches: Batch[] = [];
  private heldBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isClosed = false;
  private readonly counts = { records: 0, bytes: 0, billedBytes: 0, rows: 0, objects: 0, failedRecords: 0 };
  private failedAttempts = 0;
  private lastFailure: string | undefined;

  constructor(
    readonly arn: string,
    readonly scope: Scope,
    public settings: StreamSettings,
    private readonly deps: DeliveryDeps,
  ) {}

  /** @throws `ServiceUnavailableException` when too much waits already. */
  put(data: Buffer): void {
    if (this.heldBytes + data.length > HELD_BYTES) {
      throw new AwsError("ServiceUnavailableException", "Slow down.", 503);
    }
    this.counts.records += 1;
    this.counts.bytes += data.length;
    this.counts.billedBytes += Math.max(1, Math.ceil(data.length / BILLED)) * BILLED;
    this.waiting.push({ data, arrivedAt: Date.now(), sequence: this.counts.records });
    this.waitingBytes += data.length;
    this.heldBytes += data.length;
    const { bufferingSize, bufferingInterval } = this.settings.destination;
    if (this.waitingBytes >= bufferingSize * MIB) {
      this.closeBatch();
      this.start();
      return;
    }
    this.timer ??= setTimeout(
      () => {
        this.closeBatch();
        this.start();
      },
      (bufferingInterval * 1000) / this.deps.surroundings.haste,
    );
  }

  private closeBatch(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.waiting.length > 0) this.batches.push({ records: this.waiting, errorKey: undefined });
    this.waiting = [];
    this.waitingBytes = 0;
  }

  private start(): void {
    clearTimeout(this.retry);
    // A batch waits for the one before it; what stands in its way is in the statistics.
    this.run().catch(() => {
      clearTimeout(this.retry);
      if (!this.isClosed) this.retry = setTimeout(() => this.start(), RETRY);
    });
  }

  private run(): Promise<void> {
    return (this.running ??= this.deliverAll().finally(() => (this.running = undefined)));
  }

  private async deliverAll(): Promise<void> {
    for (let batch = this.batches[0]; batch !== undefined && !this.isClosed; batch = this.batches[0]) {
      try {
        const { arn, scope, settings, version } = this;
        const { rows, objects, failedRecords } = await deliver({ arn, scope, settings, version }, batch, this.deps);
        this.counts.rows += rows;
        this.counts.objects += objects;
        this.counts.failedRecords += failedRecords;
      } catch (error) {
        this.failedAttempts += 1;
        this.lastFailure = error instanceof Error ? error.message : String(error);
        throw error;
      }
      this.batches.shift();
      this.heldBytes -= batch.records.reduce((sum, { data }) => sum + data.length, 0);
    }
  }

  /** Delivers what waits, without waiting for size or interval. @throws what stands in the way. */
  async flush(): Promise<void> {
    this.closeBatch();
    // A run that is under way may end before it sees the new batch.
    await this.running?.catch(() => undefined);
    await this.run();
  }

  statistics(): DeliveryStatistics {
    const inBatches = this.batches.reduce((sum, { records }) => sum + records.length, 0);
    return {
      arn: this.arn,
      name: this.settings.name,
      ...this.counts,
      waitingRecords: this.waiting.length + inBatches,
      failedAttempts: this.failedAttempts,
      ...(this.lastFailure === undefined ? {} : { lastFailure: this.lastFailure }),
    };
  }

  /** What is not delivered by now is lost, as with a stream that is deleted. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    clearTimeout(this.retry);
    await this.running?.catch(() => undefined);
  }
}

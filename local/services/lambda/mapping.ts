/** One event source mapping: reads every shard of a stream, and hands the records to a function. */
import { randomUUID } from "node:crypto";
import type { ObjectStore } from "../../core/contracts";
import type { JsonObject, Scope, Surroundings } from "../../core/service";
import type { EventStream, StreamRecord } from "../../core/streams";
import { backOff, type Discard } from "./batch";
import type { SharedFilters } from "./filters";
import type { Invocation, LocalFunction } from "./function";
import type { Batch } from "./gathering";
import { describeSettings, type MappingSettings } from "./mappingSettings";
import { checkDestination, checkReading } from "./permissions";
import { failureObject, failurePrefix, recordJson } from "./records";
import { type ShardHost, ShardReader } from "./shard";

export interface MappingProgress {
  readonly uuid: string;
  readonly functionArn: string;
  readonly functionName: string;
  readonly eventSourceArn: string;
  readonly state: "Enabled" | "Disabled";
  /** `OK`, `No records processed`, or `PROBLEM: ...`. */
  readonly lastProcessingResult: string;
  /** Records from the checkpoint to the end of every shard, those that the filter will drop too. */
  readonly recordsBehind: number;
  readonly batchesInFlight: number;
}

export interface MappingParts {
  readonly surroundings: Surroundings;
  readonly objects: ObjectStore;
  readonly stream: EventStream;
  readonly filters: SharedFilters;
  /** Throws if the function has been deleted. */
  readonly target: () => LocalFunction;
}

export class Mapping {
  readonly uuid = randomUUID();
  readonly arn: string;
  lastModified = new Date();
  lastProcessingResult = "No records processed";
  private enabled = false;
  private slot: number | undefined;
  private readers = new Map<string, ShardReader>();
  /** Checkpoints: the offset to go on from, by shard. */
  private readonly positions = new Map<string, number>();
  private stopListening: () => void = () => undefined;
  private scheduled = false;
  /** Whether all permissions have been looked at since the last trouble. */
  private verified = false;
  private troubles = 0;
  private retry: NodeJS.Timeout | undefined;
  /** Starts and stops go one after the other. */
  private change: Promise<void> = Promise.resolve();

  constructor(
    { account, region }: Scope,
    private current: MappingSettings,
    private readonly parts: MappingParts,
  ) {
    this.arn = `arn:aws:lambda:${region}:${account}:event-source-mapping:${this.uuid}`;
    const { stream } = parts;
    for (const shardId of stream.shardIds()) {
      const { oldest, end } = stream.bounds(shardId);
      this.positions.set(shardId, current.startingPosition === "LATEST" ? end : oldest);
    }
    if (current.enabled) this.start();
  }

  get settings(): MappingSettings {
    return this.current;
  }

  get progress(): MappingProgress {
    const { stream } = this.parts;
    const { functionArn, eventSourceArn } = this.current;
    const readers = [...this.readers.values()];
    const behind = stream
      .shardIds()
      .map((id) => this.readers.get(id)?.recordsBehind ?? stream.bounds(id).end - (this.positions.get(id) ?? 0));
    return {
      uuid: this.uuid,
      functionArn,
      functionName: functionArn.split(":")[6] ?? "",
      eventSourceArn,
      state: this.enabled ? "Enabled" : "Disabled",
      lastProcessingResult: this.lastProcessingResult,
      recordsBehind: behind.reduce((sum, count) => sum + count, 0),
      batchesInFlight: readers.reduce((sum, reader) => sum + reader.batchesInFlight, 0),
    };
  }

  /** As the API describes it. */
  get description(): JsonObject {
    return {
      UUID: this.uuid,
      EventSourceMappingArn: this.arn,
      ...describeSettings(this.current),
      LastModified: this.lastModified.getTime() / 1000,
      LastProcessingResult: this.lastProcessingResult,
      State: this.enabled ? "Enabled" : "Disabled",
      StateTransitionReason: "User action",
    };
  }

  /** Takes effect after the invocations under way; goes on from the checkpoint. */
  async update(settings: MappingSettings): Promise<void> {
    const before = this.change;
    this.change = before.then(() => this.stop());
    await this.change;
    this.current = settings;
    this.lastModified = new Date();
    if (settings.enabled) this.start();
  }

  async close(): Promise<void> {
    this.change = this.change.then(() => this.stop());
    await this.change;
  }

  private start(): void {
    const { filters, stream } = this.parts;
    this.enabled = true;
    this.slot = this.current.filter && filters.add(this.current.filter);
    this.stopListening = stream.onAppend(() => this.wake());
    this.wake();
  }

  private async stop(): Promise<void> {
    this.enabled = false;
    this.stopListening();
    clearTimeout(this.retry);
    this.retry = undefined;
    await Promise.all([...this.readers.values()].map((reader) => reader.stop()));
    for (const [shardId, reader] of this.readers) this.positions.set(shardId, reader.checkpoint);
    this.readers.clear();
    if (this.slot !== undefined) this.parts.filters.remove(this.slot);
    this.slot = undefined;
  }

  /** Many appends in a row are one reason to look. */
  private wake(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      if (this.enabled) this.pump();
    });
  }

  private pump(): void {
    for (const shardId of this.parts.stream.shardIds()) {
      let reader = this.readers.get(shardId);
      if (reader === undefined) {
        // A shard that came later is read from its beginning.
        reader = new ShardReader(shardId, this.positions.get(shardId) ?? 0, this.host());
        this.readers.set(shardId, reader);
      }
      reader.pump();
    }
  }

  private host(): ShardHost {
    const { stream, filters, surroundings } = this.parts;
    const { slot } = this;
    return {
      settings: this.current,
      stream,
      haste: surroundings.haste,
      mayRead: () => this.mayRead(),
      passes: (shardId, offset, oldest, { event }) =>
        slot === undefined || filters.passes(slot, shardId, offset, oldest, event),
      encode: (shardId, record) => this.encode(shardId, record),
      invoke: (batch) => this.invoke(batch),
      discard: (shardId, discarded) => this.discard(shardId, discarded),
      report: (problem) => (this.lastProcessingResult = problem ?? "OK"),
    };
  }

  private async invoke(batch: Batch): Promise<Invocation> {
    return this.parts.target().invoke(batch.event, batch.length);
  }

  private encode(shardId: string, record: StreamRecord): string {
    const { eventSourceArn: sourceArn } = this.current;
    const awsRegion = sourceArn.split(":")[3] ?? "";
    return recordJson(record, shardId, { sourceArn, awsRegion, roleArn: this.parts.target().settings.role });
  }

  private mayRead(): boolean {
    if (this.retry !== undefined) return false;
    try {
      this.verify();
      if (this.troubles > 0) this.lastProcessingResult = "OK";
      this.troubles = 0;
      return true;
    } catch (error) {
      this.verified = false;
      this.troubles += 1;
      this.lastProcessingResult = `PROBLEM: ${error instanceof Error ? error.message : String(error)}`;
      this.retry = setTimeout(
        () => {
          this.retry = undefined;
          this.wake();
        },
        backOff(this.troubles) / this.parts.surroundings.haste,
      );
      return false;
    }
  }

  private verify(): void {
    const { surroundings, stream } = this.parts;
    const { bucket, eventSourceArn } = this.current;
    const role = this.parts.target().principal;
    checkReading(surroundings.authorizer, role, stream, eventSourceArn);
    if (!this.verified && bucket !== undefined) {
      checkDestination(surroundings.authorizer, role, bucket, `${failurePrefix(this.uuid)}*`);
    }
    this.verified = true;
  }

  private async discard(shardId: string, discarded: Discard): Promise<void> {
    const { bucket, functionArn } = this.current;
    const target = this.parts.target();
    if (bucket !== undefined) {
      const { stream } = this.parts;
      const { key, body } = failureObject(discarded, { uuid: this.uuid, shardId, functionArn, stream });
      await this.parts.objects.put(target.principal, bucket, key, body);
    }
    target.counts.discardedBatches += 1;
    target.counts.discardedRecords += discarded.batch.length;
  }
}

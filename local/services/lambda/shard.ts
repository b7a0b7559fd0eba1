/** Reads one shard for a mapping: gathers batches, keeps the order of every key, and knows how far it has come. */
import { hash } from "node:crypto";
import type { EventStream, StreamRecord } from "../../core/streams";
import { type BatchHost, processBatch } from "./batch";
import { type Entry, Gathering } from "./gathering";
import type { MappingSettings } from "./mappingSettings";
import { orderingKey } from "./records";

export interface ShardHost extends Pick<BatchHost, "invoke" | "report"> {
  readonly settings: MappingSettings;
  readonly stream: EventStream;
  /** 1 on AWS; waits are that much shorter. */
  readonly haste: number;
  /** Whether it may read now; if not, it has said why, and calls again later. */
  mayRead(): boolean;
  passes(shardId: string, offset: number, oldest: number, record: StreamRecord): boolean;
  encode(shardId: string, record: StreamRecord): string;
  discard(shardId: string, discarded: Parameters<BatchHost["discard"]>[0]): Promise<void>;
}

/** Read at once; and looked at before others have their turn. */
const CHUNK = 200;
const TURN = 2000;

/** What goes one after the other. There are as many as the parallelization factor, and each has its share of the keys. */
interface Lane {
  readonly gathering: Gathering;
  /** What of the batch under way is not done. */
  open: readonly Entry[];
  busy: boolean;
  /** The batching window is over. */
  due: boolean;
  timer: NodeJS.Timeout | undefined;
}

export class ShardReader {
  private readonly lanes: Lane[];
  private readonly waits = new Set<() => void>();
  private running = true;
  private again = false;
  private idle: () => void = () => undefined;

  constructor(
    private readonly shardId: string,
    private next: number,
    private readonly host: ShardHost,
  ) {
    this.lanes = Array.from({ length: host.settings.parallelizationFactor }, () => ({
      gathering: new Gathering(host.settings.batchSize),
      open: [],
      busy: false,
      due: false,
      timer: undefined,
    }));
  }

  /** Offset of the first record that is not done. */
  get checkpoint(): number {
    const open = this.lanes.map((lane) => lane.open[0]?.offset ?? lane.gathering.firstOffset ?? this.next);
    return Math.min(this.next, ...open);
  }

  get recordsBehind(): number {
    return this.host.stream.bounds(this.shardId).end - this.checkpoint;
  }

  get batchesInFlight(): number {
    return this.lanes.filter(({ busy }) => busy).length;
  }

  /** Does all that can be done now. To be called whenever something may have changed. */
  pump(): void {
    if (!this.running) return;
    const more = this.fill();
    for (const lane of this.lanes) if (!more || lane.gathering.full) this.dispatch(lane);
    if (!more || this.again) return;
    this.again = true;
    setImmediate(() => {
      this.again = false;
      this.pump();
    });
  }

  /** Begins nothing more; resolves when the invocations under way have ended. */
  async stop(): Promise<void> {
    this.running = false;
    for (const lane of this.lanes) clearTimeout(lane.timer);
    for (const wake of this.waits) wake();
    if (this.batchesInFlight > 0) await new Promise<void>((resolve) => (this.idle = resolve));
  }

  /** Reads until the lanes have their batches, or the shard ends; true if it stopped only to let others go on. */
  private fill(): boolean {
    const { stream } = this.host;
    const { oldest, end } = stream.bounds(this.shardId);
    this.next = Math.max(this.next, oldest);
    if (this.next >= end || !this.hungry() || !this.host.mayRead()) return false;
    for (let seen = 0; this.next < end && this.hungry(); seen += CHUNK) {
      if (seen >= TURN) return true;
      for (const record of stream.read(this.shardId, this.next, Math.min(CHUNK, end - this.next))) {
        const offset = this.next++;
        if (!this.host.passes(this.shardId, offset, oldest, record)) continue;
        this.laneOf(record).gathering.add(offset, record, this.host.encode(this.shardId, record));
      }
    }
    return false;
  }

  private laneOf(record: StreamRecord): Lane {
    const { lanes } = this;
    const number = lanes.length === 1 ? 0 : parseInt(hash("md5", orderingKey(record)).slice(0, 8), 16) % lanes.length;
    const lane = lanes[number];
    if (lane === undefined) throw new RangeError(`No lane ${number}`);
    return lane;
  }

  /** A lane waits for records; but not if the others' already pile up. */
  private hungry(): boolean {
    const waiting = this.lanes.reduce((sum, { gathering }) => sum + gathering.length, 0);
    if (waiting >= 2 * this.lanes.length * this.host.settings.batchSize) return false;
    return this.lanes.some((lane) => !lane.busy && !lane.gathering.full);
  }

  private dispatch(lane: Lane): void {
    const { batchingWindow } = this.host.settings;
    if (lane.busy || lane.gathering.length === 0) return;
    if (batchingWindow === 0 || lane.due || lane.gathering.full) return void this.run(lane);
    lane.timer ??= setTimeout(
      () => {
        lane.due = true;
        this.pump();
      },
      (batchingWindow * 1000) / this.host.haste,
    );
  }

  private async run(lane: Lane): Promise<void> {
    clearTimeout(lane.timer);
    lane.timer = undefined;
    lane.due = false;
    lane.busy = true;
    const batch = lane.gathering.take();
    lane.open = batch.entries;
    await processBatch(batch, this.batchHost(lane));
    lane.busy = false;
    if (this.running) this.pump();
    else if (this.batchesInFlight === 0) this.idle();
  }

  private batchHost(lane: Lane): BatchHost {
    const { host, shardId } = this;
    const isRunning = (): boolean => this.running;
    return {
      settings: host.settings,
      invoke: (given) => host.invoke(given),
      report: (problem) => host.report(problem),
      discard: (discarded) => host.discard(shardId, discarded),
      done: (records) => void (lane.open = lane.open.slice(records)),
      oldest: () => host.stream.bounds(shardId).oldest,
      wait: (milliseconds) => this.wait(milliseconds / host.haste),
      get running() {
        return isRunning();
      },
    };
  }

  private async wait(milliseconds: number): Promise<boolean> {
    if (!this.running) return false;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.waits.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      this.waits.add(wake);
    });
    return this.running;
  }
}

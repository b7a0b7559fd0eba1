/** Loads tables onto the stream, several at a time, each with a COPY of its own that waits when the stream does. */
import { escapeIdentifier } from "pg";
import type { TaskSpec } from "../spec";
import { CopyOut, createClient } from "./connection";
import { isRefusedBySource, messageOf } from "./errors";
import type { Log } from "./log";
import { SuspendedTable, type Policies } from "./policy";
import type { OrderedSender } from "./sender";
import type { Tables } from "./tables";
import type { TableWork } from "./tableWork";

export interface LoaderContext {
  readonly spec: TaskSpec;
  readonly tables: Tables;
  readonly sender: OrderedSender;
  readonly policies: Policies;
  readonly log: Log;
  /** A load must not miss what changes that were sent already have done. */
  readonly beforeLoad: () => Promise<void>;
  /** The table's rows are on the stream, and so are the changes made meanwhile. */
  readonly onLoaded: (work: TableWork) => void;
}

/** PostgreSQL, "COPY", text format. */
const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/** A line of COPY's text format, without its end. */
export function copyValues(line: string): (string | null)[] {
  const values: (string | null)[] = line.split("\t");
  if (!line.includes("\\")) return values;
  for (const [index, value] of values.entries()) {
    if (value === "\\N") values[index] = null;
    else if (value?.includes("\\")) {
      values[index] = value.replace(/\\(.)/gs, (_, character: string) => ESCAPES[character] ?? character);
    }
  }
  return values;
}

export class Loader {
  private readonly queue: TableWork[] = [];
  private running = 0;
  private stopped = false;
  private readonly failed: Promise<never>;
  private fail: (error: unknown) => void = () => undefined;
  private settle: (() => void)[] = [];

  constructor(private readonly context: LoaderContext) {
    this.failed = new Promise((_, reject) => (this.fail = reject));
    this.failed.catch(() => undefined);
  }

  /** The tables' changes are cached from now on until they are loaded (again). */
  enqueue(works: readonly TableWork[]): void {
    for (const work of works) {
      work.cached ??= [];
      work.reloaded ||= work.loadEnded !== undefined;
      work.state = work.reloaded ? "Table is being reloaded" : "Before load";
      work.loadEnded = undefined;
      work.fullLoadRows = 0;
      this.queue.push(work);
    }
    this.next();
  }

  /** Resolves when all are loaded. @throws what stopped one. */
  async finished(): Promise<void> {
    while (this.running > 0 || this.queue.length > 0) {
      const settled = new Promise<void>((resolve) => this.settle.push(resolve));
      await Promise.race([settled, this.failed]);
    }
  }

  /** Rejects when a load fails in a way that stops the task; never resolves. */
  get failure(): Promise<never> {
    return this.failed;
  }

  stop(): void {
    this.stopped = true;
    this.queue.length = 0;
  }

  private next(): void {
    const most = this.context.spec.settings.FullLoadSettings.MaxFullLoadSubTasks;
    while (this.running < most && !this.stopped) {
      const work = this.queue.shift();
      if (work === undefined) return;
      this.running += 1;
      this.load(work)
        .catch((error: unknown) => this.fail(error))
        .finally(() => {
          this.running -= 1;
          for (const settle of this.settle.splice(0)) settle();
          this.next();
        })
        .catch(() => undefined);
    }
  }

  private async load(work: TableWork): Promise<void> {
    const { tables, policies, log, beforeLoad, onLoaded } = this.context;
    const { table } = work;
    if (!work.reloaded) work.state = "Full load";
    work.loadStarted = Date.now();
    log.info("TASK_MANAGER", `Start loading table '${table.schema}'.'${table.name}'`);
    try {
      await beforeLoad();
      await this.copy(work);
      // A change may have another partition key than the row's load, and must not come before it.
      await tables.release(work);
    } catch (error) {
      if (this.stopped) return;
      if (!(error instanceof SuspendedTable)) {
        if (!isRefusedBySource(error)) throw error;
        policies.onBadTable(table, messageOf(error));
      }
      tables.suspend(work);
      return;
    }
    work.state = "Table completed";
    work.loadEnded = Date.now();
    log.info(
      "TASK_MANAGER",
      `Load finished for table '${table.schema}'.'${table.name}'. ${work.fullLoadRows} rows sent`,
    );
    onLoaded(work);
  }

  /** Resolves when every row is on the stream. */
  private async copy(work: TableWork): Promise<void> {
    const { spec, tables, sender } = this.context;
    const { table, messages } = work;
    let outstanding = 1;
    let allSent: () => void = () => undefined;
    const sent = new Promise<void>((resolve) => (allSent = resolve));
    const onSent = (): void => {
      outstanding -= 1;
      if (outstanding === 0) allSent();
    };
    if (spec.settings.FullLoadSettings.TargetTablePrepMode === "DROP_AND_CREATE") {
      outstanding += 1;
      tables.control("drop-table", table, onSent);
    }
    outstanding += 1;
    tables.control("create-table", table, onSent);

    const columns = messages.loadColumns.map((name) => escapeIdentifier(name)).join(", ");
    const client = createClient(spec.source, "load", `dms ${spec.name} load`);
    // Reported by the COPY.
    client.on("error", () => undefined);
    await client.connect();
    let paused = false;
    const copy = new CopyOut(`COPY (SELECT ${columns} FROM ${table.quoted}) TO STDOUT`, (chunk) => {
      outstanding += 1;
      const line = chunk.toString("utf8", 0, chunk.length - 1);
      if (tables.loadRow(work, copyValues(line), onSent)) work.fullLoadRows += 1;
      else onSent();
      if (!sender.isFull || paused) return;
      paused = true;
      copy.pause();
      sender.room().then(
        () => {
          paused = false;
          copy.resume();
        },
        (error: unknown) => copy.abort(error),
      );
    });
    try {
      client.query(copy);
      await copy.done;
      onSent();
      await Promise.race([sent, sender.failed]);
    } finally {
      // Not `end`: it would wait for a COPY that was broken off.
      client.connection.stream.destroy();
    }
  }
}

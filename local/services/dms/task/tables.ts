/**
 * The tables of a task and what is sent of them: loads, changes, and changes that wait for a load. A table is loaded, then
 * gets the changes made meanwhile, then the ongoing ones; different tables are in different phases at the same time.
 */
import type { TableStatistics } from "../spec";
import type { SourceTable } from "./catalog";
import { exceptionsTable, tableControl, type ControlOperation } from "./control";
import { tableOf, type RowMessage } from "./decoding";
import { FatalError } from "./errors";
import type { Message, MessageOptions, Place } from "./messages";
import { SkippedRow, SuspendedTable, type Policies } from "./policy";
import type { Positions, Transaction } from "./positions";
import type { OrderedSender } from "./sender";
import { TableWork, type Change } from "./tableWork";

/** AWS API reference, PutRecords: data and key of a record. */
const MAX_RECORD = 1024 * 1024;
/** Characters of changes that wait for loads before the log is left to wait instead. */
const ENOUGH_CACHED = 64 * 1024 * 1024;

export interface TablesContext {
  readonly options: MessageOptions;
  readonly sender: OrderedSender;
  readonly positions: Positions;
  readonly policies: Policies;
  readonly warn: (message: string) => void;
}

export class Tables {
  readonly byName = new Map<string, TableWork>();
  private previous: Place | undefined;
  private cachedSize = 0;

  constructor(private readonly context: TablesContext) {}

  add(table: SourceTable): TableWork {
    const work = new TableWork(table, this.context.options);
    this.byName.set(table.quoted, work);
    return work;
  }

  statistics(): TableStatistics[] {
    return [...this.byName.values()].map((work) => work.statistics());
  }

  get isCacheFull(): boolean {
    return this.cachedSize > ENOUGH_CACHED;
  }

  announce(): void {
    this.context.sender.push(exceptionsTable(this.context.options), () => undefined);
  }

  /** @param onSent called once it is on the stream */
  control(operation: ControlOperation, table: SourceTable, onSent: () => void): void {
    this.context.sender.push(tableControl(operation, table, this.context.options), onSent);
  }

  /** @returns whether it was sent, and not left out as the settings say. @throws FatalError, SuspendedTable */
  loadRow(work: TableWork, values: readonly (string | null)[], onSent: () => void): boolean {
    return this.send(work, () => work.messages.load(values), onSent);
  }

  private send(work: TableWork, build: () => Message, onSent: () => void): boolean {
    try {
      const message = build();
      // A character has at most three bytes: most messages need not be measured.
      if (message.text.length * 3 > MAX_RECORD) {
        const bytes = Buffer.byteLength(message.text) + Buffer.byteLength(message.partitionKey);
        if (bytes > MAX_RECORD) {
          this.context.policies.onBadRow(
            work.table,
            `the record with key ${message.partitionKey} has ${bytes} bytes, and Kinesis takes ${MAX_RECORD}.`,
          );
        }
      }
      this.context.sender.push(message, onSent);
      return true;
    } catch (error) {
      if (error instanceof SkippedRow) return false;
      throw error;
    }
  }

  /**
   * A row change of the log.
   * @returns whether it counts among the transaction's changes: its table is one of the task's.
   */
  async change(text: string, place: Place, transaction: Transaction): Promise<boolean> {
    const about = tableOf(text);
    const work = about && this.byName.get(about.table);
    if (about === undefined || work === undefined || work.state === "Table error") return false;
    const change = { text, bodyAt: about.bodyAt, place, transaction };
    this.context.positions.hold(transaction);
    if (work.cached === undefined) {
      await this.emit(work, change);
    } else {
      work.cached.push(change);
      this.cachedSize += text.length;
    }
    return true;
  }

  /** The table has been loaded: the changes made meanwhile go out, and from then on each as it comes. */
  async release(work: TableWork): Promise<void> {
    for (;;) {
      const batch = work.cached;
      if (batch === undefined) return;
      if (batch.length === 0) {
        work.cached = undefined;
        return;
      }
      work.cached = [];
      for (const change of batch) {
        this.cachedSize -= change.text.length;
        await this.emit(work, change);
      }
    }
  }

  /** Nothing more is sent of it. */
  suspend(work: TableWork): void {
    work.state = "Table error";
    for (const { text, transaction } of work.cached ?? []) {
      this.cachedSize -= text.length;
      this.context.positions.release(transaction);
    }
    work.cached = undefined;
  }

  private async emit(work: TableWork, { text, bodyAt, place, transaction }: Change): Promise<void> {
    const { sender, positions } = this.context;
    const done = (): void => positions.release(transaction);
    try {
      const row = work.reader.read(text, bodyAt);
      const build = this.builder(work, row, place);
      if (build === undefined || !this.send(work, build, done)) return done();
      this.previous = place;
      if (row.operation === "insert") work.inserts += 1;
      else if (row.operation === "update") work.updates += 1;
      else work.deletes += 1;
    } catch (error) {
      if (!(error instanceof SuspendedTable)) throw error;
      this.suspend(work);
      return done();
    }
    if (sender.isFull) await sender.room();
  }

  /** Undefined where DMS ignores the change: of a table without primary key the log does not say which row it was. */
  private builder(work: TableWork, row: RowMessage, place: Place): (() => Message) | undefined {
    const { messages, table } = work;
    const { previous } = this;
    if (row.operation === "insert") return () => messages.insert(row.new, place, previous);
    if (table.key.length === 0 && !table.identityFull) return undefined;
    if (row.operation === "update") return () => messages.update(row.new, row.old, place, previous);
    const { old } = row;
    if (old === undefined) {
      this.context.warn(`Table '${table.schema}.${table.name}': a delete without replica identity is ignored.`);
      return undefined;
    }
    return () => messages.delete(old, place, previous);
  }

  find(schema: string, table: string): TableWork {
    for (const work of this.byName.values()) {
      if (work.table.schema === schema && work.table.name === table) return work;
    }
    throw new FatalError(`The task has no table ${schema}.${table}.`);
  }
}

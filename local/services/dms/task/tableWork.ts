/** A table in the hands of a task: its phase, what was counted, and changes that wait for its load. */
import type { TableState, TableStatistics } from "../spec";
import type { SourceTable } from "./catalog";
import { TupleReader } from "./decoding";
import { TableMessages, type MessageOptions, type Place } from "./messages";
import type { Transaction } from "./positions";

/** A change as the log has it. */
export interface Change {
  readonly text: string;
  readonly bodyAt: number;
  readonly place: Place;
  readonly transaction: Transaction;
}

export class TableWork {
  messages: TableMessages;
  reader = new TupleReader();
  state: TableState = "Before load";
  fullLoadRows = 0;
  inserts = 0;
  updates = 0;
  deletes = 0;
  ddls = 0;
  reloaded = false;
  loadStarted: number | undefined;
  loadEnded: number | undefined;
  /** Changes made while the table is being loaded, or before. Undefined once they may be sent at once. */
  cached: Change[] | undefined;

  constructor(
    table: SourceTable,
    private readonly options: MessageOptions,
  ) {
    this.messages = new TableMessages(table, options);
  }

  get table(): SourceTable {
    return this.messages.table;
  }

  /** The table has become another. */
  redefine(table: SourceTable): void {
    this.messages = new TableMessages(table, this.options);
  }

  statistics(): TableStatistics {
    const { state, fullLoadRows, inserts, updates, deletes, ddls, reloaded, loadStarted, loadEnded } = this;
    return {
      ...{ schema: this.table.schema, table: this.table.name },
      ...{ state, fullLoadRows, inserts, updates, deletes, ddls, reloaded },
      ...(loadStarted === undefined ? {} : { loadStarted }),
      ...(loadEnded === undefined ? {} : { loadEnded }),
    };
  }

  /** Takes up what an earlier run counted. */
  restore({ fullLoadRows, inserts, updates, deletes, ddls, loadStarted, loadEnded }: TableStatistics): void {
    Object.assign(this, { fullLoadRows, inserts, updates, deletes, ddls, loadStarted, loadEnded });
  }
}

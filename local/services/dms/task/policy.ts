/** What to do about a row or a table that makes trouble. AWS DMS guide, "Error handling task settings". */
import type { TaskSettings } from "../settings";
import type { SourceSpec } from "../spec";
import type { SourceTable } from "./catalog";
import { FatalError } from "./errors";
import type { Log } from "./log";

/** The row is left out. */
export class SkippedRow extends Error {}
/** The table is left out from now on. */
export class SuspendedTable extends Error {}

const nameOf = ({ schema, name }: SourceTable): string => `${schema}.${name}`;

export interface Policies {
  /** @throws FatalError, SuspendedTable or SkippedRow, unless the cut value may be sent. */
  onTruncated(table: SourceTable, column: string): void;
  /** @throws FatalError, SuspendedTable or SkippedRow. */
  onBadRow(table: SourceTable, message: string): never;
  /** @throws FatalError unless the table is merely to be suspended. */
  onBadTable(table: SourceTable, message: string): void;
}

export function policies({ ErrorBehavior }: TaskSettings, source: SourceSpec, log: Log): Policies {
  const act = (policy: string, message: string): void => {
    if (policy === "STOP_TASK") throw new FatalError(message);
    log.warn("TASK_MANAGER", message);
    if (policy === "SUSPEND_TABLE") throw new SuspendedTable(message);
    if (policy === "IGNORE_RECORD") throw new SkippedRow(message);
  };
  return {
    onTruncated(table, column) {
      const policy = source.settings.failTasksOnLobTruncation ? "STOP_TASK" : ErrorBehavior.DataTruncationErrorPolicy;
      act(policy, `Table '${nameOf(table)}', column '${column}': the LOB is larger than LobMaxSize and was truncated.`);
    },
    onBadRow(table, message) {
      const text = `Table '${nameOf(table)}': ${message}`;
      act(ErrorBehavior.DataErrorPolicy, text);
      throw new SkippedRow(text);
    },
    onBadTable(table, message) {
      const text = `Table '${nameOf(table)}': ${message}`;
      if (ErrorBehavior.TableErrorPolicy === "STOP_TASK") throw new FatalError(text);
      log.error("TABLES_MANAGER", `${text} The table is suspended.`);
    },
  };
}

export const NO_TABLES =
  "No tables were found at task initialization. Either the selected table(s) or schemas(s) no longer exist or no match " +
  "was found for the table selection pattern(s).";

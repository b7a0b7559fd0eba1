/** What a task must find again after it was stopped or killed. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { TableStatistics } from "../spec";

export interface Checkpoint {
  /** The replication slot of the task; absent for a task without changes. */
  readonly slot?: string;
  /** Everything before is on the stream. Absent until the slot exists. */
  readonly position?: string;
  /** The tables whose load is on the stream, with what was counted. */
  readonly loaded: readonly TableStatistics[];
}

export const CHECKPOINT_FILE = "checkpoint.json";

export function readCheckpoint(folder: string): Checkpoint | undefined {
  const file = path.join(folder, CHECKPOINT_FILE);
  if (!existsSync(file)) return undefined;
  // Written by us, whole or not at all.
  return JSON.parse(readFileSync(file, "utf8")) as Checkpoint;
}

export function writeCheckpoint(folder: string, checkpoint: Checkpoint): void {
  const file = path.join(folder, CHECKPOINT_FILE);
  writeFileSync(`${file}.new`, JSON.stringify(checkpoint));
  renameSync(`${file}.new`, file);
}

/** So that the next start is a fresh one. The old slot's name stays: it is to be dropped. */
export function forgetProgress(folder: string): void {
  const slot = readCheckpoint(folder)?.slot;
  writeCheckpoint(folder, { ...(slot === undefined ? {} : { slot }), loaded: [] });
}

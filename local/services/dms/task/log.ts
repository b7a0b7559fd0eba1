/** The task's log: what CloudWatch would hold, as a file. */
import { appendFileSync } from "node:fs";
import * as path from "node:path";

/** Components of the guide's "Logging task settings". */
export type Component =
  | "TASK_MANAGER"
  | "SOURCE_CAPTURE"
  | "SOURCE_UNLOAD"
  | "TARGET_APPLY"
  | "TARGET_LOAD"
  | "METADATA_MANAGER"
  | "TABLES_MANAGER";

export interface Log {
  info(component: Component, message: string): void;
  warn(component: Component, message: string): void;
  error(component: Component, message: string): void;
}

export const LOG_FILE = "task.log";

/** Without EnableLogging nothing is written. */
export function taskLog(folder: string, enabled: boolean): Log {
  const file = path.join(folder, LOG_FILE);
  const write = (level: "I" | "W" | "E") => (component: Component, message: string) => {
    if (!enabled) return;
    appendFileSync(file, `${new Date().toISOString().slice(0, 19)} [${component.padEnd(16)}]${level}:  ${message}\n`);
  };
  return { info: write("I"), warn: write("W"), error: write("E") };
}

/** The command line of the operator's commands: some options are the same everywhere. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { CannotRun } from "./command";
import { messageOf } from "./preflight/errors";

const COMMON = {
  local: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** @throws CannotRun for an option that is none. */
export function readOptions<Own extends NonNullable<ParseArgsConfig["options"]>>(argv: readonly string[], own: Own) {
  try {
    return parseArgs({ args: [...argv], options: { ...own, ...COMMON }, allowPositionals: true });
  } catch (error) {
    throw new CannotRun(`${messageOf(error)} (--help lists the options)`);
  }
}

/** `npm run cost`: runs a workload on this machine, and prints what AWS would bill for it. */
import * as path from "node:path";
import { parseArgs } from "node:util";
import { CannotRun, type Code, type Surroundings } from "../../ops/command";
import { messageOf } from "../../ops/preflight/errors";
import type { Progress } from "../demo/progress";
import { renderRun, renderRunJson } from "./report";
import { runCost, type RunOptions } from "./run";

const HELP = `npm run cost -- [options]

What a million changes cost on AWS, hop by hop and table by table, and what each month costs whatever happens. It runs the
whole pipeline on this machine for less than a minute, with the sample's workload, and counts what AWS would bill, with its
rounding; times list prices (local/cost/prices.ts).

      --json    Prints one JSON object.
  -h, --help    Prints this.

Exit code: 0 counted, 2 something could not be run, 130 interrupted.
docs/cost.md says more.`;

/** Enough for every table and kind of change, in half a minute. */
const RUN = {
  size: { shops: 100, users: 2_000, shifts: 12_000 },
  changes: 4_000,
  over: 15_000,
  // So that a window is long against what an invocation takes here.
  haste: 10,
  workedShifts: 150,
  seed: 2026,
} satisfies Partial<RunOptions>;

function optionsOf(argv: readonly string[]) {
  const options = {
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  } as const;
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    throw new CannotRun(`${messageOf(error)} (--help lists the options)`);
  }
}

/** A line that is rewritten, where somebody watches. */
function progressOf({ status, note }: Surroundings): Progress {
  let title = "";
  return {
    step: (next) => status(`  ${(title = next)}`),
    update: (state) => status(`  ${title}: ${state}`),
    done: () => status(""),
    print: note,
  };
}

export async function cost(
  argv: readonly string[],
  surroundings: Surroundings,
  run: typeof runCost = runCost,
): Promise<Code> {
  const { json, help } = optionsOf(argv);
  if (help) {
    surroundings.print(HELP);
    return 0;
  }
  const { folder, signal } = surroundings;
  const options = { ...RUN, folder: path.join(folder, ".local", "cost"), progress: progressOf(surroundings) };
  surroundings.note("The pipeline runs on this machine, with a workload: about a minute.");
  const result = await run(options, (close) => {
    // What is under way then fails, and the command ends as interrupted.
    if (signal.aborted) void close();
    else signal.addEventListener("abort", () => void close(), { once: true });
  });
  surroundings.status("");
  surroundings.print(json ? renderRunJson(result) : renderRun(result));
  return 0;
}

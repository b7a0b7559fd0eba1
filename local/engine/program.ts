/** Runs a Pulumi program in a process of its own and answers what it asks. */
import type { ChildProcess } from "node:child_process";
import * as path from "node:path";
import { forkModule } from "../core/fork";
import type { FromProgram, ProgramRun, Request, ToProgram } from "./protocol";

export interface ProgramSurroundings {
  /** The project's folder. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Does what the program asks. Its first failure ends the program. */
  readonly handle: (request: Request) => Promise<unknown>;
  /** What the program, or Pulumi's runtime, writes to its standard output and error. */
  readonly onOutput: (text: string) => void;
  /** Ends the program. */
  readonly signal: AbortSignal;
}

/** Enough of the output to explain an end without a word. */
const TAIL = 4_000;

/**
 * Resolves when the program has declared all it declares and each of its requests is answered.
 * @throws the error of the first request that failed, or one that says what is wrong with the program. No request is
 * under way any more by then, and the process is gone.
 */
export async function runProgram(run: ProgramRun, surroundings: ProgramSurroundings): Promise<void> {
  const { cwd, env, handle, onOutput, signal } = surroundings;
  signal.throwIfAborted();
  const child = forkModule(path.join(__dirname, "child"), { cwd, env });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const underWay = new Set<Promise<void>>();
  let tail = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      tail = (tail + text).slice(-TAIL);
      onOutput(text);
    });
  }

  const outcome = new Promise<void>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    child.once("error", reject);
    child.once("close", (code, by) => {
      signal.removeEventListener("abort", stop);
      reject(new Error(`The program ${run.program} ended by itself (${by ?? `exit code ${code}`}). ${tail}`.trim()));
    });
    child.on("message", (message: FromProgram) => {
      if (message.kind === "finished") resolve();
      else if (message.kind === "failed") reject(programFailure(run, message, tail));
      else {
        const { number, request } = message;
        const answered = handle(request).then(
          (result) => tell(child, { kind: "reply", number, result }),
          (error: unknown) => reject(error),
        );
        underWay.add(answered);
        void answered.then(() => underWay.delete(answered));
      }
    });
    tell(child, { kind: "run", run });
  });

  try {
    await outcome;
  } finally {
    child.kill("SIGKILL");
    await gone;
    await Promise.all(underWay);
  }
}

function tell(child: ChildProcess, message: ToProgram): void {
  // A child that has just died says so by its exit; the message that misses it says nothing more.
  if (child.connected) child.send(message, () => undefined);
}

function programFailure(run: ProgramRun, { message, stack }: { message: string; stack?: string }, tail: string): Error {
  if (stack === undefined) return new Error(`The program of the stack ${run.stack} stopped: ${message}`);
  const output = tail.trim() === "" ? "" : `\nIt had written:\n${tail.trim()}`;
  return new Error(`The program of the stack ${run.stack} failed: ${stack}${output}`);
}

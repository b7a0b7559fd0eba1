/** Starts a module of ours in a Node process of its own, with a channel for messages. */
import { fork, type ChildProcess } from "node:child_process";
import * as path from "node:path";

export interface ForkOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * `module` is the path without extension: of the compiled file in dist/, or of the source under jest.
 * Standard output and error are piped; the child is expected to end when its channel closes.
 */
export function forkModule(module: string, { cwd, env }: ForkOptions): ChildProcess {
  const fromSources = __filename.endsWith(".ts");
  return fork(module + path.extname(__filename), [], {
    cwd,
    env,
    execArgv: fromSources ? ["--require", path.join(__dirname, "sources.js")] : [],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
}

/**
 * The workload in a process of its own, and the heartbeat with it: whoever works on the monolith is not slowed down by the
 * cloud that runs beside, as it is not in a company.
 */
import * as path from "node:path";
import { Client } from "pg";
import { forkModule } from "../core/fork";
import type { Postgres } from "../postgres";
import { beat } from "./heartbeat";
import { runWorkload, type WorkloadOptions, type WorkloadResult } from "./workload";

type Task = Omit<WorkloadOptions, "connect" | "onProgress" | "signal"> & { readonly url: string };
type Told =
  | { readonly kind: "progress"; readonly changes: number }
  | { readonly kind: "done"; readonly result: WorkloadResult }
  | { readonly kind: "failed"; readonly message: string };

export interface Writers {
  /** Changes committed so far. */
  readonly changes: () => number;
  readonly result: Promise<WorkloadResult>;
  /** Ends the process; the result then fails, if it is not there yet. */
  stop(): void;
}

export function startWriters(monolith: Postgres, task: Omit<Task, "url">): Writers {
  const child = forkModule(path.join(__dirname, "writers"), { cwd: process.cwd(), env: process.env });
  let changes = 0;
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const result = new Promise<WorkloadResult>((resolve, reject) => {
    child.on("message", (told: Told) => {
      if (told.kind === "progress") changes = told.changes;
      else if (told.kind === "done") resolve(told.result);
      else reject(new Error(`The workload failed: ${told.message}`));
    });
    child.once("close", (code) => reject(new Error(`The workload ended early (exit code ${code}). ${errors}`.trim())));
  });
  child.send({ ...task, url: monolith.url } satisfies Task);
  return { changes: () => changes, result, stop: () => child.kill() };
}

/** Milliseconds between two words on the progress. */
const TELL = 100;

async function work({ url, ...options }: Task): Promise<void> {
  const tell = (told: Told): void => void process.send?.(told);
  const connect = async (): Promise<Client> => {
    const client = new Client(url);
    await client.connect();
    return client;
  };
  let told = 0;
  const onProgress = (changes: number): void => {
    if (Date.now() - told < TELL) return;
    told = Date.now();
    tell({ kind: "progress", changes });
  };
  const beating = new AbortController();
  try {
    const [result] = await Promise.all([
      runWorkload({ ...options, connect, onProgress }).finally(() => beating.abort()),
      beat(connect, beating.signal),
    ]);
    tell({ kind: "done", result });
  } catch (error) {
    tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
  process.disconnect();
}

// This file is both: what the demo imports, and the module of the process that it starts.
if (require.main === module && process.send !== undefined) {
  process.once("message", (task: Task) => void work(task));
  process.once("disconnect", () => process.exit());
  // Ctrl-C reaches the whole group: the demo decides what ends when.
  process.on("SIGINT", () => undefined);
}

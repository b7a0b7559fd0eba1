/** A mixed workload on the sample monolith: several writers at a time, real transactions. */
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import { random } from "./random";
import type { SampleSize } from "./sample";
import type { Territory } from "./transactions";
import { nextTransaction } from "./transactions";

export interface WorkloadOptions {
  readonly connect: () => Promise<Client>;
  readonly size: SampleSize;
  readonly seed: number;
  /** Row changes to make, at least. */
  readonly changes: number;
  /** Milliseconds to spread them over; the database may need longer. */
  readonly over: number;
  readonly onProgress?: (changes: number) => void;
}

export interface WorkloadResult {
  /** Rows inserted, updated and deleted by transactions that committed. */
  readonly changes: number;
  readonly transactions: number;
}

const WRITERS = 3;
/** Numbers from here on are of rows that the workload makes; each writer has every third. */
const FRESH = 1_000_000;

function territoryOf(writer: number, seed: number, size: SampleSize): Territory {
  const source = random(seed * WRITERS + writer);
  let next = FRESH + writer;
  // The keys 1 to `count` that leave the remainder `writer`.
  const own = (count: number): number => {
    const first = writer === 0 ? WRITERS : writer;
    return first + WRITERS * source.below(Math.floor((count - first) / WRITERS) + 1);
  };
  return {
    random: source,
    user: () => own(size.users),
    shop: () => own(size.shops),
    fresh: () => (next += WRITERS) - WRITERS,
  };
}

/** @throws the database's error if a transaction fails: none of them should. */
export async function runWorkload(options: WorkloadOptions): Promise<WorkloadResult> {
  const started = Date.now();
  let changes = 0;
  let transactions = 0;
  const write = async (writer: number): Promise<void> => {
    const territory = territoryOf(writer, options.seed, options.size);
    const client = await options.connect();
    try {
      while (changes < options.changes) {
        const { statements, rolledBack } = nextTransaction(territory);
        let rows = 0;
        await client.query("begin");
        for (const { text, values = [] } of statements) {
          const { rowCount, command } = await client.query(text, [...values]);
          if (command !== "SELECT") rows += rowCount ?? 0;
        }
        await client.query(rolledBack === true ? "rollback" : "commit");
        transactions += 1;
        if (rolledBack !== true) changes += rows;
        options.onProgress?.(changes);
        const ahead = (changes / options.changes) * options.over - (Date.now() - started);
        if (ahead > 0) await delay(ahead);
      }
    } finally {
      await client.end();
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
  return { changes, transactions };
}

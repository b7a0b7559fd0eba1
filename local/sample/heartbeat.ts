/** What pg_cron does in a company (docs/operations.md, "The heartbeat"). */
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";

/** Milliseconds: a minute of the laptop cloud, where a fortieth of AWS's time passes (demo/deploy.ts). */
const EVERY = 1_500;

export async function beat(connect: () => Promise<Client>, signal: AbortSignal): Promise<void> {
  const client = await connect();
  try {
    while (!signal.aborted) {
      await client.query("update heartbeat set beat_at = clock_timestamp()");
      // It rejects when it is told to end.
      await delay(EVERY, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await client.end();
  }
}

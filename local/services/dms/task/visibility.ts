/**
 * The log shows a commit a moment before other sessions see what it did: PostgreSQL writes the record first. What is read
 * from tables or the catalog because of something in the log must wait for that moment.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";

const PAUSE = 5;

/** Resolves when a new snapshot sees the transaction. @param id its 32 bits, as the log has them */
export async function untilVisible(client: Client, id: string): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ visible: boolean }>(
      `select pg_visible_in_snapshot((case when whole > top then whole - (1::bigint << 32) else whole end)::text::xid8, now) as visible
       from (select now, top, (top >> 32 << 32) + $1::bigint as whole
         from (select now, pg_snapshot_xmax(now)::text::bigint as top from pg_current_snapshot() as now) as a) as b`,
      [id],
    );
    if (rows[0]?.visible === true) return;
    await delay(PAUSE);
  }
}

/**
 * Resolves when a new snapshot sees all that `exported` sees, the snapshot that came with a new slot: what was committed
 * before the slot begins is in no message of it, so a load must not miss it.
 */
export async function untilCaughtUp(client: Client, exported: string): Promise<void> {
  await client.query("begin isolation level repeatable read");
  await client.query(`set transaction snapshot '${exported}'`);
  const { rows } = await client.query<{ seen: string }>("select pg_current_snapshot()::text as seen");
  await client.query("commit");
  for (;;) {
    const { rowCount } = await client.query(
      `select 1 from pg_snapshot_xip(pg_current_snapshot()) as running
       where pg_visible_in_snapshot(running, $1::pg_snapshot)`,
      [rows[0]?.seen],
    );
    if (rowCount === 0) return;
    await delay(PAUSE);
  }
}

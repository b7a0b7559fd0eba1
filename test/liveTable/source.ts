/** The monolith as a test needs it: it counts its own row changes, and it can be made to hold still. */
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";

/** Counts each table's row changes, transaction by transaction: what is rolled back is not counted. */
export async function countChanges(monolith: Client, tables: readonly string[]): Promise<void> {
  await monolith.query(`
    create schema counted;
    create table counted.changes ("table" text not null);
    create function counted.count() returns trigger language plpgsql as
      'begin insert into counted.changes values (tg_table_name); return null; end';`);
  for (const table of tables) {
    await monolith.query(
      `create trigger counted after insert or update or delete on ${table} for each row execute function counted.count()`,
    );
  }
}

export async function countedChanges(monolith: Client, table: string): Promise<number> {
  const { rows } = await monolith.query<{ count: string }>(`select count(*) from counted.changes where "table" = $1`, [
    table,
  ]);
  return Number(rows[0]?.count);
}

/** Changes some row every few milliseconds, until the connection ends: no moment of a task passes without a change. */
export async function changeAllTheTime(client: Client, table: string, column: string): Promise<never> {
  for (;;) {
    await client.query(`update ${table} set ${column} = ${column} + 1 where id = (select min(id) from ${table})`);
    await delay(10);
  }
}

/** Milliseconds; less than the second after which PostgreSQL looks for deadlocks and ends one of the two. */
const LOCK_TIMEOUT = 200;

/** Runs `work` while the writers wait. */
export async function heldStill<T>(monolith: Client, tables: readonly string[], work: () => Promise<T>): Promise<T> {
  for (;;) {
    await monolith.query("begin");
    try {
      await monolith.query(`set local lock_timeout = ${LOCK_TIMEOUT}`);
      // Lets others read.
      await monolith.query(`lock table ${tables.join(", ")} in exclusive mode`);
      return await work();
    } catch (error) {
      // A writer holds one table and waits for another of which we have the lock: it goes first.
      if (!(error instanceof Error) || !("code" in error) || error.code !== "55P03") throw error;
    } finally {
      await monolith.query("rollback");
    }
    await delay(50);
  }
}

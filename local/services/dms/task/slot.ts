/** The replication slot: made once, read with START_REPLICATION, acknowledged. PostgreSQL, "Streaming Replication Protocol". */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import { CopyOut } from "./connection";
import { FatalError } from "./errors";
import { parsePosition } from "./positions";

/** Shaped as DMS names its slots: task, database, a unique id. */
export async function newSlotName(client: Client, resourceId: string): Promise<string> {
  const { rows } = await client.query<{ oid: string }>(
    "select oid::text from pg_database where datname = current_database()",
  );
  const task = resourceId.slice(0, 16).toLowerCase();
  return `${task}_${(rows[0]?.oid ?? "").padStart(8, "0")}_${randomUUID().replaceAll("-", "_")}`;
}

/**
 * Waits for transactions that are open.
 * @returns from where on the slot has every change, and the snapshot of that moment, which lives until the connection's next
 * command.
 */
export async function createSlot(replication: Client, slot: string): Promise<{ position: bigint; snapshot: string }> {
  const { rows } = await replication.query<{ consistent_point: string; snapshot_name: string }>(
    `CREATE_REPLICATION_SLOT "${slot}" LOGICAL test_decoding EXPORT_SNAPSHOT`,
  );
  return { position: parsePosition(rows[0]?.consistent_point ?? "0/0"), snapshot: rows[0]?.snapshot_name ?? "" };
}

export async function dropSlot(client: Client, slot: string): Promise<void> {
  await client.query(
    "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1 and active",
    [slot],
  );
  for (let attempt = 0; ; attempt++) {
    try {
      await client.query("select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1", [
        slot,
      ]);
      return;
    } catch (error) {
      // The process that read it may take a moment to go.
      if (attempt === 50) throw error;
      await delay(50);
    }
  }
}

/** @throws FatalError if the slot is gone, and with it the changes since. */
export async function requireSlot(client: Client, slot: string): Promise<void> {
  const { rows } = await client.query<{ wal_status: string }>(
    "select wal_status from pg_replication_slots where slot_name = $1",
    [slot],
  );
  const status = rows[0]?.wal_status;
  if (status === undefined || status === "lost") {
    throw new FatalError(
      `The replication slot ${slot} ${status === undefined ? "does not exist" : "has lost the log it needs"}: ` +
        "changes since the task stopped cannot be read. Start the task with reload-target.",
    );
  }
}

const XLOG_DATA = 0x77; // w
const KEEPALIVE = 0x6b; // k
const XLOG_HEADER = 25;
/** Microseconds between the epochs of Unix and PostgreSQL. */
const EPOCH_OFFSET = 946_684_800_000_000n;

export interface SlotEvents {
  /** `at` is where the message's record begins, or for a COMMIT ends. */
  readonly onMessage: (text: string, at: () => bigint) => void;
  /** Everything before `end` has been sent. */
  readonly onKeepalive: (end: bigint) => void;
}

/** Reads a slot from `position` on. `done` rejects when the connection is lost. */
export class SlotReader {
  private readonly copy: CopyOut;
  /** The server asks for an answer, lest it takes us for dead. */
  private asked = false;

  constructor(
    private readonly client: Client,
    slot: string,
    position: string,
    { onMessage, onKeepalive }: SlotEvents,
  ) {
    const sql =
      `START_REPLICATION SLOT "${slot}" LOGICAL ${position} ` +
      `("include-xids" 'true', "include-timestamp" 'true', "skip-empty-xacts" 'true')`;
    this.copy = new CopyOut(sql, (chunk) => {
      if (chunk[0] === XLOG_DATA) {
        onMessage(chunk.toString("utf8", XLOG_HEADER), () => chunk.readBigUInt64BE(1));
      } else if (chunk[0] === KEEPALIVE) {
        onKeepalive(chunk.readBigUInt64BE(1));
        this.asked ||= chunk[17] === 1;
      }
    });
  }

  get done(): Promise<void> {
    return this.copy.done;
  }

  start(): void {
    this.client.query(this.copy);
  }

  pause(): void {
    this.copy.pause();
  }

  resume(): void {
    this.copy.resume();
  }

  get mustAnswer(): boolean {
    return this.asked;
  }

  /** Tells the server that everything before `position` may go. (To add one, as some do, would skip the next transaction.) */
  acknowledge(position: bigint): void {
    this.asked = false;
    const status = Buffer.alloc(34);
    status.write("r");
    for (const at of [1, 9, 17]) status.writeBigUInt64BE(position, at);
    status.writeBigUInt64BE(BigInt(Date.now()) * 1000n - EPOCH_OFFSET, 25);
    this.copy.send(status);
  }
}

import { brief, server } from "../testing/build";
import type { Server } from "../source";
import { settings } from "./settings";

const having = (values: Record<string, string>, more: Partial<Server> = {}) =>
  settings(server({ ...more, settings: values }));

test("a server as DMS wants it; one that does not know a setting", () => {
  expect(settings(server())).toEqual([]);
  const older = Object.entries(server().settings).filter(([name]) => name !== "idle_session_timeout");
  expect(settings({ ...server(), settings: Object.fromEntries(older) })).toEqual([]);
});

test("wal_level: by SQL, or by the parameter group of RDS", () => {
  expect(having({ wal_level: "replica" })).toMatchObject([
    { check: "wal-level", level: "error", sql: "ALTER SYSTEM SET wal_level = 'logical';" },
  ]);
  const [rds] = having({ wal_level: "replica" }, { isRds: true });
  expect(rds?.fix).toContain("rds.logical_replication = 1");
  expect(rds?.sql).toBeUndefined();
});

test("slots and senders: none free, one free", () => {
  const slot = { name: "s", plugin: null, active: true, walStatus: "reserved", lag: 0 };
  const found = (free: number) =>
    brief(
      having(
        { max_replication_slots: String(1 + free), max_wal_senders: String(3 + free) },
        { slots: [slot], senders: 3 },
      ),
    );
  expect(found(0)).toEqual(["error replication-slots", "error wal-senders"]);
  expect(found(1)).toEqual(["warning replication-slots", "warning wal-senders"]);
  expect(found(2)).toEqual([]);
});

test("workers", () => {
  expect(brief(having({ max_worker_processes: "14" }))).toEqual(["note worker-processes"]);
});

test("wal_sender_timeout: 0, or from 10 seconds to less than 5 minutes", () => {
  const found = (milliseconds: number) => brief(having({ wal_sender_timeout: String(milliseconds) }));
  expect([0, 10_000, 299_999].flatMap(found)).toEqual([]);
  expect(found(9_999)).toEqual(["error wal-sender-timeout"]);
  expect(found(300_000)).toEqual(["warning wal-sender-timeout"]);
});

test("timeouts that end DMS' sessions", () => {
  const findings = having({
    idle_in_transaction_session_timeout: "60000",
    idle_session_timeout: "1",
    transaction_timeout: "1",
    statement_timeout: "1",
  });
  expect(brief(findings)).toEqual(Array<string>(4).fill("warning session-timeout"));
  expect(findings[0]?.sql).toBe('ALTER ROLE "dms" SET idle_in_transaction_session_timeout = 0;');
});

test("limits at which a slot is given up", () => {
  expect(brief(having({ max_slot_wal_keep_size: "4096", idle_replication_slot_timeout: "3600" }))).toEqual([
    "warning slot-limit",
    "warning slot-limit",
  ]);
});

import { brief, EXPECTED, server } from "../testing/build";
import type { Slot } from "../source";
import { sessions } from "./sessions";

const GB = 1024 ** 3;
const slot = (more: Partial<Slot>): Slot => ({
  name: "task",
  plugin: "test_decoding",
  active: true,
  walStatus: "reserved",
  lag: 0,
  ...more,
});
const withSlot = (more: Partial<Slot>) => sessions(server({ slots: [slot(more)] }), EXPECTED);
const open = { pid: 7, user: "app", state: "idle in transaction" };

test("a slot in step, and short transactions", () => {
  const transactions = [{ ...open, seconds: 599 }];
  expect(sessions(server({ slots: [slot({ lag: GB })], transactions }), EXPECTED)).toEqual([]);
});

test("slots: lost, without reader, behind", () => {
  expect(brief(withSlot({ walStatus: "lost", active: false, lag: null }))).toEqual(["error slot-lost"]);
  expect(withSlot({ active: false, lag: 5 * GB })).toMatchObject([
    {
      check: "slot-inactive",
      level: "warning",
      what: expect.stringContaining("keeps 5 GB of log"),
      sql: "SELECT pg_drop_replication_slot('task');",
    },
  ]);
  expect(withSlot({ active: false, lag: null })[0]?.what).toContain("keeps no log");
  expect(brief(withSlot({ lag: GB + 1 }))).toEqual(["warning slot-lag"]);
});

test("transactions that hold up a task's start", () => {
  const findings = sessions(
    server({
      transactions: [
        { ...open, seconds: 600 },
        { ...open, seconds: 1 },
      ],
    }),
    EXPECTED,
  );
  expect(brief(findings)).toEqual(["warning open-transactions"]);
  expect(findings[0]?.what).toContain("7 (app, idle in transaction, 10 min)");
  expect(findings[0]?.sql).toBe("SELECT pg_terminate_backend(7);");
});

test("a user who does not see the sessions of others", () => {
  const blind = server({ role: { ...server().role, seesSessions: false } });
  expect(brief(sessions(blind, EXPECTED))).toEqual(["note sessions-hidden"]);
});

test("prepared transactions", () => {
  expect(brief(sessions(server({ prepared: ["x'y"] }), EXPECTED))).toEqual(["error prepared-transactions"]);
});

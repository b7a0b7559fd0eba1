/** Slots and transactions that hold up the log or the start of a task. */
import { escapeIdentifier, escapeLiteral } from "pg";
import type { Expected } from "../expected";
import { count, enumerate, size, type Finding } from "../finding";
import type { Server, Slot } from "../source";

const drop = ({ name }: Slot): string => `SELECT pg_drop_replication_slot(${escapeLiteral(name)});`;
const kept = ({ lag }: Slot): string => (lag === null ? "keeps no log" : `keeps ${size(lag)} of log`);

function slot(one: Slot, { slotLagBytes }: Expected): Finding[] {
  const title = `Slot ${one.name}${one.plugin === null ? "" : ` (${one.plugin})`}`;
  if (one.walStatus === "lost") {
    return [
      {
        check: "slot-lost",
        level: "error",
        what: `${title} is lost: log that it needs is gone. If it is a task's, that task cannot resume.`,
        fix: "Drop it, and start its task anew (reload-target), which loads all tables again.",
        sql: drop(one),
      },
    ];
  }
  if (!one.active) {
    return [
      {
        check: "slot-inactive",
        level: "warning",
        what:
          `${title} has no reader and ${kept(one)}, more with every change until the disk is full. ` +
          "A task that was deleted, or stopped for good, leaves its slot behind.",
        fix: "Start the task that it belongs to. If there is none any more, drop it:",
        sql: drop(one),
      },
    ];
  }
  if ((one.lag ?? 0) <= slotLagBytes) return [];
  return [
    {
      check: "slot-lag",
      level: "warning",
      what: `${title} ${kept(one)}: its reader is behind, or a long transaction holds it.`,
      fix: "Look at the task's CDCLatencySource and at the open transactions below, and at the free space of the disk.",
    },
  ];
}

function openTransactions(server: Server, { openTransactionSeconds }: Expected): Finding[] {
  if (!server.role.seesSessions) {
    return [
      {
        check: "sessions-hidden",
        level: "note",
        what: `${server.user} does not see the sessions of others: long transactions, which hold up a task's start, stay unseen.`,
        fix: "Let it see them, or run preflight as somebody who does.",
        sql: `GRANT pg_monitor TO ${escapeIdentifier(server.user)};`,
      },
    ];
  }
  const long = server.transactions.filter(({ seconds }) => seconds >= openTransactionSeconds);
  if (long.length === 0) return [];
  const described = long.map(
    ({ pid, user, state, seconds }) => `${pid} (${user}, ${state}, ${Math.round(seconds / 60)} min)`,
  );
  return [
    {
      check: "open-transactions",
      level: "warning",
      what:
        `${count(long.length, "transaction")} open for ${Math.round(openTransactionSeconds / 60)} minutes or more: process ` +
        `${enumerate(described, 5)}. A task that starts waits for them and may fail; a slot ` +
        "cannot be made before they end, and none lets go of the log meanwhile.",
      fix: "End them before the task starts.",
      sql: long.map(({ pid }) => `SELECT pg_terminate_backend(${pid});`).join("\n"),
    },
  ];
}

function preparedTransactions({ prepared }: Server): Finding[] {
  if (prepared.length === 0) return [];
  return [
    {
      check: "prepared-transactions",
      level: "error",
      what:
        `${count(prepared.length, "transaction")} prepared for a two-phase commit: ${enumerate(prepared, 5)}. ` +
        "A slot cannot be made while they stand, and DMS does not follow two-phase commits.",
      fix: "End each, as its coordinator meant to.",
      sql: prepared.map((id) => `COMMIT PREPARED ${escapeLiteral(id)}; -- or ROLLBACK PREPARED`).join("\n"),
    },
  ];
}

export const sessions = (server: Server, expected: Expected): Finding[] => [
  ...server.slots.flatMap((one) => slot(one, expected)),
  ...openTransactions(server, expected),
  ...preparedTransactions(server),
];

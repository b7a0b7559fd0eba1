/** The server's settings against what DMS asks of them. DMS guide, "Using a PostgreSQL database as a source". */
import { escapeIdentifier, escapeLiteral } from "pg";
import type { Finding } from "../finding";
import type { Server } from "../source";

/** How a parameter is set here: in the parameter group of RDS, or by SQL. */
function set(server: Server, name: string, value: string, restart: boolean): Pick<Finding, "fix" | "sql"> {
  if (server.isRds) {
    return {
      fix: `Set ${name} = ${value} in the database's parameter group${restart ? " and reboot: it is a static parameter" : ""}.`,
    };
  }
  return {
    fix: restart ? "Set it and restart the server." : "Set it.",
    sql: `ALTER SYSTEM SET ${name} = ${escapeLiteral(value)};${restart ? "" : "\nSELECT pg_reload_conf();"}`,
  };
}

/** NaN where the server has no such parameter. */
const number = ({ settings }: Server, name: string): number => Number(settings[name]);

function logicalDecoding(server: Server): Finding[] {
  const level = server.settings["wal_level"];
  if (level === "logical") return [];
  const [name, value] = server.isRds ? ["rds.logical_replication", "1"] : ["wal_level", "logical"];
  return [
    {
      check: "wal-level",
      level: "error",
      what: `wal_level is ${level}: the log does not have what logical decoding needs, and DMS cannot follow any table.`,
      ...set(server, name, value, true),
    },
  ];
}

interface Places {
  readonly check: "replication-slots" | "wal-senders";
  readonly parameter: string;
  readonly used: number;
  /** What one of them is, and what comes of there being none. */
  readonly one: string;
  readonly consequence: string;
}

function places(server: Server, { check, parameter, used, one, consequence }: Places): Finding[] {
  const all = number(server, parameter);
  const free = all - used;
  if (free > 1) return [];
  return [
    {
      check,
      level: free > 0 ? "warning" : "error",
      what:
        `${parameter} is ${all}, and ${used} ${used === 1 ? "is" : "are"} in use: ` +
        (free > 0
          ? `one is free, and no second for a failover or a task that starts anew.`
          : `no ${one} is free. ${consequence}`),
      ...set(server, parameter, String(used + 5), true),
    },
  ];
}

function workers(server: Server): Finding[] {
  const parts = ["max_logical_replication_workers", "autovacuum_max_workers", "max_parallel_workers"];
  const needed = parts.reduce((sum, name) => sum + number(server, name), 0);
  const present = number(server, "max_worker_processes");
  if (!(present < needed)) return [];
  return [
    {
      check: "worker-processes",
      level: "note",
      what:
        `max_worker_processes is ${present}; AWS asks for at least ${needed}, the sum of ${parts.join(", ")}. ` +
        "A task itself takes none of them; parallel queries and subscriptions get fewer workers than they ask for.",
      ...set(server, "max_worker_processes", String(needed), true),
    },
  ];
}

function senderTimeout(server: Server): Finding[] {
  const milliseconds = number(server, "wal_sender_timeout");
  const at = { check: "wal-sender-timeout" } as const;
  const fix = set(server, "wal_sender_timeout", "60000", false);
  if (milliseconds > 0 && milliseconds < 10_000) {
    const what = `wal_sender_timeout is ${milliseconds} ms: DMS fails with less than 10,000 (0, no limit, is allowed).`;
    return [{ ...at, level: "error", what, ...fix }];
  }
  if (milliseconds >= 300_000) {
    const what =
      `wal_sender_timeout is ${milliseconds / 1000} s: after a failover of the replication instance the slot stays taken ` +
      "for so long, and changes wait. AWS asks for less than five minutes.";
    return [{ ...at, level: "warning", what, ...fix }];
  }
  return [];
}

const TIMEOUTS: Readonly<Record<string, string>> = {
  idle_in_transaction_session_timeout: "DMS keeps transactions open between uses; one that is ended fails the task",
  idle_session_timeout: "DMS keeps sessions between uses; one that is ended fails the task",
  transaction_timeout: "the load of a table is one transaction, and ends with it",
  statement_timeout: "the load of a table is one statement, and ends with it",
};

function sessionTimeouts(server: Server): Finding[] {
  return Object.entries(TIMEOUTS)
    .filter(([name]) => number(server, name) > 0)
    .map(([name, consequence]) => ({
      check: "session-timeout",
      level: "warning",
      what: `${name} is ${number(server, name) / 1000} s for ${server.user}: ${consequence}.`,
      fix: "Switch it off for the replication user alone.",
      sql: `ALTER ROLE ${escapeIdentifier(server.user)} SET ${name} = 0;`,
    }));
}

function slotLimits(server: Server): Finding[] {
  const findings: Finding[] = [];
  const megabytes = number(server, "max_slot_wal_keep_size");
  if (megabytes >= 0) {
    findings.push({
      check: "slot-limit",
      level: "warning",
      what:
        `max_slot_wal_keep_size is ${megabytes} MB: a task that stands still while more than that is written loses its slot, ` +
        "and everything has to be loaded again. (It also keeps a forgotten slot from filling the disk.)",
      ...set(server, "max_slot_wal_keep_size", "-1", false),
    });
  }
  const seconds = number(server, "idle_replication_slot_timeout");
  if (seconds > 0) {
    findings.push({
      check: "slot-limit",
      level: "warning",
      what:
        `idle_replication_slot_timeout is ${seconds} s: a task that stands still for longer loses its slot, ` +
        "and everything has to be loaded again.",
      ...set(server, "idle_replication_slot_timeout", "0", false),
    });
  }
  return findings;
}

export const settings = (server: Server): Finding[] => [
  ...logicalDecoding(server),
  ...places(server, {
    check: "replication-slots",
    parameter: "max_replication_slots",
    used: server.slots.length,
    one: "slot",
    consequence:
      "A task that starts for the first time or anew cannot make its own and fails; one that resumes keeps its slot.",
  }),
  ...places(server, {
    check: "wal-senders",
    parameter: "max_wal_senders",
    used: server.senders,
    one: "sender",
    consequence: "A task that is not connected yet cannot read the log.",
  }),
  ...workers(server),
  ...senderTimeout(server),
  ...sessionTimeouts(server),
  ...slotLimits(server),
];

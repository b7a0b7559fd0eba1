/** What preflight finds: plain data, the same for people and for machines. */
import { escapeIdentifier } from "pg";

/** `error`: data will be lost or wrong, or replication does not start. `warning`: it may. `note`: good to know. */
export type Level = "error" | "warning" | "note";

export const LEVELS: readonly Level[] = ["error", "warning", "note"];

/** Every kind of finding; each has its section in docs/preflight.md. */
export const CHECKS = [
  "table-missing",
  "not-replicated",
  "not-a-table",
  "temporary",
  "unlogged",
  "partitioned",
  "partition",
  "inherited",
  "no-primary-key",
  "key-differs",
  "key-large-object",
  "key-deferrable",
  "replica-identity",
  "replica-identity-model",
  "null-not-seen",
  "truncate",
  "deferrable",
  "coalesce-index",
  "row-security",
  "select-grant",
  "name-case",
  "name-reserved",
  "column-missing",
  "column-unknown",
  "type-differs",
  "type-unsupported",
  "nullable-differs",
  "numeric-unconstrained",
  "varchar-unconstrained",
  "generated",
  "large-object",
  "infinity",
  "long-integer",
  "not-measured",
  "heartbeat-still",
  "wal-level",
  "replication-slots",
  "wal-senders",
  "worker-processes",
  "wal-sender-timeout",
  "session-timeout",
  "slot-limit",
  "slot-lost",
  "slot-inactive",
  "slot-lag",
  "replication-role",
  "schema-create",
  "ddl-trigger",
  "read-replica",
  "tls-off",
  "open-transactions",
  "prepared-transactions",
  "sessions-hidden",
  "engine-version",
  "engine-end",
] as const;

export type Check = (typeof CHECKS)[number];

export interface Finding {
  readonly check: Check;
  readonly level: Level;
  /** `<schema>.<name>`; absent if it concerns the database. */
  readonly table?: string;
  readonly columns?: readonly string[];
  /** What would happen, and why. */
  readonly what: string;
  readonly fix: string;
  /** The fix as statements, where it is SQL. */
  readonly sql?: string;
}

export interface TableName {
  readonly schema: string;
  readonly name: string;
}

export const tableKey = ({ schema, name }: TableName): string => `${schema}.${name}`;

export const quotedTable = ({ schema, name }: TableName): string =>
  `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;

/** `a`, `b` and 7 more. */
export function enumerate(names: readonly string[], limit = Infinity): string {
  const shown = names.slice(0, limit);
  const rest = names.length - shown.length;
  return rest > 0 ? `${shown.join(", ")} and ${rest} more` : shown.join(", ");
}

const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

/** 1 KB is 1,024 bytes, as in PostgreSQL and in DMS. */
export function size(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log(bytes) / Math.log(1024)), UNITS.length - 1);
  return `${Math.round((bytes / 1024 ** power) * 10) / 10} ${UNITS[power]}`;
}

/** The plural is the singular with an s. */
export const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

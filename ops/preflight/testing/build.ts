/** Sources and models for the tests: in order as they are, so that a test names only what is wrong. */
import { bigint, numeric, pgTable, text, timestamp, varchar } from "drizzle-orm/pg-core";
import type { Table } from "../../../model";
import { MONOLITH } from "../../../model";
import { describeTable, type TableNotes } from "../../../model/table";
import { expected } from "../expected";
import type { Finding } from "../finding";
import type { CatalogColumn, CatalogTable, Measured, Relation, Server } from "../source";

export const TODAY = "2026-11-24";
export const EXPECTED = expected("3.6.1", TODAY);

/** `public.visits` of a model: bigint key, a short and a long text, a decimal, a moment. */
export function model(notes: Partial<TableNotes> = {}): Table {
  const described = pgTable("visits", {
    id: bigint({ mode: "bigint" }).primaryKey(),
    place: varchar({ length: 20 }),
    report: text().notNull(),
    price: numeric({ precision: 8, scale: 2 }).notNull(),
    at: timestamp().notNull(),
  });
  return describeTable(MONOLITH, described, { comment: "One row per visit", ...notes });
}

export const column = (name: string, type: string, more: Partial<CatalogColumn> = {}): CatalogColumn => ({
  name,
  type,
  typeName: type,
  typeKind: "b",
  isArray: false,
  baseType: null,
  nullable: false,
  generated: "",
  ...more,
});

export const relation = (name: string, more: Partial<Relation> = {}): Relation => ({
  schema: "public",
  name,
  kind: "r",
  persistence: "p",
  isPartition: false,
  ofExtension: false,
  ...more,
});

/** What the database has of `model()`; `columns` take the place of those of their names, or are added. */
export function table({ columns = [], ...more }: Partial<CatalogTable> = {}): CatalogTable {
  const usual = [
    column("id", "bigint"),
    column("place", "character varying(20)", { nullable: true }),
    column("report", "text"),
    column("price", "numeric(8,2)"),
    column("at", "timestamp without time zone"),
  ];
  return {
    ...relation("visits"),
    columns: [
      ...usual.map((one) => columns.find(({ name }) => name === one.name) ?? one),
      ...columns.filter(({ name }) => usual.every((one) => one.name !== name)),
    ],
    key: ["id"],
    keyDeferrable: false,
    identity: "d",
    identityIndex: null,
    deferrable: [],
    coalesceIndexes: [],
    owner: { name: "postgres", superuser: true, truncates: true },
    truncaters: [],
    schemaUsable: true,
    selectable: true,
    rowsHidden: false,
    parent: null,
    children: [],
    ...more,
  };
}

export const server = (more: Partial<Server> = {}): Server => ({
  version: "16.4",
  versionNumber: 160_004,
  database: "monolith",
  user: "dms",
  isReplica: false,
  isRds: false,
  slots: [],
  senders: 0,
  transactions: [],
  prepared: [],
  ...more,
  settings: {
    wal_level: "logical",
    ssl: "on",
    max_replication_slots: "10",
    max_wal_senders: "10",
    max_worker_processes: "15",
    max_logical_replication_workers: "4",
    autovacuum_max_workers: "3",
    max_parallel_workers: "8",
    wal_sender_timeout: "60000",
    max_slot_wal_keep_size: "-1",
    idle_in_transaction_session_timeout: "0",
    idle_session_timeout: "0",
    statement_timeout: "0",
    ...more.settings,
  },
  role: {
    superuser: false,
    replication: true,
    rdsReplication: false,
    rdsSuperuser: false,
    seesSessions: true,
    ...more.role,
  },
  artifacts: {
    schema: "public",
    create: true,
    hasHeartbeat: false,
    hasAudit: true,
    trigger: "O",
    ...more.artifacts,
  },
});

export const rows = (more: Partial<Measured> = {}): Measured => ({
  schema: "public",
  name: "visits",
  percent: 100,
  largeObjects: [],
  infinite: [],
  longIntegers: [],
  ...more,
});

/** `error type-differs price`, one a finding. */
export const brief = (findings: readonly Finding[]): string[] =>
  findings.map(({ level, check, columns = [] }) => [level, check, ...columns].join(" "));

/**
 * The monolith's tables, as `drizzle-kit pull` writes them from a database that exists (docs/deploy.md, "The model").
 * What the database does not know stands in `tables.ts`.
 */
import {
  bigint,
  boolean,
  customType,
  date,
  doublePrecision,
  jsonb,
  numeric,
  pgEnum,
  pgTable,
  primaryKey,
  smallint,
  text,
  time,
  timestamp,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";

const bytea = customType<{ data: Buffer }>({ dataType: () => "bytea" });

export const userRole = pgEnum("user_role", ["employee", "manager", "owner"]);
export const contractKind = pgEnum("contract_kind", ["permanent", "fixed_term", "student"]);
export const absenceKind = pgEnum("absence_kind", ["paid_leave", "sick_leave", "unpaid_leave", "parental_leave"]);

export const shops = pgTable("shops", {
  id: bigint({ mode: "bigint" }).primaryKey(),
  name: text().notNull(),
  city: varchar({ length: 80 }),
  timezone: text().notNull(),
  opens_at: time().notNull(),
  settings: jsonb().notNull(),
  tags: text().array(),
  active: boolean().notNull(),
  created_at: timestamp({ withTimezone: true }).notNull(),
  updated_at: timestamp().notNull(),
});

export const users = pgTable("users", {
  id: bigint({ mode: "bigint" }).primaryKey(),
  public_id: uuid().notNull(),
  shop_id: bigint({ mode: "bigint" }).notNull(),
  first_name: text().notNull(),
  last_name: text().notNull(),
  email: text(),
  phone: varchar({ length: 40 }),
  role: userRole().notNull(),
  skills: text().array(),
  locale: varchar({ length: 8 }),
  badge: bytea(),
  active: boolean().notNull(),
  hired_on: date().notNull(),
  last_seen_at: timestamp(),
});

export const contracts = pgTable("contracts", {
  id: uuid().primaryKey(),
  user_id: bigint({ mode: "bigint" }).notNull(),
  shop_id: bigint({ mode: "bigint" }).notNull(),
  kind: contractKind().notNull(),
  weekly_hours: numeric({ precision: 5, scale: 2 }).notNull(),
  hourly_wage: numeric({ precision: 30, scale: 10 }),
  starts_on: date().notNull(),
  ends_on: date(),
  terms: text(),
  signed: boolean(),
  updated_at: timestamp({ withTimezone: true }).notNull(),
});

export const shifts = pgTable("shifts", {
  id: bigint({ mode: "bigint" }).primaryKey(),
  shop_id: bigint({ mode: "bigint" }).notNull(),
  user_id: bigint({ mode: "bigint" }),
  starts_at: timestamp({ withTimezone: true }).notNull(),
  ends_at: timestamp({ withTimezone: true }).notNull(),
  break_minutes: smallint().notNull(),
  workload: doublePrecision(),
  published_at: timestamp({ withTimezone: true }),
  note: text(),
  updated_at: timestamp({ withTimezone: true }).notNull(),
});

export const absences = pgTable(
  "absences",
  {
    user_id: bigint({ mode: "bigint" }).notNull(),
    starts_on: date().notNull(),
    ends_on: date().notNull(),
    kind: absenceKind().notNull(),
    approved: boolean(),
    comment: text(),
    certificate: bytea(),
    requested_at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.user_id, table.starts_on] })],
);

export const heartbeat = pgTable("heartbeat", {
  id: smallint().primaryKey(),
  beat_at: timestamp({ withTimezone: true }).notNull(),
});

/** The production stack with a model of as many tables as the environment says: the real ones, and ones made up. */
import { bigint, boolean, integer, jsonb, numeric, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { prodConfig } from "../../infra/config";
import { prod } from "../../infra/prod";
import { services, tables } from "../../model";
import type { Service } from "../../model";
import { describeTable, MONOLITH } from "../../model/table";

/** What a program like this one is told: infra/ itself knows no such setting. */
const TABLES = "TRIBUTARY_BENCH_TABLES";

/** Of the tables made up, as many as a large service would follow. */
const FOLLOWED = 20;

const madeUp = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    describeTable(
      MONOLITH,
      pgTable(`table_${index}`, {
        id: bigint({ mode: "bigint" }).primaryKey(),
        parent_id: bigint({ mode: "bigint" }),
        reference: uuid(),
        name: text().notNull(),
        description: text(),
        amount: numeric({ precision: 12, scale: 2 }),
        count: integer(),
        active: boolean(),
        details: jsonb(),
        starts_at: timestamp({ withTimezone: true }),
        created_at: timestamp({ withTimezone: true }).notNull(),
        updated_at: timestamp({ withTimezone: true }),
      }),
      { comment: "One row per thing" },
    ),
  );

/** As infra/index exports it. */
export = async (): Promise<object> => {
  const more = madeUp(Number(process.env[TABLES]) - tables.length);
  const follower: Service = {
    name: "follower",
    comment: "Follows many tables",
    follows: more.slice(0, FOLLOWED).map(({ name }) => ({ table: name })),
    owns: [],
  };
  return prod(prodConfig(), { tables: [...tables, ...more], services: [...services, follower] });
};

import { pgTable, smallint, timestamp } from "drizzle-orm/pg-core";
import { MONOLITH } from "../../../model";
import { describeTable } from "../../../model/table";
import { brief, model, rows, server } from "../testing/build";
import { heartbeat, heartbeatSql } from "./heartbeat";
import { absent } from "./presence";

const described = pgTable("pulse", {
  id: smallint().primaryKey(),
  at: timestamp({ withTimezone: true }).notNull(),
});
const pulse = describeTable(MONOLITH, described, { comment: "", heartbeat: "at" });
const beat = (secondsSinceBeat: number | null) => heartbeat(rows({ secondsSinceBeat }), pulse, server());

test("a table that is no heartbeat, and one that beats", () => {
  expect(heartbeat(rows(), model(), server())).toEqual([]);
  expect(beat(59)).toEqual([]);
  expect(beat(300)).toEqual([]);
});

test("a heartbeat that stands still is set going", () => {
  const [finding] = beat(301);
  expect(brief([...beat(301)])).toEqual(["warning heartbeat-still at"]);
  expect(beat(3 * 3600)[0]?.what).toContain("The last heartbeat is 180 minutes old: nobody beats.");
  expect(finding?.sql).toBe(
    "SELECT cron.schedule_in_database('tributary-heartbeat', '* * * * *', " +
      `'UPDATE "public"."pulse" SET "at" = now()', 'monolith');`,
  );
});

test("a heartbeat without a row gets one", () => {
  expect(brief(beat(null))).toEqual(["warning heartbeat-still at"]);
  expect(beat(null)[0]?.sql).toBe('INSERT INTO "public"."pulse" VALUES (1, now());');
});

test("a heartbeat that is not there is made, any other table is not", () => {
  expect(heartbeatSql(pulse)).toBe(
    'CREATE TABLE "public"."pulse" ("id" smallint PRIMARY KEY, "at" timestamp with time zone NOT NULL);\n' +
      'INSERT INTO "public"."pulse" VALUES (1, now());',
  );
  expect(absent(pulse, []).sql).toBe(heartbeatSql(pulse));
  expect(absent(model(), [])).not.toHaveProperty("sql");
});

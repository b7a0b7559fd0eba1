import { bigint, pgTable, smallint, timestamp, uuid } from "drizzle-orm/pg-core";
import { describeTable, heartbeatOf, MONOLITH } from "./table";

const moment = () => timestamp({ withTimezone: true });
const described = (table: Parameters<typeof describeTable>[1], beat: string, source = MONOLITH) =>
  describeTable(source, table, { comment: "", heartbeat: beat });

const pulse = pgTable("pulse", { id: smallint().primaryKey(), at: moment().notNull() });

test("a table may be the heartbeat, and only one", () => {
  const table = described(pulse, "at");
  expect(table.heartbeat).toBe("at");
  const other = describeTable(MONOLITH, pulse, { comment: "" });
  expect(heartbeatOf([other, table])).toBe(table);
  expect(heartbeatOf([other])).toBeUndefined();
  expect(() => heartbeatOf([table, { ...table, name: "other" }])).toThrow('both "pulse" and "other" are the heartbeat');
});

test.each([
  ["a column that is not there", pulse, "beat"],
  ["the key", pgTable("p", { id: moment().primaryKey(), at: moment().notNull() }), "id"],
  ["a time without zone", pgTable("p", { id: smallint().primaryKey(), at: timestamp().notNull() }), "at"],
  ["a time that may be null", pgTable("p", { id: smallint().primaryKey(), at: moment() }), "at"],
  ["a key that is no integer", pgTable("p", { id: uuid().primaryKey(), at: moment().notNull() }), "at"],
  [
    "a table that holds more",
    pgTable("p", { id: smallint().primaryKey(), at: moment().notNull(), n: bigint({ mode: "bigint" }).notNull() }),
    "at",
  ],
])("%s is no heartbeat", (_, table, beat) => {
  expect(() => described(table, beat)).toThrow(`it must have a key of one integer, and "${beat}", a timestamptz`);
});

test("a service has no heartbeat: the way of its tables begins elsewhere", () => {
  expect(() => described(pulse, "at", "clocking")).toThrow('"pulse" is the heartbeat: only a table of the monolith');
});

import { bigint, date, doublePrecision, numeric, pgTable, real, text, timestamp } from "drizzle-orm/pg-core";
import type { PgColumnBuilderBase } from "drizzle-orm/pg-core";
import type { TableNotes } from "../../model/table";
import { describeTable, MONOLITH } from "../../model/table";
import { lakeSchemas } from "./schemas";
import type { Memory, Schemas } from "./schemaGuard";
import { losses } from "./schemaGuard";

const deployed = (schemas: Schemas, seen = schemas, used: readonly string[] = []): Memory => ({ schemas, seen, used });
const texts = (memory: Memory, after: Schemas): string[] => losses(memory, after).map(({ text: said }) => said);

const users = { id: "integer as bigint", badge: "text as string" };
const before = { changes_users: users, changes_shops: { id: "integer as bigint" } };

test("what is added is no loss", () => {
  expect(losses(deployed({}), before)).toEqual([]);
  expect(losses(deployed(before), { ...before, changes_users: { ...users, locale: "text as string" } })).toEqual([]);
});

test("what is dropped or changes its type is one, each in words of its own", () => {
  expect(texts(deployed(before), { changes_users: { id: "text as string" } })).toEqual([
    "changes_users.id: integer as bigint -> text as string",
    "changes_users.badge: text as string -> dropped",
    "changes_shops: dropped",
  ]);
});

test("what was dropped is remembered: it may come back as it was, and be dropped no second time", () => {
  const { badge, ...rest } = users;
  const dropped = deployed({ changes_users: rest }, before);
  expect(losses(dropped, { changes_users: rest })).toEqual([]);
  expect(losses(dropped, before)).toEqual([]);
  expect(losses(dropped, { changes_users: { ...rest, badge: "integer as bigint" } })).toEqual([
    { text: `changes_users.badge: ${badge} -> integer as bigint`, comesBack: true },
  ]);
  // Of a table, its columns are remembered; those that it comes back without are no new loss.
  expect(losses(dropped, { changes_users: rest, changes_shops: { name: "text as string" } })).toEqual([]);
  expect(losses(dropped, { changes_users: rest, changes_shops: { id: "text as string" } })).toEqual([
    { text: "changes_shops.id: integer as bigint -> text as string", comesBack: true },
  ]);
});

test("a decision is good for once: the next time the same loss has a number", () => {
  const loss = "changes_shops: dropped";
  const after = { changes_users: users };
  expect(texts(deployed(before, before, [loss]), after)).toEqual([`${loss} (2)`]);
  expect(texts(deployed(before, before, [loss, `${loss} (2)`]), after)).toEqual([`${loss} (3)`]);
});

test("a state that has lake types alone is compared by these", () => {
  const old = deployed({ changes_users: { id: "bigint", badge: "string" } });
  expect(losses(old, { changes_users: users })).toEqual([]);
  expect(texts(old, { changes_users: { id: "text as string" } })).toEqual([
    "changes_users.id: bigint -> text as string",
    "changes_users.badge: string -> dropped",
  ]);
});

describe("what becomes of a column", () => {
  const schemasOf = (source: string, column: PgColumnBuilderBase, notes: Partial<TableNotes> = {}): Schemas => {
    const table = pgTable("t", { id: bigint({ mode: "bigint" }).primaryKey(), x: column });
    return lakeSchemas([describeTable(source, table, { comment: "", ...notes })]);
  };
  type Version = readonly [PgColumnBuilderBase, Partial<TableNotes>?];
  const change = (source: string, from: Version, to: Version): string[] =>
    texts(deployed(schemasOf(source, ...from)), schemasOf(source, ...to));
  const pseudonym = { pseudonym: ["x"] };

  test.each<[string, Version, Version, string[]]>([
    [
      "a time that gets a zone",
      [timestamp()],
      [timestamp({ withTimezone: true })],
      ["changes_t.x: timestamp as string -> instant as string", "full_t.x: timestamp as string -> instant as string"],
    ],
    [
      "a time that becomes text",
      [timestamp()],
      [text()],
      ["changes_t.x: timestamp as string -> text as string", "full_t.x: timestamp as string -> text as string"],
    ],
    [
      "a text that becomes a pseudonym",
      [text()],
      [text(), pseudonym],
      ["changes_t.x: text as string -> hashed text as string", "full_t.x: text as string -> dropped"],
    ],
    [
      "a number that gets wider",
      [numeric({ precision: 5, scale: 2 })],
      [numeric({ precision: 9, scale: 2 })],
      ["full_t.x: decimal(5,2) as decimal(5,2) -> decimal(9,2) as decimal(9,2)"],
    ],
    ["a text of another length", [text()], [text({ enum: ["in", "out"] })], []],
  ])("of the monolith: %s", (_what, from, to, expected) => {
    expect(change(MONOLITH, from, to)).toEqual(expected);
  });

  const both = (said: string): string[] => [`changes_t.x: ${said}`, `compacted_t.x: ${said}`];
  const decimal = (precision: number, scale: number) => numeric({ precision, scale });
  test.each<[string, Version, Version, string[]]>([
    [
      "plain text that becomes a pseudonym",
      [text()],
      [text(), pseudonym],
      both("text as string -> hashed text as string"),
    ],
    ["a pseudonym that is shown", [text(), pseudonym], [text()], both("hashed text as string -> text as string")],
    ["a time that becomes a date", [timestamp()], [date()], both("timestamp as string -> date as string")],
    ["text that becomes a number", [text()], [decimal(9, 2)], both("text as string -> decimal(9,2) as string")],
    [
      "a number that gets narrower",
      [decimal(9, 2)],
      [decimal(5, 2)],
      both("decimal(9,2) as string -> decimal(5,2) as string"),
    ],
    [
      "a number that loses digits before its point",
      [decimal(9, 2)],
      [decimal(9, 3)],
      both("decimal(9,2) as string -> decimal(9,3) as string"),
    ],
    [
      "a number that loses digits behind its point",
      [decimal(9, 2)],
      [decimal(9, 1)],
      both("decimal(9,2) as string -> decimal(9,1) as string"),
    ],
    ["a number that gets more digits on both sides", [decimal(9, 2)], [decimal(12, 4)], []],
    ["a float that gets wider", [real()], [doublePrecision()], []],
    ["a float that gets narrower", [doublePrecision()], [real()], both("double as string -> real as string")],
  ])("of a service: %s", (_what, from, to, expected) => {
    expect(change("clocking", from, to)).toEqual(expected);
  });
});

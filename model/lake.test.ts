import type { PgColumnBuilderBase, PgTable } from "drizzle-orm/pg-core";
import { bigint, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { checkServices } from "./services";
import type { TableNotes } from "./table";
import { describeTable, ModelError, MONOLITH } from "./table";

const id = () => bigint({ mode: "bigint" }).primaryKey();
const shops = (columns: Record<string, PgColumnBuilderBase> = {}, name = "shops"): PgTable =>
  pgTable(name, { id: id(), ...columns });
const described = (table: PgTable, notes: Partial<TableNotes> = {}) =>
  describeTable(MONOLITH, table, { comment: "One row per shop", ...notes });
const at = 'model: table "shops"';

test.each<[string, PgTable, Partial<TableNotes>, string]>([
  [
    "the comment of a column, in bytes",
    shops(),
    { comments: { id: `${"x".repeat(253)}€` } },
    `${at}, column "id": its comment has 256 bytes, and the catalog takes 255. Shorten it.`,
  ],
  [
    "a comment of two lines",
    shops(),
    { comments: { id: "one\ntwo" } },
    `${at}, column "id": its comment has several lines, and the catalog takes one.`,
  ],
  [
    "the comment of a table",
    shops(),
    { comment: "x".repeat(1_901) },
    `${at}: its comment has 1901 bytes, and the catalog takes 1900. Shorten it.`,
  ],
  [
    "the name of a table",
    shops({}, "s".repeat(245)),
    {},
    `model: table "${"s".repeat(245)}": its name has 245 bytes, and the lake takes 244. Leave the table out.`,
  ],
  [
    "the name of a column",
    shops({ ["n".repeat(252)]: text() }),
    {},
    `its name has 252 bytes, and the lake takes 251. Rename it, or declare it private.`,
  ],
  [
    "characters of a table's name",
    shops({}, "öffnungen"),
    {},
    'model: table "öffnungen": Athena takes letters (a to z), digits and underscores in a name only.',
  ],
  [
    "characters of a column's name",
    shops({ "opens-at": text() }),
    {},
    `${at}, column "opens-at": Athena takes letters (a to z), digits and underscores in a name only.`,
  ],
  [
    "case alone",
    shops({ Name: text(), name: text() }),
    {},
    `${at}, column "name": the lake has the name "name" for column "Name"; case does not count there. Rename one of the two`,
  ],
  [
    "the text that the view makes of a time",
    shops({ opened: timestamp(), Opened_ISO: text() }),
    {},
    `${at}, column "Opened_ISO": the lake has the name "opened_iso" for the exact text of column "opened"`,
  ],
  [
    "a time whose text the view would make",
    shops({ opened_iso: text(), opened: timestamp({ withTimezone: true }) }),
    {},
    `${at}, column "opened": the lake has the name "opened_iso" for column "opened_iso"`,
  ],
  [
    "a partition of changes",
    shops({ dt: text() }),
    {},
    `${at}, column "dt": the lake has the name "dt" for what tells`,
  ],
  ["a partition of loads", shops({ Load: text() }), {}, `${at}, column "Load": the lake has the name "load" for what`],
])("the lake cannot have: %s", (_what, table, notes, message) => {
  expect(() => described(table, notes)).toThrow(ModelError);
  expect(() => described(table, notes)).toThrow(message);
});

test("what it can have just so", () => {
  described(shops({ ["n".repeat(251)]: text() }, "s".repeat(244)), {
    comment: "x".repeat(1_900),
    comments: { id: "\t".padEnd(255, "x") },
  });
});

test("what never enters the lake may be called anything", () => {
  const table = shops({ "opens-at": text(), Name: text(), name: text(), dt: text(), at_iso: text(), at: timestamp() });
  described(table, { private: ["opens-at", "Name", "dt", "at_iso"] });
  // The hash of a time is a text like any other.
  described(shops({ at_iso: text(), at: timestamp() }), { pseudonym: ["at"] });
});

test("two tables of one name, whoever has them: case does not count", () => {
  const service = (name: string, table: string) => ({
    name,
    comment: "",
    follows: [],
    owns: [describeTable(name, shops({}, table), { comment: "" })],
  });
  const monolith = [described(shops())];
  expect(() => checkServices([service("clocking", "Shops")], monolith)).toThrow(
    'model: service "clocking" has a table "Shops", but the monolith has one of that name: the lake needs one name a table',
  );
  expect(() => checkServices([service("a", "punches"), service("b", "punches")], monolith)).toThrow(
    'model: service "b" has a table "punches", but service "a" has one of that name',
  );
  expect(() => checkServices([], [...monolith, described(shops({}, "SHOPS"))])).toThrow(
    'the monolith has a table "SHOPS", but the monolith has one of that name',
  );
  checkServices([service("a", "punches"), service("b", "breaks")], monolith);
});

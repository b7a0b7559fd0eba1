import { bigint, integer, numeric, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { describeTable } from "../../model/table";
import type { ProdConfig } from "../config";
import { prod } from ".";
import { itemKeys } from "./itemKeys";
import { hasUnconstrainedNumeric } from "./mappings";
import { tableFilters } from "./tableFilters";

const visits = (key: readonly ("shop" | "at" | "seat")[]) =>
  describeTable(
    "clocking",
    pgTable("visits", { shop: bigint({ mode: "bigint" }), at: timestamp(), seat: text(), n: integer() }, (table) => {
      const [first, ...rest] = key.map((name) => table[name]);
      return first === undefined ? [] : [primaryKey({ columns: [first, ...rest] })];
    }),
    { comment: "One row per visit" },
  );

test("a service's own table has the model's key", () => {
  expect(itemKeys(visits(["at"]))).toEqual({ hash: { name: "at", type: "S" } });
  expect(itemKeys(visits(["shop", "at"]))).toEqual({
    hash: { name: "shop", type: "N" },
    range: { name: "at", type: "S" },
  });
  expect(() => itemKeys(visits(["shop", "at", "seat"]))).toThrow(
    'model: table "clocking.visits" has a key of 3 columns, but a DynamoDB table has one or two.',
  );
});

test("an unconstrained numeric is noticed, whose digits DMS would cut", () => {
  const table = (amount: ReturnType<typeof numeric>) =>
    describeTable("monolith", pgTable("t", { id: integer().primaryKey(), amount }), { comment: "One row" });
  expect(hasUnconstrainedNumeric([table(numeric({ precision: 50, scale: 2 }))])).toBe(false);
  expect(hasUnconstrainedNumeric([table(numeric({ precision: 5 })), table(numeric())])).toBe(true);
});

test.each([
  [
    "shared",
    5,
    "6 readers of the stream of changes are more than the 5 that it has room for: set tributary:streams.readers",
  ],
  ["enhanced", 21, "21 readers of the stream of changes are more than the 20 that it has room for: let services share"],
] as const)("%s readers are refused when they are too many, before anything is declared", (readers, count, message) => {
  const services = Array.from({ length: count }, (_, index) => ({
    ...{ name: `s${index}`, comment: "One of many", follows: [], owns: [] },
  }));
  // Nothing else is looked at.
  const config = { streams: { readers } } as ProdConfig;
  expect(() => prod(config, { tables: [], services })).toThrow(message);
});

describe("the filters of a service", () => {
  const tables = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ table: `a_table_of_the_monolith_${index}` }));
  const named = (filters: readonly object[]): unknown[] =>
    filters.flatMap(
      (filter) => (filter as { data: { metadata: { "table-name": unknown[] } } }).data.metadata["table-name"],
    );

  test.each([0, 1, 100, 400])("name each of %d tables once, in filters that Lambda takes", (count) => {
    const filters = tableFilters({ name: "all", follows: tables(count) });
    expect(named(filters)).toEqual(tables(count).map(({ table }) => table));
    for (const filter of filters) expect(JSON.stringify(filter).length).toBeLessThanOrEqual(4096);
    expect(filters.length).toBeLessThanOrEqual(5);
  });

  test("are refused when they cannot name all", () => {
    expect(() => tableFilters({ name: "all", follows: tables(1000) })).toThrow(
      "The service all follows 1000 tables, more than Lambda's filters can name",
    );
  });
});

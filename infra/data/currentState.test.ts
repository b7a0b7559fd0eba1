/** The views' SQL on small hand-made tables. DuckDB runs it as it stands: it uses nothing that the two read differently. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { DuckDBInstance } from "@duckdb/node-api";
import {
  boolean,
  bigint,
  customType,
  date,
  doublePrecision,
  integer,
  numeric,
  pgTable,
  real,
  text,
  time,
  timestamp,
} from "drizzle-orm/pg-core";
import { describeTable, MONOLITH } from "../../model/table";
import type { Table } from "../../model";
import { fill as filled, fillBefore, type Load } from "../../functions/load";
import { changeColumns, fullColumns, pseudonymColumns } from "./columns";
import {
  carriedPseudonyms,
  changesTable,
  currentState,
  fullTable,
  hasPseudonyms,
  onLoad,
  pseudonymsTable,
} from "./currentState";

type Row = Record<string, string | number | boolean | null>;

const TYPES: Readonly<Record<string, string>> = { string: "varchar", binary: "blob", int: "integer" };

let connection: DuckDBConnection;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(":memory:")).connect();
});
afterAll(() => connection.closeSync());

const literal = (value: string | number | boolean | null): string =>
  typeof value === "string" && !value.startsWith("from_hex(") ? `'${value}'` : String(value);

async function fill(name: string, columns: readonly { name: string; type: string }[], rows: readonly Row[]) {
  const declared = columns.map((column) => `"${column.name}" ${TYPES[column.type] ?? column.type}`);
  await connection.run(`create or replace table "${name}" (${declared.join(", ")})`);
  for (const row of rows) {
    const names = Object.keys(row).map((column) => `"${column}"`);
    await connection.run(
      `insert into "${name}" (${names.join(", ")}) values (${Object.values(row).map(literal).join(", ")})`,
    );
  }
}

const partition = (name: string) => ({ name, type: "string" });
const PROMOTED: Load = { name: "20261124T080000000Z", pseudonyms: "20261124T080000000Z-20261124T090000000Z" };

async function rowsOf(sql: string): Promise<unknown[]> {
  const result = await connection.runAndReadAll(sql);
  return result.getRowObjectsJson();
}

async function state(
  table: Table,
  changes: readonly Row[],
  full?: readonly Row[],
  carried: readonly Row[] = [],
): Promise<unknown[]> {
  const delivered = changes.map((row) => ({ dt: "2026-11-24", ...row }));
  await fill(changesTable(table), [...changeColumns(table), partition("dt")], delivered);
  if (full === undefined) return rowsOf(`select * from (${currentState(table)}) order by 1`);
  const loaded = full.map((row) => ({ load: PROMOTED.name, ...row }));
  await fill(fullTable(table), [...fullColumns(table), partition("load")], loaded);
  if (hasPseudonyms(table)) {
    const taken = carried.map((row) => ({ load: PROMOTED.pseudonyms ?? "", ...row }));
    await fill(pseudonymsTable(table), [...pseudonymColumns(table), partition("load")], taken);
  }
  return rowsOf(`select * from (${filled(onLoad(table), PROMOTED)}) order by 1`);
}

const things = describeTable(
  MONOLITH,
  pgTable("things", { id: bigint({ mode: "bigint" }).primaryKey(), n: integer(), secret: text() }),
  { comment: "One row per thing", private: ["secret"] },
);

/** A change of thing `id` at a time of 24 November. */
const change = (id: number, version: string, at: string, rest: Row = {}): Row => ({
  id,
  _op: "update",
  _version: version,
  _committed_at: `2026-11-24T${at}Z`,
  ...rest,
});

describe("without a full load", () => {
  test("the greatest version of each key is the state, deletes vanish", async () => {
    const changes = [
      change(1, "2/b", "08:00:00.000000", { n: 12 }),
      // Stamped later, but an older version: a transaction that began first may commit last.
      change(1, "2/a", "09:00:00.000000", { n: 11 }),
      change(2, "1/a", "08:00:00.000000", { n: 20 }),
      change(2, "1/b", "08:00:01.000000", { _op: "delete" }),
      // Delivered twice.
      change(3, "1/a", "08:00:00.000000", { n: 30 }),
      change(3, "1/a", "08:00:00.000000", { n: 30 }),
    ];
    const expected = [
      { id: "1", n: 12 },
      { id: "3", n: 30 },
    ];
    expect(await state(things, changes)).toEqual(expected);
    expect(await state({ ...things, source: "clocking" }, changes)).toEqual(expected);
  });

  test("a table with neither is empty", async () => {
    expect(await state(things, [])).toEqual([]);
  });
});

describe("on a full load", () => {
  const loaded = (id: number, n: number): Row => ({ id, n, _loaded_at: "2026-11-24 08:00:00.000000" });

  test("a change from before it is in it already", async () => {
    const changes = [change(1, "1", "07:58:59.999999", { n: 1 }), change(9, "1", "07:00:00.000000", { n: 9 })];
    expect(await state(things, changes, [loaded(1, 10)])).toEqual([{ id: "1", n: 10 }]);
  });

  test("a change since then wins, from a minute before it began", async () => {
    const changes = [change(1, "1", "07:59:00.000000", { n: 1 }), change(4, "1", "08:30:00.000000", { n: 4 })];
    expect(await state(things, changes, [loaded(1, 10), loaded(2, 20)])).toEqual([
      { id: "1", n: 1 },
      { id: "2", n: 20 },
      { id: "4", n: 4 },
    ]);
  });

  test("what was deleted since then vanishes", async () => {
    const changes = [change(1, "1", "08:10:00.000000", { _op: "delete" })];
    expect(await state(things, changes, [loaded(1, 10), loaded(2, 20)])).toEqual([{ id: "2", n: 20 }]);
  });

  test("a change that comes days late counts, one of a folder from before the load's day is not looked for", async () => {
    const late = change(1, "1", "08:10:00.000000", { n: 1, dt: "2026-11-29" });
    const early = change(2, "1", "08:10:00.000000", { n: 2, dt: "2026-11-23" });
    const impossible = change(3, "1", "08:10:00.000000", { n: 3, dt: "2026-11-22" });
    expect(await state(things, [late, early, impossible], [])).toEqual([
      { id: "1", n: 1 },
      { id: "2", n: 2 },
    ]);
  });

  test("a row that was loaded through the stream meanwhile does not hide what changed before the full load", async () => {
    // Read at 07:30, built at 08:05. The changes of between, which DMS holds back, follow with their own times.
    const read = (id: number): Row => change(id, "1", "08:05:00.000000", { _op: "load", n: 1 });
    const changes = [
      ...[read(1), change(1, "2", "07:50:00.000000", { n: 2 })],
      ...[read(2), change(2, "2", "07:50:00.000000", { _op: "delete" })],
    ];
    expect(await state(things, changes, [loaded(1, 2)])).toEqual([{ id: "1", n: 2 }]);
    expect(await state(things, [...changes, change(1, "3", "08:06:00.000000", { n: 3 })], [loaded(1, 2)])).toEqual([
      { id: "1", n: 3 },
    ]);
  });

  test("the others that lie there do not count", async () => {
    const full = [{ ...loaded(1, 10), load: "20261123T080000000Z" }, loaded(2, 20)];
    expect(await state(things, [], full)).toEqual([{ id: "2", n: 20 }]);
  });

  const people = describeTable(
    MONOLITH,
    pgTable("people", { id: bigint({ mode: "bigint" }).primaryKey(), n: integer(), email: text() }),
    { comment: "One row per person", pseudonym: ["email"] },
  );

  test("a pseudonym, which no load has, is what the promotion took along, or a later change's, however late", async () => {
    const carried = [
      { id: 1, email: "aa", _version: "1" },
      { id: 2, email: "bb", _version: "1" },
      { id: 6, email: "ff", _version: "1" },
    ];
    const changes = [
      // From before the load, delivered after the promotion.
      change(2, "2", "06:00:00.000000", { n: 1, email: "cc" }),
      change(3, "1", "08:30:00.000000", { n: 30, email: "dd" }),
      change(4, "1", "05:00:00.000000", { email: "xx", dt: "2026-11-20" }),
      change(6, "2", "06:00:00.000000", { _op: "delete" }),
    ];
    expect(fullColumns(people).map(({ name }) => name)).toEqual(["id", "n", "_loaded_at"]);
    const full = [loaded(1, 10), loaded(2, 20), loaded(4, 40)];
    expect(await state(people, changes, full, carried)).toEqual([
      { id: "1", n: 10, email: "aa" },
      { id: "2", n: 20, email: "cc" },
      { id: "3", n: 30, email: "dd" },
      { id: "4", n: 40, email: null },
    ]);
  });

  test("a promotion takes along the latest pseudonym of each key of its load, from the load before and since", async () => {
    const changes = [
      change(1, "1", "05:00:00.000000", { email: "aa", dt: "2026-11-20" }),
      change(1, "2", "06:00:00.000000", { email: "bb", dt: "2026-11-20" }),
      change(2, "1", "06:00:00.000000", { email: "cc", dt: "2026-11-20" }),
      change(2, "2", "06:00:00.000000", { email: "dd" }),
      // No longer there.
      change(9, "1", "06:00:00.000000", { email: "ee" }),
    ];
    await state(
      people,
      changes,
      [loaded(1, 10), loaded(2, 20), loaded(3, 30)],
      [{ id: 3, email: "ff", _version: "1" }],
    );
    const { first, next } = carriedPseudonyms(people);
    expect(await rowsOf(`${filled(first, PROMOTED)} order by 1`)).toEqual([
      { id: "1", email: "bb", _version: "2" },
      { id: "2", email: "dd", _version: "2" },
    ]);
    expect(await rowsOf(`${filled(fillBefore(next, PROMOTED), PROMOTED)} order by 1`)).toEqual([
      { id: "2", email: "dd", _version: "2" },
      { id: "3", email: "ff", _version: "1" },
    ]);
  });

  test("a composite key joins on all its columns, a point in time by its exact text", async () => {
    const visits = describeTable(
      MONOLITH,
      pgTable("visits", { shop: integer().primaryKey(), at: timestamp().primaryKey(), n: integer() }),
      { comment: "One row per visit" },
    );
    const table: Table = { ...visits, key: ["shop", "at"] };
    const full = ["000001", "000002"].map((micros, index) => ({
      shop: 1,
      at: `2026-11-24 07:00:00.${micros}`,
      n: index,
      _loaded_at: "2026-11-24 08:00:00.000000",
    }));
    const deleted = {
      shop: 1,
      at: "2026-11-24T07:00:00.000001",
      _op: "delete",
      _version: "1",
      _committed_at: "2026-11-24T08:01:00.000000Z",
    };
    expect(await state(table, [deleted], full)).toMatchObject([{ at_iso: "2026-11-24T07:00:00.000002", n: 1 }]);
  });
});

describe("types", () => {
  const bytea = customType<{ data: Buffer }>({ dataType: () => "bytea" });
  const all = describeTable(
    MONOLITH,
    pgTable("all_types", {
      id: integer().primaryKey(),
      amount: numeric({ precision: 30, scale: 10 }),
      free: numeric(),
      single: real(),
      float: doublePrecision(),
      flag: boolean(),
      note: text(),
      bytes: bytea(),
      day: date(),
      clock: time(),
      local: timestamp(),
      instant: timestamp({ withTimezone: true }),
    }),
    { comment: "One row", open: ["note"] },
  );
  const expected = {
    amount: "123.4500000000",
    free: "0.10",
    single: 1.5,
    float: -0.25,
    flag: true,
    note: "ä",
    bytes: "\\x00\\xFF",
    day: "2026-11-24",
    clock: "05:06:07.800000",
    local: "2026-11-24 23:59:59.999",
    local_iso: "2026-11-24T23:59:59.999999",
    instant: "2026-11-24 08:00:00",
    instant_iso: "2026-11-24T08:00:00.000000Z",
  };
  const changed = {
    amount: "123.4500000000",
    free: "0.10",
    single: "1.5",
    float: "-0.25",
    flag: true,
    note: "ä",
    bytes: "00ff",
    day: "2026-11-24",
    clock: "05:06:07.800000",
    local: "2026-11-24T23:59:59.999999",
    instant: "2026-11-24T08:00:00.000000Z",
  };
  const full = {
    ...changed,
    single: 1.5,
    float: -0.25,
    flag: "t",
    bytes: "from_hex('00ff')",
    clock: "05:06:07.8",
    local: "2026-11-24 23:59:59.999999",
    instant: "2026-11-24 08:00:00",
    _loaded_at: "2026-11-24 09:00:00.000000",
  };

  test("a change and a full load show the same", async () => {
    const rows = await state(all, [change(1, "1", "09:00:00.000000", changed)], [{ id: 2, ...full }]);
    expect(rows).toEqual([
      { id: 1, ...expected },
      { id: 2, ...expected },
    ]);
  });

  test("DMS' other forms of text", async () => {
    const others = {
      clock: "05:06:07",
      flag: "false",
      local: "2026-11-24T23:59:59.5",
      instant: "2026-11-24T08:00:00.25Z",
    };
    expect(await state(all, [], [{ id: 1, ...full, ...others }])).toMatchObject([
      {
        clock: "05:06:07.000000",
        flag: false,
        local: "2026-11-24 23:59:59.5",
        local_iso: "2026-11-24T23:59:59.500000",
        instant: "2026-11-24 08:00:00.25",
        instant_iso: "2026-11-24T08:00:00.250000Z",
      },
    ]);
  });

  test("null is null on both sides, and NaN has no decimal", async () => {
    const nothing = Object.fromEntries(Object.keys(expected).map((name) => [name, null]));
    const rows = await state(
      all,
      [change(1, "1", "09:00:00.000000"), change(3, "1", "09:00:00.000000", { amount: "NaN", float: "NaN" })],
      [{ id: 2, _loaded_at: "2026-11-24 09:00:00.000000" }],
    );
    expect(rows).toEqual([
      { id: 1, ...nothing },
      { id: 2, ...nothing },
      { id: 3, ...nothing, float: "NaN" },
    ]);
  });
});

/** Views as Athena keeps them in Glue, and the statements that show what is there. */
import { changeColumns, fullColumns } from "../../../infra/data/columns";
import { fill } from "../../../functions/load";
import { changesTable, currentState, fullTable, onLoad, viewName } from "../../../infra/data/currentState";
import { tables } from "../../../model";
import { DAYS, Lake, parquetTable } from "./testing/lake";

const lake = new Lake();
beforeAll(() => lake.start());
afterAll(() => lake.close());

interface Stored {
  readonly originalSql: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

function stored(name: string): Stored {
  const text = lake.catalog.byName.get(`lake.${name}`)?.ViewOriginalText ?? "";
  const [, json = ""] = /^\/\* Presto View: (.*) \*\/$/.exec(text) ?? [];
  return JSON.parse(Buffer.from(json, "base64").toString());
}

beforeAll(async () => {
  lake.add(parquetTable("users", { id: "bigint", name: "string", born: "date" }));
  await lake.write("users/a.parquet", "SELECT 1::BIGINT AS id, 'Ann' AS name, DATE '2000-01-02' AS born");
});

test("a view is kept with Trino's types in its text and Hive's in its columns", async () => {
  const { execution } = await lake.query(
    "CREATE VIEW people AS\nSELECT id, name AS \"Name\", 'x' AS kind, 1.5 AS factor, CAST(born AS timestamp) AS born, id > 1 AS late, ARRAY[id] AS ids, 1 AS one FROM users -- all",
  );
  expect(execution).toMatchObject({ StatementType: "DDL", SubstatementType: "CREATE_VIEW" });
  const view = lake.catalog.byName.get("lake.people");
  expect(view).toMatchObject({
    TableType: "VIRTUAL_VIEW",
    Parameters: { presto_view: "true", comment: "Presto View" },
    ViewExpandedText: "/* Presto View */",
    PartitionKeys: [],
  });
  expect(view?.StorageDescriptor.Columns).toEqual([
    { Name: "id", Type: "bigint" },
    { Name: "name", Type: "string" },
    { Name: "kind", Type: "varchar(1)" },
    { Name: "factor", Type: "decimal(2,1)" },
    { Name: "born", Type: "timestamp" },
    { Name: "late", Type: "boolean" },
    { Name: "ids", Type: "array<bigint>" },
    { Name: "one", Type: "int" },
  ]);
  expect(stored("people")).toMatchObject({
    catalog: "awsdatacatalog",
    schema: "lake",
    originalSql: expect.stringMatching(/^SELECT id, name AS "Name".*FROM users$/),
    columns: [
      { name: "id", type: "bigint" },
      { name: "name", type: "varchar" },
      { name: "kind", type: "varchar(1)" },
      { name: "factor", type: "decimal(2,1)" },
      { name: "born", type: "timestamp(3)" },
      { name: "late", type: "boolean" },
      { name: "ids", type: "array(bigint)" },
      { name: "one", type: "integer" },
    ],
  });
  const { rows } = await lake.query("SELECT p.name, people2.factor FROM people AS p CROSS JOIN lake.people AS people2");
  expect(rows).toEqual([["Ann", "1.5"]]);
});

test("a view is made again only with OR REPLACE, and only of a view", async () => {
  const again = "VIEW people AS SELECT id FROM users";
  expect(await lake.failure(`CREATE ${again}`)).toBe(
    "ALREADY_EXISTS: line 1:1: View already exists: 'awsdatacatalog.lake.people'",
  );
  expect(await lake.failure(`CREATE OR REPLACE ${again}`)).toBeUndefined();
  expect((await lake.query("SELECT * FROM people")).rows).toEqual([["1"]]);
  expect(await lake.failure("CREATE OR REPLACE VIEW users AS SELECT 1 AS x")).toContain("Table already exists");
});

test.each([
  ["SELECT 1", "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1"],
  ["SELECT 1 AS a, 2 AS A", "DUPLICATE_COLUMN_NAME: line 1:1: Column name 'a' specified more than once"],
  ["SELECT NULL AS a", "COLUMN_TYPE_UNKNOWN: line 1:1: Column type is unknown at position 1"],
  ["SELECT current_timestamp AS a", "NOT_SUPPORTED: Unsupported Hive type: timestamp(3) with time zone"],
  ["SELECT nme AS a FROM users", "COLUMN_NOT_FOUND: line 2:8: Column 'nme' cannot be resolved"],
])("no view of %s", async (sql, message) => {
  expect(await lake.failure(`CREATE VIEW broken AS\n${sql}`)).toBe(message);
  expect(lake.catalog.byName.has("lake.broken")).toBe(false);
});

test("a view whose columns no longer match is stale; one whose query fails is invalid", async () => {
  lake.add(parquetTable("base", { id: "int", note: "string" }));
  await lake.query("CREATE VIEW above AS SELECT * FROM base");
  await lake.query("CREATE VIEW higher AS SELECT note FROM above");
  const select = "SELECT 1 FROM above";
  expect(await lake.failure(select)).toBeUndefined();
  lake.add(parquetTable("base", { id: "int", note: "string", more: "int" }));
  expect(await lake.failure(select)).toBe(
    "VIEW_IS_STALE: line 1:15: View 'awsdatacatalog.lake.above' is stale or in invalid state: it has 2 columns, its query 3",
  );
  lake.add(parquetTable("base", { id: "string", note: "string" }));
  expect(await lake.failure(select)).toContain(
    "column [id] of type varchar projected from query view at position 0 cannot be coerced to column [id] of type integer stored in view definition",
  );
  expect(await lake.failure("SELECT * FROM higher")).toContain(
    "VIEW_IS_STALE: line 1:18: View 'awsdatacatalog.lake.above' is stale",
  );
  // What becomes the old type without a cast still fits.
  lake.add(parquetTable("base", { id: "smallint", note: "string" }));
  expect(await lake.failure(select)).toBeUndefined();
  lake.catalog.byName.delete("lake.base");
  expect(await lake.failure(select)).toBe(
    "INVALID_VIEW: line 1:15: Failed analyzing stored view 'awsdatacatalog.lake.above': TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.lake.base' does not exist",
  );
});

test("what is there is shown; views are dropped", async () => {
  lake.catalog.byName.clear();
  lake.add(
    parquetTable("events", { id: "bigint", note: "string" }, { partitionKeys: { dt: "string" }, parameters: DAYS }),
  );
  await lake.query("CREATE OR REPLACE VIEW latest AS SELECT id\nFROM events");
  const lines = async (sql: string) => (await lake.query(sql)).rows.map(([line]) => line?.trimEnd());
  expect(await lines("SHOW TABLES")).toEqual(["events", "latest"]);
  expect(await lines("SHOW VIEWS IN lake")).toEqual(["latest"]);
  expect(await lines("SHOW COLUMNS IN `events`")).toEqual(["id", "note", "dt"]);
  expect((await lines("DESCRIBE lake.events")).map((line) => line?.split("\t").map((part) => part.trim()))).toEqual([
    ["id", "bigint"],
    ["note", "string"],
    ["dt", "string"],
    [""],
    ["# Partition Information"],
    ["# col_name", "data_type", "comment"],
    [""],
    ["dt", "string"],
  ]);
  expect(await lines("SHOW CREATE VIEW latest")).toEqual(["CREATE VIEW lake.latest AS", "SELECT id", "FROM events"]);
  expect(await lake.failure("DROP VIEW events")).toContain("is a table and no view");
  expect(await lake.failure("DROP VIEW latest")).toBeUndefined();
  expect(await lake.failure("DROP VIEW latest")).toBe(
    "TABLE_NOT_FOUND: line 1:1: View 'awsdatacatalog.lake.latest' does not exist",
  );
  expect(await lake.failure("DROP VIEW IF EXISTS latest")).toBeUndefined();
});

/** Settings of an injected partition column `load`. */
const LOADS = { "projection.enabled": "true", "projection.load.type": "injected" };

test("the current state: a load, overlaid with the changes since; deleted rows vanish", async () => {
  const shifts = tables.find(({ name }) => name === "shifts");
  if (!shifts) throw new Error("the model has no shifts");
  const typed = (columns: readonly { name: string; type: string }[]) =>
    Object.fromEntries(columns.map(({ name, type }) => [name, type]));
  lake.add(
    parquetTable(changesTable(shifts), typed(changeColumns(shifts)), {
      partitionKeys: { dt: "string" },
      parameters: DAYS,
    }),
    parquetTable(fullTable(shifts), typed(fullColumns(shifts)), {
      partitionKeys: { load: "string" },
      parameters: LOADS,
    }),
  );
  await lake.query(`CREATE OR REPLACE VIEW ${viewName(shifts)} AS\n${currentState(shifts)}`);
  const state = async () =>
    (await lake.query("SELECT id, shop_id, starts_at, starts_at_iso, workload FROM shifts ORDER BY id")).rows;
  expect(await state()).toEqual([]);

  const change = (id: number, shop: number, version: number, committed: string, op: string) =>
    `SELECT ${id}::BIGINT AS id, ${shop}::BIGINT AS shop_id, '2026-02-01T08:00:00.123456Z' AS starts_at, '2.5' AS workload, '${op}' AS _op, lpad('${version}', 9, '0') AS _version, '${committed}' AS _committed_at`;
  await lake.write(
    `${changesTable(shifts)}/dt=2026-03-02/a.parquet`,
    [
      change(1, 10, 1, "2026-03-01T23:00:00.000000Z", "update"),
      change(2, 20, 2, "2026-03-02T10:00:00.000000Z", "update"),
      change(2, 21, 10, "2026-03-02T11:00:00.000000Z", "update"),
      change(3, 30, 3, "2026-03-02T10:00:00.000000Z", "delete"),
      change(5, 50, 4, "2026-03-02T10:00:00.000000Z", "insert"),
    ].join(" UNION ALL "),
  );
  const moment = ["2026-02-01 08:00:00.123", "2026-02-01T08:00:00.123456Z"];
  // Without a full load the changes alone are the state.
  expect(await state()).toEqual([
    ["1", "10", ...moment, "2.5"],
    ["2", "21", ...moment, "2.5"],
    ["5", "50", ...moment, "2.5"],
  ]);

  const load = (shop: number) =>
    `SELECT i::BIGINT AS id, ${shop}::BIGINT AS shop_id, '2026-02-01 08:00:00.123456' AS starts_at, 1.5::DOUBLE AS workload FROM range(1, 5) AS t(i)`;
  await lake.write(`${fullTable(shifts)}/load=20260228T000000000Z/a.parquet`, load(1));
  await lake.write(`${fullTable(shifts)}/load=20260302T000000000Z/a.parquet`, load(2));
  await lake.query(
    `CREATE OR REPLACE VIEW ${viewName(shifts)} AS\n${fill(onLoad(shifts), { name: "20260302T000000000Z" })}`,
  );
  expect(await state()).toEqual([
    ["1", "2", ...moment, "1.5"],
    ["2", "21", ...moment, "2.5"],
    ["4", "2", ...moment, "1.5"],
    ["5", "50", ...moment, "2.5"],
  ]);
});

test("a table with injected partitions is read where a condition names them, and not otherwise", async () => {
  lake.add(parquetTable("loads", { id: "bigint" }, { partitionKeys: { load: "string" }, parameters: LOADS }));
  for (const day of [1, 2]) await lake.write(`loads/load=2026-0${day}/a.parquet`, `SELECT ${day}::BIGINT AS id`);
  const ids = async (where: string) =>
    (await lake.query(`SELECT id FROM loads WHERE ${where} ORDER BY id`)).rows.flat();
  expect(await ids(`load = '2026-02'`)).toEqual(["2"]);
  expect(await ids(`id > 0 AND load IN ('2026-01', '2026-02')`)).toEqual(["1", "2"]);
  expect(await ids(`load = 'none'`)).toEqual([]);
  for (const where of ["id = 1", "load > '2026-01'", "load = (SELECT max(load) FROM loads WHERE load = '2026-01')"])
    expect(await lake.failure(`SELECT id FROM loads WHERE ${where}`)).toBe(
      "CONSTRAINT_VIOLATION: For the injected projected partition column load, the WHERE clause must contain only static equality conditions, and at least one such condition must be present.",
    );
});

test("UNLOAD writes rows as Parquet where there is nothing yet", async () => {
  lake.add(
    parquetTable("unloaded", { id: "bigint", name: "string", amount: "decimal(10,2)", day: "date", n: "int" }),
    parquetTable("numbers", { id: "bigint" }),
  );
  await lake.write("numbers/a.parquet", "SELECT 7::BIGINT AS id");
  const select = `SELECT id, 'ä' AS name, decimal '1.50' AS amount, date '2026-02-28' AS day, 3 AS n FROM numbers`;
  const unload = (query: string, to = "s3://lake/unloaded/", format = "'PARQUET', compression = 'SNAPPY'") =>
    `UNLOAD (${query}) TO '${to}' WITH (format = ${format})`;
  const { execution, rows } = await lake.query(unload(select));
  expect(execution).toMatchObject({ StatementType: "DML", SubstatementType: "UNLOAD" });
  expect(execution.Statistics?.DataScannedInBytes).toBeGreaterThan(0);
  expect(rows).toEqual([]);
  expect((await lake.query("SELECT * FROM unloaded")).rows).toEqual([["7", "ä", "1.50", "2026-02-28", "3"]]);
  expect(await lake.failure(unload(select))).toMatch(/^HIVE_PATH_ALREADY_EXISTS: .*s3:\/\/lake\/unloaded\/$/);
  expect(await lake.failure(unload("SELECT 1", "s3://lake/other/"))).toContain("MISSING_COLUMN_NAME");
  expect(await lake.failure(unload("SELECT now() AS t", "s3://lake/other/"))).toContain("UNLOAD of the type");
  expect(await lake.failure(unload(select, "s3://lake/other/", "'ORC'"))).toContain("a format other than PARQUET");
  // Nothing is written of nothing.
  await lake.query(unload(`${select} WHERE id = 8`, "s3://lake/empty/"));
  await lake.query(unload(select, "s3://lake/empty/"));
});

import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { footerBytes, parquetColumns } from "./parquetColumns";

let folder: string;
let duckdb: DuckDBInstance;
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "parquet-"));
  duckdb = await DuckDBInstance.create(":memory:");
});
afterAll(() => {
  duckdb.closeSync();
  fs.rmSync(folder, { recursive: true });
});

async function fileOf(select: string): Promise<Buffer> {
  const file = path.join(folder, "file.parquet");
  const connection = await duckdb.connect();
  await connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet)`);
  connection.closeSync();
  return fs.readFileSync(file);
}

test("the columns of every type, nested ones by their own name", async () => {
  const select = `SELECT 1::BIGINT AS id, true AS flag, 1.5::DOUBLE AS float, 1.10::DECIMAL(38, 2) AS decimal, 'x' AS text,
    '\\x00'::BLOB AS bytes, [1, 2] AS list, {'a': {'b': 1}, 'c': 2} AS struct, MAP {'k': 'v'} AS map, DATE '2026-11-24' AS day,
    TIMESTAMP '2026-11-24 00:00:00' AS at, NULL::INTEGER AS "last" FROM range(3)`;
  const file = await fileOf(select);
  const names = ["id", "flag", "float", "decimal", "text", "bytes", "list", "struct", "map", "day", "at", "last"];
  expect(parquetColumns(file)).toEqual(names);
  expect(parquetColumns(file.subarray(-footerBytes(file.subarray(-8))))).toEqual(names);
});

test("any names, and more than fit into a short list", async () => {
  const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 }).map((text) => text.replace(/["\0]/g, "_"));
  const names = fc.uniqueArray(name, { minLength: 1, maxLength: 40, selector: (text) => text.toLowerCase() });
  await fc.assert(
    fc.asyncProperty(names, async (columns) => {
      const file = await fileOf(`SELECT ${columns.map((column, index) => `${index} AS "${column}"`).join(", ")}`);
      expect(parquetColumns(file)).toEqual(columns);
    }),
    { numRuns: 30 },
  );
});

test("what is none is refused", async () => {
  const file = await fileOf("SELECT 1 AS id");
  expect(() => parquetColumns(Buffer.from("id,name\n1,x\n"))).toThrow("it is no Parquet file");
  expect(() => parquetColumns(Buffer.from(""))).toThrow("it is no Parquet file");
  expect(() => parquetColumns(file.subarray(-20))).toThrow("its footer ends too early");
  expect(() => parquetColumns(Buffer.from([0x19, 0x1c, 0x18, 0x7f, 4, 0, 0, 0, ...Buffer.from("PAR1")]))).toThrow(
    "its footer ends too early",
  );
  expect(() => parquetColumns(Buffer.from([0x1b, 1, 0, 0, 0, ...Buffer.from("PAR1")]))).toThrow("Thrift's type 11");
});

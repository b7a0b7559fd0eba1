import { DuckDBInstance } from "@duckdb/node-api";
import { integer, pgTable, varchar } from "drizzle-orm/pg-core";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { tables } from "../../model";
import { describeTable, MONOLITH } from "../../model/table";
import { bears, findMarkers, markersOf } from "./privacy";

const MARKER = "marker.h8Qw@private.example";
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "privacy-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const find = (name: string): Promise<string[]> => findMarkers([MARKER], folder, (file) => file !== name);
const put = (name: string, bytes: Buffer | string): Promise<string[]> => {
  fs.writeFileSync(path.join(folder, name), bytes);
  return find(name);
};

function zip(content: string): Buffer {
  const packed = deflateRawSync(content);
  const header = Buffer.alloc(30);
  header.write("PK\u0003\u0004", "latin1");
  header.writeUInt16LE(8, 8);
  header.writeUInt32LE(packed.length, 18);
  header.writeUInt16LE(1, 26);
  return Buffer.concat([header, Buffer.from("a"), packed]);
}

const long = (before: string): string => `${before}${MARKER} and more`;

test.each<[string, string | Buffer]>([
  ["as it is", long("x")],
  ["hex", Buffer.from(MARKER).toString("hex")],
  ["hex in upper case", Buffer.from(MARKER).toString("hex").toUpperCase()],
  ["base64", Buffer.from(MARKER).toString("base64")],
  ["base64 after 1", Buffer.from(long("1")).toString("base64")],
  ["base64 after 2", Buffer.from(long("12")).toString("base64")],
  ["base64 after 3", Buffer.from(long("123")).toString("base64")],
  ["base64url", Buffer.from(long("~~?>")).toString("base64url")],
  ["UTF-16", Buffer.from(MARKER, "utf16le")],
  ["a part of a URL", `q=${encodeURIComponent(MARKER)}`],
  ["gzip", gzipSync(long(""))],
  ["zip", zip(long(""))],
])("finds a marker: %s", async (name, bytes) => {
  expect(await put(name, bytes)).toEqual([`the private value "${MARKER}" stands in ${name}`]);
});

test("finds none where there is none, and none where it may be", async () => {
  expect(await put("other", `marker.h8Qw${gzipSync("nothing").toString("hex")}`)).toEqual([]);
  expect(await findMarkers([MARKER], folder, () => true)).toEqual([]);
});

test.each([
  ["a text", `'${MARKER}'`],
  ["a text among others", `'x ${MARKER}'`],
  ["bytes", `'${MARKER}'::blob`],
  ["a list", `['${MARKER}']`],
])("finds %s in Parquet", async (_, value) => {
  const duckdb = await DuckDBInstance.create(":memory:");
  const connection = await duckdb.connect();
  // Many rows, so that the pages are compressed.
  const rows = `select case when n = 7 then ${value} end as v from range(5000) t(n)`;
  await connection.run(`copy (${rows}) to '${path.join(folder, "rows.parquet")}' (format parquet, compression gzip)`);
  connection.closeSync();
  duckdb.closeSync();
  expect(await find("rows.parquet")).toEqual([`the private value "${MARKER}" stands in rows.parquet`]);
});

describe("markers", () => {
  test("every private column of the sample has one of its own, raw's form of it among them", () => {
    const markers = tables.flatMap(markersOf);
    expect(markers.map(({ table, column }) => `${table}.${column}`)).toEqual([
      ...["users.first_name", "users.last_name", "users.email", "users.phone", "users.badge"],
      ...["shifts.note", "absences.comment", "absences.certificate"],
    ]);
    expect(new Set(markers.map(({ value }) => value)).size).toBe(markers.length);
    expect(markers.filter(({ value }) => value.length > 40)).toEqual([]);
    for (const marker of markers) {
      const { column, sent } = marker;
      expect(bears({ [column]: typeof sent === "string" ? { S: sent } : { B: sent } }, marker)).toBe(true);
      expect(bears({ [column]: { S: "another" } }, marker)).toBe(false);
    }
  });

  test("a private column that no marker fits is named, not passed over", () => {
    const people = pgTable("people", { id: integer().primaryKey(), nick: varchar({ length: 40 }), age: integer() });
    const nick = describeTable(MONOLITH, people, { comment: "", private: ["nick"], open: ["age"] });
    expect(markersOf(nick)).toMatchObject([{ table: "people", column: "nick" }]);
    const age = describeTable(MONOLITH, people, { comment: "", private: ["age"] });
    expect(() => markersOf(age)).toThrow(
      "people.age is private, and local/demo/privacy.ts has no marker of type integer",
    );
  });
});

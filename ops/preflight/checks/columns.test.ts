import type { Column } from "../../../model";
import { brief, column, model, table } from "../testing/build";
import type { CatalogColumn } from "../source";
import { columns } from "./columns";

/** The model's table with one of its columns changed. */
const modelled = (name: string, change: Partial<Column>) => ({
  ...model(),
  columns: model().columns.map((one) => (one.name === name ? { ...one, ...change } : one)),
});

/** What is found when the database has `type` where the model has `change` of `place`. */
function compared(type: string, change: Partial<Column>, more: Partial<CatalogColumn> = {}): string[] {
  const source = table({ columns: [column("place", type, { nullable: true, ...more })] });
  return brief(columns(source, modelled("place", change)));
}

test("a table as the model has it", () => {
  expect(columns(table(), model())).toEqual([]);
});

test("columns that one side lacks", () => {
  const without = { ...table(), columns: table().columns.filter(({ name }) => name !== "price") };
  expect(brief(columns(without, model()))).toEqual(["error column-missing price"]);
  expect(brief(columns(table({ columns: [column("extra", "integer")] }), model()))).toEqual([
    "warning column-unknown extra",
  ]);
});

test("a column that nobody models, of a type that does not come or has no name here", () => {
  const odd = table({
    columns: [
      column("scan", "oid"),
      column("spot", "public.geometry(Point,4326)", { typeName: "geometry" }),
      column("mail", "citext"),
      column("pair", "pair", { typeKind: "c" }),
      column("spans", "tsmultirange", { typeKind: "m" }),
      column("_seen", "boolean"),
    ],
  });
  expect(brief(columns(odd, model()))).toEqual([
    "warning type-unsupported scan",
    "warning type-unsupported spot",
    "warning type-unsupported mail",
    "warning type-unsupported pair",
    "warning type-unsupported spans",
  ]);
  expect(columns(odd, model())[0]?.what).toContain("not migrated");
  expect(columns(odd, model())[2]?.what).toContain("model/types.ts");
});

test.each<[string, string, Partial<Column>, string[]]>([
  ["narrower integer", "integer", { type: "bigint" }, ["note type-differs place"]],
  ["wider integer", "bigint", { type: "integer" }, ["error type-differs place"]],
  ["wider float", "double precision", { type: "real" }, ["error type-differs place"]],
  ["another form", "date", { type: "timestamp" }, ["error type-differs place"]],
  ["with and without zone", "timestamp with time zone", { type: "timestamp" }, ["error type-differs place"]],
  ["large, not so in the model", "text", { type: "character varying" }, ["error type-differs place"]],
  ["large in the model only", "character varying(20)", { type: "text" }, ["warning type-differs place"]],
  ["both short texts", "uuid", { type: "character varying" }, ["note type-differs place"]],
  ["more digits", "numeric(10,2)", { type: "numeric", precision: 8, scale: 2 }, ["error type-differs place"]],
  ["more decimals", "numeric(8,3)", { type: "numeric", precision: 8, scale: 2 }, ["error type-differs place"]],
  ["fewer digits", "numeric(6,2)", { type: "numeric", precision: 8, scale: 2 }, ["note type-differs place"]],
  ["a decimal, text in the model", "numeric(8,2)", { type: "numeric" }, ["error type-differs place"]],
  ["beyond any decimal", "numeric(40,2)", { type: "numeric", precision: 40, scale: 2 }, []],
  ["no such type", "citext", { type: "text" }, ["error type-differs place"]],
])("types: %s", (_name, database, change, found) => {
  expect(compared(database, change)).toEqual(found);
});

test("enums, arrays, ranges, domains and types of extensions are read as the model has them", () => {
  expect(compared("mood", { type: "enum" }, { typeKind: "e" })).toEqual([]);
  expect(compared("mood[]", { type: "array" }, { isArray: true })).toEqual([]);
  expect(compared("shift", { type: "range" }, { typeKind: "r" })).toEqual([]);
  expect(compared("zip", { type: "character" }, { typeKind: "d", baseType: "character(5)" })).toEqual([]);
  expect(compared("ext.hstore", { type: "hstore" }, { typeName: "hstore" })).toEqual([]);
});

test("numeric without precision is cut, unless the model says so and DMS is told to send text", () => {
  const free = table({ columns: [column("price", "numeric")] });
  expect(columns(free, model())).toMatchObject([
    {
      check: "numeric-unconstrained",
      level: "error",
      what: expect.stringContaining("NUMERIC(28,6)"),
      sql: 'ALTER TABLE "public"."visits" ALTER "price" TYPE numeric(8,2);',
    },
  ]);
  const known = columns(free, modelled("price", { precision: undefined, scale: undefined }));
  expect(known).toMatchObject([{ level: "note", what: expect.stringContaining("mapUnboundedNumericAsString") }]);
});

test("varchar without length", () => {
  const free = table({ columns: [column("place", "character varying", { nullable: true })] });
  expect(brief(columns(free, model()))).toEqual(["note varchar-unconstrained place"]);
});

test("generated columns: stored ones are logged, virtual ones are not", () => {
  const generated = (kind: "s" | "v") => table({ columns: [column("price", "numeric(8,2)", { generated: kind })] });
  expect(brief(columns(generated("s"), model()))).toEqual(["note generated price"]);
  expect(brief(columns(generated("v"), model()))).toEqual(["error generated price"]);
});

test("nullability", () => {
  expect(brief(columns(table({ columns: [column("report", "text", { nullable: true })] }), model()))).toEqual([
    "warning nullable-differs report",
  ]);
  expect(brief(columns(table({ columns: [column("place", "character varying(20)")] }), model()))).toEqual([
    "note nullable-differs place",
  ]);
});

import { brief, model, relation, table } from "../testing/build";
import { absent, kind, notReplicated } from "./presence";

test("a table as it should be", () => {
  expect(kind(table())).toEqual([]);
});

test("a table that the database lacks, perhaps in another schema", () => {
  const finding = absent(model(), [relation("visits", { schema: "archive" })]);
  expect(brief([finding])).toEqual(["error table-missing"]);
  expect(finding.what).toContain("There is archive.visits.");
  expect(absent(model(), []).what).not.toContain("There is");
});

test("a table that only one session has", () => {
  const temporary = relation("visits", { schema: "pg_temp_3", persistence: "t" });
  expect(brief([absent(model(), [temporary])])).toEqual(["error temporary"]);
});

test("tables that nobody described, without those that are nobody's", () => {
  const relations = [
    relation("visits"),
    relation("zones"),
    relation("audit", { schema: "log" }),
    relation("parts", { kind: "p" }),
    relation("parts_2026", { isPartition: true }),
    relation("awsdms_ddl_audit"),
    relation("spatial_ref_sys", { ofExtension: true }),
    relation("draft", { persistence: "t" }),
    relation("report", { kind: "v" }),
  ];
  const findings = notReplicated(relations, [model()]);
  expect(brief(findings)).toEqual(["note not-replicated"]);
  expect(findings[0]?.what).toBe(
    "3 tables are not in the model and so not replicated: log.audit, public.parts, public.zones.",
  );
  expect(notReplicated([relation("visits")], [model()])).toEqual([]);
});

test.each(["v", "m", "f"] as const)("relkind %s has no changes", (what) => {
  expect(brief(kind(table({ kind: what })))).toEqual(["error not-a-table"]);
});

test("an unlogged table", () => {
  expect(kind(table({ persistence: "u" }))).toMatchObject([
    { check: "unlogged", level: "error", sql: 'ALTER TABLE "public"."visits" SET LOGGED;' },
  ]);
});

test("parents and children", () => {
  const children = ["visits_1", "visits_2", "visits_3", "visits_4"];
  const [partitioned] = kind(table({ kind: "p", children }));
  expect(partitioned).toMatchObject({ check: "partitioned", level: "error" });
  expect(partitioned?.what).toContain("(visits_1, visits_2, visits_3 and 1 more)");
  expect(brief(kind(table({ children: ["visits_old"] })))).toEqual(["error inherited"]);
  expect(brief(kind(table({ isPartition: true, parent: "all_visits" })))).toEqual(["warning partition"]);
});

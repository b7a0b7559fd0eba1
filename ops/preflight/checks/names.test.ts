import { brief, column, relation, table } from "../testing/build";
import { names } from "./names";

test("ordinary names", () => {
  expect(names(table(), [relation("visits"), relation("Visitors"), relation("VISITS", { schema: "old" })])).toEqual([]);
});

test("tables and columns that differ only in case", () => {
  const findings = names(table({ columns: [column("Report", "text")] }), [relation("visits"), relation("Visits")]);
  expect(brief(findings)).toEqual(["error name-case", "error name-case report Report"]);
  expect(findings[0]).toMatchObject({ what: expect.stringContaining("public.Visits"), table: "public.visits" });
  expect(names(table(), [relation("VISITS", { kind: "v" })])).toEqual([]);
});

test("names that are taken", () => {
  expect(brief(names(table({ name: "awsdms_visits" }), []))).toEqual(["error name-reserved"]);
  expect(brief(names(table({ name: "_visits" }), []))).toEqual(["warning name-reserved"]);
  expect(brief(names(table({ columns: [column("_op", "text")] }), []))).toEqual(["warning name-reserved _op"]);
});

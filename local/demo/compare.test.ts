import { compareRows, isSame } from "./compare";
import { attributeText, itemRows } from "./rows";

const about = { store: "payroll", table: "contracts", columns: ["id", "terms"] };
const rows = (...list: [string, string | null][]): Map<string, [string, string | null]> =>
  new Map(list.map((row) => [row[0], row]));

test("equal rows are the same, in any order", () => {
  const same = compareRows(about, rows(["1", null], ["2", ""]), rows(["2", ""], ["1", null]));
  expect(same).toEqual({
    ...about,
    columns: undefined,
    rows: 2,
    values: 4,
    missing: 0,
    extra: 0,
    different: 0,
    examples: [],
  });
  expect(isSame(same)).toBe(true);
});

test.each([
  ["a row that is missing", rows(["1", "a"], ["2", "b"]), rows(["1", "a"]), "2 is missing"],
  ["a row too many", rows(["1", "a"]), rows(["1", "a"], ["2", "b"]), "2 is not in the source"],
  ["null for the empty text", rows(["1", ""]), rows(["1", null]), '1 terms: the source has "", the store NULL'],
  ["another value", rows(["1", "a"]), rows(["1", "b"]), '1 terms: the source has "a", the store "b"'],
])("finds %s", (_, expected, actual, example) => {
  const found = compareRows(about, expected, actual);
  expect(isSame(found)).toBe(false);
  expect(found.examples).toEqual([example]);
});

test("an attribute that is not there is not null, and a key may stand once", () => {
  expect([attributeText(undefined), attributeText({ NULL: true })]).toEqual(["(missing)", null]);
  const columns = [{ name: "id", type: "bigint" }];
  expect(() => itemRows([{ id: { N: "1" } }, { id: { N: "1" } }], columns, ["id"])).toThrow(
    'the key ["1"] stands twice',
  );
});

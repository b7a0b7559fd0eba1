import { brief, EXPECTED, rows } from "../testing/build";
import { values } from "./values";

const KB = 1024;
const large = (bytes: number) => values(rows({ largeObjects: [{ column: "report", bytes }] }), EXPECTED);

test("rows that DMS can carry", () => {
  expect([...values(rows(), EXPECTED), ...large(300 * KB)]).toEqual([]);
});

test("large objects beyond LobMaxSize, and close to it", () => {
  expect(brief(large(512 * KB + 1))).toEqual(["error large-object report"]);
  expect(brief(large(512 * KB))).toEqual(["warning large-object report"]);
  expect(brief(large(384 * KB))).toEqual([]);
  expect(large(600 * KB)[0]?.what).toContain("needs 614,400 bytes, and DMS takes 524,288 (");
});

test("what was measured is said", () => {
  const what = (percent: number) =>
    values(rows({ percent, largeObjects: [{ column: "report", bytes: 600 * KB }] }), EXPECTED)[0]?.what;
  expect(what(100)).toContain("measured in all rows");
  expect(what(3.14159)).toContain("measured in a sample of 3.1 % of the table");
});

test("infinity and integers of 19 digits", () => {
  expect(brief(values(rows({ infinite: ["at", "until"], longIntegers: ["id"] }), EXPECTED))).toEqual([
    "warning infinity at until",
    "error long-integer id",
  ]);
});

test("a table that could not be read", () => {
  const findings = values(rows({ failure: "canceling statement due to lock timeout" }), EXPECTED);
  expect(brief(findings)).toEqual(["note not-measured"]);
  expect(findings[0]?.what).toContain("lock timeout");
});

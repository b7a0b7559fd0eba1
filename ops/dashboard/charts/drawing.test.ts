import { kpiOf, resultOf } from "../testing";
import { drawingOf, withUnit } from "./drawing";

const types = { week: "date", shops: "bigint", share: "double", wage: "decimal(10,2)", note: "varchar" };
const result = resultOf(types, [
  ["2026-01-05", "3", "NaN", "12.50", "x"],
  [null, null, "0.5", "-1", null],
]);

test("draws every numeric column but the first, whose values name the rows", () => {
  expect(drawingOf(kpiOf(), result)).toEqual({
    ...{ title: "Shops", unit: "shops", isTime: true, labels: ["2026-01-05", "NULL"] },
    series: [
      { name: "shops", values: [3, null] },
      { name: "share", values: [null, 0.5] },
      { name: "wage", values: [12.5, -1] },
    ],
  });
});

test("draws the header's columns, in its order", () => {
  const { series } = drawingOf(kpiOf({ draws: ["wage", "shops"] }), result);
  expect(series.map(({ name }) => name)).toEqual(["wage", "shops"]);
});

test("a column alone is the number itself", () => {
  expect(drawingOf(kpiOf(), resultOf({ count: "bigint" }, [["7"]]))).toMatchObject({
    ...{ labels: [""], series: [{ name: "count", values: [7] }] },
  });
});

test("says what of the header or of the result does not fit", () => {
  const draw = (draws: string[]) => () => drawingOf(kpiOf({ draws }), result);
  expect(draw(["cost"])).toThrow('"draws" names cost, and the result has week, shops, share, wage, note.');
  expect(draw(["note"])).toThrow('"draws" names note, which is varchar and no number.');
  const text = resultOf({ week: "date", note: "varchar" }, []);
  expect(() => drawingOf(kpiOf(), text)).toThrow("The result has no numeric column that could be drawn.");
  const many = resultOf(Object.fromEntries("abcdefg".split("").map((name) => [name, "bigint"])), []);
  expect(() => drawingOf(kpiOf(), many)).toThrow("6 columns are more than one chart can tell apart: name 5 at most");
});

test("a value with its unit", () => {
  expect([withUnit(1234.567, "hours"), withUnit(-3, "%")]).toEqual(["1,234.57 hours", "-3%"]);
});

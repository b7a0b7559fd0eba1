import { compact, marksOf, scale } from "./scale";

test.each([
  ["counts", [3, 17], [0, 5, 10, 15, 20]],
  ["few things, which nobody halves", [0, 1], [0, 1]],
  ["parts, which have no least step", [0.5], [0, 0.2, 0.4, 0.6]],
  ["a loss", [-3.5, 7], [-5, 0, 5, 10]],
  ["losses only", [-40, -10], [-40, -30, -20, -10, 0]],
  ["much", [1_234_567.5], [0, 500_000, 1_000_000, 1_500_000]],
  ["zero only", [0, 0], [0, 1]],
  ["nothing at all", [], [0, 1]],
])("the axis of %s has round marks and a zero", (_what, values, marks) => {
  expect(marksOf(values)).toEqual(marks);
});

test("a hundred thousand values are none too many", () => {
  expect(marksOf(Array.from({ length: 200_000 }, (_, index) => index)).at(-1)).toBe(200_000);
});

test("places are linear, in either direction; a single one is in the middle", () => {
  const y = scale([-5, 10], [150, 0]);
  expect([-5, 0, 10, 1].map(y)).toEqual([150, 100, 0, 90]);
  expect(scale([7, 7], [40, 60])(7)).toBe(50);
});

test("marks are short", () => {
  expect([0, 0.25, 1250, -2_000_000].map(compact)).toEqual(["0", "0.25", "1.25K", "-2M"]);
});

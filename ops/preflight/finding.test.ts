import { enumerate, quotedTable, size } from "./finding";

test("bytes as people say them", () => {
  expect([0, 1023, 1024, 600 * 1024, 1.5 * 1024 ** 3].map(size)).toEqual([
    "0 bytes",
    "1023 bytes",
    "1 KB",
    "600 KB",
    "1.5 GB",
  ]);
});

test("lists end somewhere", () => {
  expect(enumerate(["a", "b"])).toBe("a, b");
  expect(enumerate(["a", "b", "c"], 2)).toBe("a, b and 1 more");
});

test("names are quoted", () => {
  expect(quotedTable({ schema: "public", name: 'a"b' })).toBe('"public"."a""b"');
});

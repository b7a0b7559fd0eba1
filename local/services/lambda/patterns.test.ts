import { parseExact } from "../../../model/exactJson";
import { compilePattern } from "./patterns";

/** Whether a pattern matches an event, both as Lambda would be given them. */
function matches(pattern: unknown, event: unknown): boolean {
  const text = typeof pattern === "string" ? pattern : JSON.stringify(pattern);
  const compiled = compilePattern(text);
  const json = typeof event === "string" ? event : JSON.stringify(event);
  return compiled.matches(compiled.exact ? parseExact(json) : JSON.parse(json));
}

test.each<[string, unknown, unknown[], unknown[]]>([
  ["null", { a: [null] }, [{ a: null }], [{}, { a: "" }, { a: "null" }]],
  ["empty", { a: [""] }, [{ a: "" }], [{ a: null }, { a: " " }]],
  ["equals", { a: ["x"] }, [{ a: "x", b: 1 }], [{ a: "X" }, { a: "xy" }, { b: "x" }, "1", "null"]],
  ["booleans", { a: [true] }, [{ a: true }], [{ a: "true" }, { a: 1 }, { a: false }]],
  ["ignore case", { a: [{ "equals-ignore-case": "Alice" }] }, [{ a: "aLICE" }], [{ a: "Alic" }]],
  ["and", { a: ["x"], b: ["y"] }, [{ a: "x", b: "y" }], [{ a: "x" }, { a: "x", b: "z" }]],
  ["or", { a: ["x", "y"] }, [{ a: "x" }, { a: "y" }], [{ a: "z" }]],
  ["nested", { a: { b: { c: ["x"] } } }, [{ a: { b: { c: "x" } } }], [{ a: { c: "x" } }, { a: "x" }, { a: null }]],
  ["prefix", { a: [{ prefix: "us-" }] }, [{ a: "us-east" }], [{ a: "eu-us-" }, { a: 1 }]],
  ["suffix", { a: [{ suffix: ".png" }] }, [{ a: "a.png" }], [{ a: "a.png.gz" }]],
  [
    "anything but",
    { a: [{ "anything-but": ["x", 1] }] },
    [{ a: "y" }, { a: null }, { a: "1" }],
    [{ a: "x" }, { a: 1 }, {}],
  ],
  ["anything but one", { a: [{ "anything-but": "x" }] }, [{ a: "y" }], [{ a: "x" }]],
  ["exists", { a: [{ exists: true }] }, [{ a: null }, { a: 0 }], [{}, { a: { b: 1 } }, { a: [] }]],
  ["does not exist", { a: [{ exists: false }] }, [{}, { b: 1 }, { a: { b: 1 } }, { a: [] }], [{ a: null }, { a: "" }]],
  ["absent or a value", { a: [{ exists: false }, "x"] }, [{}, { a: "x" }], [{ a: "y" }]],
  ["number equals", { a: [{ numeric: ["=", 100] }] }, [{ a: 100 }, '{"a":1e2}'], [{ a: 101 }, { a: "100" }]],
  ["number range", { a: [{ numeric: [">", 10, "<=", 20] }] }, [{ a: 10.1 }, { a: 20 }], [{ a: 10 }, { a: 21 }]],
  ["numbers by their digits", { a: [300] }, ['{"a":300}'], ['{"a":300.0}', '{"a":3e2}', '{"a":"300"}']],
  ["big numbers", '{"a":[9007199254740993]}', ['{"a":9007199254740993}'], ['{"a":9007199254740992}']],
  ["elements of arrays", { a: ["x"] }, [{ a: ["w", "x"] }], [{ a: ["w"] }]],
  [
    "one element has all",
    { a: { b: ["x"], c: ["y"] } },
    [{ a: [{ b: 1 }, { b: "x", c: "y" }] }],
    [{ a: [{ b: "x" }, { c: "y" }] }],
  ],
  ["own names only", { constructor: [{ exists: true }] }, ['{"constructor":1}'], [{}]],
  [
    "$or over fields",
    { s: ["1"], $or: [{ a: ["x"] }, { b: [{ numeric: ["<", 0] }] }] },
    [
      { s: "1", a: "x" },
      { s: "1", b: -1 },
    ],
    [{ a: "x" }, { s: "1" }, { s: "1", b: 0 }],
  ],
])("%s", (_name, pattern, matching, others) => {
  for (const event of matching) expect([event, matches(pattern, event)]).toEqual([event, true]);
  for (const event of others) expect([event, matches(pattern, event)]).toEqual([event, false]);
});

test.each<[unknown, string]>([
  ["{a", "It is not valid JSON: {a"],
  ["[]", "At the top: expected an object or an array of rules"],
  [{}, "At the top: an empty object matches nothing"],
  [{ a: "x" }, "At a: expected an object or an array of rules"],
  [{ a: { b: [] } }, "At a.b: an empty array of rules matches nothing"],
  [{ a: [["x"]] }, "At a: a rule cannot be an array"],
  [{ a: [{ wildcard: "*" }] }, 'At a: the operator "wildcard" is not supported'],
  [{ a: [{ prefix: "x", suffix: "y" }] }, "At a: a rule has one operator"],
  [{ a: [{ prefix: 1 }] }, "At a: prefix, suffix and equals-ignore-case take a string"],
  [{ a: [{ exists: "yes" }] }, "At a: exists takes true or false"],
  [{ a: [{ "anything-but": { prefix: "x" } }] }, "At a: anything-but takes strings and numbers"],
  [{ a: [{ numeric: ["~", 1] }] }, "At a: numeric takes one or two comparisons"],
  [{ a: [{ numeric: [">", 1, "<"] }] }, "At a: numeric takes one or two comparisons"],
  [{ $or: [{ a: ["x"] }] }, "At .$or: expected two or more patterns"],
])("refuses %j", (pattern, message) => {
  expect(() => compilePattern(typeof pattern === "string" ? pattern : JSON.stringify(pattern))).toThrow(message);
});

test("a pattern is at most 4096 characters long", () => {
  expect(() => compilePattern(JSON.stringify({ a: ["x".repeat(4096)] }))).toThrow("4096 are allowed");
});

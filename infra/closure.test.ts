import * as vm from "node:vm";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { callbackText, withoutWith } from "./closure";

/** What the factory's handler answers in the archive, as Lambda loads it. */
async function answerOf(factory: () => () => unknown): Promise<unknown> {
  const text = await callbackText(factory);
  expect(text).not.toMatch(/^\s*with\(/m);
  const archive: { handler?: () => unknown } = {};
  const load: unknown = vm.runInThisContext(`(exports, require) => {${text}\n}`);
  if (typeof load === "function") load(archive, require);
  return archive.handler?.();
}

const even = (count: number): boolean => count === 0 || odd(count - 1);
const odd = (count: number): boolean => count !== 0 && even(count - 1);

function* upTo(end: number): Generator<number> {
  for (let count = 1; count <= end; count += 1) yield count;
}

test("a function is what it was: constants, functions that need each other, modules, promises", async () => {
  const words = { comma: "a, b: c", quote: `"with({ x: y }) {"`, none: undefined, list: [1, "2", null] };
  const pattern = /^(a|b), "c"$/i;
  const later = Promise.resolve(words.comma);
  const numbers = { nan: NaN, minus: -0, big: 1e21 };
  const answer = await answerOf(() => {
    const { createHash } = require("node:crypto");
    return async () => [
      words,
      pattern.test('B, "C"'),
      await later,
      Object.is(numbers.minus, -0),
      numbers.nan,
      numbers.big,
      even(10),
      [...upTo(3)],
      createHash("sha256").update(words.quote).digest("hex").length,
    ];
  });
  expect(await answer).toEqual([words, true, words.comma, true, NaN, 1e21, true, [1, 2, 3], 64]);
});

test("any text survives being captured", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", maxLength: 30 }), fc.double(), async (text, number) => {
      const flag = number > 0;
      expect(await answerOf(() => () => [text, number, flag])).toEqual([text, number, flag]);
    }),
    { numRuns: 50 },
  );
});

test("the factory runs once, its handler at every call", async () => {
  const text = await callbackText(() => {
    let calls = 0;
    return () => (calls += 1);
  });
  const archive: { handler?: () => number } = {};
  vm.runInNewContext(text, { exports: archive });
  expect([archive.handler?.(), archive.handler?.()]).toEqual([1, 2]);
});

test("a secret is not written into an archive", async () => {
  const password = pulumi.secret("swordfish");
  await expect(callbackText(() => () => password.get())).rejects.toThrow("Secret outputs cannot be captured");
});

test.each([
  ["a block of another shape", "function __f0() {\n  with({ a: 1 }) { return a; }\n}\n", /`with` block/],
  [
    "a value of another shape",
    "function __f0() {\n  return (function() {\n    with({ a: [1, 2] }) {\n\nreturn () => a;\n\n    }\n  }).apply(undefined, undefined).apply(this, arguments);\n}\n",
    /cannot read what a function captures: a: \[1, 2\]/,
  ],
  ["text that is no program", "function {", /Unexpected token/],
])("refuses %s", (_, text, message) => {
  expect(() => withoutWith(text)).toThrow(message);
});

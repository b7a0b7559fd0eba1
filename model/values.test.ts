import * as fc from "fast-check";
import { numberText, parseExact, writeExact } from "./exactJson";
import { attributeJson, canonical, toLakeJson, toStored } from "./values";
import { formOf, parseType } from "./types";

describe("exact JSON", () => {
  test("keeps every digit", () => {
    const text = '{"id":9007199254740993,"wage":1.10,"text":"12.50 \\"7\\"","big":1E+2,"list":[-0.0,null,true]}';
    expect(writeExact(parseExact(text))).toBe(text);
    expect(numberText((parseExact("[1.10]") as string[])[0])).toBe("1.10");
  });

  test("reads what JSON.parse reads, and refuses what it refuses", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(writeExact(parseExact(text)))).toEqual(JSON.parse(text));
      }),
    );
    for (const text of ['{"a":1', '{"a":01}', "[1,]", '"open', "{'a':1}", "nul", ""]) {
      expect(() => parseExact(text)).toThrow(SyntaxError);
    }
  });
});

describe("every variant of DMS becomes one canonical text", () => {
  const number = (digits: string): string => `\0${digits}`;
  test.each([
    ["integer", number("9007199254740993"), "9007199254740993"],
    ["integer", "-42", "-42"],
    ["integer", number("1E+3"), "1000"],
    ["decimal", number("1.1000000000"), "1.1000000000"],
    ["decimal", "12345678901234567890.0123456789", "12345678901234567890.0123456789"],
    ["decimal", number("-1.5E-3"), "-0.0015"],
    ["decimal", number("0E-10"), "0.0000000000"],
    ["number", "NaN", "NaN"],
    ["float", number("1e-300"), "1e-300"],
    ["float", "-Infinity", "-Infinity"],
    ["boolean", true, "true"],
    ["boolean", "t", "true"],
    ["boolean", "true", "true"],
    ["boolean", "1", "true"],
    ["boolean", number("0"), "false"],
    ["boolean", "f", "false"],
    ["boolean", "FALSE", "false"],
    ["text", "", ""],
    ["text", "t", "t"],
    ["text", "ünï ☃ 😀", "ünï ☃ 😀"],
    ["text", '{"a": 1.10}', '{"a": 1.10}'],
    ["text", { a: number("1.10") }, '{"a":1.10}'],
    ["bytes", "0x80057D942E", "80057d942e"],
    ["bytes", "80057D942E", "80057d942e"],
    ["bytes", "\\x80", "80"],
    ["bytes", "", ""],
    ["date", "2015-10-17", "2015-10-17"],
    ["date", "2015-10-17T00:00:00Z", "2015-10-17"],
    ["time", "08:30:00", "08:30:00.000000"],
    ["time", "08:30:00.123456", "08:30:00.123456"],
    ["instant", "2022-12-18T19:28:42.442556Z", "2022-12-18T19:28:42.442556Z"],
    ["instant", "2022-12-18T19:20:00Z", "2022-12-18T19:20:00.000000Z"],
    ["instant", "2022-12-18 21:20:00.5+02", "2022-12-18T19:20:00.500000Z"],
    ["instant", "2022-12-18T00:20:00+05:30", "2022-12-17T18:50:00.000000Z"],
    ["timestamp", "2022-12-18T19:28:42.4425Z", "2022-12-18T19:28:42.442500"],
  ] as const)("%s %j", (form, value, text) => {
    expect(canonical(form, value)).toBe(text);
  });

  test.each([
    // Through a double: the digits may be gone.
    ["integer", number("9.007199254740992E15")],
    ["integer", "12.5"],
    ["integer", "twelve"],
    ["decimal", "1,5"],
    ["boolean", "yes"],
    ["bytes", "0x123"],
    ["date", "17.10.2015"],
    ["date", "2015-10-17T10:00:00Z"],
    ["time", "8:30"],
    ["instant", "2022-12-18T19:28:42.4425561Z"],
    ["instant", "yesterday"],
    ["integer", { a: "1" }],
  ] as const)("%s %j is refused", (form, value) => {
    expect(canonical(form, value)).toBeUndefined();
  });
});

describe("round trip through DynamoDB", () => {
  const forms = {
    integer: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    decimal: fc
      .tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.nat(99))
      .map(([a, b]) => `${a}.${String(b).padStart(2, "0")}`),
    text: fc.string({ unit: "binary" }).filter((text) => !text.startsWith("\0")),
    bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("hex")),
    boolean: fc.boolean().map(String),
  } as const;
  test.each(Object.keys(forms) as (keyof typeof forms)[])("%s", (form) => {
    fc.assert(
      fc.property(fc.option(forms[form]), (text) => {
        const json = attributeJson(toStored(form, text));
        expect(json === null || json === undefined ? json : canonical(form, json)).toBe(text);
        const lake: unknown = JSON.parse(toLakeJson(form, text), (_, value: unknown) => value);
        if (form === "text" || form === "decimal") expect(lake).toBe(text);
      }),
    );
  });
});

test("types as drizzle and PostgreSQL write them", () => {
  expect(parseType("numeric(30, 10)")).toEqual({ type: "numeric", precision: 30, scale: 10 });
  expect(parseType("timestamp (6) with time zone")).toEqual({ type: "timestamp with time zone" });
  expect(parseType("timestamp without time zone")).toEqual({ type: "timestamp" });
  expect(parseType("character varying(80)")).toEqual({ type: "character varying" });
  expect(parseType("text[]")).toEqual({ type: "array" });
  expect(parseType("int8")).toEqual({ type: "bigint" });
  expect(parseType("geometry(Point,4326)")).toBeUndefined();
  expect(formOf({ type: "numeric" })).toBe("number");
  expect(formOf({ type: "numeric", precision: 40 })).toBe("number");
  expect(formOf({ type: "numeric", precision: 38 })).toBe("decimal");
});

import type { Column, DmsType } from "./catalog";
import { encoder, pretty } from "./json";

const column = (type: DmsType, pgType = "", cut = false): Column => ({
  ...{ name: "c", number: 1, pgType, type, cut, nullable: true },
});
const encode = (
  type: DmsType,
  text: string,
  { pgType = "", cut = false, phase = "change", largeIntegers = true, lobLimit = undefined as number | undefined } = {},
): string => {
  const truncated: string[] = [];
  const phaseOf = phase === "load" ? "load" : "change";
  const options = {
    phase: phaseOf,
    largeIntegers,
    lobLimit,
    onTruncated: (name: string) => truncated.push(name),
  } as const;
  const json = encoder(column(type, pgType, cut), options)(text);
  return truncated.length > 0 ? `cut ${json}` : json;
};

test.each<[DmsType, string, string]>([
  ["INT8", "-999999999999999999", "-999999999999999999"],
  ["INT8", "9223372036854775807", "9.223372036854776e+18"],
  ["NUMERIC", "12.5000000000", "12.5000000000"],
  ["NUMERIC", "NaN", '"NaN"'],
  ["REAL8", "1e+20", "1e+20"],
  ["REAL8", "-Infinity", '"-Infinity"'],
  ["BOOLEAN", "true", '"t"'],
  ["BOOLEAN", "f", '"f"'],
  ["BLOB", "\\x00ff10", '"0x00FF10"'],
  ["BLOB", "\\x", '"0x"'],
  ["DATETIME", "2022-12-18 19:28:42.44+00", '"2022-12-18T19:28:42.440000Z"'],
  ["DATETIME", "2022-12-18 19:20:00", '"2022-12-18T19:20:00Z"'],
  ["DATETIME", "infinity", '"9999-12-31T23:59:59Z"'],
  ["DATE", "2015-10-17", '"2015-10-17"'],
  ["DATE", "infinity", '"9999-12-31"'],
  ["TIME", "08:30:00.5", '"08:30:00.5"'],
  ["NCLOB", '{"a": "b\\n"}', '"{\\"a\\": \\"b\\\\n\\"}"'],
  ["WSTRING", "tab\t", '"tab\\t"'],
])("%s %s -> %s", (type, text, json) => {
  expect(encode(type, text)).toBe(json);
});

test("what depends on the phase, the endpoint and the column", () => {
  expect(encode("BOOLEAN", "t", { phase: "load" })).toBe('"true"');
  expect(encode("INT8", "1234567890123456", { largeIntegers: false })).toBe("1234567890123456");
  expect(encode("INT8", "12345678901234567", { largeIntegers: false })).toBe("1.2345678901234568e+16");
  expect(encode("NUMERIC", "0.611111104488373", { cut: true })).toBe("0.611111");
  expect(encode("STRING", "-$1,234.50", { pgType: "money" })).toBe("-1234.50");
});

test("large objects are cut as DMS counts them: two bytes a character, four beyond the basic plane, never in half", () => {
  expect(encode("NCLOB", "abcd", { lobLimit: 8 })).toBe('"abcd"');
  expect(encode("NCLOB", "abcde", { lobLimit: 8 })).toBe('cut "abcd"');
  expect(encode("NCLOB", "abc😀", { lobLimit: 8 })).toBe('cut "abc"');
  expect(encode("BLOB", "\\x010203", { lobLimit: 2 })).toBe('cut "0x0102"');
  expect(encode("CLOB", "aüb", { lobLimit: 4 })).toBe('"aüb"');
  expect(encode("CLOB", "aüü", { lobLimit: 4 })).toBe('cut "aü"');
  expect(encode("WSTRING", "abcde", { lobLimit: 2 })).toBe('"abcde"');
});

test("the format json: a member a line, as DMS prints it", () => {
  const line = '{"data":{"a":"x{,\\":","b":[],"c":{}},"metadata":{"n":1}}';
  expect(pretty(line)).toBe(
    '{\n\t"data":\t{\n\t\t"a":\t"x{,\\":",\n\t\t"b":\t[],\n\t\t"c":\t{}\n\t},\n\t"metadata":\t{\n\t\t"n":\t1\n\t}\n}',
  );
  expect(JSON.parse(pretty(line))).toEqual(JSON.parse(line));
});

import { objectKey, readPrefixes } from "./prefix";

const at = new Date("2026-03-09T08:07:06.543Z");
const errors = "errors/!{firehose:error-output-type}/";

function keys(prefix: string | undefined, errorOutputPrefix: string | undefined): { data: string; errors: string } {
  const prefixes = readPrefixes(prefix, errorOutputPrefix);
  if (typeof prefixes === "string") throw new Error(prefixes);
  const name = { stream: "shops", version: 3, at };
  return {
    data: objectKey({ ...name, prefix: prefixes.data, extension: ".parquet" }),
    errors: objectKey({ ...name, prefix: prefixes.errors, extension: "" }),
  };
}

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const SUFFIX = `shops-3-2026-03-09-08-07-06-${UUID}`;

test.each<[string | undefined, string]>([
  ["changes/shops/dt=!{timestamp:yyyy-MM-dd}/", "changes/shops/dt=2026-03-09/"],
  ["a/!{timestamp:'year='yyyy'/hour='HH}/", "a/year=2026/hour=08/"],
  [undefined, "2026/03/09/08/"],
  ["legacy", "legacy2026/03/09/08/"],
  ["!{timestamp:mm-ss}/!{firehose:random-string}/", "07-06/[0-9a-f-]{11}/"],
])("the prefix %s becomes %s", (prefix, evaluated) => {
  expect(keys(prefix, errors).data).toMatch(new RegExp(`^${evaluated}${SUFFIX}\\.parquet$`));
});

test("the error prefix names the kind of error; its objects have no extension", () => {
  const found = keys("a/", `${errors}!{timestamp:yyyy-MM-dd}/`).errors;
  expect(found).toMatch(new RegExp(`^errors/format-conversion-failed/2026-03-09/${SUFFIX}$`));
});

test.each<[string, string | undefined, RegExp]>([
  ["!{timestamp:YYYY-MM-dd}/", errors, /"YYYY" is not supported/],
  ["!{timestamp:yyyy/", errors, /the expression "!\{" is not supported/],
  ["!{timestamp:}/", errors, /no pattern of a date/],
  ["!{timestamp:yyyy'}/", errors, /no pattern of a date/],
  ["!{partitionKeyFromQuery:shop}/", errors, /partitionKeyFromQuery:shop\}" is not supported/],
  ["!{firehose:error-output-type}/", errors, /belongs into errorOutputPrefix only/],
  ["!{firehose:random-string}/", errors, /say the time/],
  ["!{timestamp:yyyy}/", undefined, /errorOutputPrefix can't be null when prefix contains expressions/],
  ["plain/", undefined, /errorOutputPrefix is missing/],
  ["plain/", "errors/!{timestamp:yyyy}/", /must include !\{firehose:error-output-type\}/],
  ["plain/", "errors/", /must include !\{firehose:error-output-type\}/],
  ["p".repeat(513), errors, /513 characters/],
])("refused: %s with %s", (prefix, errorOutputPrefix, message) => {
  expect(readPrefixes(prefix, errorOutputPrefix)).toMatch(message);
});

import { Documents } from "./documents";
import { columnsOf, schemaFault } from "./values";

const column = (Name: string, Type: string) => ({ Name, Type });
const documents = new Documents(
  columnsOf([
    column("id", "bigint"),
    column("small", "smallint"),
    column("middle", "int"),
    column("text", "string"),
    column("yes", "boolean"),
    column("real", "double"),
    column("day", "date"),
  ]),
);
/** The documents as text, or the fault as `<code>: <message>`. */
function read(record: string | Buffer): string[] | string {
  const found = documents.read(Buffer.from(record));
  if (Array.isArray(found)) return found.map(String);
  return `${found.code.replace("DataFormatConversion.", "")}: ${found.message}`;
}

test("documents stand back to back, with and without white space", () => {
  expect(read('{"id":1}{"id":2}\n {"id":3}\r\n\n')).toEqual(['{"id":1}', '{"id":2}', '{"id":3}']);
  expect(read("{}{ }")).toEqual(["{}", "{ }"]);
});

test("a document with the columns' values as they are stays as it was sent", () => {
  const sent =
    '{"id": 9007199254740993, "small":-32768,"middle":2147483647,"text":"{\\"a\\": 1}\\u00e9😀\\/","yes":false,"real":-1.5e-7,"day":"2024-02-29"}';
  expect(read(sent)).toEqual([sent]);
  expect(read('{"id":null,"text":null,"day":null}')).toEqual(['{"id":null,"text":null,"day":null}']);
});

test("keys without a column are dropped, others found in any case, a document is one line", () => {
  expect(read('{"ID":1,"other":{"id":[2,"}"]},"Te\\u0078t":"a"}')).toEqual(['{"id":1,"text":"a"}']);
  expect(read('{\n  "id": 1,\n  "text": "a\\nb"\n}\n{"id":2}')).toEqual(['{"id":1,"text":"a\\nb"}', '{"id":2}']);
  expect(read('{"other":1e999}')).toEqual(["{}"]);
});

test.each<[string, string]>([
  ['"id":"9223372036854775807"', '"id":9223372036854775807'],
  ['"id":"-9223372036854775808"', '"id":-9223372036854775808'],
  ['"id":"+7"', '"id":7'],
  ['"id":-0', '"id":0'],
  ['"small":"007"', '"small":7'],
  ['"text":9007199254740993', '"text":"9007199254740993"'],
  ['"text":true', '"text":"true"'],
  ['"yes":"TRUE"', '"yes":true'],
  ['"real":"1.10"', '"real":1.10'],
  ['"real":"NaN"', '"real":"NaN"'],
  ['"real":3', '"real":3'],
])("%s is taken as %s", (sent, taken) => {
  expect(read(`{${sent}}`)).toEqual([`{${taken}}`]);
});

test.each<[string, RegExp]>([
  [
    '{"id":"oops"}',
    /^MalformedData: Data does not match the schema. For input string: "oops" \(column "id", bigint\)$/,
  ],
  ['{"id":9223372036854775808}', /^MalformedData: Data does not match/],
  ['{"id":"9223372036854775808"}', /^MalformedData: Data does not match/],
  ['{"small":32768}', /^MalformedData: Data does not match.*32768/],
  ['{"middle":-2147483649}', /^MalformedData: Data does not match/],
  ['{"id":""}', /^MalformedData: Data does not match/],
  ['{"id":1.0}', /^MalformedData: local firehose: what Firehose makes of 1.0 is not known/],
  ['{"id":1e3}', /^MalformedData: local firehose/],
  ['{"id":"0x1f"}', /^MalformedData: local firehose/],
  ['{"id":true}', /^MalformedData: local firehose/],
  ['{"text":1.10}', /^MalformedData: local firehose: what Firehose makes of 1.10/],
  ['{"text":9223372036854775808}', /^MalformedData: local firehose/],
  ['{"text":{"a":1}}', /^MalformedData: local firehose/],
  ['{"text":[]}', /^MalformedData: local firehose/],
  ['{"yes":"t"}', /^MalformedData: local firehose/],
  ['{"yes":1}', /^MalformedData: local firehose/],
  ['{"real":"1,5"}', /^MalformedData: Data does not match/],
  ['{"real":1e999}', /^MalformedData: local firehose/],
  ['{"real":false}', /^MalformedData: local firehose/],
  ['{"day":"2026-02-29"}', /^MalformedData: Data does not match/],
  ['{"day":"2026-2-1"}', /^MalformedData: Data does not match/],
  ['{"day":20000}', /^MalformedData: local firehose/],
  ['{"text":"\\ud83d"}', /^MalformedData: local firehose.*surrogate/],
  ['{"text":"\\ude00\\ud83d"}', /^MalformedData: local firehose.*surrogate/],
  ['[{"id":1}]', /^MalformedData: Data does not match the schema. A record is one JSON object/],
  ["7", /^MalformedData: Data does not match the schema. A record is one JSON object/],
  ["", /^MalformedData: The record was empty or contained only whitespace/],
  [" \n", /^MalformedData: The record was empty/],
  ["oops", /^ParseError: Encountered malformed JSON/],
  ['{"id":1', /^ParseError: .*At byte 7: expected a comma or the object's end/],
  ['{"id":1,}', /^ParseError/],
  ['{"id":01}', /^ParseError/],
  ['{"id":+1}', /^ParseError/],
  ['{"id":1.}', /^ParseError/],
  ['{"id":NaN}', /^ParseError/],
  ['{"id" 1}', /^ParseError/],
  ["{id:1}", /^ParseError/],
  ["{'id':1}", /^ParseError/],
  ['{"id":nul}', /^ParseError/],
  ['{"id":1,"ID":2}', /^ParseError: .*the key "id" stands twice/],
  ['{"text":"a\nb"}', /^ParseError: .*a control character in a string/],
  ['{"text":"a', /^ParseError: .*a string without end/],
  ['{"text":"\\x"}', /^ParseError/],
  ['{"text":"\\u12g4"}', /^ParseError/],
  ['{"other":[1,2}}', /^ParseError/],
  ['{"other":[1', /^ParseError/],
  ['{"id":1}garbage', /^ParseError/],
])("a record fails as a whole: %s", (sent, message) => {
  expect(read(sent)).toEqual(expect.stringMatching(message));
  if (sent.startsWith("{")) expect(read(`{"id":1}${sent}`)).toEqual(expect.stringMatching(message.source.slice(0, 9)));
});

test("bytes that are no UTF-8 fail their record", () => {
  expect(read(Buffer.from('{"text":"\xe9"}', "latin1"))).toMatch(/^ParseError: .*not UTF-8/);
});

test("a record that failed leaves nothing behind for the next one", () => {
  expect(read('{"id":1,"text":oops}')).toMatch(/^ParseError/);
  expect(read('{"TEXT":"a"}')).toEqual(['{"text":"a"}']);
});

test("types of which the reading is not known are refused with the schema", () => {
  expect(schemaFault([column("id", "bigint"), column("wage", "decimal(5,2)")])).toMatch(/"wage" has the type decimal/);
  expect(schemaFault([column("id", "bigint")])).toBeUndefined();
});

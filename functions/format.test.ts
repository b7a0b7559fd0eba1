import { PutRecordBatchCommand } from "@aws-sdk/client-firehose";
import type { PutRecordBatchCommandOutput } from "@aws-sdk/client-firehose";
import type { AttributeValue, DynamoDBRecord } from "aws-lambda";
import { parseExact } from "../model/exactJson";
import type { TableLayout } from "../model/layout";
import { format } from "./format";
import type { Image } from "./overflow";
import { pseudonymWith } from "./pseudonym";
import { lakeRow, versionOf } from "./row";
import { bucketDouble } from "./testing/bucketDouble";

jest.mock("./sdk", () => ({ backOff: async () => undefined }));

const layout: TableLayout = {
  source: "monolith",
  table: "people",
  key: ["id"],
  columns: {
    id: { form: "integer", lob: false, private: false },
    wage: { form: "decimal", lob: false, private: false },
    active: { form: "boolean", lob: false, private: false },
    photo: { form: "bytes", lob: true, private: false },
    email: { form: "text", lob: true, private: true },
    badge: { form: "text", lob: false, private: false, pseudonym: true },
    later: { form: "integer", lob: false, private: false },
  },
};

const image = {
  _key: { S: "monolith.people#1" },
  _table: { S: "monolith.people" },
  _operation: { S: "update" },
  _sequence: { S: "9" },
  _position: { S: "5" },
  _barrier: { S: "" },
  _committedAt: { S: "2026-03-01T10:00:00.000000Z" },
  id: { N: "9007199254740993" },
  wage: { S: "1.10" },
  active: { BOOL: true },
  photo: { B: Buffer.from([1, 255]).toString("base64") },
  email: { S: "marie@example.com" },
  badge: { S: "B-17" },
  "_rest:later": { S: "12345678901234567" },
  "_rest:mood": { S: '"fine"' },
} satisfies Record<string, AttributeValue>;

const record = (sequence: string, newImage: Record<string, AttributeValue> = image): DynamoDBRecord => ({
  eventName: "MODIFY",
  dynamodb: { NewImage: newImage, SequenceNumber: sequence },
});

function firehose(fails: (call: number, index: number) => boolean): {
  sent: string[][];
  send: () => Promise<PutRecordBatchCommandOutput>;
} {
  const sent: string[][] = [];
  const send = async (command?: object): Promise<PutRecordBatchCommandOutput> => {
    if (!(command instanceof PutRecordBatchCommand)) throw new Error("not PutRecordBatch");
    const records = command.input.Records ?? [];
    sent.push(records.map(({ Data }) => Buffer.from(Data ?? []).toString()));
    const call = sent.length;
    return {
      $metadata: {},
      FailedPutCount: 0,
      RequestResponses: records.map((_, index) =>
        fails(call, index) ? { ErrorCode: "ServiceUnavailableException" } : { RecordId: "r" },
      ),
    };
  };
  return { sent, send };
}

const options = (sink: ReturnType<typeof firehose>): Parameters<typeof format>[1] => ({
  firehose: sink,
  PutRecordBatchCommand,
  layouts: { "monolith.people": layout },
  deliveryStreams: { "monolith.people": "people" },
  pseudonym: pseudonymWith("key"),
  overflow: bucketDouble().overflow,
  put: async () => undefined,
  log: () => undefined,
  now: () => Date.parse("2026-03-01T10:00:12.500Z"),
});

function rowOf(image: Image, key = "key"): string {
  const row = lakeRow(image, layout, pseudonymWith(key));
  if (typeof row !== "string") throw new Error(`${row.column} is no ${row.form}`);
  return row;
}

test("a row keeps every digit, leaves private and unknown columns out, and takes up what the model has learnt", () => {
  const row = rowOf(image);
  expect(row).not.toMatch(/marie|mood|fine|B-17/);
  expect(parseExact(row)).toEqual({
    id: "\0" + "9007199254740993",
    wage: "1.10",
    active: true,
    photo: "01ff",
    badge: expect.stringMatching(/^[0-9a-f]{32}$/),
    later: "\0" + "12345678901234567",
    _op: "update",
    _version: "9/5//",
    _position: "5",
    _committed_at: "2026-03-01T10:00:00.000000Z",
  });
});

test.each<[string, Image, string]>([
  ["learnt with another type than its values have", { "_rest:later": { S: '"soon"' } }, "later is no integer"],
  ["kept from before the model gave it this type", { wage: { S: "a lot" } }, "wage is no decimal"],
  ["of no type that a column has", { wage: {} }, "wage is no decimal"],
])("a value that was %s is not passed on as null", (_, change, problem) => {
  expect(() => rowOf({ ...image, ...change })).toThrow(problem);
});

test("a tombstone shows its key only", () => {
  const row = parseExact(rowOf({ ...image, _deleted: { BOOL: true } }));
  expect(row).toMatchObject({ id: "\0" + "9007199254740993", _op: "delete" });
  expect(row).not.toHaveProperty("wage");
});

test("equal values have equal pseudonyms, with this key only; null stays null", () => {
  const badgeOf = (key: string, badge: AttributeValue): unknown => {
    const { badge: shown } = JSON.parse(rowOf({ ...image, badge }, key)) as { badge: unknown };
    return shown;
  };
  expect(badgeOf("key", { S: "B-17" })).toBe(pseudonymWith("key")("B-17"));
  expect(badgeOf("key", { S: "B-18" })).not.toBe(badgeOf("key", { S: "B-17" }));
  expect(badgeOf("other", { S: "B-17" })).not.toBe(badgeOf("key", { S: "B-17" }));
  expect(badgeOf("key", { NULL: true })).toBeNull();
  expect(() => lakeRow(image, layout)).toThrow("people.badge is a pseudonym, and format was given no key");
});

test("a line a table says how old its newest change is", async () => {
  const lines: string[] = [];
  const older = { ...image, _committedAt: { S: "2026-02-01T00:00:00.000000Z" } };
  const log = (line: string): void => void lines.push(line);
  await format({ Records: [record("1"), record("2", older)] }, { ...options(firehose(() => false)), log });
  expect(lines).toEqual([
    '{"records":2,"failedPacks":0,"unknown":0,"parked":0}',
    '{"table":"monolith.people","rows":2,"ageSeconds":12.5}',
  ]);
});

test("each accepted change has a greater version than the one before", () => {
  const images: Image[] = [
    { _sequence: { S: "" }, _position: { S: "0005" } },
    { _sequence: { S: "" }, _position: { S: "0005" }, _forwarded: { S: "0004" } },
    { _sequence: { S: "001" }, _position: { S: "0005" }, _forwarded: { S: "0004" } },
    { _sequence: { S: "002" }, _position: { S: "0006" } },
    { _sequence: { S: "002" }, _position: { S: "0007" } },
  ];
  const versions = images.map(versionOf);
  expect([...versions].sort()).toEqual(versions);
  expect(new Set(versions).size).toBe(versions.length);
});

test("many rows travel in one record, back to back; DynamoDB's own expiry is no change", async () => {
  const sink = firehose(() => false);
  const expiry: DynamoDBRecord = {
    ...record("3"),
    userIdentity: { type: "Service", principalId: "dynamodb.amazonaws.com" },
  };
  const answer = await format({ Records: [record("1"), record("2"), expiry] }, options(sink));
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(sink.sent).toHaveLength(1);
  expect(sink.sent[0]).toEqual([`${rowOf(image)}\n`.repeat(2)]);
});

test("a row of a table that the model has lost is counted, and holds nothing up", async () => {
  const sink = firehose(() => false);
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const lost = { ...image, _table: { S: "monolith.gone" } };
  const answer = await format({ Records: [record("1", lost), record("2")] }, { ...options(sink), log });
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(sink.sent).toEqual([[`${rowOf(image)}\n`]]);
  expect(lines[0]).toBe('{"records":2,"failedPacks":0,"unknown":1,"parked":0}');
});

test("only failed records are sent again", async () => {
  const big = { ...image, wage: { S: "1".repeat(40_000) } };
  const sink = firehose((call, index) => call === 1 && index === 1);
  await format({ Records: [record("1", big), record("2", big), record("3", big)] }, options(sink));
  expect(sink.sent.map((batch) => batch.length)).toEqual([3, 1]);
  expect(sink.sent[1]?.[0]).toBe(sink.sent[0]?.[1]);
});

test("what Firehose does not take in the end is retried from its first row on", async () => {
  const big = { ...image, wage: { S: "1".repeat(40_000) } };
  const sink = firehose((_, index) => index === 0);
  const answer = await format({ Records: [record("1", image), record("2", big), record("3", big)] }, options(sink));
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "1" }] });
});

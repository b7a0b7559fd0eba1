/** *format* and what is too large: for an item of raw, or for a record of Firehose. */
import { PutRecordBatchCommand } from "@aws-sdk/client-firehose";
import type { AttributeValue, DynamoDBRecord } from "aws-lambda";
import type { TableLayout } from "../model/layout";
import { format, type FormatEvent } from "./format";
import type { Parked } from "./park";
import { pseudonymWith } from "./pseudonym";
import { bucketDouble, type BucketDouble } from "./testing/bucketDouble";

jest.mock("./sdk", () => ({ backOff: async () => undefined }));

const layout: TableLayout = {
  source: "monolith",
  table: "people",
  key: ["id"],
  columns: {
    id: { form: "integer", lob: false, private: false },
    bio: { form: "text", lob: true, private: false },
    cv: { form: "text", lob: true, private: true },
    photo: { form: "bytes", lob: true, private: false },
    badge: { form: "text", lob: true, private: false, pseudonym: true },
    later: { form: "text", lob: true, private: false },
  },
};

type Image = Record<string, AttributeValue>;

/** The item of a row. */
const item = (id: number, attributes: Image = {}): Image => ({
  ...{ _key: { S: `monolith.people#${id}` }, _table: { S: "monolith.people" }, _operation: { S: "update" } },
  ...{ _committedAt: { S: "2026-03-01T10:00:00.000000Z" }, _sequence: { S: "1" }, id: { N: String(id) } },
  ...attributes,
});
const overflowed = { _overflow: { BOOL: true } };

/** Puts a value into the bucket. */
async function put({ overflow }: BucketDouble, name: string, value: string | Buffer): Promise<AttributeValue> {
  const body = Buffer.from(value);
  const version = await overflow.put(name, body);
  const type = typeof value === "string" ? "S" : "B";
  return { M: { object: { S: name }, version: { S: version }, bytes: { N: String(body.length) }, type: { S: type } } };
}

const record = (SequenceNumber: string, now?: Image, old?: Image): DynamoDBRecord => ({
  eventSourceARN: "arn:aws:dynamodb:eu-west-1:222222222222:table/raw/stream/1",
  dynamodb: {
    SequenceNumber,
    ApproximateCreationDateTime: 1_772_359_200,
    ...(now && { NewImage: now }),
    ...(old && { OldImage: old }),
  },
});

interface Line {
  readonly id: number;
  readonly bio: string | null;
  readonly photo: string | null;
  readonly badge: string | null;
  readonly later: string | null;
}

function world(fails: (data: string) => boolean = () => false) {
  const bucket = bucketDouble();
  const rows: Line[] = [];
  const parked: Record<string, Parked[]> = {};
  /** Values that were read before each request to Firehose, since the one before. */
  const reads: number[] = [];
  const firehose = {
    send: async (command: object): Promise<object> => {
      if (!(command instanceof PutRecordBatchCommand)) throw new Error("not PutRecordBatch");
      const records = (command.input.Records ?? []).map(({ Data }) => Buffer.from(Data ?? []));
      // As Firehose, which refuses the whole request.
      if (records.some(({ length }) => length > 1_024_000)) throw new Error("ValidationException");
      const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
      reads.push((bucket.requests["GetObjectCommand"] ?? 0) - sum(reads));
      const RequestResponses = records.map((data) => {
        if (fails(data.toString())) return { ErrorCode: "ServiceUnavailableException" };
        for (const line of data.toString().trimEnd().split("\n")) rows.push(JSON.parse(line));
        return { RecordId: "r" };
      });
      return { RequestResponses };
    },
  };
  const run = (event: FormatEvent) =>
    format(event, {
      ...{ firehose, PutRecordBatchCommand, layouts: { "monolith.people": layout } },
      ...{ deliveryStreams: { "monolith.people": "people" }, pseudonym: pseudonymWith("key"), log: () => undefined },
      overflow: bucket.overflow,
      put: async (key, body) => {
        parked[key] = body
          .trimEnd()
          .split("\n")
          .map((line): Parked => JSON.parse(line));
      },
      now: () => Date.UTC(2026, 2, 1),
    });
  return { bucket, rows, parked, reads, run };
}

describe("values in the overflow", () => {
  test("come to the lake as they are, or as their pseudonym; private ones are not even read", async () => {
    const { bucket, rows, run } = world();
    const now = item(1, {
      ...overflowed,
      bio: await put(bucket, "bio", "é".repeat(300_000)),
      cv: await put(bucket, "cv", "private"),
      photo: await put(bucket, "photo", Buffer.from([1, 255])),
      badge: await put(bucket, "badge", "B-17"),
      // From before the model knew the columns.
      "_rest:later": await put(bucket, "later", '"waited"'),
      "_rest:mood": await put(bucket, "mood", '"fine"'),
    });
    await run({ Records: [record("1", now)] });
    expect(rows).toMatchObject([
      { id: 1, bio: "é".repeat(300_000), photo: "01ff", badge: pseudonymWith("key")("B-17"), later: "waited" },
    ]);
    expect(bucket.requests["GetObjectCommand"]).toBe(4);
  });

  test("of many rows are held a few at a time", async () => {
    const { bucket, rows, reads, run } = world();
    const records = [];
    for (let id = 1; id <= 40; id += 1) {
      const bio = await put(bucket, `bio ${id}`, "x".repeat(500_000));
      records.push(record(String(id), item(id, { ...overflowed, bio })));
    }
    await run({ Records: records });
    expect(rows.map(({ id }) => id).sort((a, b) => a - b)).toEqual(records.map((_, index) => index + 1));
    // Sixteen of half a megabyte may be held, and eight fit a request.
    expect(reads).toEqual([16, 0, 16, 0, 8]);
  });

  test("are deleted when no row needs them, once all is delivered", async () => {
    const { bucket, run, rows } = world();
    const [first, second, third] = [
      await put(bucket, "1", "one"),
      await put(bucket, "2", "two"),
      await put(bucket, "3", "x"),
    ];
    const one = item(1, { ...overflowed, bio: first });
    const two = item(1, { ...overflowed, bio: second });
    const other = item(2, { ...overflowed, bio: third });
    const gone = item(2, { ...overflowed, _deleted: { BOOL: true } });
    const records = [record("1", one), record("2", two, one), record("3", other), record("4", gone, other)];
    await run({ Records: records });
    expect([...bucket.current.keys()]).toEqual(["2"]);
    // What comes again is read by its version, and deleting it twice does no harm.
    await run({ Records: records });
    expect(rows.map(({ bio }) => bio)).toEqual(["one", "two", "x", undefined, "one", "two", "x", undefined]);
    expect([...bucket.current.keys()]).toEqual(["2"]);
  });

  test("stay as long as their record was not delivered", async () => {
    const { bucket, run } = world((data) => data.includes('"id":2'));
    const [first, second, third] = [
      await put(bucket, "1", "one"),
      await put(bucket, "2", "two"),
      await put(bucket, "3", "x"),
    ];
    const [a, b, c] = [1, 2, 3].map((id) => (bio: AttributeValue) => item(id, { ...overflowed, bio }));
    const plain = { S: "x".repeat(70_000) };
    const Records = [
      record("1", item(1, { bio: plain }), a?.(first)),
      record("2", item(2, { bio: plain }), b?.(second)),
      record("3", item(3, { bio: plain }), c?.(third)),
    ];
    expect(await run({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: "2" }] });
    expect([...bucket.current.keys()]).toEqual(["2", "3"]);
  });

  test("go with an item that DynamoDB removes, and with one of a table that the model has lost", async () => {
    const { bucket, run } = world();
    const expired = record("1", undefined, item(1, { ...overflowed, bio: await put(bucket, "1", "one") }));
    const lost = item(2, { ...overflowed, _table: { S: "monolith.gone" }, bio: await put(bucket, "2", "two") });
    const userIdentity = { type: "Service", principalId: "dynamodb.amazonaws.com" };
    await run({ Records: [{ ...expired, userIdentity }, record("2", item(2), lost)] });
    expect(bucket.current.size).toBe(0);
  });

  test("that cannot be deleted fail the batch: it comes again", async () => {
    const { bucket, run } = world();
    const bio = await put(bucket, "1", "one");
    bucket.intercept = (command) => {
      if (command.constructor.name === "DeleteObjectsCommand") throw new Error("SlowDown");
    };
    await expect(run({ Records: [record("1", item(1), item(1, { ...overflowed, bio }))] })).rejects.toThrow("SlowDown");
  });
});

describe("a row that cannot come to the lake is parked, and holds nothing up", () => {
  const KEY = "parked/2026-03-01/2.jsonl";

  test("because Firehose takes no record of its size: quotes and control characters grow in JSON", async () => {
    const { rows, parked, run } = world();
    const large = record("2", item(2, { bio: { S: "\u0001".repeat(200_000) } }));
    const nearly = record("3", item(3, { bio: { S: '"'.repeat(511_000) } }));
    expect(await run({ Records: [record("1", item(1)), large, nearly] })).toEqual({ batchItemFailures: [] });
    expect(rows.map(({ id }) => id)).toEqual([1, 3]);
    expect(parked[KEY]).toMatchObject([
      {
        reason: "row-too-large",
        detail: expect.stringMatching(/^12\d{5} bytes as JSON, and Firehose takes 1024000$/),
        ...{ sequenceNumber: "2", partitionKey: "monolith.people#2", arrivedAt: 1_772_359_200 },
        stream: "arn:aws:dynamodb:eu-west-1:222222222222:table/raw/stream/1",
      },
    ]);
    expect(JSON.parse(Buffer.from(parked[KEY]?.[0]?.data ?? "", "base64").toString())).toEqual(large);
  });

  test("because its values are too large together", async () => {
    const { bucket, rows, parked, run } = world();
    const [bio, later] = [await put(bucket, "1", "x".repeat(520_000)), await put(bucket, "2", "y".repeat(520_000))];
    await run({ Records: [record("1", item(1)), record("2", item(2, { ...overflowed, bio, later }))] });
    expect(rows.map(({ id }) => id)).toEqual([1]);
    expect(parked[KEY]).toMatchObject([{ reason: "row-too-large" }]);
    expect(bucket.current.size).toBe(2);
  });

  test("because a value is none of its column's type", async () => {
    const { rows, parked, run } = world();
    await run({ Records: [record("1", item(1)), record("2", item(2, { id: { S: "two" } }))] });
    expect(rows.map(({ id }) => id)).toEqual([1]);
    expect(parked[KEY]).toMatchObject([
      { reason: "bad-value", detail: 'column "id" of monolith.people is no integer' },
    ]);
  });

  test("because a value is gone for good", async () => {
    const { bucket, rows, parked, run } = world();
    const bio = await put(bucket, "1", "one");
    bucket.expire("v1");
    await run({ Records: [record("1", item(1)), record("2", item(2, { ...overflowed, bio }))] });
    expect(rows.map(({ id }) => id)).toEqual([1]);
    expect(parked[KEY]).toMatchObject([{ reason: "value-gone" }]);
  });

  test("not yet, if it comes again anyway", async () => {
    const { parked, run } = world((data) => data.includes('"id":1'));
    const large = record("2", item(2, { bio: { S: "\u0001".repeat(200_000) } }));
    expect(await run({ Records: [record("1", item(1)), large] })).toMatchObject({
      batchItemFailures: [{ itemIdentifier: "1" }],
    });
    expect(parked).toEqual({});
  });

  test("put back by an operator, it is told what became of each record", async () => {
    const { parked, run } = world((data) => data.includes('"id":3'));
    const large = record("2", item(2, { bio: { S: "\u0001".repeat(200_000) } }));
    const lost = record("4", item(4, { _table: { S: "monolith.gone" } }));
    const Records = [record("1", item(1, { bio: { S: "x".repeat(70_000) } })), lost, large, record("3", item(3))];
    expect(await run({ Records, redrive: true })).toEqual({
      batchItemFailures: [{ itemIdentifier: "3" }],
      fates: { "1": "applied", "4": "ignored", "2": "parked", "3": "failed" },
    });
    expect(Object.keys(parked)).toEqual([`parked/2026-03-01/2-again-${Date.UTC(2026, 2, 1)}.jsonl`]);
  });
});

test("a value that was not read never becomes a null in the lake", async () => {
  const { bucket, run } = world();
  // Without the mark, which whoever writes a pointer sets.
  const bio = await put(bucket, "1", "one");
  await expect(run({ Records: [record("1", item(1, { bio }))] })).rejects.toThrow("people.bio was not read");
});

import type { DynamoDBRecord } from "aws-lambda";
import { decodeItem } from "../../../model/decodeItem";
import type { TableLayout } from "../../../model/layout";
import { AwsError } from "../../core/service";
import type { EventStream } from "../../core/streams";
import { ACCOUNT, harness, TABLE, tableArnOf, tableInputs, type Harness } from "./testing/harness";

let h: Harness;
beforeAll(async () => (h = await harness()));
afterAll(() => h.close());
afterEach(() => jest.restoreAllMocks());

const put = (TableName: string, Item: Record<string, unknown>) => h.ask("PutItem", { TableName, Item });
const remove = (TableName: string, id: string) => h.ask("DeleteItem", { TableName, Key: { id: { S: id } } });

/** A table of its own with a stream. */
function streamed(name: string, streamViewType = "NEW_AND_OLD_IMAGES", more: object = {}): EventStream {
  const { outputs } = h.create(TABLE, tableInputs(name, { streamEnabled: true, streamViewType, ...more }));
  const stream = h.service.stream(String(outputs["streamArn"]));
  if (stream === undefined) throw new Error("no stream");
  return stream;
}

const recordsOf = (stream: EventStream): DynamoDBRecord[] =>
  stream
    .shardIds()
    .flatMap((shard) => stream.read(shard, 0, 1000))
    .flatMap(({ event }) => (event.kind === "dynamodb" ? [event.record] : []));

test("a record for each change, none for what changes nothing", async () => {
  const stream = streamed("images");
  await put("images", { id: { S: "a" }, b: { B: "//4=" } });
  await put("images", { b: { B: "//4=" }, id: { S: "a" } });
  const noChange = { UpdateExpression: "SET n = :n REMOVE b", ExpressionAttributeValues: { ":n": { N: "1" } } };
  for (let times = 0; times < 2; times += 1) {
    await h.ask("UpdateItem", { TableName: "images", Key: { id: { S: "a" } }, ...noChange });
  }
  await remove("images", "a");
  await remove("images", "a");
  const records = recordsOf(stream);
  expect(records).toMatchObject([
    {
      eventName: "INSERT",
      eventVersion: "1.1",
      eventSource: "aws:dynamodb",
      awsRegion: "eu-west-1",
      dynamodb: {
        Keys: { id: { S: "a" } },
        NewImage: { id: { S: "a" }, b: { B: "//4=" } },
        // The key, 3 bytes, and the image, 6.
        SizeBytes: 9,
        StreamViewType: "NEW_AND_OLD_IMAGES",
      },
    },
    { eventName: "MODIFY", dynamodb: { OldImage: { b: { B: "//4=" } }, NewImage: { id: { S: "a" }, n: { N: "1" } } } },
    { eventName: "REMOVE", dynamodb: { OldImage: { n: { N: "1" } } } },
  ]);
  expect(records[0]?.dynamodb).not.toHaveProperty("OldImage");
  expect(records[2]?.dynamodb).not.toHaveProperty("NewImage");
  expect(records[0]).not.toHaveProperty("userIdentity");
  const seconds = records[0]?.dynamodb?.ApproximateCreationDateTime ?? 0;
  expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(5);
  expect(Number.isInteger(seconds)).toBe(true);
  expect(new Set(records.map(({ eventID }) => eventID)).size).toBe(3);
});

test.each([
  ["KEYS_ONLY", ["Keys"]],
  ["NEW_IMAGE", ["Keys", "NewImage"]],
  ["OLD_IMAGE", ["Keys", "OldImage"]],
])("what a view of %s shows", async (view, members) => {
  const name = `view-${view}`;
  const stream = streamed(name, view);
  await put(name, { id: { S: "a" }, n: { N: "1" } });
  await put(name, { id: { S: "a" }, n: { N: "2" } });
  const shown = Object.keys(recordsOf(stream)[1]?.dynamodb ?? {}).filter((member) => /Keys|Image/.test(member));
  expect(shown).toEqual(members);
});

test("shards by key, in order within an item, with offsets that stay", async () => {
  const stream = streamed("sharded");
  let appended = 0;
  const stop = stream.onAppend(() => (appended += 1));
  const ids = Array.from({ length: 20 }, (_, index) => `id${index}`);
  for (const n of ["1", "2", "3"]) {
    const TransactItems = ids.map((id) => ({ Put: { TableName: "sharded", Item: { id: { S: id }, n: { N: n } } } }));
    await h.ask("TransactWriteItems", { TransactItems });
  }
  stop();
  // Once for all changes of a request.
  expect(appended).toBe(3);
  expect(stream.shardIds()).toHaveLength(4);
  const home = new Map<string, string>();
  for (const shard of stream.shardIds()) {
    const { oldest, end } = stream.bounds(shard);
    expect(oldest).toBe(0);
    expect(end).toBeGreaterThan(0);
    const records = stream.read(shard, 0, 1000);
    expect(records).toHaveLength(end);
    expect(stream.read(shard, 1, 1)).toEqual(records.slice(1, 2));
    expect(records.map(({ sequenceNumber }) => sequenceNumber)).toEqual(
      records.map(({ sequenceNumber }) => sequenceNumber).sort(),
    );
    const seen = new Map<string, string>();
    for (const { event } of records) {
      if (event.kind !== "dynamodb") continue;
      const { id, n } = event.record.dynamodb?.NewImage ?? {};
      expect(home.get(id?.S ?? "") ?? shard).toBe(shard);
      home.set(id?.S ?? "", shard);
      expect(n?.N).toBe(String(Number(seen.get(id?.S ?? "") ?? 0) + 1));
      seen.set(id?.S ?? "", n?.N ?? "");
    }
  }
  expect(home.size).toBe(20);
});

test("records are kept for a day", async () => {
  const stream = streamed("aged");
  const now = Date.now();
  const many = (prefix: string, count: number): Promise<unknown> =>
    Promise.all(Array.from({ length: count }, (_, index) => put("aged", { id: { S: `${prefix}${index}` } })));
  await many("old", 30);
  jest.spyOn(Date, "now").mockReturnValue(now + 25 * 3_600_000);
  await many("new", 1024 - 30);
  const bounds = stream.shardIds().map((shard) => stream.bounds(shard));
  expect(bounds.reduce((total, { oldest }) => total + oldest, 0)).toBe(30);
  expect(recordsOf(stream)).toHaveLength(1024 - 30);
});

test("expired items go, and their records say by whom", async () => {
  const stream = streamed("expiring", "NEW_AND_OLD_IMAGES", { ttl: { attributeName: "until", enabled: true } });
  const now = Math.floor(Date.now() / 1000);
  for (const [id, until] of Object.entries({ past: now - 1, future: now + 100, ancient: now - 6 * 365 * 86_400 })) {
    await put("expiring", { id: { S: id }, until: { N: String(until) } });
  }
  await put("expiring", { id: { S: "text" }, until: { S: "1" } });
  expect(h.service.expire()).toBe(1);
  expect(h.service.expire()).toBe(0);
  const removed = recordsOf(stream).filter(({ eventName }) => eventName === "REMOVE");
  expect(removed).toMatchObject([
    {
      dynamodb: { Keys: { id: { S: "past" } } },
      userIdentity: { type: "Service", principalId: "dynamodb.amazonaws.com" },
    },
  ]);
  jest.spyOn(Date, "now").mockReturnValue((now + 101) * 1000);
  expect(h.service.expire()).toBe(1);
});

const DESTINATION = "aws:dynamodb/kinesisStreamingDestination:KinesisStreamingDestination";
const streamArn = `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/service-changes`;

test("every change goes to Kinesis, in DynamoDB's words, which the model reads", async () => {
  h.create(TABLE, tableInputs("orders"));
  const micros = { tableName: "orders", streamArn, approximateCreationDateTimePrecision: "MICROSECOND" };
  expect(h.create(DESTINATION, micros)).toMatchObject({ id: `orders,${streamArn}`, outputs: { streamArn } });
  jest.spyOn(Date, "now").mockReturnValue(1_700_000_000_123);
  await put("orders", { id: { S: "a" }, n: { N: "1" } });
  await put("orders", { id: { S: "a" }, n: { N: "2" } });
  await put("orders", { id: { S: "a" }, n: { N: "2" } });
  await remove("orders", "a");
  await put("orders", { id: { S: "b" } });
  const { sent } = h.kinesis;
  expect(JSON.parse(sent[1]?.text ?? "")).toEqual({
    awsRegion: "eu-west-1",
    eventID: expect.stringMatching(/^[0-9a-f-]{36}$/),
    eventName: "MODIFY",
    userIdentity: null,
    recordFormat: "application/json",
    tableName: "orders",
    dynamodb: {
      ApproximateCreationDateTime: 1_700_000_000_123_001,
      Keys: { id: { S: "a" } },
      NewImage: { id: { S: "a" }, n: { N: "2" } },
      OldImage: { id: { S: "a" }, n: { N: "1" } },
      SizeBytes: 3 + 6 + 6,
      ApproximateCreationDateTimePrecision: "MICROSECOND",
    },
    eventSource: "aws:dynamodb",
  });
  expect(sent.map(({ partitionKey }) => partitionKey)).toEqual([
    ...Array(3).fill(sent[0]?.partitionKey),
    sent[3]?.partitionKey,
  ]);
  expect(sent[0]?.partitionKey).toMatch(/^[0-9A-F]{32}$/);
  expect(sent[3]?.partitionKey).not.toBe(sent[0]?.partitionKey);
  const layout: TableLayout = {
    source: "shop",
    table: "orders",
    key: ["id"],
    columns: { id: { form: "text", lob: false, private: false }, n: { form: "integer", lob: false, private: false } },
  };
  const read = sent.map(({ text }) => decodeItem(text, { "shop.orders": layout }, { orders: "shop.orders" }));
  expect(read).toMatchObject(
    ["insert", "update", "delete", "insert"].map((operation, index) => ({
      kind: "changes",
      changes: [{ operation, order: { sequence: `0000170000000012300${index}`.padStart(20, "0") } }],
    })),
  );
  expect(h.service.statistics().find(({ name }) => name === "orders")?.kinesisUnits).toBe(4);
});

test("milliseconds unless told otherwise, and then no word of the precision", async () => {
  h.create(TABLE, tableInputs("coarse"));
  h.create(DESTINATION, { tableName: "coarse", streamArn });
  jest.spyOn(Date, "now").mockReturnValue(1_700_000_000_123);
  await put("coarse", { id: { S: "a" } });
  const { dynamodb } = JSON.parse(h.kinesis.sent.at(-1)?.text ?? "") as { dynamodb: object };
  expect(dynamodb).toMatchObject({ ApproximateCreationDateTime: 1_700_000_000_123 });
  expect(dynamodb).not.toHaveProperty("ApproximateCreationDateTimePrecision");
});

test("it writes as the service-linked role, which may", async () => {
  h.create(TABLE, tableInputs("linked"));
  h.create(DESTINATION, { tableName: "linked", streamArn });
  await put("linked", { id: { S: "a" } });
  const principal =
    `arn:aws:iam::${ACCOUNT}:role/aws-service-role/kinesisreplication.dynamodb.amazonaws.com/` +
    "AWSServiceRoleForDynamoDBKinesisDataStreamsReplication";
  expect(h.kinesis.sent.at(-1)?.principal).toBe(principal);
  const policy = h.rolePolicies.get(`${principal} DynamoDBKinesisReplicationServiceRolePolicy`) ?? "";
  expect(policy).toContain('"kinesis:PutRecords"');
});

test("what Kinesis refuses waits, in order, until it takes it", async () => {
  h.create(TABLE, tableInputs("waiting"));
  h.create(DESTINATION, { tableName: "waiting", streamArn });
  jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask"] });
  try {
    h.kinesis.error = new AwsError("AccessDeniedException", "no");
    const before = h.kinesis.sent.length;
    await put("waiting", { id: { S: "a" } });
    await put("waiting", { id: { S: "b" } });
    expect(h.kinesis.sent).toHaveLength(before);
    h.kinesis.error = undefined;
    jest.advanceTimersByTime(1000);
    const keys = h.kinesis.sent
      .slice(before)
      .map(({ text }) => (JSON.parse(text) as { dynamodb: { Keys: unknown } }).dynamodb.Keys);
    expect(keys).toEqual([{ id: { S: "a" } }, { id: { S: "b" } }]);
  } finally {
    jest.useRealTimers();
  }
});

test("the API of the streams", async () => {
  const stream = streamed("api");
  for (const id of ["a", "b", "c", "d", "e", "f"]) await put("api", { id: { S: id } });
  const { authorizer } = h.surroundings;
  const ask = (name: string, input: object) => h.ask(name, input, "DynamoDBStreams");
  expect(await ask("ListStreams", { TableName: "api" })).toMatchObject({
    Streams: [{ StreamArn: stream.arn, TableName: "api" }],
  });
  authorizer.taken();
  const { StreamDescription: described } = await ask("DescribeStream", { StreamArn: stream.arn });
  expect(authorizer.taken()).toEqual([`dynamodb:DescribeStream ${stream.arn}`]);
  expect(described).toMatchObject({ StreamStatus: "ENABLED", StreamViewType: "NEW_AND_OLD_IMAGES", TableName: "api" });
  const seen: unknown[] = [];
  for (const { ShardId } of (described as { Shards: { ShardId: string }[] }).Shards) {
    let { ShardIterator: iterator } = await ask("GetShardIterator", {
      StreamArn: stream.arn,
      ShardId,
      ShardIteratorType: "TRIM_HORIZON",
    });
    for (let page = 0; page < 4; page += 1) {
      const answer = await ask("GetRecords", { ShardIterator: iterator, Limit: 2 });
      const records = answer["Records"] as DynamoDBRecord[];
      seen.push(...records.map(({ dynamodb }) => dynamodb?.NewImage?.["id"]?.S));
      iterator = answer["NextShardIterator"];
      const [first] = records;
      if (first === undefined) continue;
      const SequenceNumber = first.dynamodb?.SequenceNumber;
      const at = await ask("GetShardIterator", {
        StreamArn: stream.arn,
        ShardId,
        ShardIteratorType: "AT_SEQUENCE_NUMBER",
        SequenceNumber,
      });
      const { Records: again } = await ask("GetRecords", { ShardIterator: at["ShardIterator"] });
      expect((again as DynamoDBRecord[])[0]).toEqual(first);
    }
  }
  expect(seen.sort()).toEqual(["a", "b", "c", "d", "e", "f"]);
  expect(stream.arn).toMatch(
    new RegExp(`^${tableArnOf("api")}/stream/\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}$`),
  );
});

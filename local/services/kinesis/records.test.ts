import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  PutRecordCommand,
  type PutRecordsRequestEntry,
} from "@aws-sdk/client-kinesis";
import { principalOf } from "../../core/contracts";
import { testContext } from "../../core/testing/surroundings";
import { FIRST, later, onDemand, PROD, record, STREAM, testKinesis, type TestKinesis } from "./testing";

let kinesis: TestKinesis;
let service: TestKinesis["service"];
let prod: TestKinesis["prod"];
let create: TestKinesis["create"];
let stream: TestKinesis["stream"];
let put: TestKinesis["put"];
let iterator: TestKinesis["iterator"];
let texts: TestKinesis["texts"];
beforeAll(async () => {
  kinesis = await testKinesis();
  ({ service, prod, create, stream, put, iterator, texts } = kinesis);
});
afterAll(() => kinesis.close());
beforeEach(() => {
  kinesis.authorizer.denies = () => false;
  kinesis.authorizer.taken();
});
afterEach(() => jest.useRealTimers());

describe("putting and reading", () => {
  test("records come back in order, whole, with rising sequence numbers of 56 digits", async () => {
    const { StreamName } = stream();
    const one = await prod.send(new PutRecordCommand({ StreamName, PartitionKey: "ключ", Data: Buffer.from("ünï") }));
    const two = await put(StreamName, record("b", ""), record("c", "3"));
    expect(two).toMatchObject({ FailedRecordCount: 0, EncryptionType: "NONE" });
    const { Records, MillisBehindLatest } = await prod.send(
      new GetRecordsCommand({ ShardIterator: await iterator(StreamName, "TRIM_HORIZON") }),
    );
    expect(Records!.map(({ PartitionKey, Data }) => [PartitionKey, Buffer.from(Data!).toString()])).toEqual([
      ["ключ", "ünï"],
      ["b", ""],
      ["c", "3"],
    ]);
    expect(MillisBehindLatest).toBe(0);
    expect(Math.abs(Date.now() - Records![0]!.ApproximateArrivalTimestamp!.getTime())).toBeLessThan(5000);
    const sequences = Records!.map(({ SequenceNumber }) => SequenceNumber!);
    expect(sequences).toEqual([one.SequenceNumber, ...two.Records!.map(({ SequenceNumber }) => SequenceNumber)]);
    expect(sequences.every((sequence) => /^\d{56}$/.test(sequence))).toBe(true);
    expect([...sequences].sort()).toEqual(sequences);
    expect(new Set(sequences).size).toBe(3);
  });

  test("the MD5 of the partition key picks the shard; an explicit hash key overrides it", async () => {
    const { StreamName } = stream(onDemand);
    // MD5: 0cc1..., 92eb..., 4a8a..., e1671...
    const { Records } = await put(
      StreamName,
      record("a"),
      record("b"),
      record("c"),
      record("e"),
      { ...record("a"), ExplicitHashKey: "85070591730234615865843651857942052863" },
      { ...record("a"), ExplicitHashKey: "85070591730234615865843651857942052864" },
      { ...record("a"), ExplicitHashKey: "340282366920938463463374607431768211455" },
    );
    expect(Records!.map(({ ShardId }) => Number(ShardId!.slice(-1)))).toEqual([0, 2, 1, 3, 0, 1, 3]);
    await expect(
      put(StreamName, { ...record("a"), ExplicitHashKey: "340282366920938463463374607431768211456" }),
    ).rejects.toMatchObject({ name: "InvalidArgumentException" });
  });

  test("sequence numbers of two shards say nothing about which record came first", async () => {
    const { StreamName } = stream(onDemand);
    const later = await put(StreamName, record("e"));
    const earlier = await put(StreamName, record("a"));
    expect(later.Records![0]!.SequenceNumber! > earlier.Records![0]!.SequenceNumber!).toBe(true);
  });

  test("limits of a put", async () => {
    const { StreamName } = stream();
    const big = (bytes: number): PutRecordsRequestEntry => ({ PartitionKey: "k", Data: Buffer.alloc(bytes) });
    const refused = (name: string, ...records: PutRecordsRequestEntry[]) =>
      expect(put(StreamName, ...records)).rejects.toMatchObject({ name });
    const MIB = 1024 * 1024;
    await put(StreamName, big(MIB - 1));
    await refused("InvalidArgumentException", big(MIB));
    await refused("InvalidArgumentException", ...Array.from({ length: 11 }, () => big(MIB - 1)));
    await put(StreamName, ...Array.from({ length: 500 }, () => big(0)));
    await refused("ValidationException", ...Array.from({ length: 501 }, () => big(0)));
    await refused("ValidationException");
    await put(StreamName, record("k".repeat(256)));
    await refused("ValidationException", record("k".repeat(257)));
    await refused("ValidationException", record(""));
    const wide = stream({ shardCount: 1, maxRecordSizeInKib: 2048 });
    await put(wide.StreamName, big(2 * MIB - 1));
    await expect(put(wide.StreamName, big(2 * MIB))).rejects.toMatchObject({ name: "InvalidArgumentException" });
  });

  test("a request that breaks a rule appends nothing", async () => {
    const { StreamName } = stream();
    await expect(put(StreamName, record("good"), record(""))).rejects.toThrow();
    expect(await texts(await iterator(StreamName, "TRIM_HORIZON"))).toEqual([]);
  });

  test.each([
    ["no base64", [{ PartitionKey: "k", Data: "&&&&" }]],
    ["no structure", ["k"]],
    ["no text", [{ PartitionKey: 1, Data: "" }]],
  ])("a request with %s in it is refused", async (_what, Records) => {
    const { StreamName } = stream();
    const [api] = service.apis ?? [];
    if (api?.protocol !== "json") throw new Error("Kinesis speaks JSON");
    const call = {
      principal: principalOf(PROD),
      account: "111111111111",
      region: "eu-west-1",
      authorize: () => undefined,
    };
    // As a client of another make might send it.
    expect(() => api.operations["PutRecords"]!({ StreamName, Records } as never, call)).toThrow(
      expect.objectContaining({ code: "SerializationException" }),
    );
  });

  test("what the service does not know is refused", async () => {
    const { StreamName } = stream();
    await expect(
      prod.send(new PutRecordCommand({ StreamName, ...record("k"), Data: Buffer.from("x"), DryRun: true })),
    ).rejects.toMatchObject({ name: "InvalidArgumentException", message: expect.stringContaining("DryRun") });
  });
});

describe("iterators", () => {
  test("of every type", async () => {
    const { StreamName } = stream();
    await put(StreamName, record("k", "0"));
    later(10_000);
    const { Records } = await put(StreamName, record("k", "1"), record("k", "2"));
    const StartingSequenceNumber = Records![0]!.SequenceNumber;
    const latest = await iterator(StreamName, "LATEST");
    await put(StreamName, record("k", "3"));
    expect(await texts(await iterator(StreamName, "TRIM_HORIZON"))).toEqual(["0", "1", "2", "3"]);
    expect(await texts(latest)).toEqual(["3"]);
    expect(await texts(await iterator(StreamName, "AT_SEQUENCE_NUMBER", { StartingSequenceNumber }))).toEqual([
      "1",
      "2",
      "3",
    ]);
    expect(await texts(await iterator(StreamName, "AFTER_SEQUENCE_NUMBER", { StartingSequenceNumber }))).toEqual([
      "2",
      "3",
    ]);
    const at = async (ago: number) =>
      texts(await iterator(StreamName, "AT_TIMESTAMP", { Timestamp: new Date(Date.now() - ago) }));
    expect(await at(5_000)).toEqual(["1", "2", "3"]);
    expect(await at(60_000)).toEqual(["0", "1", "2", "3"]);
    await expect(at(-60_000)).rejects.toMatchObject({ name: "InvalidArgumentException" });
  });

  test("go on where the last answer ended, and say how far behind it is", async () => {
    const { StreamName } = stream();
    await put(StreamName, record("k", "0"), record("k", "1"), record("k", "2"));
    later(7_000);
    const ShardIterator = await iterator(StreamName, "TRIM_HORIZON");
    const first = await prod.send(new GetRecordsCommand({ ShardIterator, Limit: 2 }));
    expect(first.Records).toHaveLength(2);
    expect(first.MillisBehindLatest).toBeGreaterThanOrEqual(7_000);
    expect(await texts(first.NextShardIterator!)).toEqual(["2"]);
    await expect(texts(ShardIterator, 10_001)).rejects.toMatchObject({ name: "ValidationException" });
  });

  test("an answer holds at most 10 MB", async () => {
    const { StreamName } = stream();
    const megabyte = { PartitionKey: "k", Data: Buffer.alloc(1_000_000) };
    for (let i = 0; i < 2; i += 1) await put(StreamName, ...Array.from({ length: 6 }, () => megabyte));
    const { Records, NextShardIterator } = await prod.send(
      new GetRecordsCommand({ ShardIterator: await iterator(StreamName, "TRIM_HORIZON") }),
    );
    expect(Records).toHaveLength(10);
    expect(await texts(NextShardIterator!)).toHaveLength(2);
  });

  test("expired, garbled, of another stream, and wrongly asked for", async () => {
    const { StreamName } = stream();
    const other = stream();
    await put(StreamName, record("k"));
    const good = await iterator(StreamName, "TRIM_HORIZON");
    const invalid = { name: "InvalidArgumentException" };
    await expect(texts(`A${good.slice(1)}`)).rejects.toMatchObject(invalid);
    await expect(texts("rubbish")).rejects.toMatchObject(invalid);
    await expect(
      prod.send(new GetRecordsCommand({ ShardIterator: good, StreamARN: other.StreamARN })),
    ).rejects.toMatchObject(invalid);
    await expect(iterator(StreamName, "AT_SEQUENCE_NUMBER")).rejects.toMatchObject(invalid);
    await expect(iterator(StreamName, "LATEST", { StartingSequenceNumber: "1" })).rejects.toMatchObject(invalid);
    await expect(
      iterator(StreamName, "AFTER_SEQUENCE_NUMBER", { StartingSequenceNumber: "49".padEnd(56, "0") }),
    ).rejects.toMatchObject(invalid);
    const unknownShard = { StreamName, ShardId: "shardId-000000000001", ShardIteratorType: "LATEST" } as const;
    await expect(prod.send(new GetShardIteratorCommand(unknownShard))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    later(300_001);
    await expect(texts(good)).rejects.toMatchObject({ name: "ExpiredIteratorException" });
  });

  test("an iterator of a stream that was deleted does not read its successor", async () => {
    const { StreamName, StreamARN } = stream();
    const old = await iterator(StreamName, "TRIM_HORIZON");
    await service.providers[STREAM]!.delete!(StreamARN, { id: StreamARN, outputs: {} }, testContext(STREAM));
    await expect(put(StreamName, record("k"))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    create(STREAM, { name: StreamName, shardCount: 1 });
    await expect(texts(old)).rejects.toMatchObject({ name: "InvalidArgumentException" });
  });

  test("records older than the retention period are gone, and offsets stay what they were", async () => {
    const { StreamName, StreamARN } = stream({ shardCount: 1, retentionPeriod: 24 });
    const { Records } = await put(StreamName, record("k", "old"));
    later(24 * 3_600_000 + 1);
    await put(StreamName, record("k", "new"));
    expect(await texts(await iterator(StreamName, "TRIM_HORIZON"))).toEqual(["new"]);
    const StartingSequenceNumber = Records![0]!.SequenceNumber;
    expect(await texts(await iterator(StreamName, "AT_SEQUENCE_NUMBER", { StartingSequenceNumber }))).toEqual(["new"]);
    const source = service.stream(StreamARN)!;
    expect(source.bounds(FIRST)).toEqual({ oldest: 1, end: 2 });
    expect(source.read(FIRST, 0, 10)).toHaveLength(1);
  });
});

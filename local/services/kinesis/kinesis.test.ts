import { rmSync } from "node:fs";
import {
  DeleteResourcePolicyCommand,
  DescribeStreamCommand,
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetResourcePolicyCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  PutResourcePolicyCommand,
  type GetShardIteratorCommandInput,
  type PutRecordsRequestEntry,
} from "@aws-sdk/client-kinesis";
import { principalOf } from "../../core/contracts";
import { startEndpoint } from "../../core/http";
import type { Created } from "../../core/service";
import { testContext, testSurroundings } from "../../core/testing/surroundings";
import { kinesisService } from "./kinesis";

const STREAM = "aws:kinesis/stream:Stream";
const KEY = "arn:aws:kms:eu-west-1:111111111111:key/0b1f";
const PROD = "arn:aws:iam::111111111111:role/dms";
const DATA = "arn:aws:iam::222222222222:role/capture";
const FIRST = "shardId-000000000000";

const surroundings = testSurroundings();
const service = kinesisService(surroundings);
const { authorizer, policies, principals } = surroundings;
let endpoint: Awaited<ReturnType<typeof startEndpoint>>;
let prod: KinesisClient;
let data: KinesisClient;

beforeAll(async () => {
  endpoint = await startEndpoint(service.apis ?? [], surroundings);
  const client = (role: string): KinesisClient => {
    const credentials = principals.mint(role);
    const made = new KinesisClient({ endpoint: endpoint.url, region: "eu-west-1", credentials, maxAttempts: 1 });
    // Tests move the clock; the SDK would correct its own by the Date of the answers, which Node caches.
    Object.defineProperty(made.config, "systemClockOffset", { get: () => 0, set: () => undefined });
    return made;
  };
  prod = client(PROD);
  data = client(DATA);
});
afterAll(async () => {
  prod.destroy();
  data.destroy();
  await endpoint.close();
  rmSync(surroundings.folder, { recursive: true });
});
beforeEach(() => {
  authorizer.denies = () => false;
  authorizer.taken();
});
afterEach(() => jest.useRealTimers());

const create = (type: string, inputs: Record<string, unknown>, account?: string): Created =>
  service.providers[type]!.create(inputs, testContext(type, account)) as Created;

let made = 0;
/** A stream with one shard, unless told otherwise. */
function stream(inputs: Record<string, unknown> = { shardCount: 1 }): { StreamName: string; StreamARN: string } {
  const { outputs } = create(STREAM, { name: `s${(made += 1)}`, ...inputs });
  return { StreamName: String(outputs["name"]), StreamARN: String(outputs["arn"]) };
}
const onDemand = { streamModeDetails: { streamMode: "ON_DEMAND" } };
const record = (PartitionKey: string, text = "x"): PutRecordsRequestEntry => ({
  PartitionKey,
  Data: Buffer.from(text),
});
const put = (StreamName: string, ...Records: PutRecordsRequestEntry[]) =>
  prod.send(new PutRecordsCommand({ StreamName, Records }));

type Start = Omit<GetShardIteratorCommandInput, "StreamName" | "ShardId" | "ShardIteratorType">;
async function iterator(
  StreamName: string,
  ShardIteratorType: GetShardIteratorCommandInput["ShardIteratorType"],
  start: Start = {},
): Promise<string> {
  const answer = await prod.send(
    new GetShardIteratorCommand({ StreamName, ShardId: FIRST, ShardIteratorType, ...start }),
  );
  return answer.ShardIterator!;
}
async function texts(ShardIterator: string, Limit?: number): Promise<string[]> {
  const { Records } = await prod.send(new GetRecordsCommand({ ShardIterator, ...(Limit ? { Limit } : {}) }));
  return Records!.map(({ Data }) => Buffer.from(Data!).toString());
}
/** Moves the clock that both the client and the service read. */
const later = (milliseconds: number): unknown =>
  jest.useFakeTimers({
    now: Date.now() + milliseconds,
    doNotFake: [
      "hrtime",
      "nextTick",
      "performance",
      "queueMicrotask",
      "setImmediate",
      "clearImmediate",
      "setInterval",
      "clearInterval",
      "setTimeout",
      "clearTimeout",
    ],
  });

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
    await put(StreamName, record("k", "old"));
    later(24 * 3_600_000 + 1);
    await put(StreamName, record("k", "new"));
    expect(await texts(await iterator(StreamName, "TRIM_HORIZON"))).toEqual(["new"]);
    const source = service.stream(StreamARN)!;
    expect(source.bounds(FIRST)).toEqual({ oldest: 1, end: 2 });
    expect(source.read(FIRST, 0, 10)).toHaveLength(1);
  });
});

describe("describing", () => {
  test("DescribeStream, its summary, ListShards and ListStreams", async () => {
    const { StreamName, StreamARN } = stream({ ...onDemand, encryptionType: "KMS", kmsKeyId: KEY });
    const { StreamDescription } = await prod.send(new DescribeStreamCommand({ StreamName, Limit: 3 }));
    expect(StreamDescription).toMatchObject({
      StreamARN,
      StreamStatus: "ACTIVE",
      StreamModeDetails: { StreamMode: "ON_DEMAND" },
      RetentionPeriodHours: 24,
      EncryptionType: "KMS",
      KeyId: KEY,
      HasMoreShards: true,
    });
    const { StreamDescriptionSummary } = await prod.send(new DescribeStreamSummaryCommand({ StreamARN }));
    expect(StreamDescriptionSummary).toMatchObject({ OpenShardCount: 4, ConsumerCount: 0, MaxRecordSizeInKiB: 1024 });

    const first = await prod.send(new ListShardsCommand({ StreamName, MaxResults: 3 }));
    const rest = await prod.send(new ListShardsCommand({ NextToken: first.NextToken! }));
    const shards = [...first.Shards!, ...rest.Shards!];
    expect(shards.map(({ ShardId }) => ShardId)).toEqual([0, 1, 2, 3].map((index) => `shardId-00000000000${index}`));
    expect(rest.NextToken).toBeUndefined();
    let next = 0n;
    for (const { HashKeyRange } of shards) {
      expect(BigInt(HashKeyRange!.StartingHashKey!)).toBe(next);
      next = BigInt(HashKeyRange!.EndingHashKey!) + 1n;
    }
    expect(next).toBe(1n << 128n);
    const filtered = await prod.send(
      new ListShardsCommand({ StreamName, ShardFilter: { Type: "AFTER_SHARD_ID", ShardId: "shardId-000000000002" } }),
    );
    expect(filtered.Shards!.map(({ ShardId }) => ShardId)).toEqual(["shardId-000000000003"]);
    const latest = await prod.send(new ListShardsCommand({ StreamName, ShardFilter: { Type: "AT_LATEST" } }));
    expect(latest.Shards).toHaveLength(4);
    await expect(prod.send(new ListShardsCommand({ NextToken: "x" }))).rejects.toMatchObject({
      name: "InvalidArgumentException",
    });

    create(STREAM, { name: "theirs", shardCount: 1 }, "222222222222");
    const names = [];
    let NextToken: string | undefined;
    do {
      const page = await prod.send(new ListStreamsCommand({ Limit: 5, ...(NextToken ? { NextToken } : {}) }));
      names.push(...page.StreamNames!);
      ({ NextToken } = page);
    } while (NextToken !== undefined);
    expect(names).toContain(StreamName);
    expect(names).not.toContain("theirs");
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("who may", () => {
  test("each operation asks for its own action on the stream's ARN, before it tells anything", async () => {
    const { StreamName, StreamARN } = stream();
    const next = await iterator(StreamName, "LATEST");
    authorizer.taken();
    authorizer.denies = () => true;
    const calls: [string, Promise<unknown>][] = [
      ["PutRecord", prod.send(new PutRecordCommand({ StreamName, PartitionKey: "k", Data: Buffer.from("") }))],
      ["PutRecords", put(StreamName, record("k"))],
      ["GetShardIterator", iterator(StreamName, "LATEST")],
      ["GetRecords", texts(next)],
      ["DescribeStream", prod.send(new DescribeStreamCommand({ StreamName }))],
      ["DescribeStreamSummary", prod.send(new DescribeStreamSummaryCommand({ StreamName }))],
      ["ListShards", prod.send(new ListShardsCommand({ StreamName }))],
      ["PutResourcePolicy", prod.send(new PutResourcePolicyCommand({ ResourceARN: StreamARN, Policy: "{}" }))],
      ["GetResourcePolicy", prod.send(new GetResourcePolicyCommand({ ResourceARN: StreamARN }))],
      ["DeleteResourcePolicy", prod.send(new DeleteResourcePolicyCommand({ ResourceARN: StreamARN }))],
    ];
    for (const [, call] of calls) await expect(call).rejects.toMatchObject({ name: "AccessDeniedException" });
    expect(authorizer.taken().sort()).toEqual(calls.map(([action]) => `kinesis:${action} ${StreamARN}`).sort());
    await expect(put("absent", record("k"))).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  test("an encrypted stream asks for the key too", async () => {
    const { StreamName, StreamARN } = stream({ shardCount: 1, encryptionType: "KMS", kmsKeyId: "alias/changes" });
    const key = "arn:aws:kms:eu-west-1:111111111111:alias/changes";
    expect(service.stream(StreamARN)!.keyArn).toBe(key);
    expect(await put(StreamName, record("k"))).toMatchObject({ EncryptionType: "KMS" });
    expect(authorizer.asked.at(-1)).toMatchObject({
      action: "kms:GenerateDataKey",
      resource: key,
      context: {
        "kms:ViaService": "kinesis.eu-west-1.amazonaws.com",
        "kms:EncryptionContext:aws:kinesis:arn": StreamARN,
      },
    });
    const start = await iterator(StreamName, "TRIM_HORIZON");
    authorizer.denies = ({ action }) => action.startsWith("kms:");
    await expect(put(StreamName, record("k"))).rejects.toMatchObject({ name: "KMSAccessDeniedException" });
    await expect(texts(start)).rejects.toMatchObject({ name: "KMSAccessDeniedException" });
    expect(authorizer.asked.at(-1)).toMatchObject({ action: "kms:Decrypt", resource: key });
    authorizer.denies = () => false;
    expect(await texts(start)).toEqual(["x"]);
  });

  test("another account reaches a stream by its ARN only, and not one under a key of AWS", async () => {
    const { StreamName, StreamARN } = stream();
    const shared = { StreamARN, ShardId: FIRST, ShardIteratorType: "TRIM_HORIZON" } as const;
    await expect(
      data.send(new GetShardIteratorCommand({ ...shared, StreamARN: undefined, StreamName })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    const { ShardIterator } = await data.send(new GetShardIteratorCommand(shared));
    await expect(data.send(new GetRecordsCommand({ ShardIterator }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    expect((await data.send(new GetRecordsCommand({ ShardIterator, StreamARN }))).Records).toEqual([]);

    const managed = stream({ shardCount: 1, encryptionType: "KMS", kmsKeyId: "alias/aws/kinesis" });
    await put(managed.StreamName, record("k"));
    const { ShardIterator: other } = await data.send(
      new GetShardIteratorCommand({ ...shared, StreamARN: managed.StreamARN }),
    );
    await expect(
      data.send(new GetRecordsCommand({ ShardIterator: other, StreamARN: managed.StreamARN })),
    ).rejects.toMatchObject({ name: "KMSAccessDeniedException" });
  });
});

describe("from within", () => {
  test("event source mappings read by offset and are called back once a request", async () => {
    const { StreamName, StreamARN } = stream();
    const source = service.stream(StreamARN)!;
    let calls = 0;
    const stop = source.onAppend(() => (calls += 1));
    const { Records } = await put(StreamName, record("a", "one"), record("b", "two"));
    stop();
    await put(StreamName, record("c"));
    expect(calls).toBe(1);
    expect(source.read(FIRST, 1, 1)).toMatchObject([
      {
        sequenceNumber: Records![1]!.SequenceNumber,
        event: { kind: "kinesis", kinesis: { partitionKey: "b", data: "dHdv", kinesisSchemaVersion: "1.0" } },
      },
    ]);
    expect(source.read(FIRST, 3, 10)).toEqual([]);
    expect(service.stream("arn:aws:kinesis:eu-west-1:111111111111:stream/absent")).toBeUndefined();
  });

  test("DynamoDB's streaming destination is asked like any caller", async () => {
    const { StreamName, StreamARN } = stream({ shardCount: 1, encryptionType: "KMS", kmsKeyId: KEY });
    const entry = { partitionKey: "k", data: Buffer.from("item") };
    service.append(principalOf(PROD), StreamARN, [entry]);
    expect(authorizer.taken()).toEqual([`kinesis:PutRecords ${StreamARN}`, `kms:GenerateDataKey ${KEY}`]);
    expect(await texts(await iterator(StreamName, "TRIM_HORIZON"))).toEqual(["item"]);
    authorizer.denies = ({ action }) => action === "kinesis:PutRecords";
    expect(() => service.append(principalOf(PROD), StreamARN, [entry])).toThrow("not authorized");
  });
});

describe("resources", () => {
  const context = testContext(STREAM);
  const update = (id: string, inputs: Record<string, unknown>) =>
    service.providers[STREAM]!.update!(id, inputs, { id, outputs: {} }, context);

  test("a stream is changed in place and keeps its records", async () => {
    const { StreamName, StreamARN } = stream(onDemand);
    await put(StreamName, record("a"));
    update(StreamARN, { name: StreamName, ...onDemand, retentionPeriod: 168, encryptionType: "KMS", kmsKeyId: KEY });
    const { StreamDescription } = await prod.send(new DescribeStreamCommand({ StreamName }));
    expect(StreamDescription).toMatchObject({ RetentionPeriodHours: 168, KeyId: KEY });
    expect(await texts(await iterator(StreamName, "TRIM_HORIZON"))).toEqual(["x"]);
    expect(() => update(StreamARN, { name: "other", ...onDemand })).toThrow("cannot be renamed");
    const fixed = stream({ shardCount: 2 });
    expect(() => update(fixed.StreamARN, { name: fixed.StreamName, shardCount: 3 })).toThrow("resharding");
    expect(update(fixed.StreamARN, { name: fixed.StreamName, ...onDemand })).toMatchObject({ id: fixed.StreamARN });
  });

  test("outputs, made-up name, and what is refused", () => {
    const { id, outputs } = create(STREAM, { ...onDemand, tags: { a: "b" } });
    expect(id).toBe("arn:aws:kinesis:eu-west-1:111111111111:stream/test-0123abc");
    expect(outputs).toMatchObject({ arn: id, name: "test-0123abc", retentionPeriod: 24, encryptionType: "NONE" });
    expect(() => create(STREAM, { ...onDemand })).toThrow("already exists");
    const refused: [Record<string, unknown>, string][] = [
      [{ ...onDemand, recordDistribution: "AUTO" }, "the argument recordDistribution is not supported"],
      [{ ...onDemand, shardCount: 4 }, "takes no shardCount"],
      [{}, "needs a shardCount"],
      [{ ...onDemand, retentionPeriod: 23 }, "retentionPeriod is 23"],
      [{ ...onDemand, encryptionType: "KMS" }, "needs a kmsKeyId"],
      [{ ...onDemand, maxRecordSizeInKib: 512 }, "maxRecordSizeInKib is 512"],
    ];
    for (const [inputs, message] of refused) {
      expect(() => create(STREAM, { name: "refused", ...inputs })).toThrow(message);
    }
  });

  test("a resource policy, by program and by API", async () => {
    const type = "aws:kinesis/resourcePolicy:ResourcePolicy";
    const { StreamARN } = stream();
    const policy = JSON.stringify({ Version: "2012-10-17", Statement: [] });
    const { id } = create(type, { resourceArn: StreamARN, policy });
    expect(policies.byResource.get(StreamARN)).toBe(policy);
    expect((await prod.send(new GetResourcePolicyCommand({ ResourceARN: StreamARN }))).Policy).toBe(policy);
    await service.providers[type]!.delete!(id, { id, outputs: {} }, testContext(type));
    expect(policies.byResource.has(StreamARN)).toBe(false);
    await prod.send(new PutResourcePolicyCommand({ ResourceARN: StreamARN, Policy: policy }));
    expect(policies.byResource.get(StreamARN)).toBe(policy);
    await expect(
      prod.send(new PutResourcePolicyCommand({ ResourceARN: StreamARN, Policy: "no json" })),
    ).rejects.toMatchObject({ name: "InvalidArgumentException" });
    await prod.send(new DeleteResourcePolicyCommand({ ResourceARN: StreamARN }));
    await expect(prod.send(new GetResourcePolicyCommand({ ResourceARN: StreamARN }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    expect(() => create(type, { resourceArn: `${StreamARN}-absent`, policy })).toThrow("not found");
  });

  test("a consumer keeps its stream from being deleted, unless that is told otherwise", async () => {
    const type = "aws:kinesis/streamConsumer:StreamConsumer";
    const { StreamName, StreamARN } = stream();
    const { id } = create(type, { streamArn: StreamARN, name: "fast" });
    const { ConsumerDescription } = await prod.send(new DescribeStreamConsumerCommand({ ConsumerARN: id }));
    expect(ConsumerDescription).toMatchObject({ ConsumerName: "fast", ConsumerStatus: "ACTIVE", StreamARN });
    expect(service.stream(id)?.arn).toBe(StreamARN);
    expect(() => create(type, { streamArn: StreamARN, name: "fast" })).toThrow("already exists");
    const remove = () => service.providers[STREAM]!.delete!(StreamARN, { id: StreamARN, outputs: {} }, context);
    expect(remove).toThrow("1 registered consumers");
    update(StreamARN, { name: StreamName, shardCount: 1, enforceConsumerDeletion: true });
    remove();
    await service.providers[type]!.delete!(id, { id, outputs: {} }, testContext(type));
    await expect(prod.send(new DescribeStreamConsumerCommand({ ConsumerARN: id }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

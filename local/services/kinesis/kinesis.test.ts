import {
  DeleteResourcePolicyCommand,
  DescribeStreamCommand,
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetResourcePolicyCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  ListStreamsCommand,
  PutRecordCommand,
  PutResourcePolicyCommand,
} from "@aws-sdk/client-kinesis";
import { principalOf } from "../../core/contracts";
import { AwsError } from "../../core/service";
import { testContext } from "../../core/testing/surroundings";
import { FIRST, KEY, onDemand, PROD, record, STREAM, testKinesis, type TestKinesis } from "./testing";

let kinesis: TestKinesis;
let service: TestKinesis["service"];
let authorizer: TestKinesis["authorizer"];
let policies: TestKinesis["policies"];
let prod: TestKinesis["prod"];
let data: TestKinesis["data"];
let create: TestKinesis["create"];
let stream: TestKinesis["stream"];
let put: TestKinesis["put"];
let iterator: TestKinesis["iterator"];
let texts: TestKinesis["texts"];
beforeAll(async () => {
  kinesis = await testKinesis();
  ({ service, authorizer, policies, prod, data, create, stream, put, iterator, texts } = kinesis);
});
afterAll(() => kinesis.close());
beforeEach(() => {
  authorizer.denies = () => false;
  authorizer.taken();
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
    // What the authorizer says of an alias that stands for no key.
    jest.spyOn(authorizer, "check").mockImplementation((_principal, action) => {
      if (action.startsWith("kms:")) throw new AwsError("NotFoundException", "Alias alias/changes is not found.");
    });
    await expect(put(StreamName, record("k"))).rejects.toMatchObject({ name: "KMSNotFoundException" });
    jest.restoreAllMocks();
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
    const large = { partitionKey: "k", data: Buffer.alloc(1024 * 1024) };
    expect(() => service.append(principalOf(PROD), StreamARN, [large])).toThrow("takes at most");
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

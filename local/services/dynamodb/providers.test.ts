import {
  DescribeContinuousBackupsCommand,
  DescribeKinesisStreamingDestinationCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Created } from "../../core/service";
import { AwsError } from "../../core/service";
import { testContext } from "../../core/testing/surroundings";
import { ACCOUNT, harness, TABLE, tableArnOf, tableInputs, type Harness } from "./testing/harness";

let h: Harness;
beforeAll(async () => (h = await harness()));
afterAll(() => h.close());

const provider = (type = TABLE) => {
  const found = h.service.providers[type];
  if (found === undefined) throw new Error(`no provider of ${type}`);
  return found;
};
const update = async (id: string, inputs: Record<string, unknown>, previous: Created): Promise<Created> => {
  const updated = await provider().update?.(id, inputs, previous, testContext(TABLE));
  if (updated === undefined) throw new Error("no update");
  return updated;
};
const keyId = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/k`;

test("a table with all its settings, and what the API says of it", async () => {
  const { id, outputs } = h.create(TABLE, {
    hashKey: "id",
    rangeKey: "at",
    attributes: [
      { name: "at", type: "N" },
      { name: "id", type: "S" },
    ],
    billingMode: "PAY_PER_REQUEST",
    streamEnabled: true,
    streamViewType: "NEW_AND_OLD_IMAGES",
    ttl: { attributeName: "until", enabled: true },
    pointInTimeRecovery: { enabled: true },
    serverSideEncryption: { enabled: true, kmsKeyArn: keyId },
    deletionProtectionEnabled: true,
    tags: { owner: "data" },
  });
  expect(id).toBe("test-0123abc");
  expect(outputs).toMatchObject({ name: id, arn: tableArnOf(id), streamArn: expect.stringContaining("/stream/") });
  expect(h.service.stream(String(outputs["streamArn"]))).toMatchObject({ kind: "dynamodb", keyArn: keyId });
  const TableName = id;
  const { Table } = await h.client.send(new DescribeTableCommand({ TableName }));
  expect(Table).toMatchObject({
    TableArn: tableArnOf(id),
    KeySchema: [
      { AttributeName: "id", KeyType: "HASH" },
      { AttributeName: "at", KeyType: "RANGE" },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
    LatestStreamArn: outputs["streamArn"],
    SSEDescription: { SSEType: "KMS", KMSMasterKeyArn: keyId },
    DeletionProtectionEnabled: true,
    BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
  });
  const ttl = await h.client.send(new DescribeTimeToLiveCommand({ TableName }));
  expect(ttl.TimeToLiveDescription).toEqual({ TimeToLiveStatus: "ENABLED", AttributeName: "until" });
  const { ContinuousBackupsDescription: backups } = await h.client.send(
    new DescribeContinuousBackupsCommand({ TableName }),
  );
  expect(backups?.PointInTimeRecoveryDescription).toMatchObject({ PointInTimeRecoveryStatus: "ENABLED" });
  expect(() => provider().delete?.(id, { id, outputs }, testContext(TABLE))).toThrow(/protected against deletion/);
});

test("changes in place keep the items; a new key makes a new table", async () => {
  const inputs = tableInputs("changing", { streamEnabled: true, streamViewType: "KEYS_ONLY" });
  const created = h.create(TABLE, inputs);
  await h.client.send(
    new PutItemCommand({ TableName: "changing", Item: { id: { S: "a" }, until: { N: "1700000000" } } }),
  );
  const changed = { ...inputs, streamViewType: "NEW_IMAGE", ttl: { attributeName: "until", enabled: true } };
  const updated = await update("changing", changed, created);
  expect(updated.outputs["streamArn"]).not.toBe(created.outputs["streamArn"]);
  // The old stream can still be read.
  expect(h.service.stream(String(created.outputs["streamArn"]))).toBeDefined();
  const { Table } = await h.client.send(new DescribeTableCommand({ TableName: "changing" }));
  expect(Table).toMatchObject({ ItemCount: 1, LatestStreamArn: updated.outputs["streamArn"] });
  // The item was there before its time to live was told.
  expect(h.service.expire()).toBe(1);
  const off = await update("changing", tableInputs("changing"), updated);
  expect(off.outputs["streamViewType"]).toBe("");
  const { Table: last } = await h.client.send(new DescribeTableCommand({ TableName: "changing" }));
  expect(last?.StreamSpecification).toBeUndefined();

  const table = provider() as unknown as { diff(...args: unknown[]): Promise<string> }; // the engine looks for it so
  expect(await table.diff("changing", inputs, { inputs })).toBe("same");
  expect(await table.diff("changing", changed, { inputs })).toBe("update");
  expect(await table.diff("changing", { ...inputs, hashKey: "other" }, { inputs })).toBe("replace");

  await provider().delete?.("changing", updated, testContext(TABLE));
  await expect(h.client.send(new DescribeTableCommand({ TableName: "changing" }))).rejects.toThrow(/not found/);
  expect(h.service.stream(String(updated.outputs["streamArn"]))).toBeUndefined();
});

test.each([
  ["an index", { globalSecondaryIndexes: [{ name: "i" }] }, /globalSecondaryIndexes is not supported/],
  ["provisioned throughput", { billingMode: "PROVISIONED" }, /billingMode is "PROVISIONED"/],
  ["a key without a type", { hashKey: "other" }, /the key other is not among its attributes/],
  [
    "an attribute of no key",
    {
      attributes: [
        { name: "id", type: "S" },
        { name: "x", type: "S" },
      ],
    },
    /attribute x/,
  ],
  ["a stream without a view", { streamEnabled: true }, /streamViewType is missing/],
  ["a view without a stream", { streamViewType: "KEYS_ONLY" }, /needs streamEnabled/],
  ["time to live without its attribute", { ttl: { enabled: true } }, /attributeName is missing/],
  ["a bad name", { name: "a b" }, /no table name/],
])("refused: %s", (_, more, reason) => {
  expect(() => h.create(TABLE, tableInputs("refused", more))).toThrow(reason);
});

test("a name once in an account", () => {
  h.create(TABLE, tableInputs("once"));
  expect(() => h.create(TABLE, tableInputs("once"))).toThrow(/Table already exists: once/);
});

const DESTINATION = "aws:dynamodb/kinesisStreamingDestination:KinesisStreamingDestination";

test("a Kinesis destination: one a table, to a stream that is there and takes records", async () => {
  h.create(TABLE, tableInputs("source"));
  const streamArn = `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/s`;
  h.kinesis.error = new AwsError("ResourceNotFoundException", "no such stream");
  expect(() => h.create(DESTINATION, { tableName: "source", streamArn })).toThrow(/no such stream/);
  h.kinesis.error = undefined;
  const created = h.create(DESTINATION, { tableName: "source", streamArn });
  expect(() => h.create(DESTINATION, { tableName: "source", streamArn })).toThrow(/already has/);
  const elsewhere = "arn:aws:kinesis:eu-west-1:222222222222:stream/s";
  h.create(TABLE, tableInputs("source2"));
  expect(() => h.create(DESTINATION, { tableName: "source2", streamArn: elsewhere })).toThrow(/account and region/);
  const described = await h.client.send(new DescribeKinesisStreamingDestinationCommand({ TableName: "source" }));
  expect(described.KinesisDataStreamDestinations).toEqual([
    { StreamArn: streamArn, DestinationStatus: "ACTIVE", ApproximateCreationDateTimePrecision: "MILLISECOND" },
  ]);
  await provider(DESTINATION).delete?.(created.id, created, testContext(DESTINATION));
  const before = h.kinesis.sent.length;
  await h.client.send(new PutItemCommand({ TableName: "source", Item: { id: { S: "a" } } }));
  expect(h.kinesis.sent).toHaveLength(before);
});

test("a resource policy goes to the authorizer", async () => {
  const type = "aws:dynamodb/resourcePolicy:ResourcePolicy";
  h.create(TABLE, tableInputs("shared"));
  const resourceArn = tableArnOf("shared");
  const created = h.create(type, { resourceArn, policy: '{"Statement":[]}' });
  const { byResource } = h.surroundings.policies;
  expect(byResource.get(resourceArn)).toBe('{"Statement":[]}');
  expect(() => h.create(type, { resourceArn: tableArnOf("none"), policy: "{}" })).toThrow(/not found/);
  await provider(type).delete?.(created.id, created, testContext(type));
  expect(byResource.has(resourceArn)).toBe(false);
});

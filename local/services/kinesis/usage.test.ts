import { GetRecordsCommand } from "@aws-sdk/client-kinesis";
import { FIRST, record, testKinesis, type TestKinesis } from "./testing";

let kinesis: TestKinesis;
beforeAll(async () => {
  kinesis = await testKinesis();
});
afterAll(() => kinesis.close());

const usage = (streamArn: string) => kinesis.service.statistics().find(({ arn }) => arn === streamArn);

test("what is put is billed a kilobyte at a time, record by record: key and data", async () => {
  const { StreamName, StreamARN } = kinesis.stream();
  expect(usage(StreamARN)).toEqual({
    ...{ arn: StreamARN, name: StreamName, records: 0, putBytes: 0, polledBytes: 0, pushedBytes: 0 },
  });
  await kinesis.put(StreamName, record("k", ""));
  expect(usage(StreamARN)).toMatchObject({ records: 1, putBytes: 1024 });
  await kinesis.put(StreamName, record("k", "x".repeat(1023)));
  expect(usage(StreamARN)).toMatchObject({ records: 2, putBytes: 2 * 1024 });
  // A letter of two bytes in the key: 1,025 bytes.
  await kinesis.put(StreamName, record("é", "x".repeat(1023)), record("k", "x".repeat(4 * 1024)));
  expect(usage(StreamARN)).toMatchObject({ records: 4, putBytes: (2 + 2 + 5) * 1024 });
});

test("every reader pays for what it is given, a consumer of its own at its price", async () => {
  const { StreamName, StreamARN } = kinesis.stream();
  await kinesis.put(StreamName, record("a", "x".repeat(1023)), record("b", "x".repeat(1024)));
  await kinesis.prod.send(new GetRecordsCommand({ ShardIterator: await kinesis.iterator(StreamName, "TRIM_HORIZON") }));
  expect(usage(StreamARN)).toMatchObject({ polledBytes: 3 * 1024, pushedBytes: 0 });
  // As an event source mapping reads.
  expect(kinesis.service.stream(StreamARN)?.read(FIRST, 1, 10)).toHaveLength(1);
  expect(usage(StreamARN)).toMatchObject({ polledBytes: 5 * 1024, pushedBytes: 0 });
  const { id } = kinesis.create("aws:kinesis/streamConsumer:StreamConsumer", { streamArn: StreamARN, name: "fast" });
  const consumer = kinesis.service.stream(id);
  expect(consumer?.read(FIRST, 0, 10).map(({ sequenceNumber }) => sequenceNumber)).toEqual(
    kinesis.service
      .stream(StreamARN)
      ?.read(FIRST, 0, 10)
      .map(({ sequenceNumber }) => sequenceNumber),
  );
  expect(usage(StreamARN)).toMatchObject({ putBytes: 3 * 1024, polledBytes: 8 * 1024, pushedBytes: 3 * 1024 });
  expect([consumer?.arn, consumer?.shardIds(), consumer?.bounds(FIRST)]).toEqual([
    ...[StreamARN, [FIRST], { oldest: 0, end: 2 }],
  ]);
});

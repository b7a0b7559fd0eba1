import type { EventStream, StreamRecord } from "../core/streams";
import { KinesisStream } from "../services/kinesis/stream";
import { changesIn, partsOf, positionsOf, sharedOut, weightsBetween, type Streams } from "./shares";
import { arns, KB, names } from "./testing";
import type { Amount } from "./usage";

const rawStream = `${arns.raw}/stream/2026-11-24T00:00:00.000`;
const settings = {
  ...({ mode: "ON_DEMAND", retentionHours: 168, maxRecordKib: 1024 } as const),
  ...{ shardLevelMetrics: [], enforceConsumerDeletion: false },
};
const streamAt = (arn: string): KinesisStream => new KinesisStream(arn, arn.split("/")[1] ?? "", "", 2, settings);

/** What DMS writes, as long as it is told. */
function row(table: string, operation: string, bytes = 0): string {
  const metadata = { "record-type": "data", operation, "schema-name": "public", "table-name": table };
  return JSON.stringify({ data: { x: "x".repeat(bytes) }, metadata });
}

function put(stream: KinesisStream, key: string, text: string): void {
  stream.append(stream.shardOf(key, undefined), key, Buffer.from(text));
}

/** Raw's stream, with the keys of its items. */
function changeStream(keys: string[]): EventStream {
  const recordOf = (key: string): StreamRecord => ({
    ...{ sequenceNumber: key, bytes: 0, arrivedAt: 0 },
    event: { kind: "dynamodb", record: { dynamodb: { Keys: { _key: { S: key } } } } },
  });
  return {
    ...({ arn: rawStream, kind: "dynamodb" } as const),
    shardIds: () => ["0"],
    bounds: () => ({ oldest: 0, end: keys.length }),
    read: (_, offset, limit) => keys.slice(offset, offset + limit).map(recordOf),
    onAppend: () => () => undefined,
  };
}

function setUp() {
  const changes = streamAt(arns.changes);
  const own = streamAt(arns.own);
  const rawKeys: string[] = [];
  const raw = changeStream(rawKeys);
  const all: EventStream[] = [changes, own, raw];
  const find = (arn: string) => all.find((stream) => stream.arn === arn);
  const format = "arn:aws:lambda:eu-west-1:222222222222:function:format";
  const cloud: Streams = {
    kinesis: { stream: (arn) => (arn.includes(":kinesis:") ? find(arn) : undefined) },
    dynamodb: { stream: find },
    lambda: {
      mappings: () => [
        { functionArn: arns.capture, eventSourceArn: arns.changes },
        { functionArn: arns.capture, eventSourceArn: arns.own },
        // By a consumer of its own: the same records.
        { functionArn: arns.payrollFunction, eventSourceArn: `${arns.changes}/consumer/payroll:1` },
        { functionArn: format, eventSourceArn: rawStream },
      ],
    },
  };
  return { changes, own, rawKeys, cloud };
}

test("what the streams were given between two moments, by table: as billed, and what of it were changes", () => {
  const { changes, own, rawKeys, cloud } = setUp();
  put(changes, "public.shifts.1", row("shifts", "load"));
  const before = positionsOf(cloud);
  put(changes, "public.shifts.1", row("shifts", "load"));
  put(changes, "public.shifts.1", row("shifts", "update", 1500));
  put(changes, "public.shifts.2", row("shifts", "delete"));
  put(changes, "public.users.1", row("users", "insert"));
  // Of no table of the model, and of no row.
  put(changes, "public.strange.1", row("strange", "insert"));
  put(changes, "x", JSON.stringify({ metadata: { "record-type": "control", "table-name": "users" } }));
  put(own, "0A", JSON.stringify({ tableName: "tributary-clocking.punches", dynamodb: {} }));
  rawKeys.push("monolith.shifts#1", "monolith.shifts#2", "monolith.users#1", "clocking.punches#1");
  const after = positionsOf(cloud);
  put(changes, "public.users.2", row("users", "insert"));
  const weights = weightsBetween(cloud, before, after, names);
  expect(weights).toEqual({
    [arns.changes]: {
      "monolith.shifts": { records: 3, bytes: 4 * KB, changes: 2 },
      "monolith.users": { records: 1, bytes: KB, changes: 1 },
    },
    [arns.own]: { "clocking.punches": { records: 1, bytes: KB, changes: 1 } },
    [rawStream]: {
      "monolith.shifts": { records: 2, bytes: 0, changes: 2 },
      "monolith.users": { records: 1, bytes: 0, changes: 1 },
      "clocking.punches": { records: 1, bytes: 0, changes: 1 },
    },
  });
  expect(changesIn(weights)).toEqual({ "monolith.shifts": 2, "monolith.users": 1, "clocking.punches": 1 });

  const written: Amount[] = [
    { hop: "DynamoDB raw", price: "dynamodbWrite", amount: 6, table: "monolith.shifts" },
    { hop: "DynamoDB raw", price: "dynamodbWrite", amount: 2, table: "monolith.users" },
  ];
  expect(partsOf(cloud, weights, written, names)).toEqual({
    "Lambda capture": { "monolith.shifts": 3, "monolith.users": 1, "clocking.punches": 1 },
    // It follows shifts, and not users.
    "Lambda payroll": { "monolith.shifts": 3 },
    "Lambda arn:aws:lambda:eu-west-1:222222222222:function:format": {
      ...{ "monolith.shifts": 2, "monolith.users": 1, "clocking.punches": 1 },
    },
    "Kinesis changes": { "monolith.shifts": 4 * KB, "monolith.users": KB },
    "Kinesis service-changes": { "clocking.punches": KB },
    "DynamoDB raw": { "monolith.shifts": 6, "monolith.users": 2 },
  });
});

test("what tables share is shared out, and comes to the same sum; the rest stays as it is", () => {
  const requests = { hop: "Lambda capture", price: "lambdaRequest", amount: 10 } as const;
  const puts = { hop: "S3 lake", price: "s3Put", amount: 3, table: "monolith.users" } as const;
  const scanned = { hop: "Athena", price: "athenaScan", amount: 5 } as const;
  const parts = {
    "Lambda capture": { "monolith.shifts": 3, "monolith.users": 1 },
    "S3 lake": { "monolith.shifts": 9 },
    Athena: { "monolith.shifts": 0 },
  };
  expect(sharedOut([requests, puts, scanned], parts)).toEqual([
    { ...requests, amount: 7.5, table: "monolith.shifts" },
    { ...requests, amount: 2.5, table: "monolith.users" },
    puts,
    scanned,
  ]);
});

import type { KinesisStreamEvent } from "aws-lambda";
import type { Change } from "../model/change";
import { decodeDms } from "../model/decode";
import type { TableLayout } from "../model/layout";
import { ingest, type IngestEvent } from "./ingest";
import type { Parked } from "./park";
import { tableDouble } from "./testing/tableDouble";
import type { TableDouble } from "./testing/tableDouble";

jest.mock("./sdk", () => ({ backOff: async () => undefined }));

const layout: TableLayout = {
  source: "monolith",
  table: "things",
  key: ["id"],
  columns: { id: { form: "integer", lob: false, private: false }, n: { form: "integer", lob: false, private: false } },
};

const message = (id: number, n: number, position = 1): string =>
  JSON.stringify({
    data: { id, n },
    metadata: {
      timestamp: "2026-01-01T00:00:00Z",
      "record-type": "data",
      operation: "update",
      "schema-name": "public",
      "table-name": "things",
      "transaction-record-id": 1,
      "commit-timestamp": "2026-01-01T00:00:00Z",
      "stream-position": `0/${position}.1.0/0`,
    },
  });

const eventOf = (...bodies: (string | Buffer)[]): KinesisStreamEvent => ({
  Records: bodies.map((body, index) => ({
    awsRegion: "eu-west-1",
    eventID: "",
    eventName: "aws:kinesis:record",
    eventSource: "aws:kinesis",
    eventSourceARN: "arn:stream",
    eventVersion: "1.0",
    invokeIdentityArn: "",
    kinesis: {
      approximateArrivalTimestamp: 0,
      data: Buffer.from(body).toString("base64"),
      kinesisSchemaVersion: "1.0",
      partitionKey: "k",
      sequenceNumber: String(100 + index),
    },
  })),
});

async function run(
  store: TableDouble,
  event: IngestEvent,
): Promise<{ failures: string[]; put: Record<string, Parked[]>; fates: Record<string, string> | undefined }> {
  const put: Record<string, Parked[]> = {};
  const answer = await ingest(event, {
    store: {
      sdk: store.sdk,
      now: () => Date.UTC(2026, 0, 2),
      place: (change: Change) =>
        change.table === "things" ? { tableName: "t", keyPrefix: "things#", layout, keepsUnknown: true } : undefined,
    },
    decode: (text, sequence) =>
      decodeDms(text, sequence, { layouts: { "monolith.things": layout }, source: "monolith", schema: "public" }),
    put: async (key, body) => {
      put[key] = body
        .trimEnd()
        .split("\n")
        .map((line): Parked => JSON.parse(line));
    },
    log: () => undefined,
  });
  const failures = answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  return { failures, put, fates: answer.fates };
}

test("what cannot be read is parked with its reason and content, and those behind it go on", async () => {
  const store = tableDouble();
  const broken = Buffer.from([0xff, 0xfe, 0x7b]);
  const { failures, put } = await run(store, eventOf("{", message(1, 1), broken, message(2, 2)));
  expect(failures).toEqual([]);
  expect([...store.items.keys()]).toEqual(["things#1", "things#2"]);
  const parked = put["parked/2026-01-02/100.jsonl"] ?? [];
  expect(parked.map(({ reason, sequenceNumber }) => [reason, sequenceNumber])).toEqual([
    ["not-json", "100"],
    ["not-json", "102"],
  ]);
  expect(Buffer.from(parked[1]?.data ?? "", "base64")).toEqual(broken);
});

test("what DynamoDB cannot hold is parked too", async () => {
  const store = tableDouble();
  store.intercept = ({ Parameters }) =>
    Parameters?.some((value) => value.N === "13")
      ? { Error: { Code: "ValidationError", Message: "Item size has exceeded the maximum allowed size" } }
      : undefined;
  const { failures, put } = await run(store, eventOf(message(1, 13), message(2, 2)));
  expect(failures).toEqual([]);
  expect(put["parked/2026-01-02/100.jsonl"]).toMatchObject([{ reason: "oversized", sequenceNumber: "100" }]);
  expect([...store.items.keys()]).toEqual(["things#2"]);
});

test("a batch of 100 keys takes few requests, and the changes of a key are applied in order", async () => {
  const store = tableDouble();
  const bodies = Array.from({ length: 100 }, (_, id) => message(id, 1, 1));
  await run(store, eventOf(...bodies, message(7, 2, 2), message(7, 3, 3)));
  // 100 updates that find nothing, 100 inserts, and two more rounds for the hot key.
  expect(store.requests).toEqual({ BatchExecuteStatementCommand: 10 });
  expect(store.items.get("things#7")?.["n"]).toEqual({ N: "3" });
});

test("a throttled write is tried again, only that one", async () => {
  const store = tableDouble();
  let tries = 0;
  store.intercept = ({ Parameters }) =>
    Parameters?.some((value) => value.N === "13") && (tries += 1) < 3
      ? { Error: { Code: "ThrottlingError", Message: "slow down" } }
      : undefined;
  const { failures } = await run(store, eventOf(message(1, 13), message(2, 2)));
  expect(failures).toEqual([]);
  expect(store.items.size).toBe(2);
});

test("a write that fails for good is retried from its record on, and its key's later changes wait", async () => {
  const store = tableDouble();
  store.intercept = ({ Parameters }) =>
    Parameters?.some((value) => value.N === "13") ? { Error: { Code: "AccessDenied", Message: "no" } } : undefined;
  const { failures } = await run(store, eventOf(message(2, 2), message(1, 13), message(1, 14, 2)));
  expect(failures).toEqual(["101"]);
  expect([...store.items.keys()]).toEqual(["things#2"]);
});

describe("records that an operator puts back", () => {
  const redriven = (...bodies: string[]): IngestEvent => ({ ...eventOf(...bodies), redrive: true });

  test("are taken by the same rule, and the answer says what became of each", async () => {
    const store = tableDouble();
    await run(store, eventOf(message(7, 1, 9)));
    store.intercept = ({ Parameters }) =>
      Parameters?.some((value) => value.N === "13") ? { Error: { Code: "AccessDenied", Message: "no" } } : undefined;
    const other = message(1, 1).replace('"things"', '"awsdms_status"');
    const ddl = message(1, 1).replace(
      '"record-type":"data","operation":"update"',
      '"record-type":"control","operation":"add-column"',
    );
    const { fates } = await run(store, redriven(message(1, 1), message(7, 0, 2), "{", message(2, 13), ddl, other));
    expect(Object.values(fates ?? {})).toEqual(["applied", "stale", "parked", "failed", "control", "ignored"]);
    expect(store.items.get("things#7")?.["n"]).toEqual({ N: "1" });
  });

  test("and parked again stand in an object of their own", async () => {
    const { put } = await run(tableDouble(), redriven("{", message(1, 1)));
    expect(Object.keys(put)).toEqual([`parked/2026-01-02/100-again-${Date.UTC(2026, 0, 2)}.jsonl`]);
  });

  test("Lambda's own batches get the answer that Lambda reads, and no more", async () => {
    expect((await run(tableDouble(), eventOf(message(1, 1)))).fates).toBeUndefined();
  });
});

/**
 * A program: prints the milliseconds of CPU that a projection takes for a batch of 1,000 changes. The SDK's client is one that
 * answers at once, so that its own share (signing, HTTP, parsing the answer) is not in the figure.
 * `node batch.js <archive>`, a module with `{ ingest, decodeDms }` as its handler.
 */
import type { BatchStatementRequest } from "@aws-sdk/client-dynamodb";
import { BatchExecuteStatementCommand, BatchGetItemCommand, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import type { KinesisStreamRecord } from "aws-lambda";
import type { ingest, IngestOptions } from "../../functions/ingest";
import { layoutsOf, tables } from "../../model";
import type { decodeDms } from "../../model/decode";
import { median } from "./figures";

const BATCH = 1_000;
const ROUNDS = 60;

/** Updates of different shifts, each with what the sample's rows have. */
function record(index: number): KinesisStreamRecord {
  const message = {
    "before-image": {},
    data: {
      id: "@id@",
      shop_id: 41,
      user_id: 9639,
      starts_at: "2026-09-01T10:15:00Z",
      ends_at: "2026-09-01T18:30:00Z",
      break_minutes: 30,
      workload: 0.5673886456069753,
      published_at: "2026-08-13T10:15:00.519123Z",
      note: 'Côté terrasse; "VIP"',
      updated_at: "2026-08-31T10:15:00Z",
    },
    metadata: {
      "commit-timestamp": "2026-08-31T10:15:00.123456Z",
      operation: "update",
      "partition-key-type": "primary-key",
      "partition-key-value": "public.shifts.9007199254740994",
      "prev-transaction-id": 1139,
      "prev-transaction-record-id": 1,
      "record-type": "data",
      "schema-name": "public",
      "stream-position": "00000002/7C007328.2.00000002/7C007328",
      "table-name": "shifts",
      timestamp: "2026-08-31T10:15:00.223456Z",
      "transaction-id": 1140,
      "transaction-record-id": index + 1,
    },
  };
  // Beyond 2^53: JSON.stringify would round it.
  const text = JSON.stringify(message).replace('"@id@"', String(9_007_199_254_740_993n + BigInt(index)));
  return {
    awsRegion: "eu-west-1",
    eventID: String(index),
    eventName: "aws:kinesis:record",
    eventSource: "aws:kinesis",
    eventSourceARN: "arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-changes",
    eventVersion: "1.0",
    invokeIdentityArn: "arn:aws:iam::111111111111:role/payroll",
    kinesis: {
      approximateArrivalTimestamp: 0,
      data: Buffer.from(text).toString("base64"),
      kinesisSchemaVersion: "1.0",
      partitionKey: String(index),
      sequenceNumber: `49662${String(index).padStart(51, "0")}`,
    },
  };
}

interface Handler {
  readonly ingest: typeof ingest;
  readonly decodeDms: typeof decodeDms;
}

/**
 * @returns milliseconds of CPU for a batch.
 * @throws Error if a change was not applied: a figure counts only for work that was done.
 */
async function measure(handler: Handler): Promise<number> {
  const layouts = layoutsOf(tables.map((table) => ({ table })));
  const layout = layouts["monolith.shifts"];
  if (layout === undefined) throw new Error("the model has no shifts");
  let written = 0;
  const answer = async (command: { input: { Statements?: BatchStatementRequest[] } }): Promise<object> => {
    const count = command.input.Statements?.length ?? 0;
    written += count;
    return { Responses: Array.from({ length: count }, () => ({})) };
  };
  const options: IngestOptions = {
    store: {
      sdk: { client: { send: answer }, BatchExecuteStatementCommand, BatchGetItemCommand, TransactWriteItemsCommand },
      now: Date.now,
      place: () => ({ tableName: "payroll", keyPrefix: "shifts#", layout, keepsUnknown: false }),
    },
    decode: (text, sequence) => handler.decodeDms(text, sequence, { layouts, source: "monolith", schema: "public" }),
    put: async () => undefined,
    log: () => undefined,
  };
  const Records = Array.from({ length: BATCH }, (_, index) => record(index));
  const milliseconds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    await handler.ingest({ Records }, options);
    const { user, system } = process.cpuUsage(before);
    milliseconds.push((user + system) / 1_000);
  }
  if (written !== BATCH * ROUNDS) throw new Error(`${written} of ${BATCH * ROUNDS} changes were written`);
  // The first rounds are spent compiling.
  return median(milliseconds.slice(ROUNDS / 3));
}

async function main(): Promise<void> {
  const archive: { readonly handler: Handler } = await import(process.argv[2] ?? "");
  process.stdout.write(String(await measure(archive.handler)));
}

void main();

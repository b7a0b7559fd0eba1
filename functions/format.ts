/**
 * *format*: the stream of raw -> Firehose. Every accepted change becomes a row; rows are packed back to back into records,
 * because Firehose bills each record rounded up to 5 KB (Firehose pricing), and only failed records are sent again.
 */
import type * as Firehose from "@aws-sdk/client-firehose";
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import type { Layouts } from "../model/layout";
import type { Pseudonym } from "./pseudonym";
import { lakeRow } from "./row";
import { backOff } from "./sdk";
import { META } from "./statements";

export interface FormatOptions {
  readonly firehose: Pick<Firehose.FirehoseClient, "send">;
  readonly PutRecordBatchCommand: typeof Firehose.PutRecordBatchCommand;
  readonly layouts: Layouts;
  /** Delivery stream name by table id. */
  readonly deliveryStreams: Readonly<Record<string, string>>;
  /** Of the layouts that have a pseudonym. */
  readonly pseudonym?: Pseudonym;
  readonly log: (line: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Big enough that rounding costs little; small enough that a row that does not convert spoils few others. */
const PACK_BYTES = 64 * 1024;
/** PutRecordBatch takes 500 records and 4 MiB. */
const BATCH_RECORDS = 500;
const BATCH_BYTES = 4 * 1024 * 1024;
const MAX_ATTEMPTS = 6;

/** Rows of one table, with the first stream record they came from. */
interface Packed {
  readonly data: string;
  readonly bytes: number;
  readonly first: number;
}

/** DynamoDB's own removal of an expired tombstone is no change. */
const isExpiry = (record: DynamoDBRecord): boolean => record.userIdentity?.principalId === "dynamodb.amazonaws.com";

function pack(rows: readonly { json: string; index: number }[]): Packed[] {
  const packs: Packed[] = [];
  let lines: string[] = [];
  let bytes = 0;
  let first = 0;
  const close = (): void => {
    if (lines.length > 0) packs.push({ data: lines.join(""), bytes, first });
    lines = [];
    bytes = 0;
  };
  for (const { json, index } of rows) {
    const size = Buffer.byteLength(json) + 1;
    if (bytes + size > PACK_BYTES) close();
    if (lines.length === 0) first = index;
    lines.push(`${json}\n`);
    bytes += size;
  }
  close();
  return packs;
}

function batches(packs: readonly Packed[]): Packed[][] {
  const result: Packed[][] = [];
  let bytes = 0;
  for (const entry of packs) {
    const last = result[result.length - 1];
    if (last === undefined || last.length === BATCH_RECORDS || bytes + entry.bytes > BATCH_BYTES) {
      result.push([entry]);
      bytes = entry.bytes;
    } else {
      last.push(entry);
      bytes += entry.bytes;
    }
  }
  return result;
}

/** @returns the packs that Firehose did not take in the end. */
async function deliver(stream: string, batch: readonly Packed[], options: FormatOptions): Promise<Packed[]> {
  let left = [...batch];
  for (let attempt = 0; attempt < MAX_ATTEMPTS && left.length > 0; attempt += 1) {
    if (attempt > 0) await backOff(attempt);
    const answer = await options.firehose.send(
      new options.PutRecordBatchCommand({
        DeliveryStreamName: stream,
        Records: left.map(({ data }) => ({ Data: Buffer.from(data) })),
      }),
    );
    // A normal answer: some entries failed, in the order of the request.
    left = left.filter((_, index) => answer.RequestResponses?.[index]?.ErrorCode !== undefined);
  }
  return left;
}

/** @throws the SDK's error when a whole request fails; Lambda then retries the batch, and the views drop duplicates. */
export async function format(event: DynamoDBStreamEvent, options: FormatOptions): Promise<DynamoDBBatchResponse> {
  const rows: Record<string, { json: string; index: number }[]> = {};
  /** Epoch milliseconds at which the newest change was committed. */
  const newest: Record<string, number> = {};
  let unknown = 0;
  event.Records.forEach((record, index) => {
    const image = record.dynamodb?.NewImage;
    const id = image?.[META.table]?.S;
    if (image === undefined || id === undefined || isExpiry(record)) return;
    const layout = options.layouts[id];
    // It was taken out of the model while the row was on its way. Raw keeps the row, and the other tables go on.
    if (layout === undefined) {
      unknown += 1;
      return;
    }
    (rows[id] ??= []).push({ json: lakeRow(image, layout, options.pseudonym), index });
    newest[id] = Math.max(newest[id] ?? 0, Date.parse(image[META.committedAt]?.S ?? "") || 0);
  });
  const failed = await Promise.all(
    Object.entries(rows).flatMap(([id, list]) => {
      const stream = options.deliveryStreams[id];
      if (stream === undefined) throw new Error(`no delivery stream for "${id}"`);
      return batches(pack(list)).map((batch) => deliver(stream, batch, options));
    }),
  );
  const first = Math.min(...failed.flat().map((entry) => entry.first));
  options.log(JSON.stringify({ records: event.Records.length, failedPacks: failed.flat().length, unknown }));
  // A line a table. The heartbeat's are a metric, the others answer who asks the log.
  for (const [table, list] of Object.entries(rows)) {
    const ageSeconds = Math.max(0, options.now() - (newest[table] ?? 0)) / 1000;
    options.log(JSON.stringify({ table, rows: list.length, ageSeconds }));
  }
  const sequence = event.Records[first]?.dynamodb?.SequenceNumber;
  return { batchItemFailures: sequence === undefined ? [] : [{ itemIdentifier: sequence }] };
}

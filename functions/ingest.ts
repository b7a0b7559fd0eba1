/**
 * The handler behind both *capture* (all tables into raw) and a *projection* (a service's tables): decodes a batch of
 * stream records, applies the changes, parks what cannot be taken, and answers which record to begin again from.
 */
import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";
import type { Change } from "../model/change";
import type { Decoded } from "../model/decode";
import { LARGE_BYTES } from "./large";
import type { Parked, PutObject } from "./park";
import { park } from "./park";
import type { Outcome, Store } from "./store";
import { applyChanges } from "./store";
import { OVERSIZED } from "./whole";

export interface IngestOptions {
  readonly store: Store;
  /** Reads one message; `stream` is the ARN it came from. */
  readonly decode: (text: string, sequenceNumber: string, stream: string) => Decoded;
  /** Called with the prefix `parked`, or `control` for DDL. */
  readonly put: PutObject;
  /** One line of structured log, for metric filters. */
  readonly log: (line: string) => void;
}

/**
 * A batch from the stream, or one that an operator puts back (`npm run redrive`): the same records under the same rule, and
 * with `redrive` the answer says what became of each. Lambda itself never sends it, and reads batchItemFailures only.
 */
export interface IngestEvent extends KinesisStreamEvent {
  readonly redrive?: boolean;
}

/**
 * `applied`, `stale`: as in store.ts. `parked`: again, with a reason. `failed`: DynamoDB did not take it this time. `control`:
 * kept as DDL. `ignored`: nothing of it concerns this store.
 */
export type Fate = "applied" | "stale" | "parked" | "failed" | "control" | "ignored";

export interface IngestAnswer extends KinesisStreamBatchResponse {
  /** By sequence number; of a redrive. */
  readonly fates?: Readonly<Record<string, Fate>>;
}

/** Base64 has four characters for three bytes. */
const LARGE_LENGTH = (LARGE_BYTES / 3) * 4;

interface Read {
  readonly changes: Change[];
  /** Index of the record each change came from. */
  readonly origins: number[];
  readonly parked: Parked[];
  readonly control: Parked[];
  /** Of the changes. */
  readonly large: Set<Change>;
}

function entryOf(record: KinesisStreamRecord, reason: string, detail: string): Parked {
  return {
    reason,
    detail,
    stream: record.eventSourceARN,
    sequenceNumber: record.kinesis.sequenceNumber,
    partitionKey: record.kinesis.partitionKey,
    arrivedAt: record.kinesis.approximateArrivalTimestamp,
    data: record.kinesis.data,
  };
}

function read(records: readonly KinesisStreamRecord[], decode: IngestOptions["decode"]): Read {
  const result: Read = { changes: [], origins: [], parked: [], control: [], large: new Set() };
  const limit = LARGE_LENGTH;
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  records.forEach((record, index) => {
    let decoded: Decoded;
    try {
      const text = utf8.decode(Buffer.from(record.kinesis.data, "base64"));
      decoded = decode(text, record.kinesis.sequenceNumber, record.eventSourceARN);
    } catch (error) {
      decoded = { kind: "unreadable", problem: { reason: "not-json", detail: String(error) } };
    }
    if (decoded.kind === "unreadable") {
      result.parked.push(entryOf(record, decoded.problem.reason, decoded.problem.detail));
    } else if (decoded.kind === "control") {
      result.control.push(entryOf(record, decoded.operation, decoded.table));
    } else if (decoded.kind === "changes") {
      for (const change of decoded.changes) {
        result.changes.push(change);
        result.origins.push(index);
        if (record.kinesis.data.length > limit) result.large.add(change);
      }
    }
  });
  return result;
}

/** A record may hold two changes; what needs most care counts. */
function fatesOf(
  records: readonly KinesisStreamRecord[],
  read: Read,
  outcomes: readonly Outcome[],
): Record<string, Fate> {
  const fates: Record<string, Fate> = {};
  for (const { kinesis } of records) fates[kinesis.sequenceNumber] = "ignored";
  const mark = (fate: Fate, ofWhat: readonly { readonly sequenceNumber: string }[]): void => {
    for (const { sequenceNumber } of ofWhat) fates[sequenceNumber] = fate;
  };
  const recordsOf = (kind: Outcome["kind"]) =>
    outcomes.flatMap((outcome, index) => {
      const record = records[read.origins[index] ?? -1];
      return outcome.kind === kind && record !== undefined ? [record.kinesis] : [];
    });
  mark("stale", recordsOf("stale"));
  mark("applied", recordsOf("applied"));
  mark("control", read.control);
  mark("parked", read.parked);
  mark("failed", recordsOf("failed"));
  return fates;
}

/** @throws when DynamoDB or S3 refuse a whole request; Lambda then retries the batch, which is harmless. */
export async function ingest(event: IngestEvent, options: IngestOptions): Promise<IngestAnswer> {
  const batch = read(event.Records, options.decode);
  const { changes, origins, parked, control } = batch;
  const large = options.store.overflow === undefined ? undefined : batch.large;
  const outcomes = await applyChanges(changes, options.store, large);
  const counts = { applied: 0, stale: 0, refused: 0, failed: 0 };
  let firstFailed: number | undefined;
  outcomes.forEach((outcome, index) => {
    counts[outcome.kind] += 1;
    const origin = origins[index] ?? 0;
    const record = event.Records[origin];
    if (outcome.kind === "failed") firstFailed = Math.min(firstFailed ?? origin, origin);
    if (outcome.kind === "refused" && record !== undefined) {
      parked.push(entryOf(record, OVERSIZED.test(outcome.detail) ? "oversized" : "refused", outcome.detail));
    }
  });
  const now = options.store.now();
  // What is put back may be parked on the day, and begin with the record, of the object that it comes from.
  const mark = event.redrive === true ? `-again-${now}` : "";
  await Promise.all([park("parked", parked, now, options.put, mark), park("control", control, now, options.put)]);
  options.log(
    JSON.stringify({ records: event.Records.length, ...counts, parked: parked.length, control: control.length }),
  );
  const failed = firstFailed === undefined ? undefined : event.Records[firstFailed];
  return {
    batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed.kinesis.sequenceNumber }],
    ...(event.redrive === true ? { fates: fatesOf(event.Records, batch, outcomes) } : {}),
  };
}

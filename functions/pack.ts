/**
 * Rows for Firehose, packed back to back into records: it bills each record rounded up to 5 KB (Firehose pricing). Only failed
 * records are sent again.
 */
import type * as Firehose from "@aws-sdk/client-firehose";
import { backOff } from "./sdk";

export interface FirehoseSdk {
  readonly firehose: Pick<Firehose.FirehoseClient, "send">;
  readonly PutRecordBatchCommand: typeof Firehose.PutRecordBatchCommand;
}

/** Big enough that rounding costs little; small enough that a row that does not convert spoils few others. */
const PACK_BYTES = 64 * 1024;
/** Firehose quotas: a record has 1,000 KiB at most, and PutRecordBatch refuses a whole request for one that has more. */
export const MAX_ROW_BYTES = 1000 * 1024;
/** PutRecordBatch takes 500 records and 4 MiB. */
const BATCH_RECORDS = 500;
const BATCH_BYTES = 4 * 1024 * 1024;
const MAX_ATTEMPTS = 6;

/** A row as one line of JSON. */
export interface Row {
  readonly line: string;
  readonly bytes: number;
  /** Of the stream record that it came from. */
  readonly index: number;
}

/** Rows of one table, with the first stream record they came from. */
export interface Packed {
  readonly data: string;
  readonly bytes: number;
  readonly first: number;
}

export function pack(rows: readonly Row[]): Packed[] {
  const packs: Packed[] = [];
  let lines: string[] = [];
  let bytes = 0;
  let first = 0;
  const close = (): void => {
    if (lines.length > 0) packs.push({ data: lines.join(""), bytes, first });
    lines = [];
    bytes = 0;
  };
  for (const { line, bytes: size, index } of rows) {
    if (bytes + size > PACK_BYTES) close();
    if (lines.length === 0) first = index;
    lines.push(line);
    bytes += size;
  }
  close();
  return packs;
}

export function batches(packs: readonly Packed[]): Packed[][] {
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
export async function deliver(stream: string, batch: readonly Packed[], options: FirehoseSdk): Promise<Packed[]> {
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

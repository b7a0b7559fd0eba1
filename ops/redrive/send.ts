/** Puts failed records back through their function, by Lambda's Invoke: the same handler under the same rule. */
import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { DynamoDBRecord, KinesisStreamRecord } from "aws-lambda";
import { z } from "zod";
import { answers, type Fate } from "./fate";
import type { FailedItems, FailedRecord } from "./failures";

/** Of one record, by stream and sequence number; see `identity`. */
export type Fates = Map<string, Fate>;

export interface Sent {
  readonly fates: Fates;
  /** Why what `failed` did, where the function as a whole did not work. */
  readonly problem?: string;
}

/** A record may have been parked twice: Lambda delivers at least once. */
export const identity = (record: KinesisStreamRecord | DynamoDBRecord): string =>
  `${record.eventSourceARN ?? ""} ${sequenceOf(record)}`;

export const sequenceOf = (record: KinesisStreamRecord | DynamoDBRecord): string =>
  "kinesis" in record ? record.kinesis.sequenceNumber : (record.dynamodb?.SequenceNumber ?? "");

/** Invoke takes 6 MB; a batch of a stream has no more records than this either. */
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_RECORDS = 500;

/** Within a stream by sequence number, so that the order within every key is what it was. Each record once. */
export function batches(records: readonly FailedRecord[]): KinesisStreamRecord[][] {
  const unique = new Map(records.map(({ record }) => [identity(record), record]));
  const place = ({ eventSourceARN, kinesis }: KinesisStreamRecord): string =>
    `${eventSourceARN} ${kinesis.sequenceNumber.padStart(56, "0")}`;
  const ordered = [...unique.values()].sort((a, b) => (place(a) < place(b) ? -1 : 1));
  const result: KinesisStreamRecord[][] = [];
  let bytes = 0;
  for (const record of ordered) {
    const batch = result[result.length - 1];
    const size = JSON.stringify(record).length;
    const fits = batch !== undefined && batch.length < MOST_RECORDS && bytes + size <= MOST_BYTES;
    // Sequence numbers tell records of one stream apart, and a function's answer names them by nothing else.
    if (fits && batch[0]?.eventSourceARN === record.eventSourceARN) {
      batch.push(record);
      bytes += size;
    } else {
      result.push([record]);
      bytes = size;
    }
  }
  return result;
}

const answerShape = z.object({
  batchItemFailures: z.array(z.unknown()).default([]),
  fates: z.record(z.string(), z.enum(answers)).optional(),
});

type Lambda = Pick<LambdaClient, "send">;

/** @throws Error with what the function answered, if it did not work. */
async function invoke(lambda: Lambda, functionName: string, event: object): Promise<z.output<typeof answerShape>> {
  const Payload = Buffer.from(JSON.stringify(event));
  const answer = await lambda.send(new InvokeCommand({ FunctionName: functionName, Payload }));
  const text = Buffer.from(answer.Payload ?? []).toString("utf8");
  if (answer.FunctionError !== undefined) throw new FunctionFailed(text);
  return answerShape.parse(JSON.parse(text));
}

class FunctionFailed extends Error {}

/** Batch by batch. After one that the function as a whole cannot work on, the rest is not tried. */
export async function sendRecords(
  lambda: Lambda,
  functionName: string,
  records: readonly FailedRecord[],
  onBatch: (done: number) => void,
): Promise<Sent> {
  const found: Fates = new Map(records.map(({ record }) => [identity(record), "failed"]));
  let done = 0;
  for (const Records of batches(records)) {
    try {
      const answer = await invoke(lambda, functionName, { Records, redrive: true });
      if (answer.fates === undefined) return { fates: found, problem: OLD_FUNCTION };
      for (const record of Records)
        found.set(identity(record), answer.fates[record.kinesis.sequenceNumber] ?? "failed");
    } catch (error) {
      if (!(error instanceof FunctionFailed)) throw error;
      return { fates: found, problem: error.message };
    }
    onBatch((done += Records.length));
  }
  return { fates: found };
}

const OLD_FUNCTION = "it does not say what became of the records: deploy this version of the program first";

/** Records of a table's stream. What is taken twice does no harm: the views take the latest version of a row. */
export async function sendItems(lambda: Lambda, functionName: string, { items }: FailedItems): Promise<Sent> {
  const records = items.map(({ record }) => record);
  const found: Fates = new Map(records.map((record) => [identity(record), "failed"]));
  try {
    const { fates } = await invoke(lambda, functionName, { Records: records, redrive: true });
    if (fates === undefined) return { fates: found, problem: OLD_FUNCTION };
    for (const record of records) found.set(identity(record), fates[sequenceOf(record)] ?? "failed");
    return { fates: found };
  } catch (error) {
    if (!(error instanceof FunctionFailed)) throw error;
    return { fates: found, problem: error.message };
  }
}

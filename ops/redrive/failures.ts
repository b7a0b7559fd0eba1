/**
 * What could not be taken, as it lies in an account's failures bucket: messages that a function parked (JSON lines,
 * functions/park.ts, `<function>/parked/<day>/...`), and batches that Lambda gave up (`aws/lambda/<mapping>/...`).
 * https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from "@aws-sdk/client-s3";
import type { DynamoDBRecord, KinesisStreamRecord } from "aws-lambda";
import { z } from "zod";
import { messageOf } from "../preflight/errors";

export interface FailedRecord {
  /** Why: the function's reason, or Lambda's condition. */
  readonly reason: string;
  readonly record: KinesisStreamRecord;
  /** The line of the object, as it stands there; of a batch that Lambda gave up nothing. */
  readonly line?: string;
}

interface FailedObject {
  readonly key: string;
  readonly body: string;
  /** Name in the stack's outputs: `payroll`, `capture`, ... */
  readonly function: string;
  /** `YYYY-MM-DD` */
  readonly day: string;
}

export interface ParkedObject extends FailedObject {
  readonly kind: "parked";
  readonly records: readonly FailedRecord[];
}

/** A batch of a Kinesis stream that Lambda gave up. */
export interface GivenUp extends FailedObject {
  readonly kind: "given-up";
  readonly records: readonly FailedRecord[];
}

export interface FailedItem {
  readonly reason: string;
  readonly record: DynamoDBRecord;
}

/** Records of a table's stream, parked or given up: they go back together, and the object is done with when all of them are. */
export interface FailedItems extends FailedObject {
  readonly kind: "items";
  readonly items: readonly FailedItem[];
}

export type Failure = ParkedObject | GivenUp | FailedItems;

const parkedShape = z.object({
  reason: z.string(),
  detail: z.string(),
  stream: z.string(),
  sequenceNumber: z.string(),
  partitionKey: z.string(),
  arrivedAt: z.number(),
  data: z.string(),
});

/** What Lambda writes, as far as we read it. The records are handed back as they came. */
const givenUpShape = z.object({
  requestContext: z.object({ functionArn: z.string(), condition: z.string() }),
  timestamp: z.string(),
  payload: z.string(),
});

const PARKED = /^([^/]+)\/parked\/(\d{4}-\d{2}-\d{2})\//;
const GIVEN_UP = "aws/lambda/";
/** Objects that are read at a time. */
const AT_A_TIME = 8;

/** Where the operator's commands put what has been taken: `redriven/<time>/<key>`. */
export const REDRIVEN = "redriven/";

/**
 * Everything under `prefix` that failed, the oldest key first.
 * @param functions the names of the account's functions, by their names in the stack's outputs
 * @returns also which objects are neither of the two, and why
 */
export async function readFailures(
  s3: S3Client,
  bucket: string,
  prefix: string,
  functions: Readonly<Record<string, string>>,
): Promise<{ readonly failures: readonly Failure[]; readonly unreadable: readonly string[] }> {
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix })) {
    for (const { Key = "" } of page.Contents ?? []) {
      if (!Key.startsWith(REDRIVEN) && (PARKED.test(Key) || Key.startsWith(GIVEN_UP))) keys.push(Key);
    }
  }
  const failures: Failure[] = [];
  const unreadable: string[] = [];
  for (let start = 0; start < keys.length; start += AT_A_TIME) {
    await Promise.all(
      keys.slice(start, start + AT_A_TIME).map(async (key) => {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        const body = (await Body?.transformToString()) ?? "";
        try {
          failures.push(parse(key, body, functions));
        } catch (error) {
          unreadable.push(`s3://${bucket}/${key} is no record of a failure: ${messageOf(error)}`);
        }
      }),
    );
  }
  failures.sort((a, b) => (a.key < b.key ? -1 : 1));
  return { failures, unreadable };
}

/** @throws Error if it is not what its key says. */
function parse(key: string, body: string, functions: Readonly<Record<string, string>>): Failure {
  const [, name, day] = PARKED.exec(key) ?? [];
  if (name === undefined || day === undefined) return givenUp(key, body, functions);
  const lines = body.split("\n").filter((line) => line !== "");
  const common = { key, body, function: name, day };
  const items = lines.flatMap(parkedItem);
  if (items.length > 0) return { ...common, kind: "items", items };
  return { ...common, kind: "parked", records: lines.map(parkedRecord) };
}

/** What *format* parks holds the whole record of the table's stream. */
function parkedItem(line: string): FailedItem[] {
  const { reason, stream, data } = parkedShape.parse(JSON.parse(line));
  if (!stream.startsWith("arn:aws:dynamodb:")) return [];
  // Its own event, as functions/format.ts writes it.
  return [{ reason, record: JSON.parse(Buffer.from(data, "base64").toString("utf8")) as DynamoDBRecord }];
}

/** The record as Lambda handed it over, as far as a function reads it. */
function parkedRecord(line: string): FailedRecord {
  const { reason, stream, sequenceNumber, partitionKey, arrivedAt, data } = parkedShape.parse(JSON.parse(line));
  const record: KinesisStreamRecord = {
    kinesis: {
      kinesisSchemaVersion: "1.0",
      partitionKey,
      sequenceNumber,
      data,
      approximateArrivalTimestamp: arrivedAt,
    },
    eventSource: "aws:kinesis",
    eventVersion: "1.0",
    eventID: `redrive:${sequenceNumber}`,
    eventName: "aws:kinesis:record",
    invokeIdentityArn: "",
    awsRegion: stream.split(":")[3] ?? "",
    eventSourceARN: stream,
  };
  return { reason, record, line };
}

function givenUp(key: string, body: string, functions: Readonly<Record<string, string>>): GivenUp | FailedItems {
  const { requestContext, timestamp, payload } = givenUpShape.parse(JSON.parse(body));
  const { condition: reason, functionArn } = requestContext;
  const name = functionArn.split(":")[6] ?? "";
  const known = Object.keys(functions).find((concern) => functions[concern] === name);
  const common = { key, body, function: known ?? name, day: timestamp.slice(0, 10) };
  // Lambda's own event: one kind of record or the other.
  const { Records } = JSON.parse(payload) as { Records: (KinesisStreamRecord | DynamoDBRecord)[] };
  const isItem = (record: KinesisStreamRecord | DynamoDBRecord): record is DynamoDBRecord => "dynamodb" in record;
  const items = Records.filter(isItem).map((record): FailedItem => ({ reason, record }));
  if (items.length > 0) return { ...common, kind: "items", items };
  const records = Records.flatMap((record) => (isItem(record) ? [] : [{ reason, record }]));
  return { ...common, kind: "given-up", records };
}

/** Reasons of the records in an object, with how many there are of each. */
export function reasonsOf(failure: Failure): Map<string, number> {
  const counts = new Map<string, number>();
  const records = failure.kind === "items" ? failure.items : failure.records;
  for (const { reason } of records) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}

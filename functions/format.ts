/**
 * *format*: the stream of raw -> Firehose. Every accepted change becomes a row. Values that lie in raw's overflow are read for
 * it, and deleted once no row needs them (`overflow.ts`).
 */
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import type { Layouts } from "../model/layout";
import type { Fate } from "./ingest";
import type { Overflow } from "./overflow";
import { dropped, hasOverflowed } from "./overflow";
import type { FirehoseSdk, Packed, Row } from "./pack";
import { batches, deliver, MAX_ROW_BYTES, pack } from "./pack";
import type { Parked, PutObject } from "./park";
import { park } from "./park";
import type { Pseudonym } from "./pseudonym";
import { lakeRow, type Unfit } from "./row";
import { META } from "./statements";
import type { Unread } from "./unread";
import { groups, pointersIn, read } from "./unread";

export interface FormatOptions extends FirehoseSdk {
  readonly layouts: Layouts;
  /** Delivery stream name by table id. */
  readonly deliveryStreams: Readonly<Record<string, string>>;
  /** Of the layouts that have a pseudonym. */
  readonly pseudonym?: Pseudonym;
  readonly overflow: Overflow;
  /** Called with the prefix `parked`. */
  readonly put: PutObject;
  readonly log: (line: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** A batch of raw's stream, or one that an operator puts back; `redrive` and `fates` as in `ingest.ts`. */
export interface FormatEvent extends DynamoDBStreamEvent {
  readonly redrive?: boolean;
}
export interface FormatAnswer extends DynamoDBBatchResponse {
  readonly fates?: Readonly<Record<string, Fate>>;
}

/** DynamoDB's own removal of an expired tombstone is no change. */
const isExpiry = (record: DynamoDBRecord): boolean => record.userIdentity?.principalId === "dynamodb.amazonaws.com";

function entryOf(record: DynamoDBRecord, reason: string, detail: string): Parked {
  const { NewImage, SequenceNumber = "", ApproximateCreationDateTime = 0 } = record.dynamodb ?? {};
  return {
    reason,
    detail,
    stream: record.eventSourceARN ?? "",
    sequenceNumber: SequenceNumber,
    partitionKey: NewImage?.[META.key]?.S ?? "",
    arrivedAt: ApproximateCreationDateTime,
    data: Buffer.from(JSON.stringify(record)).toString("base64"),
  };
}

/** What is known of a batch while it is worked on. */
interface Batch {
  readonly records: readonly DynamoDBRecord[];
  /** By table: rows to send. */
  rows: Record<string, Row[]>;
  readonly counts: Record<string, number>;
  /** Epoch milliseconds at which a table's newest change was committed. */
  readonly newest: Record<string, number>;
  /** Of tables that the model does not have. */
  unknown: number;
  readonly unread: Unread[];
  /** By record. */
  readonly parked: Map<number, Parked>;
  readonly fates: Fate[];
}

function setAside(batch: Batch, index: number, reason: string, detail: string): void {
  const record = batch.records[index];
  batch.fates[index] = "parked";
  if (record !== undefined) batch.parked.set(index, entryOf(record, reason, detail));
}

function add(batch: Batch, id: string, index: number, row: string | Unfit): void {
  if (typeof row !== "string") {
    setAside(batch, index, "bad-value", `column "${row.column}" of ${id} is no ${row.form}`);
    return;
  }
  const line = `${row}\n`;
  const bytes = Buffer.byteLength(line);
  if (bytes > MAX_ROW_BYTES) {
    setAside(batch, index, "row-too-large", `${bytes} bytes as JSON, and Firehose takes ${MAX_ROW_BYTES}`);
    return;
  }
  batch.fates[index] = "applied";
  (batch.rows[id] ??= []).push({ line, bytes, index });
}

function take(records: readonly DynamoDBRecord[], { layouts, pseudonym }: FormatOptions): Batch {
  const fates = records.map((): Fate => "ignored");
  const batch: Batch = { records, rows: {}, counts: {}, newest: {}, unknown: 0, unread: [], parked: new Map(), fates };
  const { counts, newest } = batch;
  records.forEach((record, index) => {
    const image = record.dynamodb?.NewImage;
    const id = image?.[META.table]?.S;
    if (image === undefined || id === undefined || isExpiry(record)) return;
    const layout = layouts[id];
    // It was taken out of the model while the row was on its way. Raw keeps the row, and the other tables go on.
    if (layout === undefined) {
      batch.unknown += 1;
      return;
    }
    counts[id] = (counts[id] ?? 0) + 1;
    newest[id] = Math.max(newest[id] ?? 0, Date.parse(image[META.committedAt]?.S ?? "") || 0);
    if (hasOverflowed(image)) batch.unread.push({ id, index, image, layout, pointers: pointersIn(image, layout) });
    else add(batch, id, index, lakeRow(image, layout, pseudonym));
  });
  return batch;
}

/** Sends the rows that are ready. @returns what Firehose did not take in the end */
async function send(batch: Batch, options: FormatOptions): Promise<Packed[]> {
  const sent = Object.entries(batch.rows).flatMap(([id, rows]) => {
    const stream = options.deliveryStreams[id];
    if (stream === undefined) throw new Error(`no delivery stream for "${id}"`);
    return batches(pack(rows)).map((packs) => deliver(stream, packs, options));
  });
  batch.rows = {};
  return (await Promise.all(sent)).flat();
}

/** @throws the SDK's error when a whole request fails; Lambda then retries the batch, and the views drop duplicates. */
export async function format(event: FormatEvent, options: FormatOptions): Promise<FormatAnswer> {
  const { Records: records } = event;
  const { overflow, pseudonym } = options;
  const batch = take(records, options);
  const failed = await send(batch, options);
  for (const group of groups(batch.unread)) {
    const images = await Promise.all(group.map((entry) => read(entry, overflow)));
    group.forEach(({ id, index, layout }, place) => {
      const image = images[place];
      if (image === undefined) setAside(batch, index, "value-gone", "a large value is not in the overflow any more");
      else add(batch, id, index, lakeRow(image, layout, pseudonym));
    });
    failed.push(...(await send(batch, options)));
  }

  // All before it is delivered or set aside; it and what follows comes again.
  const first = Math.min(records.length, ...failed.map((entry) => entry.first));
  const parked = [...batch.parked].flatMap(([index, entry]) => (index < first ? [entry] : []));
  const now = options.now();
  await park("parked", parked, now, options.put, event.redrive === true ? `-again-${now}` : "");
  const done = records.slice(0, first);
  const gone = new Set(done.flatMap(({ dynamodb }) => dropped(dynamodb?.OldImage, dynamodb?.NewImage)));
  if (gone.size > 0) await overflow.remove([...gone]);

  const { counts, newest, unknown } = batch;
  options.log(JSON.stringify({ records: records.length, failedPacks: failed.length, unknown, parked: parked.length }));
  // A line a table. The heartbeat's are a metric, the others answer who asks the log.
  for (const [table, rows] of Object.entries(counts)) {
    const ageSeconds = Math.max(0, now - (newest[table] ?? 0)) / 1000;
    options.log(JSON.stringify({ table, rows, ageSeconds }));
  }
  const sequenceOf = (record: DynamoDBRecord | undefined): string => record?.dynamodb?.SequenceNumber ?? "";
  const answer = { batchItemFailures: first < records.length ? [{ itemIdentifier: sequenceOf(records[first]) }] : [] };
  if (event.redrive !== true) return answer;
  const fateOf = (index: number): Fate => (index < first ? (batch.fates[index] ?? "ignored") : "failed");
  return { ...answer, fates: Object.fromEntries(records.map((record, index) => [sequenceOf(record), fateOf(index)])) };
}

/** Messages on the stream that nobody can take: each must be parked with its reason and content, and hold nothing up. */
import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { PutRecordsCommand } from "@aws-sdk/client-kinesis";
import type { S3Client } from "@aws-sdk/client-s3";
import { GetObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";

interface Poison {
  /** The reason that it must be parked with. */
  readonly reason: string;
  readonly data: Buffer;
}

const metadata = {
  timestamp: "2026-11-23T08:00:00.000001Z",
  "record-type": "data",
  operation: "insert",
  "partition-key-type": "primary-key",
  "schema-name": "public",
  "table-name": "shops",
  "transaction-id": 1,
  "transaction-record-id": 1,
  "commit-timestamp": "2026-11-23T08:00:00.000000Z",
  "stream-position": "00000000/00000001.1.00000000/00000001",
};
const shop = { id: -1, name: "Nowhere", timezone: "UTC", opens_at: "05:00:00", settings: "{}", active: "t" };
const json = (message: unknown): Buffer => Buffer.from(JSON.stringify(message));

const POISON: readonly Poison[] = [
  { reason: "not-json", data: Buffer.from("\u0000\u0001 not JSON at all") },
  { reason: "not-json", data: Buffer.from([0xff, 0xfe, 0x80]) },
  { reason: "not-json", data: json({ data: shop, metadata }).subarray(0, 90) },
  { reason: "not-dms", data: json({ hello: "world" }) },
  { reason: "unknown-table", data: json({ data: shop, metadata: { ...metadata, "table-name": "invoices" } }) },
  { reason: "unknown-operation", data: json({ data: shop, metadata: { ...metadata, operation: "truncate" } }) },
  { reason: "no-key", data: json({ data: { ...shop, id: null }, metadata }) },
  { reason: "no-position", data: json({ data: shop, metadata: { ...metadata, "stream-position": undefined } }) },
  { reason: "bad-value", data: json({ data: { ...shop, active: "perhaps" }, metadata }) },
  // Kinesis carries it, but no DynamoDB item may have more than 400 KB.
  { reason: "oversized", data: json({ data: { ...shop, name: "x".repeat(450_000) }, metadata }) },
];

export const POISON_COUNT = POISON.length;

/** Puts them among the other records, spread over the shards. */
export async function poison(client: KinesisClient, streamArn: string): Promise<void> {
  const Records = POISON.map(({ data }, index) => ({ Data: data, PartitionKey: `poison-${index}` }));
  const answer = await client.send(new PutRecordsCommand({ StreamARN: streamArn, Records }));
  if ((answer.FailedRecordCount ?? 0) > 0) throw new Error("Kinesis did not take the poison");
}

interface ParkedLine {
  readonly reason: string;
  readonly data: string;
}

async function parkedIn(client: S3Client, bucket: string, prefix: string): Promise<Set<string>> {
  const parked = new Set<string>();
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
    for (const { Key } of page.Contents ?? []) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
      const lines = ((await Body?.transformToString()) ?? "").split("\n").filter((line) => line !== "");
      for (const line of lines) parked.add(textOf(JSON.parse(line) as ParkedLine));
    }
  }
  return parked;
}

const textOf = ({ reason, data }: ParkedLine): string => `${reason} ${data}`;
const wanted = POISON.map(({ reason, data }) => textOf({ reason, data: data.toString("base64") }));

/** @returns what is wrong with what capture parked; nothing if each message lies there with its reason and content. */
export async function checkParked(client: S3Client, bucket: string, prefix: string): Promise<string[]> {
  const found = await parkedIn(client, bucket, prefix);
  const lost = POISON.filter((_, index) => !found.has(wanted[index] ?? ""));
  return [
    ...lost.map(({ reason, data }) => `a message of ${data.length} bytes was not parked as "${reason}"`),
    ...(await onlyPoison(client, bucket, [prefix])),
  ];
}

/** @returns what was parked and is none of ours. A service sees, and parks, only what its filter lets through. */
export async function onlyPoison(client: S3Client, bucket: string, prefixes: readonly string[]): Promise<string[]> {
  const found = await Promise.all(prefixes.map((prefix) => parkedIn(client, bucket, prefix)));
  const others = found.flatMap((parked) => [...parked]).filter((text) => !wanted.includes(text));
  return others.map((text) => `something else was parked in ${bucket}: ${text.slice(0, 200)}`);
}

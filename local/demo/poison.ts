/** Messages on the stream that cannot be taken: each must be parked with its reason and content, and hold nothing up. */
import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { PutRecordsCommand } from "@aws-sdk/client-kinesis";
import type { S3Client } from "@aws-sdk/client-s3";
import { GetObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";

interface Poison {
  /** Who must park it, and with which reason. Services park what their filters let through, for the same reasons. */
  readonly by: "capture" | "clocking";
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

const FOR_ALL: readonly Omit<Poison, "by">[] = [
  { reason: "not-json", data: Buffer.from("\u0000\u0001 not JSON at all") },
  { reason: "not-json", data: Buffer.from([0xff, 0xfe, 0x80]) },
  { reason: "not-json", data: json({ data: shop, metadata }).subarray(0, 90) },
  { reason: "not-dms", data: json({ hello: "world" }) },
  { reason: "unknown-table", data: json({ data: shop, metadata: { ...metadata, "table-name": "invoices" } }) },
  { reason: "unknown-operation", data: json({ data: shop, metadata: { ...metadata, operation: "truncate" } }) },
  { reason: "no-key", data: json({ data: { ...shop, id: null }, metadata }) },
  { reason: "no-position", data: json({ data: shop, metadata: { ...metadata, "stream-position": undefined } }) },
  { reason: "bad-value", data: json({ data: { ...shop, active: "perhaps" }, metadata }) },
];

/** More than an item of DynamoDB can have: raw has room for it, a service's table has none. */
const LARGE: Poison = {
  by: "clocking",
  reason: "oversized",
  data: json({ data: { ...shop, name: "x".repeat(450_000) }, metadata }),
};
const POISON: readonly Poison[] = [...FOR_ALL.map((each): Poison => ({ by: "capture", ...each })), LARGE];

/** The monolith has no such shop: it goes again. */
const ANTIDOTE = json({
  data: { id: shop.id },
  metadata: { ...metadata, operation: "delete", "transaction-record-id": 2 },
});

/** Puts them among the other records, spread over the shards. */
export async function poison(client: KinesisClient, streamArn: string): Promise<void> {
  const Records = POISON.map(({ data }, index) => ({ Data: data, PartitionKey: `poison-${index}` }));
  // In the same shard, and so behind it.
  Records.push({ Data: ANTIDOTE, PartitionKey: `poison-${POISON.indexOf(LARGE)}` });
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
const lineOf = ({ reason, data }: Poison): string => textOf({ reason, data: data.toString("base64") });

/**
 * @param functions all that park into the bucket
 * @returns what is wrong with what they parked; nothing if each message lies there with its reason and content, and no other
 */
export async function checkParked(client: S3Client, bucket: string, functions: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  for (const name of functions) {
    const found = await parkedIn(client, bucket, `${name}/parked/`);
    const lost = POISON.filter((each) => each.by === name && !found.has(lineOf(each)));
    const known = POISON.filter(({ by }) => by === name || (by === "capture" && name !== "format")).map(lineOf);
    const others = [...found].filter((text) => !known.includes(text));
    problems.push(
      ...lost.map(({ reason, data }) => `${name} did not park a message of ${data.length} bytes as "${reason}"`),
      ...others.map((text) => `${name} parked something else: ${text.slice(0, 200)}`),
    );
  }
  return problems;
}

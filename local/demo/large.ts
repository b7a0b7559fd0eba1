/** Rows of more than DynamoDB's 400 KB: the lake must have them, and raw's overflow what belongs to live rows, and no more. */
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { paginateListObjectsV2, type S3Client } from "@aws-sdk/client-s3";
import type { Client } from "pg";
import { mentioned } from "../../functions/overflow";
import { serviceItems } from "./rows";

/** Characters, random so that nothing compresses them; DMS takes up to 256 K. Two of them are too much for an item. */
const LONG = "(select string_agg(md5(random()::text), '') from generate_series(1, 7500))";

/** Shops whose settings and tags no item can hold together. Clocking follows neither column. */
export async function plantLarge(monolith: Client): Promise<void> {
  const settings = `settings = settings || jsonb_build_object('handbook', ${LONG})`;
  const tags = `tags = array[${LONG}]`;
  // Too large at once, and by the second of two changes.
  await monolith.query(`update shops set ${settings}, ${tags} where id in (1, 2)`);
  await monolith.query(`update shops set ${settings} where id = 3`);
  await monolith.query(`update shops set ${tags} where id = 3`);
}

/** @returns what is wrong with raw's overflow. */
export async function checkOverflow(
  s3: S3Client,
  bucket: string,
  dynamodb: DynamoDBClient,
  rawTable: string,
): Promise<string[]> {
  const wanted = new Set([...(await serviceItems(dynamodb, rawTable)).values()].flat().flatMap(mentioned));
  const found = new Set<string>();
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket }))
    for (const { Key = "" } of page.Contents ?? []) found.add(Key);
  return [
    ...(wanted.size === 0 ? ["no row of raw is too large for an item"] : []),
    ...[...wanted].filter((name) => !found.has(name)).map((name) => `raw's overflow lacks ${name}`),
    ...[...found].filter((name) => !wanted.has(name)).map((name) => `raw's overflow still has ${name}`),
  ];
}

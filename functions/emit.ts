/**
 * Sending rows of raw to the lake again (`npm run emit`): after *format* missed a part of raw's stream, which keeps a day, and after the model
 * has learnt a column whose values waited in raw. A mark on the item makes a record on raw's stream, and *format* does the
 * rest. The mark is part of the row's version (`row.ts`): the row that comes again replaces the one from before in the views,
 * and the next change replaces it.
 */
import type { AttributeValue, ScanCommandInput, UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
import { META } from "./statements";

/** Compares as text; later marks are greater. */
export const emissionMark = (milliseconds: number): string => new Date(milliseconds).toISOString();

/**
 * Marks one item of raw. It moves neither the row nor its order, so changes that arrive meanwhile are taken as ever.
 * Fails with ConditionalCheckFailedException where the item is gone or bears this or a later mark: a run that is started
 * again with the same mark skips what it has done.
 * @param key the item's `_key`
 */
export const emission = (tableName: string, key: string, mark: string): UpdateItemCommandInput => ({
  TableName: tableName,
  Key: { [META.key]: { S: key } },
  UpdateExpression: "SET #emitted = :mark",
  ConditionExpression: "attribute_exists(#key) AND (attribute_not_exists(#emitted) OR #emitted < :mark)",
  ExpressionAttributeNames: { "#key": META.key, "#emitted": META.emitted },
  ExpressionAttributeValues: { ":mark": { S: mark } },
});

/** Which rows to mark. */
export interface Rows {
  readonly tableName: string;
  /** `<source>.<table>` */
  readonly tables: readonly string[];
  /** Only what raw has accepted since; epoch seconds. */
  readonly since?: number | undefined;
}

/** All that a run needs to see of raw, and all that it touches: no column of any row (infra/data/access.ts). */
export const SCANNED: readonly string[] = [META.key, META.table, META.emitted, META.acceptedAt];
export const MARKED: readonly string[] = [META.key, META.emitted];

/** IN takes no more values. */
const AMONG = 100;

/**
 * A page of one segment of raw: of the rows to mark, tombstones among them, the key, the table and the mark that they bear.
 * A row that raw took before it kept the time is among them whatever `since` says.
 * @param after the key that the page before ended with
 */
export function emissionScan(
  { tableName, tables, since }: Rows,
  segment: number,
  segments: number,
  after?: Record<string, AttributeValue>,
): ScanCommandInput {
  const names = tables.map((_, index) => `:t${index}`);
  const groups = Array.from({ length: Math.ceil(names.length / AMONG) }, (_, index) =>
    names.slice(index * AMONG, (index + 1) * AMONG),
  );
  const isOurs = groups.map((group) => `#table IN (${group.join(", ")})`).join(" OR ");
  const isRecent = since === undefined ? "" : " AND (attribute_not_exists(#accepted) OR #accepted >= :since)";
  return {
    TableName: tableName,
    Segment: segment,
    TotalSegments: segments,
    ExclusiveStartKey: after,
    // Said in so many words: the role that may scan raw may scan it in no other way.
    Select: "SPECIFIC_ATTRIBUTES",
    ProjectionExpression: "#key, #table, #emitted",
    FilterExpression: `(${isOurs})${isRecent}`,
    ExpressionAttributeNames: {
      "#key": META.key,
      "#table": META.table,
      "#emitted": META.emitted,
      ...(since === undefined ? {} : { "#accepted": META.acceptedAt }),
    },
    ExpressionAttributeValues: {
      ...Object.fromEntries(tables.map((table, index) => [`:t${index}`, { S: table }])),
      ...(since === undefined ? {} : { ":since": { N: String(since) } }),
    },
  };
}

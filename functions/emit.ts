/**
 * Sending rows of raw to the lake again: after *format* missed a part of raw's stream, which keeps a day, and after the model
 * has learnt a column whose values waited in raw. A mark on the item makes a record on raw's stream, and *format* does the
 * rest. The mark is part of the row's version (`row.ts`): the row that comes again replaces the one from before in the views,
 * and the next change replaces it.
 */
import type { UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
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

/**
 * Writing whole items, for what is more than one statement: a change of the key (`move.ts`), and a row that is too large for
 * an item (`large.ts`). The items are read, and put back if they are still what was read.
 */
import type { AttributeValue, TransactionCanceledException, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { Change } from "../model/change";
import { acceptance, ORDER, orderToKeep } from "../model/change";
import { fitted } from "./fit";
import { mentioned } from "./overflow";
import type { Item } from "./sdk";
import { backOff } from "./sdk";
import type { Place } from "./statements";
import { itemKey, META } from "./statements";
import type { Outcome, Store } from "./store";

const MAX_ATTEMPTS = 8;

/** DynamoDB's words for an item of more than 400 KB, new or grown by an update. */
export const OVERSIZED = /Item size (to update )?has exceeded the maximum allowed size/;

export const textOf = (attribute: AttributeValue | undefined): string => attribute?.S ?? "";

/** An item to put in the place of what was read. */
export interface Write {
  readonly item: Item;
  readonly read: Item | undefined;
}

/** Whether the stored item takes the change. */
export const takes = (change: Change, item: Item | undefined): boolean =>
  item === undefined || acceptance(change).every(({ attribute, below }) => textOf(item[attribute]) < below);

export const orderOf = (change: Change): Item =>
  Object.fromEntries(Object.entries(orderToKeep(change)).map(([name, text]) => [name, { S: text }]));

async function readItems(place: Place, keys: readonly string[], store: Store): Promise<(Item | undefined)[]> {
  const { client, BatchGetItemCommand } = store.sdk;
  const answer = await client.send(
    new BatchGetItemCommand({
      RequestItems: {
        [place.tableName]: { Keys: keys.map((key) => ({ [META.key]: itemKey(place, key) })), ConsistentRead: true },
      },
    }),
  );
  if (Object.keys(answer.UnprocessedKeys ?? {}).length > 0)
    throw new Error("DynamoDB did not read all keys; try again");
  const items: Item[] = answer.Responses?.[place.tableName] ?? [];
  return keys.map((key) => items.find((item) => item[META.key]?.S === place.keyPrefix + key));
}

/** Writes `item` if the stored one is still what was read. */
function putIfUnchanged(place: Place, { item, read }: Write): TransactWriteItem {
  const names = [ORDER.sequence, ORDER.position, ORDER.barrier, META.forwarded];
  if (read === undefined) {
    return {
      Put: {
        TableName: place.tableName,
        Item: item,
        ConditionExpression: "attribute_not_exists(#key)",
        ExpressionAttributeNames: { "#key": META.key },
      },
    };
  }
  const kept = names.filter((name) => read[name] !== undefined);
  return {
    Put: {
      TableName: place.tableName,
      Item: item,
      ConditionExpression: names
        .map((name, i) => (kept.includes(name) ? `#${i} = :${i}` : `attribute_not_exists(#${i})`))
        .join(" AND "),
      ExpressionAttributeNames: Object.fromEntries(names.map((name, i) => [`#${i}`, name])),
      ExpressionAttributeValues: Object.fromEntries(
        names.flatMap((name, i): [string, AttributeValue][] => {
          const value = read[name];
          return value === undefined ? [] : [[`:${i}`, value]];
        }),
      ),
    },
  };
}

const isCancelled = (error: Error): error is TransactionCanceledException =>
  error.name === "TransactionCanceledException";

/** Why DynamoDB cannot hold an item of a transaction; undefined if that is not what went wrong. */
function refusal(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === "ValidationException") return `ValidationError: ${error.message}`;
  const reasons = isCancelled(error) ? error.CancellationReasons : undefined;
  const invalid = reasons?.find(({ Code }) => Code === "ValidationError");
  return invalid === undefined ? undefined : `ValidationError: ${invalid.Message ?? ""}`;
}

/**
 * Reads the items of `keys` and writes what `decide` makes of them, in one transaction and until it meets the items as they
 * were read.
 * @param decide nothing to write: the change is stale
 */
export async function transact(
  place: Place,
  keys: readonly string[],
  decide: (read: readonly (Item | undefined)[]) => Promise<readonly Write[]> | readonly Write[],
  store: Store,
): Promise<Outcome> {
  const { overflow } = store;
  const { client, TransactWriteItemsCommand } = store.sdk;
  const made = new Set<string>();
  let standing: readonly (Item | undefined)[] = [];
  const attempt = async (): Promise<Outcome> => {
    standing = await readItems(place, keys, store);
    const decided = await decide(standing);
    if (decided.length === 0) return { kind: "stale" };
    const writes = await Promise.all(
      decided.map(async ({ item, read }): Promise<Write> => {
        return { read, item: overflow === undefined ? item : await fitted(item, overflow, made) };
      }),
    );
    const TransactItems = writes.map((write) => putIfUnchanged(place, write));
    await client.send(new TransactWriteItemsCommand({ TransactItems }));
    standing = writes.map(({ item }) => item);
    return { kind: "applied" };
  };
  for (let tries = 0; ; tries += 1) {
    let outcome: Outcome;
    try {
      outcome = await attempt();
    } catch (error) {
      const detail = refusal(error);
      if (detail === undefined) {
        const contended = error instanceof Error && /TransactionCanceled|TransactionConflict/.test(error.name);
        if (!contended || tries >= MAX_ATTEMPTS) throw error;
        await backOff(tries);
        continue;
      }
      outcome = { kind: "refused", detail };
    }
    // What was put into the overflow for an item that did not come to stand is nobody's.
    for (const name of standing.flatMap(mentioned)) made.delete(name);
    if (made.size > 0) await overflow?.remove([...made]);
    return outcome;
  }
}

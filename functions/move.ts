/**
 * A change of the primary key: the old item becomes a tombstone and the new one takes the row, in one transaction.
 *
 * PostgreSQL does not log a TOASTed value that did not change, not even when the key did. So the row takes its large
 * objects along from the old item. The two keys live on different shards: changes of the old key from before may come
 * only afterwards. The old item therefore keeps its columns and the new key (`_movedTo`), the new item a mark per
 * inherited column (`_from:<column>`), and a late change that meets the tombstone passes its large objects on.
 */
import type { AttributeValue, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { Change } from "../model/change";
import { acceptance, ORDER, orderToKeep } from "../model/change";
import type { Item } from "./sdk";
import { backOff } from "./sdk";
import type { Place } from "./statements";
import { attributesOf, inheritedMark, itemKey, META, noOrder } from "./statements";
import type { Outcome, Store } from "./store";

const MAX_ATTEMPTS = 8;

const textOf = (attribute: AttributeValue | undefined): string => attribute?.S ?? "";

/** Where an inherited value stood in the log: after no value at all, before any position. */
const LOADED = "0";

/** The mark of an inherited column: the position of the key change, then that of the value. */
const mark = (moved: string, value: string): string => `${moved}|${value}`;

const lobsOf = (place: Place): string[] =>
  Object.keys(place.layout.columns).filter((name) => place.layout.columns[name]?.lob === true);

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
function putIfUnchanged(place: Place, item: Item, read: Item | undefined): TransactWriteItem {
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

/** Whether the stored item takes the change. */
const takes = (change: Change, item: Item | undefined): boolean =>
  item === undefined || acceptance(change).every(({ attribute, below }) => textOf(item[attribute]) < below);

const orderOf = (change: Change): Item =>
  Object.fromEntries(Object.entries(orderToKeep(change)).map(([name, text]) => [name, { S: text }]));

/** The row at its new key, with the large objects that the message left out. */
function movedItem(
  change: Change,
  place: Place,
  before: Item | undefined,
  old: Item | undefined,
  seconds: number,
): Item {
  const order = { ...noOrder };
  for (const name of Object.values(ORDER)) if (before?.[name] !== undefined) order[name] = before[name];
  const item: Item = {
    [META.key]: itemKey(place, change.key),
    ...order,
    ...orderOf(change),
    ...attributesOf(change, place, seconds),
  };
  const isLive = before !== undefined && before[META.deleted]?.BOOL !== true;
  for (const name of lobsOf(place).filter((lob) => !(lob in change.row))) {
    // A row that is there already was loaded at its new key, after the change that now arrives.
    if (isLive && before[name] !== undefined) {
      item[name] = before[name];
      continue;
    }
    const value = old?.[name];
    item[name] = value ?? { NULL: true };
    const came = old?.[inheritedMark(name)]?.S?.split("|")[1] ?? textOf(old?.[ORDER.position]);
    item[inheritedMark(name)] = { S: mark(change.order.position ?? "", value === undefined ? "" : came || LOADED) };
  }
  return item;
}

/** The old key's tombstone. It keeps the columns for what comes late. */
function tombstone(change: Change, place: Place, old: Item | undefined, row: Change["row"], seconds: number): Item {
  const away: Change = { ...change, operation: "delete", row };
  return {
    ...noOrder,
    ...old,
    [META.key]: itemKey(place, change.movedFrom ?? ""),
    ...orderOf(change),
    ...attributesOf(away, place, seconds),
    [META.movedTo]: { S: change.key },
  };
}

/** Runs `attempt` until its transaction meets the items as they were read. */
async function transact(attempt: () => Promise<TransactWriteItem[] | undefined>, store: Store): Promise<boolean> {
  const { client, TransactWriteItemsCommand } = store.sdk;
  for (let tries = 0; ; tries += 1) {
    const items = await attempt();
    if (items === undefined || items.length === 0) return false;
    try {
      await client.send(new TransactWriteItemsCommand({ TransactItems: items }));
      return true;
    } catch (error) {
      const contended = error instanceof Error && /TransactionCanceled|TransactionConflict/.test(error.name);
      if (!contended || tries >= MAX_ATTEMPTS) throw error;
      await backOff(tries);
    }
  }
}

/** `change` is the upsert half (`movedFrom` is set); its delete half needs no call of its own. */
export async function applyKeyChange(change: Change, place: Place, store: Store): Promise<Outcome> {
  const { movedFrom: from } = change;
  if (from === undefined) throw new Error("not a key change");
  const seconds = Math.floor(store.now() / 1000);
  let lost: string | undefined;
  const applied = await transact(async () => {
    const [old, present] = await readItems(place, [from, change.key], store);
    const writes: TransactWriteItem[] = [];
    const leaves = takes(change, old);
    if (leaves) {
      const row = oldKeyColumns(change, place, from);
      writes.push(putIfUnchanged(place, tombstone(change, place, old, row, seconds), old));
    }
    if (takes(change, present)) {
      // A newer row has taken the old key already: what the moved one's large objects were, nobody can tell any more.
      lost = leaves ? undefined : lobsOf(place).find((lob) => !(lob in change.row));
      const source = leaves ? old : undefined;
      writes.push(putIfUnchanged(place, movedItem(change, place, present, source, seconds), present));
    }
    return writes;
  }, store);
  if (applied && lost !== undefined) {
    return {
      kind: "refused",
      detail: `the key changed from ${from}, which a newer row holds: reload the row, its "${lost}" is unknown`,
    };
  }
  return { kind: applied ? "applied" : "stale" };
}

/** The key columns of the old item, read back from its key text. */
function oldKeyColumns(change: Change, place: Place, from: string): Change["row"] {
  const { key } = place.layout;
  const parts: unknown = key.length === 1 ? [from] : JSON.parse(from);
  if (!Array.isArray(parts)) throw new Error(`key ${from} of ${change.table} is no list`);
  return Object.fromEntries(key.map((name, index) => [name, String(parts[index])]));
}

/**
 * A change that was written before its row's key changed, and came after: passes its large objects on to where the row is
 * now, unless the row has newer ones.
 * @returns whether anything was written.
 */
export async function forwardLate(change: Change, place: Place, met: Item, store: Store): Promise<boolean> {
  const position = change.order.position ?? LOADED;
  const lobs = lobsOf(place).filter((name) => typeof change.row[name] === "string");
  if (lobs.length === 0 || change.operation === "delete" || position >= textOf(met[ORDER.position])) return false;
  let forwarded = false;
  let from = met;
  for (let to = from[META.movedTo]?.S; to !== undefined; to = from[META.movedTo]?.S) {
    const key = to;
    const moved = textOf(from[ORDER.position]);
    let item: Item | undefined;
    const wrote = await transact(async () => {
      [item] = await readItems(place, [key], store);
      const stored = item;
      if (stored === undefined) return undefined;
      const values = attributesOf(change, place, 0);
      const news = lobs.filter((name) => {
        const inherited = textOf(stored[inheritedMark(name)]);
        return inherited.startsWith(mark(moved, "")) && inherited < mark(moved, position);
      });
      const next: Item = { ...stored, [META.forwarded]: { S: position } };
      for (const name of news) {
        next[name] = values[name] ?? { NULL: true };
        next[inheritedMark(name)] = { S: mark(moved, position) };
      }
      return news.length === 0 ? undefined : [putIfUnchanged(place, next, stored)];
    }, store);
    forwarded ||= wrote;
    if (item === undefined) break;
    from = item;
  }
  return forwarded;
}

/**
 * A change whose row is too large for an item, by itself or with what the item has already. It is written whole, so that it is
 * known what the item will have, and its largest values go to the overflow (`overflow.ts`).
 */
import type { Change } from "../model/change";
import { forwardLate } from "./move";
import type { Item } from "./sdk";
import type { Place } from "./statements";
import { attributesOf, cleared, itemKey, META, noOrder } from "./statements";
import type { Outcome, Store } from "./store";
import { orderOf, takes, transact } from "./whole";

/**
 * Bytes of a message from which on its row may be too large for an item: the item has about what the message has, and a
 * little of our own.
 */
export const LARGE_BYTES = 380 * 1024;

/** The item as `insertStatement` and `updateStatement` leave it. */
function nextItem(change: Change, place: Place, read: Item | undefined, seconds: number): Item {
  const item: Item = {
    ...noOrder,
    ...read,
    [META.key]: itemKey(place, change.key),
    ...orderOf(change),
    ...attributesOf(change, place, seconds),
  };
  for (const name of cleared(change, place.layout)) delete item[name];
  return item;
}

export async function applyLarge(change: Change, place: Place, store: Store): Promise<Outcome> {
  const seconds = Math.floor(store.now() / 1000);
  let met: Item | undefined;
  const outcome = await transact(
    place,
    [change.key],
    ([read]) => {
      met = read;
      return takes(change, read) ? [{ item: nextItem(change, place, read, seconds), read }] : [];
    },
    store,
  );
  return outcome.kind === "stale" && met !== undefined ? late(change, place, met, store) : outcome;
}

/** What becomes of a change that is older than the item it meets. */
export async function late(change: Change, place: Place, met: Item, store: Store): Promise<Outcome> {
  // If the row's key has changed since, the change may hold a large object that the row took along.
  return met[META.movedTo] === undefined ? { kind: "stale" } : forwardLate(change, place, met, store);
}

/**
 * A change of the primary key: the old item becomes a tombstone and the new one takes the row, in one transaction.
 *
 * PostgreSQL does not log a TOASTed value that did not change, not even when the key did. So the row takes its large
 * objects along from the old item. The two keys live on different shards: changes of the old key from before may come
 * only afterwards. The old item therefore keeps its columns and the new key (`_movedTo`), the new item a mark per
 * inherited column (`_from:<column>`), and a late change that meets the tombstone passes its large objects on.
 *
 * Known limit: a key that was freed and then taken by a key change, both while a load of the table was running, ends
 * without the large objects that only the load showed. Reload the table, or give it REPLICA IDENTITY FULL.
 */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Change } from "../model/change";
import { ORDER } from "../model/change";
import { pointerOf, restored } from "./overflow";
import type { Item } from "./sdk";
import type { Place } from "./statements";
import { attributesOf, inheritedMark, itemKey, META, noOrder } from "./statements";
import type { Outcome, Store } from "./store";
import type { Write } from "./whole";
import { orderOf, takes, textOf, transact } from "./whole";

/** Where an inherited value stood in the log: after no value at all, before any position. */
const LOADED = "0";

/** The mark of an inherited column: the position of the key change, then that of the value. */
const mark = (moved: string, value: string): string => `${moved}|${value}`;

const lobsOf = (place: Place): string[] =>
  Object.keys(place.layout.columns).filter((name) => place.layout.columns[name]?.lob === true);

/** A large object and where in the log its value stood. */
interface Carried {
  readonly value: AttributeValue;
  readonly position: string;
}
type Cargo = Readonly<Record<string, Carried>>;

/** A value as it is: what lies in the overflow belongs to the old item, and the new one puts it there again for itself. */
async function plain(value: AttributeValue, { overflow }: Store): Promise<AttributeValue> {
  const pointer = pointerOf(value);
  if (pointer === undefined) return value;
  const body = await overflow?.get(pointer.name, pointer.version);
  if (body === undefined) throw new Error(`the overflow has no ${pointer.name}, version ${pointer.version}, any more`);
  return restored(pointer, body);
}

/** The large objects that a key change left out, as the old item holds them. */
async function cargoOf(change: Change, place: Place, old: Item | undefined, store: Store): Promise<Cargo> {
  const cargo: Record<string, Carried> = {};
  for (const name of lobsOf(place).filter((lob) => !(lob in change.row))) {
    const value = old?.[name];
    const inherited = old?.[inheritedMark(name)]?.S?.split("|")[1];
    if (value === undefined) continue;
    cargo[name] = {
      value: await plain(value, store),
      position: inherited ?? (textOf(old?.[ORDER.position]) || LOADED),
    };
  }
  return cargo;
}

/** The row at its new key, with the large objects that the message left out. */
function movedItem(change: Change, place: Place, before: Item | undefined, cargo: Cargo, seconds: number): Item {
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
    if (isLive && before[name] !== undefined) item[name] = before[name];
    else Object.assign(item, inherited(change, name, cargo[name]));
  }
  return item;
}

/** The column and its mark. */
const inherited = (change: Change, name: string, carried: Carried | undefined): Item => ({
  [name]: carried?.value ?? { NULL: true },
  [inheritedMark(name)]: { S: mark(change.order.position ?? "", carried?.position ?? "") },
});

/** Where a row is that left its old key, and the change that brought it there. */
const whereaboutsOf = (item: Item | undefined): Item =>
  Object.fromEntries(Object.entries(item ?? {}).filter(([name]) => name === META.movedTo || name === META.movedAt));

/** The old key's tombstone. It keeps the columns for what comes late. */
function tombstone(change: Change, place: Place, old: Item | undefined, now: Item, seconds: number): Item {
  const away: Change = { ...change, operation: "delete", row: oldKeyColumns(change, place) };
  return {
    ...noOrder,
    ...old,
    [META.key]: itemKey(place, change.movedFrom ?? ""),
    ...orderOf(change),
    ...attributesOf(away, place, seconds),
    ...now,
  };
}

/** `change` is the upsert half (`movedFrom` is set); its delete half needs no call of its own. */
export async function applyKeyChange(change: Change, place: Place, store: Store): Promise<Outcome> {
  const { movedFrom: from } = change;
  const { position } = change.order;
  if (from === undefined || position === undefined) throw new Error("not a key change");
  const seconds = Math.floor(store.now() / 1000);
  let lost: string | undefined;
  let onward: { cargo: Cargo; met: Item } | undefined;
  const decide = async ([old, present]: readonly (Item | undefined)[]): Promise<Write[]> => {
    lost = onward = undefined;
    const writes: Write[] = [];
    const leaves = takes(change, old);
    const hasLeft = old?.[META.movedTo] !== undefined && textOf(old[ORDER.position]) === position;
    const hasMovedOn = present?.[META.movedTo] !== undefined && position < textOf(present[ORDER.position]);
    if (leaves) {
      const now: Item = { [META.movedTo]: { S: change.key }, [META.movedAt]: { S: position } };
      const onwards = hasMovedOn ? { ...now, ...whereaboutsOf(present) } : now;
      writes.push({ item: tombstone(change, place, old, onwards, seconds), read: old });
    }
    const arrives = takes(change, present);
    if (!arrives && !hasMovedOn) return writes;
    const cargo = await cargoOf(change, place, leaves || hasLeft ? old : undefined, store);
    if (arrives) {
      // A newer row has taken the old key already: what the moved one's large objects were, nobody can tell any more.
      lost = leaves || hasLeft ? undefined : lobsOf(place).find((lob) => !(lob in change.row));
      writes.push({ item: movedItem(change, place, present, cargo, seconds), read: present });
    } else if (present !== undefined) {
      // The row has moved on from here already; its large objects follow it.
      const fresh = Object.entries(cargo).filter(([name]) => present[name] === undefined);
      const item = Object.assign({ ...present }, ...fresh.map(([name, carried]) => inherited(change, name, carried)));
      if (fresh.length > 0) writes.push({ item, read: present });
      onward = { cargo, met: present };
    }
    return writes;
  };
  const outcome = await transact(place, [from, change.key], decide, store);
  if (outcome.kind === "refused") return outcome;
  const passed = await passOn(onward, place, store);
  if (outcome.kind === "applied" && lost !== undefined) {
    return {
      kind: "refused",
      detail: `the key changed from ${from}, which a newer row holds: reload the row, its "${lost}" is unknown`,
    };
  }
  return passed.kind === "stale" ? outcome : passed;
}

/** The key columns of the old item, read back from its key text. */
function oldKeyColumns(change: Change, place: Place): Change["row"] {
  const { key } = place.layout;
  const from = change.movedFrom ?? "";
  const parts: unknown = key.length === 1 ? [from] : JSON.parse(from);
  if (!Array.isArray(parts)) throw new Error(`key ${from} of ${change.table} is no list`);
  return Object.fromEntries(key.map((name, index) => [name, String(parts[index])]));
}

/**
 * A change that was written before its row's key changed, and came after: passes its large objects on to where the row is
 * now, unless the row has newer ones.
 */
export async function forwardLate(change: Change, place: Place, met: Item, store: Store): Promise<Outcome> {
  const position = change.order.position ?? LOADED;
  if (change.operation === "delete" || position >= textOf(met[ORDER.position])) return { kind: "stale" };
  const values = attributesOf(change, place, 0);
  const cargo: Record<string, Carried> = {};
  for (const name of lobsOf(place)) {
    const value = values[name];
    if (value !== undefined) cargo[name] = { value, position };
  }
  return passOn({ cargo, met }, place, store);
}

/** Follows the row from the tombstone `met` to where it is now, and leaves the cargo wherever it is newer. */
async function passOn(
  onward: { readonly cargo: Cargo; readonly met: Item } | undefined,
  place: Place,
  store: Store,
): Promise<Outcome> {
  let passed: Outcome = { kind: "stale" };
  let from = onward?.met;
  for (let to = from?.[META.movedTo]?.S; to !== undefined; to = from?.[META.movedTo]?.S) {
    const moved = textOf(from?.[META.movedAt]);
    let item: Item | undefined;
    const decide = ([stored]: readonly (Item | undefined)[]): Write[] => {
      item = stored;
      if (stored === undefined) return [];
      const next: Item = { ...stored };
      const news = Object.entries(onward?.cargo ?? {}).filter(([name, { position }]) => {
        const present = textOf(stored[inheritedMark(name)]);
        return present.startsWith(mark(moved, "")) && present < mark(moved, position);
      });
      for (const [name, { value, position }] of news) {
        next[name] = value;
        next[inheritedMark(name)] = { S: mark(moved, position) };
        next[META.forwarded] = { S: position };
      }
      if (place.keepsUnknown) next[META.acceptedAt] = { N: String(Math.floor(store.now() / 1000)) };
      return news.length === 0 ? [] : [{ item: next, read: stored }];
    };
    const outcome = await transact(place, [to], decide, store);
    if (outcome.kind === "refused") return outcome;
    if (outcome.kind === "applied") passed = outcome;
    from = item;
  }
  return passed;
}

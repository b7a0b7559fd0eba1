/**
 * Applies changes to DynamoDB under the acceptance rule of `model/change.ts`: in batches of 25, concurrently over different
 * keys, in stream order within a key.
 */
import type { BatchStatementRequest, BatchStatementResponse } from "@aws-sdk/client-dynamodb";
import type { Change } from "../model/change";
import { groupsOf } from "./groups";
import { applyLarge, late } from "./large";
import { applyKeyChange } from "./move";
import type { Overflow } from "./overflow";
import type { DynamoDbSdk, Item } from "./sdk";
import { backOff } from "./sdk";
import type { Place, Texts } from "./statements";
import { insertStatement, updateStatement } from "./statements";
import { OVERSIZED } from "./whole";

/** `applied`: the store took it. `stale`: it had this or a newer state. `refused`: DynamoDB cannot hold it, whatever we do. */
export type Outcome =
  | { readonly kind: "applied" }
  | { readonly kind: "stale" }
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "failed"; readonly error: Error };

export interface Store {
  readonly sdk: DynamoDbSdk;
  /** Where a change of this table goes; undefined if the store does not follow the table. */
  readonly place: (change: Change) => Place | undefined;
  /** Takes the large values of rows that no item can hold. Left out: such a row is refused. */
  readonly overflow?: Overflow;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** DynamoDB's limit for one request. */
const BATCH = 25;
/** Requests in flight at a time: enough to hide the network, few enough not to drown a small function. */
const IN_FLIGHT = 8;
const MAX_ATTEMPTS = 8;

const TRANSIENT: readonly string[] = [
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
  "RequestLimitExceeded",
  "InternalServerError",
  "TransactionConflict",
];

interface Pending {
  readonly index: number;
  readonly change: Change;
  readonly place: Place;
  /** The items it touches: two when it changes the key. */
  readonly keys: readonly string[];
  /** A load or insert is most likely new, the others most likely not; the other statement follows if that was wrong. */
  statement: "insert" | "update";
  attempts: number;
}

function itemsOf({ key, movedFrom, movedTo }: Change, place: Place): string[] {
  const item = (of: string): string => `${place.tableName}\n${place.keyPrefix}${of}`;
  const items = [item(key)];
  if (movedFrom !== undefined) items.push(item(movedFrom));
  if (movedTo !== undefined) items.push(item(movedTo));
  return items;
}

/** The first change still to do of every key; a key that waits for another keeps its later changes waiting too. */
function wave(pending: readonly Pending[]): Pending[] {
  const taken = new Set<string>();
  return pending.filter(({ keys }) => {
    const free = keys.every((key) => !taken.has(key));
    for (const key of keys) taken.add(key);
    return free;
  });
}

async function inParallel<T>(jobs: readonly T[], run: (job: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) await run(job);
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, jobs.length) }, worker));
}

/** What one statement's answer means; undefined: try again. */
async function outcomeOf(entry: Pending, answer: BatchStatementResponse, store: Store): Promise<Outcome | undefined> {
  const error = answer.Error;
  if (error === undefined) return { kind: "applied" };
  const detail = `${error.Code ?? "unknown"}: ${error.Message ?? ""}`;
  if (error.Code === "DuplicateItem") {
    entry.statement = "update";
    return undefined;
  }
  if (error.Code === "ConditionalCheckFailed") {
    const item: Item | undefined = error.Item;
    if (item === undefined) {
      entry.statement = "insert";
      return undefined;
    }
    return late(entry.change, entry.place, item, store);
  }
  if (error.Code === "ValidationError") {
    const hasRoom = store.overflow !== undefined && OVERSIZED.test(detail);
    return hasRoom ? applyLarge(entry.change, entry.place, store) : { kind: "refused", detail };
  }
  if (!TRANSIENT.includes(error.Code ?? "")) return { kind: "failed", error: new Error(detail) };
  entry.attempts += 1;
  return entry.attempts < MAX_ATTEMPTS ? undefined : { kind: "failed", error: new Error(detail) };
}

async function sendBatch(
  batch: readonly Pending[],
  store: Store,
  texts: Texts,
  finish: (entry: Pending, outcome: Outcome) => void,
): Promise<void> {
  const seconds = Math.floor(store.now() / 1000);
  const statements = batch.map(({ change, place, statement }): BatchStatementRequest =>
    statement === "insert" ? insertStatement(change, place, seconds) : updateStatement(change, place, seconds, texts),
  );
  const { BatchExecuteStatementCommand, client } = store.sdk;
  const answer = await client.send(new BatchExecuteStatementCommand({ Statements: statements }));
  await Promise.all(
    batch.map(async (entry, index) => {
      const outcome = await outcomeOf(entry, answer.Responses?.[index] ?? {}, store);
      if (outcome !== undefined) finish(entry, outcome);
    }),
  );
}

/**
 * Applies `changes`, given in stream order.
 * @param large those of them whose row may be too large for an item, where the store has an overflow
 * @returns an outcome for each, in the same order. A failed change keeps the later ones of its key from being tried: they
 * have failed too.
 * @throws the SDK's error when a whole request fails (permission, missing table, network).
 */
export async function applyChanges(
  changes: readonly Change[],
  store: Store,
  large: ReadonlySet<Change> = new Set(),
): Promise<Outcome[]> {
  const outcomes: Outcome[] = changes.map(() => ({ kind: "stale" }));
  let pending: Pending[] = [];
  changes.forEach((change, index) => {
    const place = store.place(change);
    const isNew = change.operation === "load" || change.operation === "insert";
    if (place !== undefined) {
      const keys = itemsOf(change, place);
      pending.push({ index, change, place, keys, statement: isNew ? "insert" : "update", attempts: 0 });
    }
  });
  const texts: Texts = new Map();
  const blocked = new Map<string, Error>();
  while (pending.length > 0) {
    const done = new Set<Pending>();
    const finish = (entry: Pending, outcome: Outcome): void => {
      done.add(entry);
      outcomes[entry.index] = outcome;
      if (outcome.kind === "failed") for (const key of entry.keys) blocked.set(key, outcome.error);
    };
    const heads = wave(pending);
    const plain = heads.filter(
      ({ change }) => change.movedFrom === undefined && change.movedTo === undefined && !large.has(change),
    );
    // Both halves of a key change are one transaction, made when its upsert comes up.
    const whole = heads.filter(
      ({ change }) => change.movedFrom !== undefined || (change.movedTo === undefined && large.has(change)),
    );
    for (const entry of heads) if (entry.change.movedTo !== undefined) finish(entry, { kind: "applied" });
    await inParallel(groupsOf(plain, BATCH), (batch) => sendBatch(batch, store, texts, finish));
    await inParallel(whole, async (entry) => {
      const apply = entry.change.movedFrom === undefined ? applyLarge : applyKeyChange;
      finish(entry, await apply(entry.change, entry.place, store));
    });
    pending = pending.filter((entry) => !done.has(entry));
    for (const entry of blocked.size === 0 ? [] : pending) {
      const error = entry.keys.map((key) => blocked.get(key)).find((found) => found !== undefined);
      if (error !== undefined) finish(entry, { kind: "failed", error });
    }
    pending = pending.filter((entry) => !done.has(entry));
    const slow = Math.max(0, ...heads.filter((entry) => !done.has(entry)).map(({ attempts }) => attempts));
    if (slow > 0) await backOff(slow);
  }
  return outcomes;
}

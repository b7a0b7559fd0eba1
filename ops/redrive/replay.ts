/** Puts the failures of one account back, function by function. */
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Surroundings } from "../command";
import { TOMBSTONE_SECONDS } from "../../functions/statements";
import type { FailedItems, FailedRecord, Failure } from "./failures";
import type { Fate } from "./fate";
import { identity, sendItems, sendRecords, sequenceOf, type Fates } from "./send";
import { settle } from "./settle";

/** An account's failures bucket, and its functions by their names in the stack's outputs. */
export interface Scope {
  readonly stack: "prod" | "data";
  readonly bucket: string;
  readonly functions: Readonly<Record<string, string>>;
}

/** What became of one record; `problem` where its function does not work. */
export interface Replayed {
  readonly stack: string;
  readonly function: string;
  readonly reason: string;
  /** ARN of its stream. */
  readonly stream: string;
  readonly sequenceNumber: string;
  readonly fate: Fate;
  readonly problem?: string;
}

type Clients = { readonly s3: S3Client; readonly lambda: LambdaClient };

/**
 * A compaction of a service's own table counts on it that an old change is not delivered after more than a day, for it keeps
 * no deletes (functions/promote.ts). What raw has of a row now is sent by `npm run emit`. Seconds.
 */
const ITEMS_FOR = 86_400;

const areTooOld = ({ items }: FailedItems): boolean =>
  items.some(({ record }) => (record.dynamodb?.ApproximateCreationDateTime ?? 0) < Date.now() / 1000 - ITEMS_FOR);

/** A row's deletion is remembered for so long; a record that came before it could otherwise bring the row back. */
const isTooOld = ({ record }: FailedRecord): boolean =>
  record.kinesis.approximateArrivalTimestamp < Date.now() / 1000 - TOMBSTONE_SECONDS;

export async function replay(
  failures: readonly Failure[],
  wanted: (reason: string) => boolean,
  scope: Scope,
  { s3, lambda }: Clients,
  { status, signal }: Surroundings,
): Promise<Replayed[]> {
  const stamp = new Date().toISOString();
  const result: Replayed[] = [];
  for (const name of new Set(failures.map((failure) => failure.function))) {
    const ofFunction = failures.filter((failure) => failure.function === name);
    const found: Fates = new Map();
    const functionName = scope.functions[name];
    let problem =
      functionName === undefined ? `The stack ${scope.stack} has no function ${name}: its records stay.` : undefined;

    const records = ofFunction
      .flatMap((failure) => (failure.kind === "items" ? [] : failure.records))
      .filter(({ reason }) => wanted(reason));
    const old = records.filter(isTooOld);
    const fresh = records.filter((record) => !old.includes(record));
    for (const { record } of old) found.set(identity(record), "expired");
    if (functionName !== undefined && fresh.length > 0) {
      const sent = await sendRecords(lambda, functionName, fresh, (done) =>
        status(`  ${name}: ${done} of ${fresh.length} records`),
      );
      for (const [id, fate] of sent.fates) found.set(id, fate);
      if (sent.problem !== undefined) problem = `${name}: ${sent.problem}`;
    }
    for (const failure of ofFunction) {
      signal.throwIfAborted();
      const isItems = failure.kind === "items" && failure.items.some(({ reason }) => wanted(reason));
      if (isItems && areTooOld(failure)) {
        for (const { record } of failure.items) found.set(identity(record), "expired");
      } else if (isItems && functionName !== undefined) {
        const sent = await sendItems(lambda, functionName, failure);
        for (const [id, fate] of sent.fates) found.set(id, fate);
        if (sent.problem !== undefined) problem = `${name}: ${sent.problem}`;
      }
      await settle(s3, scope.bucket, failure, found, stamp);
      result.push(...outcomes(failure, wanted, found, scope.stack, problem));
    }
  }
  return result;
}

function outcomes(
  failure: Failure,
  wanted: (reason: string) => boolean,
  found: Fates,
  stack: string,
  problem: string | undefined,
): Replayed[] {
  const common = { stack, function: failure.function };
  const ended = (fate: Fate = "failed") => (fate === "failed" && problem !== undefined ? { fate, problem } : { fate });
  const records = failure.kind === "items" ? failure.items : failure.records;
  return records
    .filter(({ reason }) => wanted(reason))
    .map(({ reason, record }) => ({
      ...{ ...common, reason, stream: record.eventSourceARN ?? "" },
      ...{ sequenceNumber: sequenceOf(record), ...ended(found.get(identity(record))) },
    }));
}

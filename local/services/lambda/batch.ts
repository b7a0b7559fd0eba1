/**
 * One batch from its first invocation until every record of it is done: handled, or given up. What counts as a failure, what
 * is tried again and what is split: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 * and https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html (the same for DynamoDB).
 */
import type { Invocation } from "./function";
import { type Batch, type Entry, PAYLOAD_LIMIT } from "./gathering";
import type { MappingSettings } from "./mappingSettings";

/** AWS names both conditions in its invocation records; the third is ours, for a record larger than an event may be. */
export type Condition = "RetryAttemptsExhausted" | "RecordAgeExceeded" | "PayloadSizeExceeded";

export interface Discard {
  readonly batch: Batch;
  readonly condition: Condition;
  readonly invokeCount: number;
  /** Of the last invocation; none if there was none. */
  readonly invocation: Invocation | undefined;
}

export interface BatchHost {
  readonly settings: MappingSettings;
  /** Rejects if the function could not be reached. */
  invoke(batch: Batch): Promise<Invocation>;
  /** Keeps what is given up; rejects if that cannot be done now. */
  discard(discarded: Discard): Promise<void>;
  /** Says that the first of the batch's remaining records are done. */
  done(records: number): void;
  /** How the last invocation ended; undefined for well. */
  report(problem: string | undefined): void;
  /** Offset of the oldest record that the stream still has. */
  oldest(): number;
  /** False once the mapping has been stopped: what is not done stays so. */
  wait(milliseconds: number): Promise<boolean>;
  readonly running: boolean;
}

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 60_000;
/** Milliseconds before the n-th retry. AWS gives no numbers for streams; about these are seen. */
export const backOff = (retry: number): number => Math.min(FIRST_WAIT * 2 ** (retry - 1), LONGEST_WAIT);

/**
 * Index of the first record that failed, the batch's length if none did. "Lambda uses the record with the lowest sequence
 * number as the checkpoint"; an identifier that is empty, null, misnamed or of another record fails the whole batch.
 */
export function firstFailure(payload: string, entries: readonly Entry[]): number {
  let response: unknown;
  try {
    response = JSON.parse(payload);
  } catch {
    return 0;
  }
  if (response === null || response === "") return entries.length;
  if (typeof response !== "object" || Array.isArray(response)) return 0;
  const failures: unknown = Reflect.get(response, "batchItemFailures") ?? [];
  if (!Array.isArray(failures)) return 0;
  let first = entries.length;
  for (const failure of failures) {
    const identifier: unknown =
      typeof failure === "object" && failure !== null ? Reflect.get(failure, "itemIdentifier") : undefined;
    const index = entries.findIndex(({ sequenceNumber }) => sequenceNumber === identifier);
    first = Math.min(first, Math.max(index, 0));
  }
  return first;
}

interface Part {
  readonly batch: Batch;
  /** Retries used up; a split uses none. */
  readonly retries: number;
  /** Invocations that these records have seen. */
  readonly invokes: number;
  readonly last: Invocation | undefined;
}

/** Resolves when all records are done, or the mapping has been stopped. */
export async function processBatch(batch: Batch, host: BatchHost): Promise<void> {
  const parts: Part[] = [{ batch, retries: 0, invokes: 0, last: undefined }];
  for (let part = parts.pop(); part !== undefined && host.running; part = parts.pop()) {
    parts.push(...(await processPart(part, host)).reverse());
  }
}

/** @returns what is to be tried again, in the order of the stream. */
async function processPart(part: Part, host: BatchHost): Promise<Part[]> {
  const { settings } = host;
  const { batch } = part;
  const expired = countExpired(batch.entries, host);
  if (expired > 0) {
    const left = await giveUp({ ...part, batch: batch.slice(0, expired) }, "RecordAgeExceeded", host);
    if (left.length > 0) return [part];
    return expired === batch.length ? [] : [{ ...part, batch: batch.slice(expired) }];
  }
  if (batch.size > PAYLOAD_LIMIT) return giveUp(part, "PayloadSizeExceeded", host);
  let invocation: Invocation;
  try {
    invocation = await host.invoke(batch);
  } catch (error) {
    // "Before invocation": it is tried until the records expire.
    host.report(`PROBLEM: Function call failed: ${error instanceof Error ? error.message : String(error)}`);
    await host.wait(backOff(1));
    return [part];
  }
  const failed = failedFrom(invocation, batch, settings.reportsItemFailures);
  host.report(failed === batch.length ? undefined : "PROBLEM: Function call failed");
  host.done(failed);
  if (failed === batch.length) return [];
  const remaining = { ...part, batch: batch.slice(failed), invokes: part.invokes + 1, last: invocation };
  if (settings.bisect && failed > 0) return [remaining];
  if (settings.bisect && remaining.batch.length > 1) return halves(remaining);
  const retries = part.retries + 1;
  if (retries > settings.maximumRetries) return giveUp(remaining, "RetryAttemptsExhausted", host);
  await host.wait(backOff(retries));
  return [{ ...remaining, retries }];
}

/** Index of the first record that must be handed over again; the batch's length if none must. */
function failedFrom({ failed, payload }: Invocation, { entries }: Batch, reportsItemFailures: boolean): number {
  if (failed) return 0;
  return reportsItemFailures ? firstFailure(payload, entries) : entries.length;
}

function halves(part: Part): Part[] {
  const middle = Math.ceil(part.batch.length / 2);
  return [
    { ...part, batch: part.batch.slice(0, middle) },
    { ...part, batch: part.batch.slice(middle) },
  ];
}

/** Records at the head of a batch that are too old, or that the stream itself has forgotten. */
function countExpired(entries: readonly Entry[], host: BatchHost): number {
  const oldest = host.oldest();
  const before = Date.now() - host.settings.maximumAge * 1000;
  const firstLive = entries.findIndex(({ offset, arrivedAt }) => offset >= oldest && arrivedAt >= before);
  return firstLive < 0 ? entries.length : firstLive;
}

/** @returns the part itself if the mapping was stopped before what failed could be kept. */
async function giveUp(part: Part, condition: Condition, host: BatchHost): Promise<Part[]> {
  const { batch, invokes: invokeCount, last: invocation } = part;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await host.discard({ batch, condition, invokeCount, invocation });
      host.done(batch.length);
      return [];
    } catch (error) {
      host.report(`PROBLEM: ${error instanceof Error ? error.message : String(error)}`);
      if (!(await host.wait(backOff(attempt)))) return [part];
    }
  }
}

/**
 * One batch from its first invocation until every record of it is done: handled, or given up. What counts as a failure, what
 * is tried again and what is split: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 * and https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html (the same for DynamoDB).
 */
import type { StreamRecord } from "../../core/streams";
import type { Invocation } from "./function";
import type { MappingSettings } from "./mappingSettings";

/** A record on its way to the function. */
export interface Entry {
  readonly offset: number;
  readonly record: StreamRecord;
  /** The record as it stands in the event, and its length in bytes. */
  readonly json: string;
  readonly bytes: number;
}

/** AWS names both conditions in its invocation records; the third is ours, for a record larger than an event may be. */
export type Condition = "RetryAttemptsExhausted" | "RecordAgeExceeded" | "PayloadSizeExceeded";

export interface Discard {
  readonly entries: readonly Entry[];
  readonly condition: Condition;
  readonly invokeCount: number;
  /** Of the last invocation; none if there was none. */
  readonly invocation: Invocation | undefined;
}

export interface BatchHost {
  readonly settings: MappingSettings;
  /** Rejects if the function could not be reached. */
  invoke(event: string, records: number): Promise<Invocation>;
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

/** Lambda's limit for a synchronous event, in bytes. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const PAYLOAD_LIMIT = 6 * 1024 * 1024;
const HEAD = '{"Records":[';
const TAIL = "]}";
/** Bytes that an event has beside its records; each record brings a comma more. */
export const FRAME_BYTES = HEAD.length + TAIL.length;

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 60_000;
/** Milliseconds before the n-th retry. AWS gives no numbers for streams; about these are seen. */
export const backOff = (retry: number): number => Math.min(FIRST_WAIT * 2 ** (retry - 1), LONGEST_WAIT);

export const eventOf = (entries: readonly Entry[]): string => HEAD + entries.map(({ json }) => json).join(",") + TAIL;

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
    const index = entries.findIndex(({ record }) => record.sequenceNumber === identifier);
    first = Math.min(first, Math.max(index, 0));
  }
  return first;
}

interface Part {
  readonly entries: readonly Entry[];
  /** Retries used up; a split uses none. */
  readonly retries: number;
  /** Invocations that these records have seen. */
  readonly invokes: number;
  readonly last: Invocation | undefined;
}

/** Resolves when all records are done, or the mapping has been stopped. */
export async function processBatch(batch: readonly Entry[], host: BatchHost): Promise<void> {
  const parts: Part[] = [{ entries: batch, retries: 0, invokes: 0, last: undefined }];
  for (let part = parts.pop(); part !== undefined && host.running; part = parts.pop()) {
    parts.push(...(await processPart(part, host)).reverse());
  }
}

/** @returns what is to be tried again, in the order of the stream. */
async function processPart(part: Part, host: BatchHost): Promise<Part[]> {
  const { settings } = host;
  const expired = countExpired(part.entries, host);
  if (expired > 0) {
    const left = await giveUp({ ...part, entries: part.entries.slice(0, expired) }, "RecordAgeExceeded", host);
    return left.length > 0 ? [part] : rest(part, expired);
  }
  const event = eventOf(part.entries);
  if (part.entries.length === 1 && Buffer.byteLength(event) > PAYLOAD_LIMIT) {
    return giveUp(part, "PayloadSizeExceeded", host);
  }
  let invocation: Invocation;
  try {
    invocation = await host.invoke(event, part.entries.length);
  } catch (error) {
    // "Before invocation": it is tried until the records expire.
    host.report(`PROBLEM: Function call failed: ${error instanceof Error ? error.message : String(error)}`);
    await host.wait(backOff(1));
    return [part];
  }
  const failed = invocation.failed
    ? 0
    : settings.reportsItemFailures
      ? firstFailure(invocation.payload, part.entries)
      : part.entries.length;
  host.report(failed === part.entries.length ? undefined : "PROBLEM: Function call failed");
  host.done(failed);
  if (failed === part.entries.length) return [];
  const remaining = { ...part, entries: part.entries.slice(failed), invokes: part.invokes + 1, last: invocation };
  if (settings.bisect && failed > 0) return [remaining];
  if (settings.bisect && remaining.entries.length > 1) return halves(remaining);
  const retries = part.retries + 1;
  if (retries > settings.maximumRetries) return giveUp(remaining, "RetryAttemptsExhausted", host);
  await host.wait(backOff(retries));
  return [{ ...remaining, retries }];
}

function halves(part: Part): Part[] {
  const middle = Math.ceil(part.entries.length / 2);
  return [
    { ...part, entries: part.entries.slice(0, middle) },
    { ...part, entries: part.entries.slice(middle) },
  ];
}

const rest = (part: Part, from: number): Part[] =>
  from === part.entries.length ? [] : [{ ...part, entries: part.entries.slice(from) }];

/** Records at the head of a batch that are too old, or that the stream itself has forgotten. */
function countExpired(entries: readonly Entry[], host: BatchHost): number {
  const oldest = host.oldest();
  const before = Date.now() - host.settings.maximumAge * 1000;
  const firstLive = entries.findIndex(({ offset, record }) => offset >= oldest && record.arrivedAt >= before);
  return firstLive < 0 ? entries.length : firstLive;
}

/** @returns the part itself if the mapping was stopped before what failed could be kept. */
async function giveUp(part: Part, condition: Condition, host: BatchHost): Promise<Part[]> {
  const { entries, invokes: invokeCount, last: invocation } = part;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await host.discard({ entries, condition, invokeCount, invocation });
      host.done(entries.length);
      return [];
    } catch (error) {
      host.report(`PROBLEM: ${error instanceof Error ? error.message : String(error)}`);
      if (!(await host.wait(backOff(attempt)))) return [part];
    }
  }
}

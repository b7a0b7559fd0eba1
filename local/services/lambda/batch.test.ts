import { type BatchHost, type Condition, firstFailure, processBatch } from "./batch";
import { type Batch, Gathering, PAYLOAD_LIMIT } from "./gathering";
import type { MappingSettings } from "./mappingSettings";
import { FakeStream, STREAM } from "./testing/world";

const SETTINGS: MappingSettings = {
  eventSourceArn: STREAM,
  functionArn: "arn:aws:lambda:eu-west-1:222222222222:function:capture",
  startingPosition: "TRIM_HORIZON",
  batchSize: 100,
  batchingWindow: 0,
  parallelizationFactor: 1,
  bisect: false,
  maximumRetries: Infinity,
  maximumAge: Infinity,
  reportsItemFailures: false,
  bucket: "failures",
  patterns: [],
  filter: undefined,
  enabled: true,
};

/** Records 1 to `count`. Their JSON is their number unless given, their ages are in milliseconds. */
function records(count: number, { ages = [], json }: { ages?: number[]; json?: string } = {}): Batch {
  const stream = new FakeStream();
  for (let i = 0; i < count; i += 1) stream.put(["x"], { arrivedAt: Date.now() - (ages[i] ?? 0) });
  const gathering = new Gathering(count);
  stream.read("shardId-000000000000", 0, count).forEach((record, offset) => {
    gathering.add(offset, record, json ?? record.sequenceNumber);
  });
  return gathering.take();
}

const numbers = ({ entries }: Batch): number[] => entries.map(({ sequenceNumber }) => Number(sequenceNumber));
const failures = (...identifiers: unknown[]): object => ({
  batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
});

/** What the function answers to a batch: undefined is fine, an Error a function error, anything else its result. */
type Behaviour = (batch: number[], call: number) => unknown;

class Host implements BatchHost {
  readonly calls: number[][] = [];
  readonly discarded: { numbers: number[]; condition: Condition; invokeCount: number; failed: boolean | undefined }[] =
    [];
  readonly waits: number[] = [];
  readonly problems: (string | undefined)[] = [];
  finished = 0;
  running = true;
  refusals = 0;
  trimmed = 0;

  constructor(
    readonly behaviour: Behaviour,
    readonly settings: MappingSettings,
  ) {}

  async invoke(given: Batch) {
    const batch: number[] = JSON.parse(Buffer.concat(given.event).toString()).Records;
    expect(batch).toEqual(numbers(given));
    this.calls.push(batch);
    const result = this.behaviour(batch, this.calls.length);
    if (result === "unreachable") throw new Error("throttled");
    const failed = result instanceof Error;
    return {
      requestId: `request-${this.calls.length}`,
      payload: failed ? "{}" : JSON.stringify(result ?? null),
      failed,
    };
  }

  async discard({ batch: given, condition, invokeCount, invocation }: Parameters<BatchHost["discard"]>[0]) {
    if (this.refusals-- > 0) throw new Error("no such bucket");
    this.discarded.push({ numbers: numbers(given), condition, invokeCount, failed: invocation?.failed });
  }

  done(records: number): void {
    this.finished += records;
  }

  report(problem: string | undefined): void {
    this.problems.push(problem);
  }

  oldest = (): number => this.trimmed;

  async wait(milliseconds: number): Promise<boolean> {
    this.waits.push(milliseconds);
    return this.running;
  }
}

async function run(batch: Batch, behaviour: Behaviour, settings: Partial<MappingSettings> = {}): Promise<Host> {
  const host = new Host(behaviour, { ...SETTINGS, ...settings });
  await processBatch(batch, host);
  return host;
}

const poison =
  (...bad: number[]): Behaviour =>
  (batch) =>
    batch.some((number) => bad.includes(number)) ? new Error("poison") : undefined;

test("a batch that works is handed over once", async () => {
  const host = await run(records(3), () => "anything");
  expect(host.calls).toEqual([[1, 2, 3]]);
  expect(host).toMatchObject({ finished: 3, discarded: [], problems: [undefined] });
});

test("a failing batch is tried again, with longer and longer waits, and then given up whole", async () => {
  const host = await run(records(2), () => new Error("no"), { maximumRetries: 3 });
  expect(host.calls).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
  expect(host.waits).toEqual([1000, 2000, 4000]);
  expect(host.discarded).toEqual([
    { numbers: [1, 2], condition: "RetryAttemptsExhausted", invokeCount: 4, failed: true },
  ]);
  expect(host.finished).toBe(2);
  expect(host.problems.at(-1)).toBe("PROBLEM: Function call failed");
});

test("no retry at all; and without a limit as many as it takes", async () => {
  expect((await run(records(1), () => new Error("no"), { maximumRetries: 0 })).calls).toHaveLength(1);
  const patient = await run(records(1), (_batch, call) => (call < 50 ? new Error("not yet") : undefined));
  expect(patient.calls).toHaveLength(50);
  expect(Math.max(...patient.waits)).toBe(60_000);
  expect(patient.discarded).toEqual([]);
});

test("bisect: a failing batch is split until the bad record stands alone; splits use no retry", async () => {
  const host = await run(records(8), poison(3), { bisect: true, maximumRetries: 1 });
  expect(host.calls).toEqual([[1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4], [1, 2], [3, 4], [3], [3], [4], [5, 6, 7, 8]]);
  expect(host.discarded).toEqual([{ numbers: [3], condition: "RetryAttemptsExhausted", invokeCount: 5, failed: true }]);
  expect(host.finished).toBe(8);
});

const report = { reportsItemFailures: true };

test("partial response: the lowest number is the checkpoint, and what comes from there is tried again", async () => {
  const host = await run(records(5), (_b, call) => (call === 1 ? failures("4", "3", "5") : undefined), report);
  expect(host.calls).toEqual([
    [1, 2, 3, 4, 5],
    [3, 4, 5],
  ]);
});

test("partial response, given up: only from the checkpoint on", async () => {
  const host = await run(records(4), () => failures("3"), { ...report, maximumRetries: 2 });
  expect(host.calls).toEqual([
    [1, 2, 3, 4],
    [3, 4],
    [3, 4],
  ]);
  expect(host.discarded).toEqual([
    { numbers: [3, 4], condition: "RetryAttemptsExhausted", invokeCount: 3, failed: false },
  ]);
});

test("partial response and bisect: split at the returned number, without using up a retry", async () => {
  const behaviour: Behaviour = (batch) => (batch.includes(3) ? failures("3") : undefined);
  const host = await run(records(4), behaviour, { ...report, bisect: true, maximumRetries: 1 });
  // A failure at the very first record leaves nothing to cut off: the rest is halved.
  expect(host.calls).toEqual([[1, 2, 3, 4], [3, 4], [3], [3], [4]]);
  expect(host.discarded).toMatchObject([{ numbers: [3], invokeCount: 4 }]);
});

test("an error of the function splits the batch in the middle whatever it reports", async () => {
  const host = await run(records(4), poison(4), { ...report, bisect: true, maximumRetries: 0 });
  expect(host.calls.slice(0, 3)).toEqual([
    [1, 2, 3, 4],
    [1, 2],
    [3, 4],
  ]);
});

test("a response is only read where the mapping says so", async () => {
  expect((await run(records(2), () => failures("1"))).calls).toHaveLength(1);
});

test.each<[string, unknown, number]>([
  ["null", null, 3],
  ["nothing", undefined, 3],
  ["empty text", "", 3],
  ["an empty object", {}, 3],
  ["an empty list", { batchItemFailures: [] }, 3],
  ["no list", { batchItemFailures: null }, 3],
  ["another field", { statusCode: 200 }, 3],
  ["a number", failures("2"), 1],
  ["a null identifier", failures("3", null), 0],
  ["an empty identifier", failures("3", ""), 0],
  ["a misnamed identifier", { batchItemFailures: [{ id: "3" }] }, 0],
  ["another record's identifier", failures("4"), 0],
  ["the event id", failures("shardId-000000000000:2"), 0],
  ["a list that is none", { batchItemFailures: "2" }, 0],
  ["text", "done", 0],
  ["an array", ["2"], 0],
])("partial response: %s", (_name, response, failed) => {
  expect(firstFailure(JSON.stringify(response ?? null), records(3).entries)).toBe(failed);
});

test("records that are too old are given up before the function sees them, the younger ones go on", async () => {
  const host = await run(records(4, { ages: [62_000, 61_000] }), () => undefined, { maximumAge: 60 });
  expect(host.calls).toEqual([[3, 4]]);
  expect(host.discarded).toEqual([
    { numbers: [1, 2], condition: "RecordAgeExceeded", invokeCount: 0, failed: undefined },
  ]);
  expect(host.finished).toBe(4);
});

test("records that grow too old between retries are given up with the retries left", async () => {
  const batch = records(1);
  const now = jest.spyOn(Date, "now");
  const host = await run(
    batch,
    () => {
      now.mockReturnValue((batch.entries[0]?.arrivedAt ?? 0) + 60_001);
      return new Error("no");
    },
    { maximumAge: 60 },
  );
  now.mockRestore();
  expect(host.calls).toHaveLength(1);
  expect(host.discarded).toMatchObject([{ condition: "RecordAgeExceeded", invokeCount: 1, failed: true }]);
});

test("records that the stream has forgotten are given up too", async () => {
  const host = new Host(() => undefined, SETTINGS);
  host.trimmed = 1;
  await processBatch(records(2), host);
  expect(host.calls).toEqual([[2]]);
  expect(host.discarded).toMatchObject([{ numbers: [1], condition: "RecordAgeExceeded" }]);
});

test("a function that cannot be reached uses no retry", async () => {
  const host = await run(records(1), (_b, call) => (call < 4 ? "unreachable" : undefined), { maximumRetries: 0 });
  expect(host.calls).toHaveLength(4);
  expect(host.problems).toEqual([...Array<string>(3).fill("PROBLEM: Function call failed: throttled"), undefined]);
  expect(host.discarded).toEqual([]);
});

test("a record larger than an event may be is given up without an invocation", async () => {
  const host = await run(records(1, { json: "x".repeat(PAYLOAD_LIMIT) }), () => undefined);
  expect(host.calls).toEqual([]);
  expect(host.discarded).toMatchObject([{ condition: "PayloadSizeExceeded", invokeCount: 0 }]);
});

test("what is given up waits until it can be kept", async () => {
  const host = new Host(() => new Error("no"), { ...SETTINGS, maximumRetries: 0 });
  host.refusals = 2;
  await processBatch(records(1), host);
  expect(host.problems.slice(1)).toEqual(["PROBLEM: no such bucket", "PROBLEM: no such bucket"]);
  expect(host.waits).toEqual([1000, 2000]);
  expect(host).toMatchObject({ finished: 1, discarded: [{ numbers: [1] }] });
});

test("a stopped mapping leaves what is not done", async () => {
  const host = new Host(poison(3), { ...SETTINGS, bisect: true });
  host.wait = async () => (host.running = false);
  await processBatch(records(4), host);
  expect(host.calls.at(-1)).toEqual([3]);
  expect(host.finished).toBe(2);
  const giving = new Host(() => new Error("no"), { ...SETTINGS, maximumRetries: 0 });
  giving.refusals = 1;
  giving.wait = async () => (giving.running = false);
  await processBatch(records(1), giving);
  expect(giving).toMatchObject({ finished: 0, discarded: [] });
});

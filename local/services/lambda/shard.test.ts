import type { Invocation } from "./function";
import { mappingSettings, type MappingSettings } from "./mappingSettings";
import { type ShardHost, ShardReader } from "./shard";
import { context, FakeStream, STREAM, until } from "./testing/world";

const SHARD = "shardId-000000000000";

const settings = (more: Record<string, unknown> = {}): MappingSettings =>
  mappingSettings(
    { eventSourceArn: STREAM, functionName: "capture", startingPosition: "TRIM_HORIZON", ...more },
    context("aws:lambda/eventSourceMapping:EventSourceMapping"),
  );

/** Invocations wait until the test answers them. */
class Bench {
  readonly stream = new FakeStream();
  readonly waiting: { records: string[]; answer(failed?: boolean): Promise<void> }[] = [];
  readonly reader: ShardReader;
  /** So long is every record. */
  padding = "";
  only: (sequenceNumber: string) => boolean = () => true;

  constructor(more: Record<string, unknown> = {}, haste = 1000, start = 0) {
    const host: ShardHost = {
      settings: settings(more),
      stream: this.stream,
      haste,
      mayRead: () => true,
      passes: (_shard, _offset, _oldest, { sequenceNumber }) => this.only(sequenceNumber),
      encode: (_shard, { sequenceNumber }) => JSON.stringify({ n: sequenceNumber, d: this.padding }),
      report: () => undefined,
      discard: async () => undefined,
      invoke: ({ event }) =>
        new Promise<Invocation>((resolve) => {
          const { Records }: { Records: { n: string }[] } = JSON.parse(Buffer.concat(event).toString());
          const answer = async (failed = false): Promise<void> => {
            this.waiting.splice(0, this.waiting.length, ...this.waiting.filter((other) => other.answer !== answer));
            resolve({ requestId: "r", payload: "null", failed });
            await new Promise(setImmediate);
          };
          this.waiting.push({ records: Records.map(({ n }) => n), answer });
        }),
    };
    this.reader = new ShardReader(SHARD, start, host);
    this.stream.onAppend(() => this.reader.pump());
  }

  get batches(): string[][] {
    return this.waiting.map(({ records }) => records);
  }

  async answer(failed = false): Promise<void> {
    const [first] = this.waiting;
    if (first === undefined) throw new Error("nothing is waiting");
    await first.answer(failed);
  }
}

test("one batch at a time, as many records as there are up to the batch size", async () => {
  const bench = new Bench({ batchSize: 3 });
  bench.stream.put(["a", "b"]);
  bench.stream.put(["c", "d", "e", "f"]);
  expect(bench.batches).toEqual([["1", "2"]]);
  expect(bench.reader).toMatchObject({ checkpoint: 0, recordsBehind: 6, batchesInFlight: 1 });
  await bench.answer();
  expect(bench.batches).toEqual([["3", "4", "5"]]);
  expect(bench.reader).toMatchObject({ checkpoint: 2, recordsBehind: 4 });
  await bench.answer();
  await bench.answer();
  expect(bench.reader).toMatchObject({ checkpoint: 6, recordsBehind: 0, batchesInFlight: 0 });
});

test("a batch is at most 6 MB, measured on the event", async () => {
  const bench = new Bench({ batchSize: 10 });
  bench.padding = "x".repeat(2 * 1024 * 1024);
  bench.stream.put(["a", "b", "c"]);
  expect(bench.batches).toEqual([["1", "2"]]);
  await bench.answer();
  expect(bench.batches).toEqual([["3"]]);
  await bench.answer();
});

test("the batching window: it waits for a full batch, or until the window ends", async () => {
  const bench = new Bench({ batchSize: 3, maximumBatchingWindowInSeconds: 300 }, 10_000);
  bench.stream.put(["a"]);
  expect(bench.batches).toEqual([]);
  bench.stream.put(["b", "c", "d"]);
  expect(bench.batches).toEqual([["1", "2", "3"]]);
  await bench.answer();
  expect(bench.batches).toEqual([]);
  await until(() => bench.batches.length > 0);
  expect(bench.batches).toEqual([["4"]]);
  await bench.answer();
});

test("parallelization: as many batches at once, and each key in one of them, in order", async () => {
  const bench = new Bench({ parallelizationFactor: 4, batchSize: 10 });
  for (let i = 0; i < 60; i += 1) bench.stream.log.get(SHARD)?.push(...recordsOf(`key-${i % 15}`, i + 1));
  bench.reader.pump();
  const lane = new Map<string, number>();
  const seen = new Map<string, number>();
  expect(bench.waiting).toHaveLength(4);
  while (bench.waiting.length > 0) {
    const running = bench.batches.flatMap((batch) => [...new Set(batch.map(keyOf))]);
    // No key is in two batches under way.
    expect(new Set(running).size).toBe(running.length);
    for (const number of bench.batches[0] ?? []) {
      expect(Number(number)).toBeGreaterThan(seen.get(keyOf(number)) ?? 0);
      seen.set(keyOf(number), Number(number));
      lane.set(number, 1);
    }
    await bench.answer();
  }
  expect(lane.size).toBe(60);
  expect(bench.reader.recordsBehind).toBe(0);

  function keyOf(number: string): string {
    return `key-${(Number(number) - 1) % 15}`;
  }
  function recordsOf(key: string, number: number) {
    const one = new FakeStream();
    one.put(["x"], { key });
    return one.read(SHARD, 0, 1).map((record) => ({ ...record, sequenceNumber: String(number) }));
  }
});

test("the checkpoint is the first record that is not done, whatever later lanes have finished", async () => {
  const bench = new Bench({ parallelizationFactor: 10, batchSize: 1 });
  bench.stream.put(["a"], { key: "a" });
  bench.stream.put(["b"], { key: "b" });
  expect(bench.batches).toEqual([["1"], ["2"]]);
  await bench.waiting[1]?.answer();
  expect(bench.reader).toMatchObject({ checkpoint: 0, recordsBehind: 2, batchesInFlight: 1 });
  await bench.answer();
  expect(bench.reader.recordsBehind).toBe(0);
});

test("filtered records are passed over for good, and do not count towards the batch", async () => {
  const bench = new Bench({ batchSize: 2 });
  bench.only = (number) => Number(number) % 10 === 0;
  bench.stream.put(Array(35).fill("x"));
  expect(bench.batches).toEqual([["10", "20"]]);
  await bench.answer();
  expect(bench.batches).toEqual([["30"]]);
  await bench.answer();
  expect(bench.reader.recordsBehind).toBe(0);
});

test("a long stretch without a match does not keep others waiting, and does not cut the batch short", async () => {
  const bench = new Bench({ batchSize: 2 });
  bench.only = (number) => number === "1" || number === "5001";
  bench.stream.put(Array(5001).fill("x"));
  expect(bench.batches).toEqual([]);
  await until(() => bench.batches.length > 0);
  expect(bench.batches).toEqual([["1", "5001"]]);
  await bench.answer();
});

test("a key with very many records does not make it read on and on for the others", async () => {
  const bench = new Bench({ batchSize: 10, parallelizationFactor: 2 });
  const read = jest.spyOn(bench.stream, "read");
  bench.stream.put(Array(5000).fill("x"), { key: "hot" });
  const records = read.mock.results.reduce((sum, { value }) => sum + value.length, 0);
  expect(bench.waiting).toHaveLength(1);
  expect(records).toBeLessThan(1000);
});

test("it goes on from an offset, and over what the stream has forgotten", async () => {
  const bench = new Bench({}, 1000, 1);
  bench.stream.put(["a", "b"]);
  expect(bench.batches).toEqual([["2"]]);
  await bench.answer();
  bench.stream.oldest = 4;
  bench.stream.put(["c", "d", "e"]);
  expect(bench.batches).toEqual([["5"]]);
  await bench.answer();
});

test("stopped: no timer is left", async () => {
  jest.useFakeTimers();
  try {
    const bench = new Bench({ maximumBatchingWindowInSeconds: 300 });
    bench.stream.put(["a"]);
    expect(jest.getTimerCount()).toBe(1);
    await bench.reader.stop();
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});

test("stopped: no more invocations, the one under way is waited for, and the checkpoint stays behind what failed", async () => {
  const bench = new Bench({ batchSize: 2 }, 0.001);
  bench.stream.put(["a", "b", "c"]);
  await bench.answer(true);
  // It waits for a retry that would come in a quarter of an hour.
  await bench.reader.stop();
  expect(bench.reader).toMatchObject({ checkpoint: 0, batchesInFlight: 0 });

  const busy = new Bench({ batchSize: 2 });
  busy.stream.put(["a", "b", "c"]);
  let stopped = false;
  const stopping = busy.reader.stop().then(() => (stopped = true));
  await new Promise(setImmediate);
  expect(stopped).toBe(false);
  await busy.answer();
  await stopping;
  busy.stream.put(["d"]);
  expect(busy.batches).toEqual([]);
  expect(busy.reader.checkpoint).toBe(2);
});

import { ShardLog } from "./log";
import { parseSequence, SequenceNumbers } from "./sequence";

test("holds what an array would hold, over many segments and after trimming", () => {
  const log = new ShardLog();
  const kept: { partitionKey: string; data: Buffer; arrivedAt: number }[] = [];
  // Sizes up to more than a segment, and none at all; two records a millisecond.
  const sizes = [0, 300_000, 2_000_000, 10, 700_000, 700_000, 0, 1_048_570, 6];
  for (let i = 0; i < 27; i += 1) {
    const data = Buffer.alloc(sizes[i % sizes.length] ?? 0, i);
    const entry = { partitionKey: `ключ ${i}`, data, arrivedAt: 1000 + Math.floor(i / 2) };
    expect(log.append(entry.partitionKey, data, entry.arrivedAt)).toEqual({ offset: i, arrivedAt: entry.arrivedAt });
    kept.push(entry);
  }
  const differing = (from: number): number[] =>
    kept.flatMap(({ partitionKey, data, arrivedAt }, offset) => {
      if (offset < from) return [];
      const found = log.at(offset);
      const same = found.partitionKey === partitionKey && found.arrivedAt === arrivedAt && found.data.equals(data);
      return same ? [] : [offset];
    });
  expect(differing(0)).toEqual([]);
  expect([999, 1000, 1005, 1013, 1014].map((time) => log.firstFrom(time))).toEqual([0, 0, 10, 26, 27]);
  for (const [before, oldest] of [
    [1000, 0],
    [1004, 8],
    [1002, 8],
    [1012, 24],
  ] as const) {
    expect(log.trim(before)).toBe(oldest);
    expect(differing(oldest)).toEqual([]);
    if (oldest > 0) expect(() => log.at(oldest - 1)).toThrow(RangeError);
  }
  expect(log.trim(5000)).toBe(27);
  expect(log.end).toBe(27);
  expect(log.append("k", Buffer.from("x"), 6000)).toEqual({ offset: 27, arrivedAt: 6000 });
  expect(log.at(27).data.toString()).toBe("x");
  expect(() => log.at(28)).toThrow(RangeError);
});

test("a clock that is set back does not change the order of arrival", () => {
  const log = new ShardLog();
  log.append("k", Buffer.alloc(0), 2000);
  expect(log.append("k", Buffer.alloc(0), 1000).arrivedAt).toBe(2000);
});

test("a sequence number says of which shard and record it is", () => {
  const sequences = new SequenceNumbers({ index: 21, createdAt: 1_790_000_000_000 });
  const numbers = [sequences.first, sequences.of(0, 1_790_000_100_000), sequences.of(1, 1_790_000_100_000)];
  expect(numbers.map(parseSequence)).toEqual(
    [-1, 0, 1].map((offset) => ({ shardIndex: 21, shardCreatedSecond: 1_790_000_000, offset })),
  );
  expect([...numbers].sort()).toEqual(numbers);
  expect(numbers.every((number) => number.length === 56)).toBe(true);
  expect(["", "1", "x".repeat(56), "9".repeat(56)].map(parseSequence)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

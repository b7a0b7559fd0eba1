import { type Batch, Gathering, PAYLOAD_LIMIT } from "./gathering";
import { FakeStream } from "./testing/world";

const SHARD = "shardId-000000000000";
const FRAME = '{"Records":[]}'.length;
const text = ({ event }: Batch): string => Buffer.concat(event).toString("utf8");

/** A gathering with one record of each JSON. */
function gather(batchSize: number, ...jsons: string[]): Gathering {
  const stream = new FakeStream();
  stream.put(jsons);
  const gathering = new Gathering(batchSize);
  stream.read(SHARD, 0, jsons.length).forEach((record, i) => gathering.add(i, record, jsons[i] ?? ""));
  return gathering;
}

test("the event has the records as they are; so has that of a part", () => {
  const batch = gather(10, "1", '"ünï 🚀"', "3").take();
  expect(text(batch)).toBe('{"Records":[1,"ünï 🚀",3]}');
  expect(batch.size).toBe(Buffer.byteLength(text(batch)));
  expect(text(batch.slice(1))).toBe('{"Records":["ünï 🚀",3]}');
  expect(text(batch.slice(1, 2))).toBe('{"Records":["ünï 🚀"]}');
  expect(batch.slice(1, 2).size).toBe(Buffer.byteLength('{"Records":["ünï 🚀"]}'));
  expect(batch.entries.map(({ offset, sequenceNumber }) => [offset, sequenceNumber])).toEqual([
    [0, "1"],
    [1, "2"],
    [2, "3"],
  ]);
});

test("what is over the batch size stays, and a batch keeps its bytes while others are gathered", () => {
  const gathering = gather(2, "1", "2", "3");
  expect(gathering.full).toBe(true);
  const first = gathering.take();
  expect(gathering).toMatchObject({ full: false, length: 1, firstOffset: 2 });
  const stream = new FakeStream();
  stream.put(["4"]);
  for (const record of stream.read(SHARD, 0, 1)) gathering.add(3, record, "4");
  expect(text(gathering.take())).toBe('{"Records":[3,4]}');
  expect(text(first)).toBe('{"Records":[1,2]}');
  expect(gathering).toMatchObject({ length: 0, firstOffset: undefined });
});

test("a batch is at most 6 MB to the byte", () => {
  const first = "x".repeat(PAYLOAD_LIMIT / 2);
  const exact = gather(10, first, "y".repeat(PAYLOAD_LIMIT / 2 - FRAME - 1), "z");
  expect(exact.full).toBe(true);
  const batch = exact.take();
  expect(batch).toMatchObject({ length: 2, size: PAYLOAD_LIMIT });
  expect(exact.length).toBe(1);
  expect(gather(10, first, "y".repeat(PAYLOAD_LIMIT / 2 - FRAME), "z").take()).toMatchObject({ length: 1 });
});

test("a record that is too large by itself is a batch by itself", () => {
  const gathering = gather(10, "x".repeat(PAYLOAD_LIMIT), "y");
  expect(gathering.take()).toMatchObject({ length: 1, size: PAYLOAD_LIMIT + FRAME });
  expect(text(gathering.take())).toBe('{"Records":[y]}');
});

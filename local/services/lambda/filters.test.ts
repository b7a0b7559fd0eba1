import { compileFilter, SharedFilters } from "./filters";
import { FakeStream, TABLE_STREAM } from "./testing/world";

const SHARD = "shardId-000000000000";

function streamOf(...values: unknown[]): FakeStream {
  const stream = new FakeStream();
  stream.put(values, { key: "k" });
  return stream;
}

function passing(filters: SharedFilters, slot: number, stream: FakeStream): boolean[] {
  return stream.read(SHARD, 0, 100).map(({ event }, offset) => filters.passes(slot, SHARD, offset, 0, event));
}

const only = (pattern: object): [SharedFilters, number] => {
  const filters = new SharedFilters();
  return [filters, filters.add(compileFilter([JSON.stringify(pattern)], "kinesis"))];
};

test("Kinesis: data is read as JSON; what is no JSON is dropped where the pattern is on data", () => {
  const stream = streamOf({ t: "a" }, { t: "b" }, "no JSON", "1");
  expect(passing(...only({ data: { t: ["a"] } }), stream)).toEqual([true, false, false, false]);
  expect(passing(...only({ data: { t: [{ exists: false }] } }), stream)).toEqual([false, false, false, true]);
  expect(passing(...only({ partitionKey: ["k"] }), stream)).toEqual([true, true, true, true]);
  expect(passing(...only({ partitionKey: ["other"] }), stream)).toEqual([false, false, false, false]);
});

test("one of several filters is enough", () => {
  const filters = new SharedFilters();
  const slot = filters.add(compileFilter(['{"data":{"t":["a"]}}', '{"data":{"n":[1.0]}}'], "kinesis"));
  expect(passing(filters, slot, streamOf({ t: "a" }, '{"n":1.0}', '{"n":1}'))).toEqual([true, true, false]);
});

test("DynamoDB: a pattern is on the record", () => {
  const stream = new FakeStream(TABLE_STREAM);
  stream.put(["x", "y"]);
  const filters = new SharedFilters();
  const slot = filters.add(
    compileFilter(['{"eventName":["INSERT"],"dynamodb":{"NewImage":{"v":{"S":["y"]}}}}'], "dynamodb"),
  );
  expect(passing(filters, slot, stream)).toEqual([false, true]);
});

test("a record's JSON is read once for all filters of its stream", () => {
  const filters = new SharedFilters();
  const slots = ["a", "b", "c"].map((t) => filters.add(compileFilter([`{"data":{"t":["${t}"]}}`], "kinesis")));
  const stream = streamOf({ t: "a" }, { t: "b" });
  const parse = jest.spyOn(JSON, "parse");
  const answers = slots.map((slot) => passing(filters, slot, stream));
  const reads = parse.mock.calls.length;
  parse.mockRestore();
  expect(answers).toEqual([
    [true, false],
    [false, true],
    [false, false],
  ]);
  expect(reads).toBe(2);
});

test("a filter that comes later is asked about records that others have seen; any number of filters have their own answers", () => {
  const filters = new SharedFilters();
  const stream = streamOf({ t: "0" }, { t: "17" });
  for (let i = 0; i < 20; i += 1) {
    const slot = filters.add(compileFilter([`{"data":{"t":["${i}"]}}`], "kinesis"));
    expect(passing(filters, slot, stream)).toEqual([i === 0, i === 17]);
  }
});

test("answers about records that the stream has forgotten are not kept", () => {
  const filters = new SharedFilters();
  const slot = filters.add(compileFilter(['{"data":{"t":["a"]}}'], "kinesis"));
  const [event] = streamOf({ t: "a" })
    .read(SHARD, 0, 1)
    .map((record) => record.event);
  if (event === undefined) throw new Error("no event");
  const parse = jest.spyOn(JSON, "parse");
  for (const [offset, oldest] of [
    [0, 0],
    [0, 0],
    [5000, 4000],
    [0, 0],
  ] as const) {
    filters.passes(slot, SHARD, offset, oldest, event);
  }
  const reads = parse.mock.calls.length;
  parse.mockRestore();
  expect(reads).toBe(3);
});

test("what a record does not have cannot be asked for, nor more than five patterns be given", () => {
  expect(() => compileFilter(['{"body":{"t":["a"]}}'], "kinesis")).toThrow(
    'The filter asks for "body"; a kinesis record',
  );
  expect(() => compileFilter(['{"$or":[{"a":["x"]},{"data":{"t":["a"]}}]}'], "kinesis")).toThrow('asks for "a"');
  expect(() => compileFilter(Array(6).fill('{"data":{"t":["a"]}}'), "kinesis")).toThrow("this one has 6");
});

test("data is filtered as JSON only, as AWS refuses anything else", () => {
  expect(() => compileFilter(['{"data":["text"]}'], "kinesis")).toThrow("data must be a pattern on JSON");
});

import { fitted } from "./fit";
import { pointerOf } from "./overflow";
import type { Item } from "./sdk";
import { bucketDouble } from "./testing/bucketDouble";

const KB = 1024;
const text = (bytes: number): string => "x".repeat(bytes);
const base = { _key: { S: "monolith.things#1" }, _table: { S: "monolith.things" }, _sequence: { S: "7" } };

async function fit(item: Item) {
  const bucket = bucketDouble();
  const made = new Set<string>();
  const result = await fitted({ ...base, ...item }, bucket.overflow, made);
  const moved = Object.keys(result).filter((name) => pointerOf(result[name]) !== undefined);
  return { result, moved, made, bucket };
}

test("an item that fits stays as it is, and costs no request", async () => {
  const item = { a: { S: text(390 * KB) } };
  const { result, bucket } = await fit(item);
  expect(result).toEqual({ ...base, ...item });
  expect(bucket.requests).toEqual({});
});

test("the largest values go, until the rest is small", async () => {
  const { result, moved, made, bucket } = await fit({
    ...{
      a: { S: text(150 * KB) },
      b: { S: text(20 * KB) },
      c: { S: text(250 * KB) },
      d: { N: "1" },
      e: { S: text(10 * KB) },
    },
  });
  expect(moved).toEqual(["a", "c"]);
  expect(result["_overflow"]).toEqual({ BOOL: true });
  expect([...made].sort()).toEqual([...bucket.current.keys()].sort());
  expect(bucket.versions.map(({ body }) => body.length).sort()).toEqual([150 * KB, 250 * KB]);
});

test("bytes and characters of several bytes are measured as DynamoDB does, and come to the bucket as they are", async () => {
  const binary = Buffer.alloc(250 * KB, 0xff);
  const { bucket, moved } = await fit({ a: { S: "é".repeat(100 * KB) }, b: { B: binary }, c: { S: text(1) } });
  expect(moved).toEqual(["a", "b"]);
  const bodies = bucket.versions.map(({ body }) => Buffer.from(body));
  expect(bodies).toEqual(expect.arrayContaining([binary, Buffer.from("é".repeat(100 * KB))]));
});

test("a column that the model does not know may go, an attribute of our own and short values never", async () => {
  const short = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`c${index}`, { S: text(2 * KB) }]));
  const { moved } = await fit({ ...short, _movedTo: { S: text(3 * KB) }, "_rest:new": { S: text(300 * KB) } });
  expect(moved).toEqual(["_rest:new"]);
});

test("an item that cannot fit stays as it is: nothing is put for it", async () => {
  const short = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`c${index}`, { S: text(2 * KB) }]));
  const { moved, bucket } = await fit({ ...short, a: { S: text(10 * KB) } });
  expect(moved).toEqual([]);
  expect(bucket.requests).toEqual({});
});

test("pointers that are there stay, and mark the item", async () => {
  const { result: before } = await fit({ a: { S: text(450 * KB) } });
  // As `move.ts` makes an item out of columns.
  const { result, bucket } = await fit({ a: before["a"] ?? { NULL: true } });
  expect(result).toEqual(before);
  expect(bucket.requests).toEqual({});
});

test("a name belongs to one row, one state of it, one column and one value, and shows none of them", async () => {
  const nameOf = async (item: Item): Promise<string> => [...(await fit(item)).made][0] ?? "";
  const large = { S: text(450 * KB) };
  const names = await Promise.all([
    nameOf({ a: large }),
    nameOf({ b: large }),
    nameOf({ a: { S: text(451 * KB) } }),
    nameOf({ a: large, _key: { S: "monolith.things#2" } }),
    nameOf({ a: large, _sequence: { S: "8" } }),
    nameOf({ a: large, _position: { S: "1" } }),
    nameOf({ a: large, _forwarded: { S: "1" } }),
  ]);
  expect(new Set(names).size).toBe(names.length);
  expect(await nameOf({ a: large })).toBe(names[0]);
  for (const name of names) expect(name).toMatch(/^monolith\.things\/[0-9a-f]{64}\/[0-9a-f]{64}$/);
});

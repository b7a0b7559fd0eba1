import { dropped, mentioned, pointerOf, restored, overflowIn } from "./overflow";
import { bucketDouble } from "./testing/bucketDouble";

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe("the bucket", () => {
  test("a value is written once: who comes again is told the version that is there", async () => {
    const { overflow, versions } = bucketDouble();
    const version = await overflow.put("a", bytes("one"));
    expect(await overflow.put("a", bytes("one"))).toBe(version);
    expect(versions).toHaveLength(1);
  });

  test("what was deleted is read by its version until that is gone, too", async () => {
    const { overflow, current, expire } = bucketDouble();
    const version = await overflow.put("a", bytes("one"));
    await overflow.remove(["a", "never there"]);
    expect(current.size).toBe(0);
    expect(Buffer.from((await overflow.get("a", version)) ?? []).toString()).toBe("one");
    expire(version);
    expect(await overflow.get("a", version)).toBeUndefined();
  });

  test("whoever may not read is not told that a value is gone", async () => {
    const double = bucketDouble();
    const refuse = (): never => {
      throw Object.assign(new Error("no"), { name: "AccessDenied" });
    };
    double.intercept = refuse;
    await expect(double.overflow.get("a", "v1")).rejects.toThrow("no");
    await expect(double.overflow.put("a", bytes("one"))).rejects.toThrow("no");
  });

  test("as many as S3 takes are deleted at once, and one that is not deleted is an error", async () => {
    const double = bucketDouble();
    const names = Array.from({ length: 2001 }, (_, index) => String(index));
    await double.overflow.remove(names);
    expect(double.requests).toEqual({ DeleteObjectsCommand: 3 });
    const send = async (): Promise<object> => ({ Errors: [{ Key: "7", Code: "InternalError", Message: "later" }] });
    const failing = overflowIn("b", { ...double.sdk, client: { send } });
    await expect(failing.remove(["7"])).rejects.toThrow("7 was not deleted: InternalError later");
  });

  test("a bucket that keeps no versions is refused", async () => {
    const { sdk } = bucketDouble();
    const send = async (): Promise<object> => ({});
    await expect(overflowIn("b", { ...sdk, client: { send } }).put("a", bytes("one"))).rejects.toThrow(
      "keeps no versions",
    );
  });
});

const pointer = (name: string, type = "S") => ({
  M: { object: { S: name }, version: { S: `v-${name}` }, bytes: { N: "3" }, type: { S: type } },
});
const overflowed = { _overflow: { BOOL: true } };

test("a pointer stands for text or bytes, and no column's value looks like one", () => {
  const [text, binary] = [pointerOf(pointer("a")), pointerOf(pointer("a", "B"))];
  expect(text).toEqual({ name: "a", version: "v-a", bytes: 3, type: "S" });
  expect(text && restored(text, bytes("é"))).toEqual({ S: "é" });
  expect(binary && restored(binary, bytes("é"))).toEqual({ B: bytes("é") });
  for (const value of [undefined, { S: '{"M":{}}' }, { N: "1" }, { BOOL: true }, { NULL: true }, { B: "AA==" }])
    expect(pointerOf(value)).toBeUndefined();
});

describe("what nobody needs after a change", () => {
  const old = { ...overflowed, a: pointer("1"), b: pointer("2") };
  test.each([
    ["a value that was replaced", old, { ...old, a: pointer("3") }, ["1"]],
    ["one that fits again", old, { ...old, a: { S: "short" } }, ["1"]],
    ["none, if the values stay", old, { ...old, n: { N: "1" } }, []],
    ["none of a new row", undefined, old, []],
    ["all of a deleted row", old, { ...overflowed, _deleted: { BOOL: true } }, ["1", "2"]],
    ["what a tombstone keeps, too", old, { ...old, _deleted: { BOOL: true } }, ["1", "2", "1", "2"]],
    // A tombstone that would have grown too large.
    ["what was put for a tombstone", { a: { S: "long" } }, { ...old, _deleted: { BOOL: true } }, ["1", "2"]],
    ["all of an item that expired or was removed by hand", old, undefined, ["1", "2"]],
    ["nothing of rows that never overflowed", { a: { S: "1" } }, { a: { S: "2" } }, []],
  ])("%s", (_what, before, after, expected) => {
    expect(dropped(before, after)).toEqual(expected);
  });

  test("only an item that is marked is searched", () => {
    expect(mentioned({ a: pointer("1") })).toEqual([]);
    expect(mentioned({ ...overflowed, a: pointer("1"), "_rest:b": pointer("2") })).toEqual(["1", "2"]);
  });
});

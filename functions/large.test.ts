/** Rows that no item can hold, through *capture*: what raw and its overflow have afterwards. */
import type { KinesisStreamRecord } from "aws-lambda";
import { decodeDms } from "../model/decode";
import type { TableLayout } from "../model/layout";
import { ingest } from "./ingest";
import { mentioned, pointerOf } from "./overflow";
import type { Parked } from "./park";
import { bucketDouble } from "./testing/bucketDouble";
import { recordOf } from "./testing/history";
import { tableDouble } from "./testing/tableDouble";

jest.mock("./sdk", () => ({ backOff: async () => undefined }));

const layout: TableLayout = {
  source: "monolith",
  table: "people",
  key: ["id"],
  columns: {
    id: { form: "integer", lob: false, private: false },
    n: { form: "integer", lob: false, private: false },
    bio: { form: "text", lob: true, private: false },
    cv: { form: "text", lob: true, private: true },
    photo: { form: "bytes", lob: true, private: false },
  },
};
const layouts = { "monolith.people": layout };

const text = (letter: string, kilobytes = 300): string => letter.repeat(kilobytes * 1024);

interface Message {
  readonly data: Readonly<Record<string, unknown>>;
  readonly operation?: string;
  readonly oldId?: number;
}

/** At the place in the log that its number is, also in the stream. */
function record({ data, operation = "update", oldId }: Message, number: number): KinesisStreamRecord {
  const message = {
    "before-image": oldId === undefined ? {} : { id: oldId },
    data,
    metadata: {
      ...{ timestamp: "2026-01-01T00:00:00Z", "record-type": "data", operation },
      ...{ "schema-name": "public", "table-name": "people", "transaction-record-id": 1 },
      ...{ "commit-timestamp": "2026-01-01T00:00:00Z", "stream-position": `0/${number}.1.0/0` },
    },
  };
  return recordOf({ sequence: String(number), text: JSON.stringify(message) });
}

function raw({ hasOverflow = true } = {}) {
  const table = tableDouble();
  const bucket = bucketDouble();
  const parked: Parked[] = [];
  let number = 0;
  const sdk = table.sdk;
  const place = () => ({ tableName: "raw", keyPrefix: "", layout, keepsUnknown: true });
  const capture = (...Records: KinesisStreamRecord[]) =>
    ingest(
      { Records },
      {
        store: { sdk, place, now: () => 0, ...(hasOverflow ? { overflow: bucket.overflow } : {}) },
        decode: (message, sequence) => decodeDms(message, sequence, { layouts, source: "monolith", schema: "public" }),
        put: async (_, body) => {
          for (const line of body.trimEnd().split("\n")) parked.push(JSON.parse(line));
        },
        log: () => undefined,
      },
    );
  const next = (message: Message): KinesisStreamRecord => record(message, (number += 1));
  return {
    ...{ table, bucket, parked, capture, next },
    take: (...messages: Message[]) => capture(...messages.map(next)),
    /** The row with its values, wherever they lie. */
    row: async (key: string) => {
      const item = table.items.get(key) ?? {};
      const value = async (name: string): Promise<string | undefined> => {
        const pointer = pointerOf(item[name]);
        if (pointer === undefined) return item[name]?.S ?? item[name]?.N ?? item[name]?.B?.toString();
        return Buffer.from((await bucket.overflow.get(pointer.name, pointer.version)) ?? []).toString();
      };
      const names = Object.keys(item).filter((name) => !/^_(?!rest:)/.test(name));
      return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await value(name)] as const)));
    },
  };
}

const insert = (data: Message["data"]): Message => ({ operation: "insert", data });
const [bio, cv] = [text("b"), text("c")];

test("a row that fits costs no request more than before", async () => {
  const { take, bucket, table } = raw();
  await take(insert({ id: 1, n: 1, bio: text("b", 350) }), insert({ id: 2, n: 1 }));
  expect(bucket.requests).toEqual({});
  expect(table.requests).toEqual({ BatchExecuteStatementCommand: 1 });
});

test("a message that is too large for an item goes to the overflow at once", async () => {
  const { take, row, table, bucket, parked } = raw();
  const statements: string[] = [];
  table.intercept = ({ Statement = "" }) => void statements.push(Statement);
  await take(insert({ id: 1, n: 1, bio, cv, photo: "0xff00" }), insert({ id: 2, n: 2 }));
  expect(await row("1")).toMatchObject({ id: "1", n: "1", bio, cv });
  expect(table.items.get("1")?.["photo"]).toEqual({ B: Buffer.from([0xff, 0]) });
  expect([...bucket.current.keys()].sort()).toEqual(mentioned(table.items.get("1")).sort());
  // The other row's: none that DynamoDB would refuse.
  expect(statements).toHaveLength(1);
  expect(parked).toEqual([]);
});

test("an update by which the item would grow too large does, with the values that did not change", async () => {
  const { take, row, table } = raw();
  await take(insert({ id: 1, n: 1, bio }));
  await take({ data: { id: 1, n: 2, bio: null, cv: text("c", 200), hobbies: "none" } });
  expect(await row("1")).toMatchObject({ n: "2", bio, cv: text("c", 200), "_rest:hobbies": '"none"' });
  // The next changes are ordinary ones, and leave the values alone.
  const before = { ...table.requests };
  await take({ data: { id: 1, n: 3, bio: null, cv: null } });
  expect(table.requests).toEqual({
    ...before,
    BatchExecuteStatementCommand: (before["BatchExecuteStatementCommand"] ?? 0) + 1,
  });
  expect(await row("1")).toMatchObject({ n: "3", bio, cv: text("c", 200) });
});

test("a large column that the model does not know, and bytes", async () => {
  const { take, row, table } = raw();
  await take(insert({ id: 1, n: 1, photo: `0x${"ab".repeat(300 * 1024)}`, portfolio: text("p") }));
  expect(pointerOf(table.items.get("1")?.["photo"])).toMatchObject({ type: "B", bytes: 300 * 1024 });
  expect((await row("1"))["_rest:portfolio"]).toBe(JSON.stringify(text("p")));
});

test("Lambda's retry makes no second version, and an older change puts nothing", async () => {
  const { capture, next, bucket, table, row } = raw();
  const older = next({ data: { id: 1, n: 1, bio: text("o"), cv } });
  const newer = next({ data: { id: 1, n: 2, bio, cv } });
  // The first attempt ends between the two writes.
  table.meanwhile = () => Promise.reject(new Error("timeout"));
  await expect(capture(newer)).rejects.toThrow("timeout");
  expect(bucket.current.size).toBe(2);
  delete table.meanwhile;
  await capture(newer);
  await capture(newer, older);
  expect(bucket.versions).toHaveLength(2);
  expect(await row("1")).toMatchObject({ n: "2", bio });
});

describe("when another writer comes between", () => {
  /** Has `other` written before the first transaction. */
  function meeting(world: ReturnType<typeof raw>, other: KinesisStreamRecord): void {
    world.table.meanwhile = async () => {
      delete world.table.meanwhile;
      await world.capture(other);
    };
  }

  test("one wins, and what the other has put is deleted", async () => {
    const world = raw();
    const mine = world.next({ data: { id: 1, n: 1, bio: text("m"), cv } });
    meeting(world, world.next({ data: { id: 1, n: 2, bio: text("t"), cv } }));
    await world.capture(mine);
    expect(await world.row("1")).toMatchObject({ n: "2", bio: text("t") });
    expect(world.bucket.versions).toHaveLength(4);
    expect([...world.bucket.current.keys()].sort()).toEqual(mentioned(world.table.items.get("1")).sort());
  });

  test("and writes the same, the values are those of both", async () => {
    const world = raw();
    const mine = world.next({ data: { id: 1, n: 1, bio, cv } });
    meeting(world, mine);
    await world.capture(mine);
    expect(await world.row("1")).toMatchObject({ n: "1", bio, cv });
    expect(world.bucket.versions).toHaveLength(2);
    expect(world.bucket.current.size).toBe(2);
  });
});

describe("what cannot be held even so is parked, and leaves nothing behind", () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`c${index}`, text("x", 1.9)]));

  test("a row of too many short values", async () => {
    const { take, bucket, parked, table } = raw();
    const answer = await take(insert({ id: 1, n: 1, bio, ...many }), insert({ id: 2, n: 2 }));
    expect(answer.batchItemFailures).toEqual([]);
    expect(parked).toMatchObject([{ reason: "oversized", sequenceNumber: "1" }]);
    expect(bucket.current.size).toBe(0);
    expect([...table.items.keys()]).toEqual(["2"]);
  });

  test("and so is every such row of a store without overflow, a change of its key, too", async () => {
    const { take, parked, table } = raw({ hasOverflow: false });
    await take(insert({ id: 1, n: 1, bio, cv }), insert({ id: 2, n: 2, bio }));
    const answer = await take({ data: { id: 3, n: 3, bio: null, cv }, oldId: 2 });
    expect(answer.batchItemFailures).toEqual([]);
    expect(parked.map(({ reason }) => reason)).toEqual(["oversized", "oversized"]);
    expect([...table.items.keys()]).toEqual(["2"]);
  });

  test("a key that no table takes", async () => {
    const { take, parked } = raw();
    const answer = await take(insert({ id: "1".repeat(2049), n: 1, bio, cv }), insert({ id: 2, n: 2 }));
    expect(answer.batchItemFailures).toEqual([]);
    expect(parked).toMatchObject([{ reason: "refused" }]);
  });

  test("whatever else DynamoDB finds wrong with it", async () => {
    const { take, parked, bucket, table } = raw();
    table.meanwhile = () => Promise.reject(Object.assign(new Error("invalid"), { name: "ValidationException" }));
    await take(insert({ id: 1, n: 1, bio, cv }));
    expect(parked).toMatchObject([{ reason: "refused", detail: "ValidationError: invalid" }]);
    expect([bucket.versions.length, bucket.current.size]).toEqual([2, 0]);
  });
});

describe("a change of the key", () => {
  test("takes the large values along, each row its own", async () => {
    const { take, row, table } = raw();
    await take(insert({ id: 1, n: 1, bio, cv }), { data: { id: 2, n: 1, bio: null, cv: null }, oldId: 1 });
    expect(await row("2")).toMatchObject({ id: "2", bio, cv });
    const [old, now] = ["1", "2"].map((key) => mentioned(table.items.get(key)));
    expect([old?.length, now?.length]).toEqual([2, 2]);
    expect(old?.some((name) => now?.includes(name))).toBe(false);
  });

  test("of a row that only just fitted: the tombstone holds what is new in it as well", async () => {
    const { take, row, table } = raw();
    await take(insert({ id: 1, n: 1, bio: text("b", 399.6) }));
    expect(mentioned(table.items.get("1"))).toEqual([]);
    await take({ data: { id: 2, n: 1, bio: null }, oldId: 1 });
    expect(await row("2")).toMatchObject({ bio: text("b", 399.6) });
    expect(table.items.get("1")).toMatchObject({ _deleted: { BOOL: true }, _movedTo: { S: "2" } });
  });

  test("passes on what comes late", async () => {
    const { capture, next, row } = raw();
    const before = next(insert({ id: 1, n: 1, bio, cv }));
    await capture(next({ data: { id: 2, n: 1, bio: null, cv: null }, oldId: 1 }));
    await capture(before);
    expect(await row("2")).toMatchObject({ id: "2", bio, cv });
  });

  test("whose values somebody has deleted for good fails, and says which", async () => {
    const { take, bucket } = raw();
    await take(insert({ id: 1, n: 1, bio, cv }));
    for (const { version } of [...bucket.versions]) bucket.expire(version);
    await expect(take({ data: { id: 2, n: 1, bio: null, cv: null }, oldId: 1 })).rejects.toThrow(
      /^the overflow has no monolith\.people\/.*, version v\d, any more$/,
    );
  });
});

import { emissionMark, emissionScan } from "../../functions/emit";
import { fakeRaw, named, type FakeRaw, type RawItem } from "../testing/fakeRaw";
import { emitRows, type Counts } from "./emit";
import { Pace } from "./pace";

const MARK = emissionMark(Date.UTC(2026, 10, 24));
const [EARLIER, LATER] = [emissionMark(0), emissionMark(Date.UTC(2027, 0, 1))];

/** So many rows of users, some pages in each segment, and some of others. */
const MANY = 200;
const sample = (): Record<string, RawItem> => ({
  ...Object.fromEntries(Array.from({ length: MANY }, (_, index) => [`users#${index}`, { table: "monolith.users" }])),
  ...{ "shops#1": { table: "monolith.shops" }, "left#1": { table: "monolith.left" } },
});

interface Options {
  readonly since?: number;
  readonly tables?: readonly string[];
  readonly abort?: AbortController;
  /** Rows a second. */
  readonly rate?: number;
}

async function run(raw: FakeRaw, options: Options = {}) {
  const { since, tables = ["monolith.users"], abort = new AbortController(), rate = 1e9 } = options;
  const counts = tables.map((table): Counts => ({ table, rows: 0, emitted: 0, passed: 0, refused: 0 }));
  const problems: string[] = [];
  const waits: number[] = [];
  const clock = { now: () => 0, wait: async (milliseconds: number) => waits.push(milliseconds) };
  const error: unknown = await emitRows(
    {
      ...{ client: raw.client, tableName: "raw", tables, since, mark: MARK },
      pace: new Pace(rate, abort.signal, clock),
      progress: () => undefined,
      problem: (text: string) => problems.push(text),
    },
    counts,
  ).catch((reason: unknown) => reason);
  return { counts, problems, error, waits };
}

const marked = ({ items }: FakeRaw): string[] =>
  [...items].filter(([, { emitted }]) => emitted === MARK).map(([key]) => key);

test("marks each row of the tables once, and no other", async () => {
  const raw = fakeRaw(sample());
  const { counts, error } = await run(raw, { tables: ["monolith.users", "monolith.shops"] });
  expect(error).toBeUndefined();
  expect(counts).toEqual([
    { table: "monolith.users", rows: MANY, emitted: MANY, passed: 0, refused: 0 },
    { table: "monolith.shops", rows: 1, emitted: 1, passed: 0, refused: 0 },
  ]);
  expect(marked(raw)).toHaveLength(MANY + 1);
  expect(new Set(raw.asked).size).toBe(raw.asked.length);
  expect(raw.items.get("left#1")?.emitted).toBeUndefined();
});

test("passes over what bears this mark or a later one, without asking", async () => {
  const users = { table: "monolith.users" };
  const raw = fakeRaw({
    ...{ a: { ...users, emitted: MARK }, b: { ...users, emitted: LATER } },
    ...{ c: { ...users, emitted: EARLIER }, d: users },
  });
  const { counts } = await run(raw);
  expect(counts).toMatchObject([{ rows: 4, emitted: 2, passed: 2 }]);
  expect(raw.asked.sort()).toEqual(["c", "d"]);
  expect((await run(raw)).counts).toMatchObject([{ rows: 4, emitted: 0, passed: 4 }]);
});

test("with a time, only what raw has accepted since, and what it took before it kept the time", async () => {
  const at = (acceptedAt: number) => ({ table: "monolith.users", acceptedAt });
  const raw = fakeRaw({ before: at(99), then: at(100), later: at(101), unknown: { table: "monolith.users" } });
  await run(raw, { since: 100 });
  expect(marked(raw)).toEqual(["then", "later", "unknown"]);
});

test("interrupted, it ends what is under way and begins nothing; again with the mark it does the rest", async () => {
  const raw = fakeRaw(sample());
  const abort = new AbortController();
  raw.intercept = () => {
    if (raw.asked.length === 10) abort.abort();
  };
  const { counts, error } = await run(raw, { abort });
  expect(error).toMatchObject({ name: "AbortError" });
  const done = marked(raw).length;
  expect(done).toBeGreaterThanOrEqual(10);
  expect(done).toBeLessThan(MANY);
  expect(counts).toMatchObject([{ rows: done, emitted: done }]);
  expect((await run(raw)).counts).toMatchObject([{ rows: MANY, emitted: MANY - done, passed: done }]);
  expect(raw.asked).toHaveLength(MANY);
});

test("an error of DynamoDB ends all segments, with counts that are right", async () => {
  const raw = fakeRaw(sample());
  raw.intercept = () => {
    if (raw.asked.length === 20) throw named("AccessDeniedException");
  };
  const { counts, error } = await run(raw);
  expect(error).toMatchObject({ name: "AccessDeniedException" });
  // What was under way ended: 12 in each of 4 segments at most, and no more of the pages that were read.
  expect(raw.asked.length).toBeLessThanOrEqual(20 + 48);
  expect(counts).toMatchObject([{ rows: raw.asked.length - 1, emitted: raw.asked.length - 1 }]);
  expect(marked(raw)).toHaveLength(raw.asked.length - 1);
});

test("each row has its turn, but those that are passed over", async () => {
  const raw = fakeRaw({ ...sample(), done: { table: "monolith.users", emitted: LATER } });
  const { waits } = await run(raw, { rate: 10 });
  expect(waits.sort((a, b) => a - b)).toEqual(Array.from({ length: MANY - 1 }, (_, index) => (index + 1) * 100));
});

test("a throttled row is tried again, one that cannot hold the mark is told, one that is gone is passed over", async () => {
  const raw = fakeRaw(sample());
  const failures = [named("ThrottlingException"), named("ProvisionedThroughputExceededException")];
  raw.intercept = (key) => {
    const failure = key === "users#7" ? failures.pop() : undefined;
    if (failure !== undefined) throw failure;
    if (key === "users#8") throw named("ValidationException", "Item size to update has exceeded");
    if (key === "users#9") raw.items.delete(key);
  };
  const { counts, problems, error } = await run(raw);
  expect(error).toBeUndefined();
  expect(counts).toMatchObject([{ rows: MANY, emitted: MANY - 2, passed: 1, refused: 1 }]);
  expect(problems).toEqual(["users#8 cannot be marked: Item size to update has exceeded"]);
  expect(raw.asked.filter((key) => key === "users#7")).toHaveLength(3);
});

test("an IN of the filter has a hundred tables", () => {
  const tables = Array.from({ length: 250 }, (_, index) => `monolith.t${index}`);
  const { FilterExpression = "", ExpressionAttributeValues = {} } = emissionScan({ tableName: "raw", tables }, 0, 4);
  const groups = [...FilterExpression.matchAll(/#table IN \(([^)]*)\)/g)].map(([, group = ""]) => group.split(", "));
  expect(groups.map(({ length }) => length)).toEqual([100, 100, 50]);
  expect(groups.flat().map((name) => ExpressionAttributeValues[name]?.S)).toEqual(tables);
});

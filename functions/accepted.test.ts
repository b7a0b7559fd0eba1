/** Raw says when it took a change, by its own clock: `npm run emit -- --since` goes by it. */
import type { Change } from "../model/change";
import type { TableLayout } from "../model/layout";
import { applyChanges } from "./store";
import { tableDouble } from "./testing/tableDouble";

const layout: TableLayout = {
  source: "monolith",
  table: "things",
  key: ["id"],
  columns: {
    id: { form: "integer", lob: false, private: false },
    note: { form: "text", lob: true, private: false },
  },
};

/** Committed long before any of the times at which the store takes it. */
const change = (key: string, at: number, more: Partial<Change> = {}): Change => ({
  ...{ source: "monolith", table: "things", key, operation: "update", unknown: {}, row: { id: key } },
  ...{ committedAt: "2026-01-01T00:00:00.000000Z" },
  ...{ order: { sequence: `s${at}`, position: `p${at}`, builtAt: "2026-01-01T00:00:00Z" } },
  ...more,
});

function table(keepsUnknown: boolean) {
  const double = tableDouble();
  const take = (second: number, ...changes: Change[]) =>
    applyChanges(changes, {
      sdk: double.sdk,
      now: () => second * 1000 + 999,
      place: () => ({ tableName: "t", keyPrefix: "", layout, keepsUnknown }),
    });
  const times = () =>
    Object.fromEntries([...double.items].map(([key, item]) => [key, item["_acceptedAt"]?.N] as const).sort());
  return { take, times };
}

test("of a new row, of each change and of a deletion; what is stale changes nothing", async () => {
  const { take, times } = table(true);
  await take(100, change("1", 1, { operation: "load" }), change("2", 1), change("3", 1));
  expect(times()).toEqual({ 1: "100", 2: "100", 3: "100" });
  await take(200, change("1", 2), change("2", 2, { operation: "delete" }), change("3", 1));
  expect(times()).toEqual({ 1: "200", 2: "200", 3: "100" });
});

test("of both halves of a key change, and of the row that a late large object is passed on to", async () => {
  const { take, times } = table(true);
  await take(100, change("1", 1));
  const halves = [
    change("1", 3, { operation: "delete", movedTo: "2" }),
    change("2", 3, { operation: "insert", movedFrom: "1" }),
  ];
  await take(200, ...halves);
  expect(times()).toEqual({ 1: "200", 2: "200" });
  const [outcome] = await take(300, change("1", 2, { row: { id: "1", note: "late" } }));
  expect(outcome).toEqual({ kind: "applied" });
  expect(times()).toEqual({ 1: "200", 2: "300" });
});

test("a service's table has no use for it", async () => {
  const { take, times } = table(false);
  await take(100, change("1", 1));
  expect(times()).toEqual({ 1: undefined });
});

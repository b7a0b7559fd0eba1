/** Full loads and compactions on the laptop's S3, Glue and Athena: what readers see before, meanwhile and afterwards. */
import type { PromoteOptions } from "../functions/promote";
import { loadIn } from "../functions/load";
import { lakeTables, type Table } from "../model";
import { startLake, type Lake } from "./testing/lake";

const tableOf = (name: string): Table => {
  const table = lakeTables.find((candidate) => candidate.name === name);
  if (table === undefined) throw new Error(`the model has no ${name}`);
  return table;
};
const [users, punches] = [tableOf("users"), tableOf("punches")];

const BEGAN = Date.parse("2026-11-24T08:00:00.000Z");
const DAY = 24 * 3_600_000;
const finished = (rows: number, began = BEGAN) => new Map([["public.users", { began, rows }]]);

/** A machine with other work to do. */
jest.setTimeout(60_000);

let lake: Lake;
beforeEach(async () => {
  lake = await startLake([users, punches]);
});
afterEach(() => lake.close());

const person = (id: number, role: string): Record<string, unknown> => ({ id, shop_id: 1, role, active: true });
let version = 0;
const change = (id: number, role: string, at: string, rest: object = {}): Record<string, unknown> => ({
  ...person(id, role),
  public_id: `hash ${id}`,
  ...{ _op: "update", _version: String((version += 1)).padStart(9, "0"), _position: "1", _committed_at: at },
  ...rest,
});

const people = async (): Promise<string[]> =>
  (await lake.query("SELECT id, role, public_id FROM users ORDER BY id")).rows.map((row) => row.join(" "));

test("a reader sees the old load or the new one, whole, and neither what lands nor what is copied", async () => {
  await lake.deliver(users, "2026-11-20", [
    change(1, "changed", "2026-11-20T08:00:00.000000Z"),
    change(2, "changed", "2026-11-20T08:00:00.000000Z"),
  ]);
  const before = ["1 changed hash 1", "2 changed hash 2"];
  await lake.land(users, "LOAD00000001.parquet", [person(1, "loaded")]);
  expect(await people()).toEqual(before);
  // DMS is at it, or has ended otherwise.
  for (const loads of [undefined, new Map()])
    expect((await lake.promote(loads, BEGAN)).promoted).not.toContain("public.users");
  expect(await people()).toEqual(before);
  // It says it has ended, and a file is missing.
  await expect(lake.promote(finished(2), BEGAN)).rejects.toThrow(
    "DMS has loaded 2 rows, and load=20261124T080000000Z has 1",
  );
  expect(await people()).toEqual(before);

  await lake.land(users, "LOAD00000002.parquet", [person(2, "loaded")]);
  const seen: string[][] = [];
  const looking = (options: PromoteOptions): PromoteOptions => ({
    ...options,
    query: async (sql) => {
      seen.push(await people());
      return options.query(sql);
    },
  });
  await lake.promote(finished(2), BEGAN, looking);
  // Before it counts, before it takes pseudonyms along, and before the switch.
  expect(seen).toEqual([before, before, before]);
  const after = ["1 loaded hash 1", "2 loaded hash 2"];
  expect(await people()).toEqual(after);
  // The next load replaces what landed.
  await lake.clearLanding(users);
  expect(await people()).toEqual(after);
  await lake.land(users, "LOAD00000001.parquet", [person(2, "loaded again")]);
  expect(await people()).toEqual(after);
  await lake.promote(finished(1, BEGAN + DAY), BEGAN + DAY);
  expect(await people()).toEqual(["2 loaded again hash 2"]);
  expect(loadIn((await lake.viewSql("users")) ?? "")).toMatchObject({ name: "20261125T080000000Z" });
});

test("what was committed since the load began is laid over it, however late it comes; deletes vanish", async () => {
  await lake.deliver(users, "2026-11-20", [change(1, "old", "2026-11-20T08:00:00.000000Z")]);
  await lake.land(
    users,
    "LOAD00000001.parquet",
    [1, 2, 3, 4].map((id) => person(id, "loaded")),
  );
  await lake.promote(finished(4), BEGAN);
  await lake.deliver(users, "2026-11-24", [
    change(2, "changed", "2026-11-24T08:00:01.000000Z"),
    change(3, "", "2026-11-24T08:00:01.000000Z", { _op: "delete" }),
    change(5, "new", "2026-11-24T08:30:00.000000Z"),
  ]);
  // Held up for days: one from before the load, which it has already, and one from after.
  await lake.deliver(users, "2026-11-28", [
    change(4, "old", "2026-11-24T07:58:00.000000Z", { public_id: "hash late" }),
    change(6, "late", "2026-11-24T08:10:00.000000Z"),
  ]);
  expect(await people()).toEqual([
    "1 loaded hash 1",
    "2 changed hash 2",
    "4 loaded hash late",
    "5 new hash 5",
    "6 late hash 6",
  ]);
  // The pseudonyms go along although their changes are no longer read.
  await lake.clearLanding(users);
  await lake.land(
    users,
    "LOAD00000001.parquet",
    [1, 4, 6].map((id) => person(id, "next")),
  );
  await lake.promote(finished(3, BEGAN + 10 * DAY), BEGAN + 10 * DAY);
  expect(await people()).toEqual(["1 next hash 1", "4 next hash late", "6 next hash 6"]);
});

test("a service's own table is compacted: the same rows of fewer bytes", async () => {
  const at = (id: number, time: string, rest: object = {}) => ({
    ...{ id: `00000000-0000-0000-0000-00000000000${id}`, shop_id: 1, user_id: id, direction: "in" },
    punched_at: "2026-11-01T08:00:00.000000Z",
    ...{ _op: "update", _version: String((version += 1)).padStart(9, "0"), _position: "1", _committed_at: time },
    ...rest,
  });
  const time = "2026-11-01T08:00:00.000000Z";
  const rows = Array.from({ length: 500 }, (_, index) => at(index % 2, time));
  await lake.deliver(punches, "2026-11-01", [...rows, at(3, time), at(4, time), at(4, time, { _op: "delete" })]);
  const read = () => lake.query("SELECT id, user_id, direction FROM punches ORDER BY id");
  const before = await read();
  expect(before.rows.map(([, user]) => user)).toEqual(["0", "1", "3"]);
  await lake.promote(undefined, BEGAN);
  const after = await read();
  expect(after.rows).toEqual(before.rows);
  expect(after.bytesScanned).toBeLessThan(before.bytesScanned / 2);
  // And goes on.
  await lake.deliver(punches, "2026-11-24", [at(3, time, { direction: "out" }), at(1, time, { _op: "delete" })]);
  const changed = [
    ["00000000-0000-0000-0000-000000000000", "0", "in"],
    ["00000000-0000-0000-0000-000000000003", "3", "out"],
  ];
  expect((await read()).rows).toEqual(changed);
  await lake.promote(undefined, BEGAN + 5 * DAY);
  expect((await read()).rows).toEqual(changed);
});

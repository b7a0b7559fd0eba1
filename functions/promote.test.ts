import type { LakeObject, PromoteOptions, PromotedTable } from "./promote";
import { promote } from "./promote";
import { fill, loadIn, loadName, startOf } from "./load";
import type { Finished } from "./finished";

const BEGAN = Date.parse("2026-11-24T08:00:00.123Z");
const NAME = "20261124T080000123Z";
const HOUR = 3_600_000;

const shifts: PromotedTable = {
  schema: "public",
  name: "shifts",
  view: "shifts",
  full: "full_shifts",
  columns: ["id", "shop_id"],
  onLoad: `SELECT '{{load}}' WHERE "dt" >= '{{day}}' AND t >= TIMESTAMP '{{since}}'`,
};
const people: PromotedTable = {
  ...{ schema: "public", name: "people", view: "people", full: "full_people", columns: ["id"] },
  onLoad: "SELECT '{{load}}', '{{pseudonyms}}'",
  pseudonyms: {
    first: "SELECT first WHERE load = '{{load}}'\n",
    next: "SELECT next WHERE load = '{{load}}' AND before = '{{pseudonyms before}}' AND dt >= '{{day before}}'\n",
  },
};

/** The end of a Parquet file with these columns; longer with more of `filling`, which stands before the schema's end. */
function parquet(columns: readonly string[], filling = 0): Buffer {
  const element = (name: string, end: number[]) => [0x48, name.length, ...Buffer.from(name), ...end, 0];
  const children = columns.flatMap((name) => element(name, []));
  const schema = [0x19, ((columns.length + 1) << 4) | 12, ...element("root", [0x15, columns.length * 2]), ...children];
  const footer = Buffer.concat([Buffer.from([0x15, 2, ...schema]), Buffer.alloc(filling)]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([footer, length, Buffer.from("PAR1")]);
}

interface World {
  readonly objects: Map<string, LakeObject>;
  readonly views: Map<string, string>;
  readonly statements: string[];
  readonly lines: string[];
  loads: Map<string, Finished> | undefined;
  now: number;
  /** Milliseconds that the run may still take. */
  remaining: number;
  /** How often DMS was asked. */
  asked: number;
  /** Called with every copy. */
  onCopy: () => Promise<void>;
  rows: number;
  /** What landed files hold, by key. */
  readonly files: Map<string, Buffer>;
}

function world(): World & { run(...tables: PromotedTable[]): ReturnType<typeof promote>; put(key: string): void } {
  const self: World = {
    ...{ objects: new Map(), views: new Map(), statements: [], lines: [], loads: new Map() },
    ...{ now: BEGAN + HOUR, remaining: Infinity, asked: 0, onCopy: async () => undefined, rows: 2, files: new Map() },
  };
  const put = (key: string, bytes = 10): void => {
    self.objects.set(key, { key, bytes, modified: self.now, etag: `"${key}"` });
  };
  const options: Omit<PromoteOptions, "tables"> = {
    lake: "s3://lake",
    files: {
      list: async (prefix) => [...self.objects.values()].filter(({ key }) => key.startsWith(prefix)),
      tail: async ({ key }, bytes) => (self.files.get(key) ?? parquet(["id"])).subarray(-bytes),
      copy: async ({ bytes }, to) => {
        await self.onCopy();
        put(to, bytes);
      },
      remove: async (keys) => keys.forEach((key) => self.objects.delete(key)),
    },
    finished: async () => {
      self.asked += 1;
      return self.loads;
    },
    query: async (sql) => {
      self.statements.push(sql);
      const view = /^CREATE OR REPLACE VIEW "(.*?)" AS\n([^]*)$/.exec(sql);
      if (view !== null) self.views.set(view[1] ?? "", view[2] ?? "");
      return [[String(self.rows)]];
    },
    viewSql: async (view) => self.views.get(view),
    now: () => self.now,
    remaining: () => self.remaining,
    log: (line) => self.lines.push(line),
  };
  return Object.assign(self, { put, run: (...tables: PromotedTable[]) => promote({ ...options, tables }) });
}

function loaded(name = "public.shifts") {
  const it = world();
  it.put(`landing/${name.replace(".", "/")}/LOAD00000001.parquet`);
  it.put(`landing/${name.replace(".", "/")}/LOAD00000002.parquet`);
  it.loads = new Map([[name, { began: BEGAN, rows: 2 }]]);
  return it;
}

test("a load that is complete is copied, counted, and the view stands on it", async () => {
  const it = loaded();
  expect(await it.run(shifts)).toEqual({ promoted: ["public.shifts"], waiting: [], left: [] });
  const files = ["LOAD00000001.parquet", "LOAD00000002.parquet"];
  expect([...it.objects.keys()].slice(2)).toEqual(files.map((file) => `full/public/shifts/load=${NAME}/${file}`));
  expect(it.statements).toEqual([
    `SELECT count(*) FROM "full_shifts" WHERE "load" = '${NAME}'`,
    `CREATE OR REPLACE VIEW "shifts" AS\nSELECT '${NAME}' WHERE "dt" >= '2026-11-23' AND t >= TIMESTAMP '2026-11-24 07:59:00.123'`,
  ]);
  expect(it.lines.map((line) => JSON.parse(line))).toEqual([
    { promoted: 1, failed: 0, waiting: [], left: [], problems: [] },
    { oldestLoadHours: expect.closeTo(1, 3), tablesWithoutLoad: 0 },
  ]);
});

test("the same load is promoted once", async () => {
  const it = loaded();
  await it.run(shifts);
  it.statements.splice(0);
  expect(await it.run(shifts)).toEqual({ promoted: [], waiting: [], left: [] });
  expect(it.statements).toEqual([]);
});

test.each([
  ["any load is running", (it: World) => (it.loads = undefined)],
  ["its load has not ended well", (it: World) => (it.loads = new Map())],
  ["another one began while it was copied", (it: World) => (it.onCopy = async () => void (it.loads = undefined))],
  [
    "another one has even ended since",
    (it: World) =>
      (it.onCopy = async () => void (it.loads = new Map([["public.shifts", { began: BEGAN + 1, rows: 2 }]]))),
  ],
])("a table waits while %s", async (_when, happens) => {
  const it = loaded();
  happens(it);
  expect(await it.run(shifts)).toEqual({ promoted: [], waiting: ["public.shifts"], left: [] });
  expect(it.views.size).toBe(0);
  expect(it.lines[1]).toBe('{"oldestLoadHours":0,"tablesWithoutLoad":1}');
});

test("another count than DMS says is refused, the other tables are promoted all the same", async () => {
  const it = loaded();
  it.loads?.set("public.people", { began: BEGAN, rows: 3 });
  await expect(it.run({ ...people, pseudonyms: undefined } as PromotedTable, shifts)).rejects.toThrow(
    `public.people: DMS has loaded 3 rows, and load=${NAME} has 2`,
  );
  expect([...it.views.keys()]).toEqual(["shifts"]);
});

test("a column that the lake does not know keeps the load where no query reads, until the model knows it", async () => {
  const it = loaded();
  const landed = "landing/public/shifts/LOAD00000002.parquet";
  it.files.set(landed, parquet(["ID", "shop_id", "iban", "bic"]));
  await expect(it.run(shifts)).rejects.toThrow(
    `public.shifts: ${landed} has columns that the lake does not know: iban, bic. The view keeps the load before.`,
  );
  expect(it.objects.has(`full/public/shifts/load=${NAME}/LOAD00000002.parquet`)).toBe(false);
  expect(it.statements).toEqual([]);
  const known = { ...shifts, columns: [...shifts.columns, "iban", "bic"] };
  expect((await it.run(known)).promoted).toEqual(["public.shifts"]);
});

test("a footer longer than what is read at first is read whole, and what is no Parquet file is refused", async () => {
  const it = loaded();
  const landed = "landing/public/shifts/LOAD00000002.parquet";
  it.files.set(landed, parquet(["id", "iban"], 100_000));
  await expect(it.run(shifts)).rejects.toThrow("does not know: iban.");
  it.files.set(landed, Buffer.from("id,iban\n"));
  await expect(it.run(shifts)).rejects.toThrow(`${landed}: it is no Parquet file`);
});

test("copies that were interrupted go on", async () => {
  const it = loaded();
  const copied = `full/public/shifts/load=${NAME}/LOAD00000001.parquet`;
  it.put(copied);
  let copies = 0;
  it.onCopy = async () => void (copies += 1);
  await it.run(shifts);
  expect(copies).toBe(1);
});

test("pseudonyms are taken along: of all changes at first, then from the load before", async () => {
  const it = loaded("public.people");
  await it.run(people);
  const first = `${NAME}-${loadName(it.now)}`;
  expect(it.statements.slice(1)).toEqual([
    `UNLOAD (\nSELECT first WHERE load = '${NAME}'\n) TO 's3://lake/full/pseudonyms/public/people/load=${first}/' WITH (format = 'PARQUET', compression = 'SNAPPY')`,
    `CREATE OR REPLACE VIEW "people" AS\nSELECT '${NAME}', '${first}'`,
  ]);
  it.statements.splice(0);
  it.now += 48 * HOUR;
  it.loads = new Map([["public.people", { began: BEGAN + 47 * HOUR, rows: 2 }]]);
  await it.run(people);
  expect(it.statements[1]).toContain(
    `SELECT next WHERE load = '20261126T070000123Z' AND before = '${first}' AND dt >= '2026-11-23'`,
  );
});

test("old loads are removed when nobody can be reading them any more, however often new ones come", async () => {
  const it = loaded("public.people");
  const folders = ["full/public/people/load=", "full/pseudonyms/public/people/load="];
  const before = folders.map(
    (folder, index) => `${folder}20261117T080000000Z${index === 0 ? "" : "-20261117T090000000Z"}/a`,
  );
  // Being copied, or left by a promotion that failed.
  const later = folders.map((folder) => `${folder}20261224T080000000Z/a`);
  for (const key of [...before, ...later]) it.put(key);
  const left = () => [...it.objects.keys()].filter((key) => key.startsWith("full/"));
  await it.run(people);
  it.put(`${folders[1]}${NAME}-${loadName(it.now)}/a`);
  it.now += 12 * HOUR;
  it.loads = new Map([["public.people", { began: BEGAN + 12 * HOUR, rows: 2 }]]);
  await it.run(people);
  it.put(`${folders[1]}${loadName(BEGAN + 12 * HOUR)}-${loadName(it.now)}/a`);
  expect(left()).toEqual(expect.arrayContaining(before));
  it.now += 12 * HOUR;
  await it.run(people);
  const kept = left();
  expect(kept.filter((key) => before.includes(key))).toEqual([]);
  expect(kept).toEqual(expect.arrayContaining(later));
  // The one that was followed 12 hours ago and the one in force, two files and their pseudonyms each.
  expect(kept).toHaveLength(2 * 3 + 2);
  it.now += 365 * 24 * HOUR;
  it.remaining = 170_000;
  await it.run(people);
  expect(left()).toEqual(kept);
  it.remaining = Infinity;
  await it.run(people);
  expect(left()).toHaveLength(3 + 2);
});

test("a load's name says when it began, and is found in a view's SQL in any formatting", () => {
  expect(loadName(BEGAN)).toBe(NAME);
  expect(startOf({ name: NAME })).toBe(BEGAN);
  expect(() => startOf({ name: "yesterday" })).toThrow('"yesterday" is no name of a full load');
  const load = { name: NAME, pseudonyms: `${NAME}-${NAME}` };
  expect(loadIn(fill(people.onLoad, load))).toEqual(load);
  expect(loadIn(`SELECT * FROM full WHERE (load = '${NAME}')`)).toEqual({ name: NAME });
  expect(loadIn("SELECT 1")).toBeUndefined();
});

describe("a service's own table", () => {
  const punches: PromotedTable = {
    ...{ schema: "clocking", name: "punches", view: "punches", full: "full_punches", columns: [] },
    onLoad: `SELECT '{{load}}' WHERE "dt" >= '{{day}}'`,
    compaction: { first: "SELECT first\n", next: "SELECT next '{{load before}}' '{{day before}}'\n" },
  };

  test("is compacted, as of two days ago, whatever DMS says", async () => {
    const it = world();
    it.loads = undefined;
    expect(await it.run(punches)).toEqual({ promoted: ["clocking.punches"], waiting: [], left: [] });
    const asOf = "20261122T090000123Z";
    expect(it.statements).toEqual([
      `UNLOAD (\nSELECT first\n) TO 's3://lake/full/compacted/clocking/punches/load=${asOf}/' WITH (format = 'PARQUET', compression = 'SNAPPY')`,
      `CREATE OR REPLACE VIEW "punches" AS\nSELECT '${asOf}' WHERE "dt" >= '2026-11-21'`,
    ]);
  });

  test("is compacted again from there when that is four days old", async () => {
    const it = world();
    await it.run(punches);
    it.now += 47 * HOUR;
    expect(await it.run(punches)).toMatchObject({ promoted: [] });
    it.now += HOUR;
    expect(await it.run(punches)).toMatchObject({ promoted: ["clocking.punches"] });
    expect(it.statements[2]).toContain("SELECT next '20261122T090000123Z' '2026-11-21'");
  });

  test("old compactions are removed", async () => {
    const it = world();
    const folder = "full/compacted/clocking/punches/load=";
    it.put(`${folder}20261101T090000123Z/a`);
    await it.run(punches);
    it.put(`${folder}20261122T090000123Z/a`);
    it.now += 24 * HOUR;
    await it.run(punches);
    expect([...it.objects.keys()]).toEqual([`${folder}20261122T090000123Z/a`]);
  });
});

describe("many tables", () => {
  const many = Array.from({ length: 20 }, (_, index): PromotedTable => ({
    ...{ ...shifts, name: `t${index}`, view: `t${index}` },
  }));
  const names = many.map(({ name }) => `public.${name}`);
  const allLoaded = () => {
    const it = world();
    for (const { name } of many) it.put(`landing/public/${name}/LOAD00000001.parquet`);
    it.loads = new Map(names.map((name) => [name, { began: BEGAN, rows: 2 }]));
    return it;
  };

  test("are promoted eight at a time, and DMS is asked once, and once a group", async () => {
    const it = allLoaded();
    let [copying, most] = [0, 0];
    it.onCopy = async () => {
      most = Math.max(most, (copying += 1));
      await new Promise(setImmediate);
      copying -= 1;
    };
    expect((await it.run(...many)).promoted).toEqual(names);
    expect({ most, asked: it.asked }).toEqual({ most: 8, asked: 1 + 3 });
    // And when there is nothing to do once.
    it.asked = 0;
    expect(await it.run(...many)).toEqual({ promoted: [], waiting: [], left: [] });
    expect(it.asked).toBe(1);
  });

  test("those for which there is no time are left to the next run, and are said to be", async () => {
    const it = allLoaded();
    it.onCopy = async () => {
      it.remaining = 170_000;
    };
    // The copies of the first group are made, and none of its views.
    expect(await it.run(...many)).toEqual({ promoted: [], waiting: [], left: names });
    expect(it.statements).toEqual([]);
    // Nor is DMS asked about groups of which nothing is copied.
    expect(it.asked).toBe(2);
    expect(JSON.parse(it.lines[0] ?? "")).toMatchObject({ promoted: 0, failed: 0, left: names });
    it.remaining = Infinity;
    let copies = 0;
    it.onCopy = async () => void (copies += 1);
    expect((await it.run(...many)).promoted).toEqual(names);
    expect(copies).toBe(12);
  });

  test("of a table with many files the copies that are made stay made", async () => {
    const it = loaded();
    for (let file = 3; file <= 9; file += 1) it.put(`landing/public/shifts/LOAD0000000${file}.parquet`);
    let copies = 0;
    it.onCopy = async () => {
      copies += 1;
      it.remaining = copies === 6 ? 170_000 : Infinity;
    };
    expect(await it.run(shifts)).toEqual({ promoted: [], waiting: [], left: ["public.shifts"] });
    expect(copies).toBe(6);
    it.remaining = Infinity;
    expect((await it.run(shifts)).promoted).toEqual(["public.shifts"]);
    expect(copies).toBe(9);
  });

  test("the age is that of the oldest load, whatever else has none", async () => {
    const it = allLoaded();
    it.loads?.delete("public.t3");
    it.loads?.set("public.t7", { began: BEGAN - 5 * HOUR, rows: 2 });
    await it.run(...many);
    expect(JSON.parse(it.lines[1] ?? "")).toEqual({ oldestLoadHours: expect.closeTo(6, 3), tablesWithoutLoad: 1 });
  });
});

test("a view that was made anew since the run began is not replaced: the next run does it", async () => {
  const it = loaded();
  await it.run(shifts);
  it.now += 24 * HOUR;
  it.loads = new Map([["public.shifts", { began: BEGAN + 23 * HOUR, rows: 2 }]]);
  const newer = "SELECT new_column, '20261124T080000123Z'";
  it.onCopy = async () => void it.views.set("shifts", newer);
  expect(await it.run(shifts)).toEqual({ promoted: [], waiting: [], left: ["public.shifts"] });
  expect(it.views.get("shifts")).toBe(newer);
  it.onCopy = async () => undefined;
  expect((await it.run(shifts)).promoted).toEqual(["public.shifts"]);
});

test("of views that cannot be read no age is told", async () => {
  const it = loaded();
  it.views.get = () => {
    throw new Error("no Glue");
  };
  await expect(it.run(shifts)).rejects.toThrow("public.shifts: no Glue");
  expect(it.lines).toHaveLength(1);
});

test("what DMS does not tell is told at the end; compactions go on", async () => {
  const it = loaded();
  Object.defineProperty(it, "loads", {
    get: () => {
      throw new Error("not authorized");
    },
  });
  await expect(it.run(shifts)).rejects.toThrow("DMS: not authorized");
  expect(it.views.size).toBe(0);
});

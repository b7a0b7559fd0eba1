import { tableOf, truncatedTables, TupleReader, type Tuple } from "./decoding";

const read = (body: string) => new TupleReader().read(body, 0);
const named = ({ shape, values }: Tuple) =>
  Object.fromEntries(shape.columns.map(({ name, pgType }, index) => [`${name}[${pgType}]`, values[index]]));

test("values: quoted and not, nulls, empty texts, doubled quotes, bits, and what looks like the format itself", () => {
  const row = read(
    `INSERT: id[bigint]:9007199254740993 n[numeric]:NaN b[boolean]:true t[text]:'it''s [a]:''null''' e[text]:'' ` +
      `tags[text[]]:'{a,NULL}' z[timestamp with time zone]:'2026-11-24 10:00:00+00' bits[bit]:B'0101' nothing[text]:null`,
  );
  expect(row.operation).toBe("insert");
  expect("new" in row && named(row.new)).toEqual({
    "id[bigint]": "9007199254740993",
    "n[numeric]": "NaN",
    "b[boolean]": "true",
    "t[text]": "it's [a]:'null'",
    "e[text]": "",
    "tags[text[]]": "{a,NULL}",
    "z[timestamp with time zone]": "2026-11-24 10:00:00+00",
    "bits[bit]": "0101",
    "nothing[text]": null,
  });
});

test("an update: unchanged large value, old key, names in quotes", () => {
  const row = read(`UPDATE: old-key: "Id"[integer]:1 new-tuple: "Id"[integer]:2 body[text]:unchanged-toast-datum`);
  expect(row.operation === "update" && row.old && named(row.old)).toEqual({ "Id[integer]": "1" });
  expect("new" in row && named(row.new)).toEqual({ "Id[integer]": "2", "body[text]": undefined });
});

test("a delete with and without replica identity; nonsense is an error", () => {
  const row = read("DELETE: id[integer]:1");
  expect(row.operation === "delete" && row.old && named(row.old)).toEqual({ "id[integer]": "1" });
  expect(read("DELETE: (no-tuple-data)")).toEqual({ operation: "delete" });
  expect(() => read("MERGE: id[integer]:1")).toThrow("is no change of a row");
  expect(() => read("INSERT: id[text]:'a")).toThrow("a value without end");
});

test("rows of one table: the shape is kept until a column comes or goes, old rows have their own", () => {
  const reader = new TupleReader();
  const tuple = (body: string): Tuple => {
    const row = reader.read(body, 0);
    if (!("new" in row)) throw new Error("no row");
    return row.new;
  };
  const first = tuple("INSERT: id[integer]:1 a[text]:'x'");
  expect(tuple("INSERT: id[integer]:2 a[text]:'y'").shape).toBe(first.shape);
  expect(named(tuple("INSERT: id[integer]:3 a[text]:'z' b[text]:'new'"))).toMatchObject({ "b[text]": "new" });
  expect(named(tuple("INSERT: id[integer]:4 b[text]:'only'"))).toEqual({ "id[integer]": "4", "b[text]": "only" });
  expect(tuple("INSERT: id[integer]:5 a[text]:null").shape).toBe(first.shape);
  // Nulls are left out of an old row.
  const updated = reader.read("UPDATE: old-key: id[integer]:5 new-tuple: id[integer]:6 a[text]:null", 0);
  expect(updated.operation === "update" && updated.old && named(updated.old)).toEqual({ "id[integer]": "5" });
  const again = reader.read("UPDATE: old-key: id[integer]:6 a[text]:'q' new-tuple: id[integer]:6 a[text]:null", 0);
  expect(again.operation === "update" && again.old && named(again.old)).toEqual({ "id[integer]": "6", "a[text]": "q" });
});

test("the table of a message", () => {
  expect(tableOf("table public.foo: INSERT: id[integer]:1")).toEqual({ table: "public.foo", bodyAt: 18 });
  const quoted = 'table public."A, ""b"": c": DELETE: (no-tuple-data)';
  expect(tableOf(quoted)?.table).toBe('public."A, ""b"": c"');
  expect(quoted.slice(tableOf(quoted)?.bodyAt)).toBe("DELETE: (no-tuple-data)");
  expect(tableOf("COMMIT 779")).toBeUndefined();
  expect(tableOf("table public.a: TRUNCATE: (no-flags)")).toBeUndefined();
  expect(tableOf("table public.a, public.b: TRUNCATE: (no-flags)")).toBeUndefined();
  expect(truncatedTables('table public.a, public."b, c": TRUNCATE: cascade')).toEqual(["public.a", 'public."b, c"']);
  expect(truncatedTables("table public.a: INSERT: t[text]:': TRUNCATE:'")).toEqual([]);
});

import { brief, column, model, table } from "../testing/build";
import { identity, key } from "./key";

test("a table as the model has it", () => {
  expect([...key(table(), model()), ...identity(table(), model())]).toEqual([]);
});

test("without a primary key nothing that changes or goes is seen", () => {
  const [finding, ...others] = key(table({ key: [] }), model());
  expect(others).toEqual([]);
  expect(finding).toMatchObject({
    check: "no-primary-key",
    level: "error",
    table: "public.visits",
    sql: 'ALTER TABLE "public"."visits" ADD PRIMARY KEY ("id");',
  });
  expect(key(table({ key: [], kind: "v" }), model())).toEqual([]);
});

test("another key than the model's; the order alone does no harm", () => {
  expect(brief(key(table({ key: ["at"] }), model()))).toEqual(["error key-differs at"]);
  expect(brief(key(table({ key: ["at", "id"] }), { ...model(), key: ["id", "at"] }))).toEqual([
    "note key-differs at id",
  ]);
});

test("a large object in the key", () => {
  const text = table({ columns: [column("id", "text")] });
  expect(key(text, model())).toMatchObject([
    { check: "key-large-object", level: "error", sql: expect.stringContaining('ALTER "id" TYPE varchar(255)') },
  ]);
});

test("a deferrable key is not in the log, unless the whole row is", () => {
  expect(brief(key(table({ keyDeferrable: true }), model()))).toEqual(["error key-deferrable id"]);
  const logged = table({ keyDeferrable: true, identity: "f", columns: [column("report", "uuid")] });
  expect([...key(logged, model()), ...identity(logged, model())]).toEqual([]);
});

test("identity: nothing, and an index that is not the key", () => {
  expect(brief(identity(table({ identity: "n" }), model()))).toEqual(["error replica-identity"]);
  const byIndex = (columns: string[]) => table({ identity: "i", identityIndex: { name: "unique_place", columns } });
  expect(brief(identity(byIndex(["place"]), model()))).toEqual(["error replica-identity"]);
  expect(brief(identity(byIndex(["id"]), model()))).toEqual([]);
  expect(brief(identity(table({ identity: "i" }), model()))).toEqual(["error replica-identity"]);
});

test("the fix of an identity is what the model says", () => {
  const sql = (full: boolean) => identity(table({ identity: "n" }), model({ replicaIdentityFull: full }))[0]?.sql;
  expect(sql(true)).toBe('ALTER TABLE "public"."visits" REPLICA IDENTITY FULL;');
  expect(sql(false)).toBe('ALTER TABLE "public"."visits" REPLICA IDENTITY DEFAULT;');
});

test("model and database disagree on FULL: one way loses values, the other nulls", () => {
  const full = model({ replicaIdentityFull: true });
  expect(brief(identity(table(), full))).toEqual(["error replica-identity-model report"]);
  expect(brief(identity(table({ identity: "f" }), full))).toEqual([]);
  expect(brief(identity(table({ identity: "f" }), model()))).toEqual(["warning replica-identity-model report"]);
  const small = table({ identity: "f", columns: [column("report", "character varying(9)")] });
  expect(brief(identity(small, model()))).toEqual(["note replica-identity-model"]);
});

test("the null of a large column is not seen, if it can be null and the model knows it", () => {
  const nullable = table({
    columns: [
      column("report", "text", { nullable: true }),
      column("place", "text[]", { isArray: true, nullable: true }),
      column("image", "bytea", { nullable: true }),
    ],
  });
  expect(brief(identity(nullable, model()))).toEqual(["warning null-not-seen place report"]);
  const full = { ...nullable, identity: "f" } as const;
  expect(brief(identity(full, model({ replicaIdentityFull: true })))).toEqual([]);
});

import { brief, server, table } from "../testing/build";
import { access, constraints, ownersTruncate } from "./access";

test("a table that everybody treats well", () => {
  expect([...access(table(), server()), ...ownersTruncate([table()]), ...constraints(table())]).toEqual([]);
});

test("a table that the replication user may not read", () => {
  expect(access(table({ selectable: false }), server())).toMatchObject([
    { check: "select-grant", level: "error", sql: 'GRANT SELECT ON "public"."visits" TO "dms";' },
  ]);
  const hidden = access(table({ selectable: false, schemaUsable: false }), server());
  expect(hidden[0]?.sql).toBe('GRANT USAGE ON SCHEMA "public" TO "dms";\nGRANT SELECT ON "public"."visits" TO "dms";');
});

test("row security", () => {
  expect(brief(access(table({ rowsHidden: true }), server()))).toEqual(["error row-security"]);
});

test("roles that may truncate", () => {
  expect(access(table({ truncaters: ["app", "PUBLIC"] }), server())).toMatchObject([
    { check: "truncate", level: "warning", sql: 'REVOKE TRUNCATE ON "public"."visits" FROM "app", PUBLIC;' },
  ]);
});

test("owners that may truncate, once for all their tables", () => {
  const owner = { name: "app", superuser: false, truncates: true };
  const tables = [table({ owner }), table({ owner, name: "zones" }), table({ owner: { ...owner, truncates: false } })];
  expect(ownersTruncate(tables)).toMatchObject([
    { check: "truncate", level: "note", sql: 'REVOKE TRUNCATE ON "public"."visits", "public"."zones" FROM "app";' },
  ]);
});

test("deferrable constraints: a foreign key is altered, others are made anew", () => {
  const deferrable = [
    { name: "a", definition: "FOREIGN KEY (place) REFERENCES places(id) DEFERRABLE" },
    { name: "b", definition: "UNIQUE (place) DEFERRABLE INITIALLY DEFERRED" },
  ];
  const findings = constraints(table({ deferrable }));
  expect(brief(findings)).toEqual(["warning deferrable", "warning deferrable"]);
  expect(findings.map(({ sql }) => sql)).toEqual([
    'ALTER TABLE "public"."visits" ALTER CONSTRAINT "a" NOT DEFERRABLE;',
    'ALTER TABLE "public"."visits" DROP CONSTRAINT "b", ADD CONSTRAINT "b" UNIQUE (place);',
  ]);
});

test("a unique index with coalesce", () => {
  expect(brief(constraints(table({ coalesceIndexes: ["one_place"] })))).toEqual(["error coalesce-index"]);
});

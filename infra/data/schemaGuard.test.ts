import { losses } from "./schemaGuard";

const before = { changes_users: { id: "bigint", badge: "string" }, changes_shops: { id: "bigint" } };

test("what is added is no loss", () => {
  expect(losses({}, before)).toEqual([]);
  expect(losses(before, { ...before, changes_users: { ...before.changes_users, locale: "string" } })).toEqual([]);
});

test("what is dropped or changes its type is one, each in words of its own", () => {
  expect(losses(before, { changes_users: { id: "string" } })).toEqual([
    "changes_users.id: bigint -> string",
    "changes_users.badge: string -> dropped",
    "changes_shops: dropped",
  ]);
});

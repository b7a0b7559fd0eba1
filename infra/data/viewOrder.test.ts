import { inOrder } from "./viewOrder";

const view = (name: string, sql: string) => ({ name, sql, origin: `queries/views/${name}.sql`, basis: "" });

test("each comes after those it reads, whatever stands in comments and texts", () => {
  const ordered = inOrder([
    view("weekly", `SELECT * FROM "planned" p JOIN shops ON true -- not FROM later\nWHERE x = 'FROM later'`),
    view("later", "SELECT 1"),
    view("planned", "SELECT planned FROM\n  shifts"),
    view("shops", "SELECT * FROM changes_shops"),
    view("shifts", "SELECT * FROM changes_shifts"),
  ]);
  expect(ordered.map(({ name, readsViews }) => `${name}: ${readsViews.join(" ")}`.trim())).toEqual([
    "shifts:",
    "planned: shifts",
    "shops:",
    "weekly: planned shops",
    "later:",
  ]);
});

test("a view that stands second in a list, or behind the name of the database, is read too", () => {
  const ordered = inOrder([
    view("weekly", 'SELECT * FROM shops, planned JOIN "tributary"."late" ON true'),
    view("planned", "WITH late AS (SELECT 1) SELECT * FROM late"),
    view("late", "SELECT 1"),
  ]);
  expect(ordered.map(({ name, readsViews }) => [name, ...readsViews])).toEqual([
    ["planned"],
    ["late"],
    ["weekly", "late", "planned"],
  ]);
});

test("a circle, a name that is taken and a name Athena does not take are named with their file", () => {
  expect(() => inOrder([view("a", "SELECT * FROM b"), view("b", "SELECT * FROM a")])).toThrow(
    "queries/views/a.sql: the views read one another in a circle: a -> b -> a.",
  );
  expect(() => inOrder([view("a", "SELECT 1"), { ...view("a", "SELECT 2"), origin: "the other" }])).toThrow(
    'the other: the name "a" is taken by queries/views/a.sql.',
  );
  expect(() => inOrder([view("planned-hours", "SELECT 1")])).toThrow("queries/views/planned-hours.sql: Athena takes");
});

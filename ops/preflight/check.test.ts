import { check } from "./check";
import { brief, EXPECTED, model, relation, rows, server, table } from "./testing/build";

const source = { server: server(), relations: [relation("visits")], tables: [table()], measured: [rows()] };

test("nothing is found in a source that is in order", () => {
  expect(check(source, [model()], EXPECTED)).toEqual([]);
});

test("a table of the model that the catalog does not have", () => {
  expect(brief(check({ ...source, tables: [] }, [model()], EXPECTED))).toEqual(["error table-missing"]);
});

test("every part is asked", () => {
  const wrong = {
    server: server({ isReplica: true, settings: { wal_level: "replica" }, prepared: ["x"], versionNumber: 180_000 }),
    relations: [relation("visits"), relation("Visits")],
    tables: [
      table({ key: [], identity: "n", persistence: "u", columns: [], selectable: false, coalesceIndexes: ["i"] }),
    ],
    measured: [rows({ infinite: ["at"] })],
  };
  const extra = { ...model(), columns: model().columns.slice(1) };
  expect(brief(check(wrong, [extra], EXPECTED))).toEqual([
    "error read-replica",
    "error wal-level",
    "error prepared-transactions",
    "warning engine-version",
    "note not-replicated",
    "error unlogged",
    "error no-primary-key",
    "error replica-identity",
    "warning column-unknown id",
    "error name-case",
    "error select-grant",
    "error coalesce-index",
    "warning infinity at",
  ]);
});

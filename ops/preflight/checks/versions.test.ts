import { brief, server, TODAY } from "../testing/build";
import { expected } from "../expected";
import { compareVersions, versions } from "./versions";

const found = (postgres: number, engine: string, today = TODAY) =>
  brief(versions(server({ version: `${postgres}.1`, versionNumber: postgres * 10_000 + 1 }), expected(engine, today)));

test("versions are numbers between points", () => {
  expect(compareVersions("3.10.0", "3.9.9")).toBeGreaterThan(0);
  expect(compareVersions("3.6.1", "3.6.1")).toBe(0);
  expect(compareVersions("3.5.4", "3.6.0")).toBeLessThan(0);
});

test("PostgreSQL needs a DMS that knows it", () => {
  expect([11, 12, 16, 17].flatMap((postgres) => found(postgres, "3.6.1"))).toEqual([]);
  expect(found(17, "3.5.4", "2026-09-01")).toEqual(["error engine-version"]);
  expect(found(16, "3.5.4", "2026-09-01")).toEqual([]);
  expect(found(18, "3.6.1")).toEqual(["warning engine-version"]);
});

test("the end of a version comes near, and comes", () => {
  expect(found(16, "3.6.1", "2027-01-29")).toEqual([]);
  expect(found(16, "3.6.1", "2027-01-30")).toEqual(["note engine-end"]);
  expect(found(16, "3.6.1", "2027-05-01")).toEqual(["warning engine-end"]);
  expect(found(16, "3.6.1", "2027-07-01")).toEqual(["warning engine-end"]);
  expect(found(16, "3.9.0")).toEqual(["note engine-end"]);
});

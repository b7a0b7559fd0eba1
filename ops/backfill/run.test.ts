import { runAgainst, type Answers } from "../testing/fakeDms";
import { backfill } from "./run";

const NAMES = ["contracts", "shifts", "absences", "users"];

/** The task that follows the monolith; a reload takes the tables to `after`. */
function dms(more: { task?: object; before?: object; after?: object }): { answers: Answers; reloaded: unknown[] } {
  const reloaded: unknown[] = [];
  const table = (TableName: string) => ({
    ...{ SchemaName: "public", TableName, TableState: "Table completed", FullLoadRows: 7, FullLoadStartTime: 100 },
    ...more.before,
    ...(reloaded.length > 0 ? { FullLoadStartTime: 200, FullLoadEndTime: 203, FullLoadRows: 9, ...more.after } : {}),
  });
  return {
    reloaded,
    answers: {
      DescribeReplicationTasks: () => ({ ReplicationTasks: [{ Status: "running", ...more.task }] }),
      DescribeTableStatistics: () => ({ TableStatistics: NAMES.map(table) }),
      ReloadTables: (input) => {
        reloaded.push(input);
        return {};
      },
    },
  };
}

test("reloads the data of the tables that the service follows, and counts this load", async () => {
  const { answers, reloaded } = dms({});
  const { code, out } = await runAgainst(answers, backfill, "payroll");
  const tables = NAMES.slice(0, 3).map((TableName) => ({ SchemaName: "public", TableName }));
  expect(reloaded).toEqual([{ ReplicationTaskArn: "changes", ReloadOption: "data-reload", TablesToReload: tables }]);
  expect(out).toContain("27 rows of 3 tables.");
  expect(code).toBe(0);
});

test.each([
  [
    "a task that does not run",
    "payroll",
    { task: { Status: "stopped" } },
    "is stopped; tables are reloaded while it runs",
  ],
  [
    "a table that is being loaded",
    "directory",
    { before: { TableState: "Full load" } },
    "loaded already: public.users.",
  ],
  ["a table that the task does not have yet", "clocking", {}, "does not follow shops yet: deploy the model first"],
  ["a service that is none", "payrol", {}, "Name one service: payroll, directory, clocking."],
])("%s is told, and nothing is started", async (_what, service, more, message) => {
  const { answers, reloaded } = dms(more);
  const { code, notes } = await runAgainst(answers, backfill, service);
  expect(notes).toContain(message);
  expect({ code, reloaded }).toEqual({ code: 2, reloaded: [] });
});

test("a load that fails is told, and ends with 1", async () => {
  const { code, notes } = await runAgainst(
    dms({ after: { TableState: "Table error" } }).answers,
    backfill,
    "directory",
  );
  expect(notes).toContain("not all tables were loaded; the task is running");
  expect(code).toBe(1);
});

import { runAgainst, tableRules, type Answers } from "../testing/fakeDms";
import { fullLoad } from "./run";

const FINISHED = { Status: "stopped", StopReason: "Stop Reason FULL_LOAD_ONLY_FINISHED" };
const loaded = (name: string, state = "Table completed") => ({
  ...{ SchemaName: "public", TableName: name, TableState: state, FullLoadRows: 7 },
});

/** The declared task has run before; the one by hand is made when it is asked for. */
function dms(more: { declared?: object; later?: object; byHand?: object; others?: object[]; tables?: object[] }): {
  answers: Answers;
  made: Record<string, unknown>[];
  started: unknown[];
} {
  const made: Record<string, unknown>[] = [];
  const started: unknown[] = [];
  const declared = {
    ...{ ReplicationTaskArn: "full", ReplicationTaskIdentifier: "full-load", ReplicationInstanceArn: "i" },
    ...{ SourceEndpointArn: "s", TargetEndpointArn: "t", ReplicationTaskStartDate: 1, ...FINISHED },
    TableMappings: tableRules("shops", "shifts"),
    ReplicationTaskSettings: JSON.stringify({ Logging: { EnableLogging: true, CloudWatchLogGroup: "dms-tasks" } }),
    ...more.declared,
  };
  const byHand = { ReplicationTaskArn: "hand", TargetEndpointArn: "t", ...FINISHED, ...more.byHand };
  const answers: Answers = {
    DescribeReplicationTasks: ({ Filters }) => {
      const [{ Name = "", Values = [] } = {}] = Filters as { Name?: string; Values?: string[] }[];
      const all = [
        { ...declared, ...(made.length > 0 ? more.later : {}) },
        ...(made.length > 0 ? [byHand] : []),
        ...(more.others ?? []),
      ];
      return {
        ReplicationTasks: all.filter(
          (task) => Name !== "replication-task-arn" || Values.includes((task as typeof declared).ReplicationTaskArn),
        ),
      };
    },
    DescribeTableStatistics: () => ({ TableStatistics: more.tables ?? [loaded("shops"), loaded("shifts")] }),
    CreateReplicationTask: (input) => {
      made.push(input);
      return { ReplicationTask: { ...byHand, Status: "ready" } };
    },
    StartReplicationTask: (input) => {
      started.push([input["ReplicationTaskArn"], input["StartReplicationTaskType"]]);
      return {};
    },
  };
  return { answers, made, started };
}

test("of all tables starts the declared task: anew, or for the first time", async () => {
  const again = dms({});
  const { code, out } = await runAgainst(again.answers, fullLoad);
  expect(again.started).toEqual([["full", "reload-target"]]);
  expect(out).toContain("14 rows of 2 tables.");
  expect(code).toBe(0);
  const first = dms({ declared: { ReplicationTaskStartDate: undefined } });
  await runAgainst(first.answers, fullLoad);
  expect(first.started).toEqual([["full", "start-replication"]]);
});

test("of some has a task of its own, with their mapping and without what DMS refuses; the declared one stays as it is", async () => {
  const { answers, made, started } = dms({});
  const { asked, notes } = await runAgainst(answers, fullLoad, "shifts");
  expect(made).toMatchObject([
    {
      ...{ MigrationType: "full-load", SourceEndpointArn: "s", TargetEndpointArn: "t", ReplicationInstanceArn: "i" },
      TableMappings: tableRules("shifts"),
      ReplicationTaskSettings: '{"Logging":{"EnableLogging":true}}',
    },
  ]);
  expect(started).toEqual([["hand", "start-replication"]]);
  // The data account is out of reach here: it will ask the task whether its load is complete.
  expect(asked).not.toContain("DeleteReplicationTask");
  expect(notes).toContain("puts the load in force by itself, within a quarter of an hour");
});

test.each([
  [[], true],
  [["public.shifts"], false],
])(
  "its task is removed once its tables are in force, and not while the data account has left %j to its next run",
  async (left, removed) => {
    const byHand = { ReplicationTaskIdentifier: "full-load-by-hand-1", TableMappings: tableRules("shifts") };
    const { answers } = dms({ byHand });
    // Lambda's operations have no name in the request.
    const promotion = { "": () => ({ promoted: [], waiting: [], left }), DeleteReplicationTask: () => ({}) };
    const { code, asked, notes } = await runAgainst({ ...answers, ...promotion }, fullLoad, "shifts");
    expect(asked.includes("DeleteReplicationTask")).toBe(removed);
    expect(notes.includes("The data account goes on within a quarter of an hour, with public.shifts.")).toBe(!removed);
    expect(code).toBe(0);
  },
);

test("is not started while another writes to the same place", async () => {
  const other = {
    ...{ ReplicationTaskArn: "x", ReplicationTaskIdentifier: "full-load-by-hand-1", TargetEndpointArn: "t" },
    Status: "running",
  };
  const { code, notes, asked } = await runAgainst(dms({ others: [other] }).answers, fullLoad);
  expect({ code, asked }).toEqual({ code: 2, asked: [] });
  expect(notes).toContain("A full load is running already (task full-load-by-hand-1");
  // A task that writes to another place is no reason.
  const elsewhere = dms({ others: [{ ...other, TargetEndpointArn: "stream" }] });
  expect((await runAgainst(elsewhere.answers, fullLoad)).code).toBe(0);
});

test("that the schedule ran into is told: files of both may lie there", async () => {
  const { code, notes } = await runAgainst(dms({ later: { ReplicationTaskStartDate: 2 } }).answers, fullLoad, "shifts");
  expect(notes).toContain("The scheduled load began meanwhile");
  expect(code).toBe(1);
});

test.each([
  ["a task that failed", { declared: { Status: "failed", LastFailureMessage: "no space" } }, "is failed: no space."],
  ["a task that was stopped", { declared: { StopReason: "Stop Reason NORMAL" } }, "is stopped: Stop Reason NORMAL."],
  [
    "a table that failed",
    { tables: [loaded("shops"), loaded("shifts", "Table error")] },
    "shifts: 7 rows, Table error",
  ],
])("%s is told, and ends with 1", async (_what, more, message) => {
  const { code, notes } = await runAgainst(dms(more).answers, fullLoad);
  expect(notes).toContain(message);
  expect(code).toBe(1);
});

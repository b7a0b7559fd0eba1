/** What keeps the task running: the provider's code as Pulumi keeps it in the state, against a DMS of a few lines. */
import { dynamicProvider } from "./dynamic";
import { fakeAws } from "./fakeAws";
import type { Plan } from "./plan";
import { pick } from "./plan";

type Inputs = Readonly<Record<string, unknown>>;

interface Provider {
  create(inputs: Inputs): Promise<{ id: string; outs: object }>;
  update(id: string, olds: Inputs, news: Inputs): Promise<{ outs: object }>;
  diff(id: string, olds: Inputs, news: Inputs): Promise<{ changes: boolean }>;
  readonly delete?: unknown;
}

const TASK = "arn:aws:dms:eu-west-1:111111111111:task:changes";

function providerOf(plan: Plan): { provider: Provider; inputs: Inputs } {
  const { inputs } = pick(plan, "Resource", "changes-running");
  return { provider: dynamicProvider(String(inputs["__provider"])), inputs };
}

export function runningTests(prod: () => Plan): void {
  /** What the task's status is at each look; the last one stays. */
  let task: readonly object[] | undefined;
  /** The outcome of a connection's test by endpoint; without one a test succeeds. */
  let refused: Readonly<Record<string, string>>;
  /** Statuses of the connections at the first looks, before any test of ours. */
  let testing: string[];
  let asked: string[];
  /** How often the task was looked at. */
  let looks: number;

  const fault = (name: string) => ({ __type: name, message: name });
  const answers: Readonly<Record<string, (input: Record<string, unknown>) => object>> = {
    DescribeReplicationTasks: ({ Filters }) => {
      expect(Filters).toEqual([{ Name: "replication-task-arn", Values: [TASK] }]);
      const found = task?.[Math.min(looks++, task.length - 1)];
      if (found === undefined) return fault("ResourceNotFoundFault");
      return {
        ReplicationTasks: [{ ReplicationTaskIdentifier: "tributary-changes", ReplicationTaskArn: TASK, ...found }],
      };
    },
    DescribeConnections: ({ Filters }) => {
      const arn = (Filters as { Values: string[] }[])[1]?.Values[0] ?? "";
      const before = testing.shift();
      if (before === "none") return fault("ResourceNotFoundFault");
      if (before !== undefined) return { Connections: [{ Status: before }] };
      const LastFailureMessage = refused[arn];
      return {
        Connections: [
          LastFailureMessage === undefined ? { Status: "successful" } : { Status: "failed", LastFailureMessage },
        ],
      };
    },
    TestConnection: ({ EndpointArn }) => {
      if (testing[0] === "testing") return fault("InvalidResourceStateFault");
      asked.push(`test ${String(EndpointArn).split(":").at(-1)}`);
      return { Connection: { Status: "testing" } };
    },
    StartReplicationTask: ({ StartReplicationTaskType }) => {
      asked.push(String(StartReplicationTaskType));
      return {};
    },
    StopReplicationTask: () => {
      asked.push("stop");
      return {};
    },
  };
  fakeAws((operation, input) => answers[operation]?.(input) ?? fault("AccessDeniedFault"));
  beforeEach(() => {
    [task, refused, testing, asked, looks] = [undefined, {}, [], [], 0];
  });
  afterEach(() => jest.restoreAllMocks());

  const TESTS = ["test source", "test changes"];
  const statuses = (...all: string[]) => (task = all.map((Status) => ({ Status, ReplicationTaskStartDate: 1 })));
  const settle = (wish?: { readonly start: boolean }) => {
    const { provider, inputs } = providerOf(prod());
    const wished = { ...inputs, ...wish };
    return provider.update("running", inputs, wished);
  };
  const differs = async (wish?: { readonly start: boolean }) => {
    const { provider, inputs } = providerOf(prod());
    const wished = { ...inputs, ...wish };
    return (await provider.diff("running", { ...wished }, wished)).changes;
  };

  test("stands after the task and both endpoints, and is never taken back", () => {
    const { inputs, dependencies } = pick(prod(), "Resource", "changes-running");
    for (const [kind, name] of [
      ["ReplicationTask", "changes"],
      ["Endpoint", "source"],
      ["Endpoint", "changes"],
    ] as const)
      expect(dependencies).toContain(pick(prod(), kind, name).urn);
    expect({ ...inputs, __provider: undefined }).toEqual({
      region: "eu-west-1",
      taskArn: TASK,
      instanceArn: "arn:aws:dms:eu-west-1:111111111111:rep:replication",
      endpoints: ["source", "changes"].map((name) => ({
        id: `tributary-${name}`,
        arn: `arn:aws:dms:eu-west-1:111111111111:endpoint:${name}`,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        lookAt: expect.any(String),
      })),
      start: true,
    });
    expect(providerOf(prod()).provider.delete).toBeUndefined();
  });

  test.each([
    ["running", false],
    ["starting", false],
    ["ready", true],
    ["stopped", true],
    ["stopping", true],
    ["modifying", true],
    ["failed", true],
  ])("a task that is %s: is it a difference? %s", async (status, expected) => {
    statuses(status);
    expect(await differs()).toBe(expected);
    // A preview asks the same: it must do nothing.
    expect([asked, looks]).toEqual([[], 1]);
  });

  test("a task that is not there is a difference, and no error of a preview", async () => {
    expect(await differs()).toBe(true);
  });

  test("a changed endpoint is a difference, whatever the task does", async () => {
    statuses("running");
    const { provider, inputs } = providerOf(prod());
    const [source, target] = inputs["endpoints"] as object[];
    const endpoints = [{ ...source, digest: "0" }, target];
    expect(await provider.diff("running", { ...inputs, endpoints }, inputs)).toEqual({ changes: true });
    // Nor does DMS hear of what a preview does not know yet.
    expect(looks).toBe(0);
  });

  test("a new task is started for the first time, when DMS has reached both ends", async () => {
    task = [{ Status: "creating" }, { Status: "ready" }, { Status: "starting" }, { Status: "running" }];
    testing = ["none"];
    const { provider, inputs } = providerOf(prod());
    expect(await provider.create(inputs)).toEqual({ id: "running", outs: inputs });
    expect(asked).toEqual([...TESTS, "start-replication"]);
    expect(looks).toBe(4);
  });

  test.each([
    [["stopped", "running"]],
    [["stopping", "stopped", "starting", "running"]],
    [["modifying", "stopped", "running"]],
    [["moving", "ready", "running"]],
  ])("a task that is %j goes on from where it was", async (all) => {
    statuses(...all);
    await settle();
    expect(asked).toEqual([...TESTS, "resume-processing"]);
    expect(looks).toBe(all.length);
  });

  test("a task that runs is left alone, and its ends are tested", async () => {
    statuses("starting", "running");
    await settle();
    expect(asked).toEqual(TESTS);
  });

  test("a test that goes on already is waited for: with it the task could not be started", async () => {
    statuses("stopped", "running");
    testing = ["testing", "successful"];
    await settle();
    expect(asked).toEqual([...TESTS, "resume-processing"]);
    expect(testing).toEqual([]);
  });

  test("an end that DMS does not reach is named, with what to look at, and nothing is started", async () => {
    statuses("stopped");
    refused = { "arn:aws:dms:eu-west-1:111111111111:endpoint:source": "password authentication failed" };
    await expect(settle()).rejects.toThrow(
      /^DMS does not reach the endpoint tributary-source: password authentication failed\nLook at tributary:source in Pulumi\.prod\.yaml: /,
    );
    refused = { "arn:aws:dms:eu-west-1:111111111111:endpoint:changes": "AccessDenied" };
    await expect(settle()).rejects.toThrow(/^DMS does not reach the endpoint tributary-changes: AccessDenied\n/);
    expect(asked).toEqual(["test source", ...TESTS]);
  });

  const told =
    'The task tributary-changes is "failed": no slot (Stop Reason FATAL_ERROR)\nMeanwhile the database keeps its log. Remove the ' +
    "cause (docs/runbook.md#replication-stopped), then start the task from where it was:\naws dms start-replication-task " +
    `--start-replication-task-type resume-processing --replication-task-arn ${TASK}`;
  const failed = { Status: "failed", LastFailureMessage: "no slot", StopReason: "Stop Reason FATAL_ERROR" };

  test("a task that has failed is for people: why, and what to do", async () => {
    task = [failed];
    await expect(settle()).rejects.toThrow(told);
    expect(asked).toEqual(TESTS);
  });

  test("so is one that fails when it is started", async () => {
    task = [{ Status: "stopped" }, { Status: "starting" }, failed];
    await expect(settle()).rejects.toThrow(told);
    expect(asked).toEqual([...TESTS, "resume-processing"]);
  });

  test("a task that is not in the account is an error", async () => {
    await expect(settle()).rejects.toThrow(`DMS has no task ${TASK}: the credentials are of another account`);
  });

  test("what does not end within half an hour is left to the next deployment", async () => {
    statuses("stopping");
    const now = Date.now();
    let minutes = 0;
    jest.spyOn(Date, "now").mockImplementation(() => now + 11 * 60_000 * minutes++);
    await expect(settle()).rejects.toThrow('after 30 minutes the task is still "stopping": run pulumi up again later');
  });

  describe("a task that is to stand still", () => {
    test.each([
      ["running", true],
      ["starting", true],
      ["ready", false],
      ["stopped", false],
      ["stopping", false],
      ["failed", false],
    ])("and is %s: is it a difference? %s", async (status, expected) => {
      statuses(status);
      expect(await differs({ start: false })).toBe(expected);
    });

    test("is stopped, and nothing is tested", async () => {
      statuses("starting", "running", "running", "stopping", "stopped");
      await settle({ start: false });
      expect(asked).toEqual(["stop"]);
      expect(looks).toBe(5);
    });

    test("is not started, new or stopped", async () => {
      for (const status of ["ready", "stopped", "failed"]) {
        looks = 0;
        statuses(status);
        await settle({ start: false });
      }
      expect(asked).toEqual([]);
    });
  });
}

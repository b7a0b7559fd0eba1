import * as fs from "node:fs";
import { testContext, testSurroundings } from "../core/testing/surroundings";
import { schedulerService } from "./scheduler";

const TYPE = "aws:scheduler/schedule:Schedule";
const GROUP = "aws:scheduler/scheduleGroup:ScheduleGroup";
const nightly = {
  name: "full-load",
  scheduleExpression: "cron(30 2 * * ? *)",
  scheduleExpressionTimezone: "Europe/Paris",
  flexibleTimeWindow: { mode: "FLEXIBLE", maximumWindowInMinutes: 15 },
  target: {
    arn: "arn:aws:scheduler:::aws-sdk:databasemigration:startReplicationTask",
    roleArn: "arn:aws:iam::111111111111:role/schedule",
    input: "{}",
    retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 10 },
  },
};

function withSchedules(
  run: (create: (inputs: object, type?: string) => unknown, asked: () => string[]) => void,
  trusted = true,
): void {
  const surroundings = testSurroundings();
  surroundings.authorizer.denies = () => !trusted;
  try {
    const { providers } = schedulerService(surroundings);
    run(
      (inputs, type = TYPE) => providers[type]?.create({ ...inputs }, testContext(type, "111111111111")),
      () => surroundings.authorizer.taken(),
    );
  } finally {
    fs.rmSync(surroundings.folder, { recursive: true });
  }
}

test("a schedule is kept, once a name", () =>
  withSchedules((create, asked) => {
    expect(create(nightly)).toMatchObject({
      id: "default/full-load",
      outputs: { arn: "arn:aws:scheduler:eu-west-1:111111111111:schedule/default/full-load", groupName: "default" },
    });
    expect(asked()).toEqual(["sts:AssumeRole arn:aws:iam::111111111111:role/schedule"]);
    expect(() => create(nightly)).toThrow("Schedule default/full-load already exists.");
  }));

test("a schedule may be made without being in force", () =>
  withSchedules((create) => {
    expect(create(nightly)).toMatchObject({ outputs: { state: "ENABLED" } });
    expect(create({ ...nightly, name: "off", state: "DISABLED" })).toMatchObject({ outputs: { state: "DISABLED" } });
  }));

test("a schedule stands in a group that is there", () =>
  withSchedules((create) => {
    const ours = { ...nightly, groupName: "ours" };
    expect(() => create(ours)).toThrow("Schedule group ours does not exist.");
    expect(create({ name: "ours" }, GROUP)).toMatchObject({
      id: "ours",
      outputs: { arn: "arn:aws:scheduler:eu-west-1:111111111111:schedule-group/ours" },
    });
    expect(() => create({ name: "ours" }, GROUP)).toThrow("Schedule group ours already exists.");
    expect(create(ours)).toMatchObject({
      id: "ours/full-load",
      outputs: { arn: "arn:aws:scheduler:eu-west-1:111111111111:schedule/ours/full-load", groupName: "ours" },
    });
  }));

test("a role that does not trust the scheduler is refused", () =>
  withSchedules((create) => expect(() => create(nightly)).toThrow("not authorized"), false));

test.each([
  ["a cron expression of five fields", { scheduleExpression: "cron(30 2 * * ?)" }, "Expected cron(six fields)"],
  ["what is not understood", { kmsKeyArn: "arn:aws:kms:eu-west-1:111111111111:key/1" }, "kmsKeyArn is not supported"],
  [
    "a target of another kind",
    { target: { ...nightly.target, arn: "arn:aws:sqs:eu-west-1:111111111111:q" } },
    "a function or a universal target",
  ],
])("%s is refused", (_what, change, message) =>
  withSchedules((create) => expect(() => create({ ...nightly, ...change })).toThrow(message)),
);

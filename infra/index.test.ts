/** Which account is deployed, and that nothing is before the settings are right. What the two declare: test/graph.test.ts. */
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { data } from "./data";
import program from "./index";
import { prod } from "./prod";

jest.mock("./prod", () => ({ prod: jest.fn(() => ({ deployed: "prod" })) }));
jest.mock("./data", () => ({ data: jest.fn(() => ({ deployed: "data" })) }));
afterEach(() => jest.clearAllMocks());

const prodOutputs = {
  changesStreamArn: "arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-changes",
  serviceChangesStreamArn: "arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-service-changes",
  streamsKeyArn: "arn:aws:kms:eu-west-1:111111111111:key/1",
};
const settings = {
  "aws:region": "eu-west-1",
  "tributary:prodAccountId": "111111111111",
  "tributary:dataAccountId": "222222222222",
};
const AUTHORITY = path.join(__dirname, "../test/graph/authority.pem");
const prodSettings = {
  ...settings,
  "tributary:source": JSON.stringify({ database: "monolith", certificate: AUTHORITY, create: {} }),
  "tributary:replication": JSON.stringify({ start: false }),
};
const dataSettings = { ...settings, "tributary:prodStack": "organization/tributary/prod" };

const root = (account: string): string => `arn:aws:iam::${account}:root`;

interface Around {
  /** Of `prod`. */
  readonly outputs?: object;
  /** ARN of whoever deploys. */
  readonly caller?: string;
}

async function run(
  stack: string,
  config: Record<string, string>,
  { outputs = prodOutputs, caller = root(stack === "data" ? "222222222222" : "111111111111") }: Around = {},
): Promise<object> {
  const mocks: pulumi.runtime.Mocks = {
    call: () => ({ arn: caller, accountId: caller.split(":")[4] }),
    newResource: ({ name }) => ({ id: name, state: { name, outputs, secretOutputNames: [] } }),
  };
  await pulumi.runtime.setMocks(mocks, "tributary", stack);
  pulumi.runtime.setAllConfig(config);
  return program();
}

test("the stack's name says which account", async () => {
  expect(await run("prod", prodSettings)).toEqual({ deployed: "prod" });
  expect(data).not.toHaveBeenCalled();
  expect(await run("data", dataSettings)).toEqual({ deployed: "data" });
  expect(data).toHaveBeenCalledWith(expect.objectContaining({ dataAccountId: "222222222222" }), prodOutputs);
});

test.each([
  ["a stack that is none of ours", "test", prodSettings, 'There is no stack "test" here: expected prod or data'],
  ["a wrong setting", "prod", settings, "Pulumi.prod.yaml, tributary:source: found nothing"],
  ["a wrong setting of the other", "data", settings, "Pulumi.data.yaml, tributary:prodStack: found nothing"],
])("%s stops it before anything is declared", async (_what, stack, config, message) => {
  await expect(run(stack, config)).rejects.toThrow(message);
  expect(prod).not.toHaveBeenCalled();
  expect(data).not.toHaveBeenCalled();
});

test("so does a production stack that is not deployed", async () => {
  await expect(run("data", dataSettings, { outputs: {} })).rejects.toThrow("output changesStreamArn: found nothing");
  expect(data).not.toHaveBeenCalled();
});

test("credentials of another account stop it", async () => {
  await expect(run("prod", prodSettings, { caller: root("222222222222") })).rejects.toThrow(
    "The credentials are of the account 222222222222 (arn:aws:iam::222222222222:root), and the stack prod goes to 111111111111",
  );
  expect(prod).not.toHaveBeenCalled();
});

describe("whoever deploys the lake", () => {
  const deploy = (operators: readonly string[], caller: string): Promise<object> =>
    run("data", { ...dataSettings, "tributary:access": JSON.stringify({ operators }) }, { caller });
  const session = "arn:aws:sts::222222222222:assumed-role/deploy-lake/me";

  test.each([
    ["by name", ["arn:aws:iam::222222222222:role/deploy-lake"], session],
    ["by a pattern", ["arn:aws:iam::222222222222:role/other", "arn:aws:iam::222222222222:role/deploy-*"], session],
    ["with a path, which a session does not show", ["arn:aws:iam::222222222222:role/ci/deploy-lake"], session],
    ["a user", ["arn:aws:iam::222222222222:user/me"], "arn:aws:iam::222222222222:user/me"],
  ])("is an operator: %s", async (_how, operators, caller) => {
    expect(await deploy(operators, caller)).toEqual({ deployed: "data" });
  });

  test.each([
    ["nobody is named", [], session, "operators (now empty)"],
    [
      "another role",
      ["arn:aws:iam::222222222222:role/deploy"],
      session,
      "such as arn:aws:iam::222222222222:role/deploy.",
    ],
    [
      "a role of another account",
      ["arn:aws:iam::111111111111:role/deploy-lake"],
      session,
      `${session} deploys the lake`,
    ],
    [
      "a dot stands for itself",
      ["arn:aws:iam::222222222222:user/m.e"],
      "arn:aws:iam::222222222222:user/mie",
      "refuse it",
    ],
  ])("is stopped: %s", async (_why, operators, caller, message) => {
    await expect(deploy(operators, caller)).rejects.toThrow(message);
    expect(data).not.toHaveBeenCalled();
  });
});

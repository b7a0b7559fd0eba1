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
};
const dataSettings = { ...settings, "tributary:prodStack": "organization/tributary/prod" };

async function run(stack: string, config: Record<string, string>, outputs: object = prodOutputs): Promise<object> {
  const mocks: pulumi.runtime.Mocks = {
    call: () => ({}),
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
  await expect(run("data", dataSettings, {})).rejects.toThrow("output changesStreamArn: found nothing");
  expect(data).not.toHaveBeenCalled();
});

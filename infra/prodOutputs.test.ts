import * as pulumi from "@pulumi/pulumi";
import { prodOutputs } from "./prodOutputs";

const config = {
  region: "eu-west-1",
  prodAccountId: "111111111111",
  dataAccountId: "222222222222",
  prodStack: "organization/tributary/prod",
};
const outputs = {
  changesStreamArn: "arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-changes",
  serviceChangesStreamArn: "arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-service-changes",
  streamsKeyArn: "arn:aws:kms:eu-west-1:111111111111:key/1",
};

async function read(given: Readonly<Record<string, unknown>>) {
  const state = { name: config.prodStack, outputs: given, secretOutputNames: [] };
  const mocks: pulumi.runtime.Mocks = {
    call: () => ({}),
    newResource: ({ name }) => ({ id: name, state }),
  };
  await pulumi.runtime.setMocks(mocks, "tributary", "data");
  return prodOutputs(config);
}

test("takes what it needs, and leaves the rest", async () => {
  expect(await read({ ...outputs, failuresBucket: "x" })).toEqual(outputs);
});

test.each([
  [
    "an output that is not there",
    {},
    "found nothing, expected an ARN that begins with arn:aws:kinesis:eu-west-1:111111111111:stream/.",
  ],
  [
    "a stack of another account",
    { changesStreamArn: "arn:aws:kinesis:eu-west-1:333333333333:stream/tributary-changes" },
    'found "arn:aws:kinesis:eu-west-1:333333333333:stream/tributary-changes", expected an ARN that begins with arn:aws:kinesis:eu-west-1:111111111111:stream/.',
  ],
])("%s stops it", async (_what, given, message) => {
  await expect(read({ ...outputs, changesStreamArn: undefined, ...given })).rejects.toThrow(
    `Stack organization/tributary/prod, output changesStreamArn: ${message} ` +
      "Deploy prod first (pulumi up -s prod), and see that tributary:prodStack in Pulumi.data.yaml names it.",
  );
});

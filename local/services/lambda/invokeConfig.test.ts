import { appendFileSync } from "node:fs";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { startEndpoint } from "../../core/http";
import { context, until, World } from "./testing/world";

const CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

test("how a function is to be invoked asynchronously is checked and kept", async () => {
  const functionArn = await world.function("exports.handler = async () => undefined;");
  const configs = world.provider(CONFIG);
  const inputs = { functionName: "capture", maximumEventAgeInSeconds: 60, maximumRetryAttempts: 0 };
  const created = await configs.create(inputs, context(CONFIG));
  expect(created).toEqual({ id: "capture", outputs: inputs });
  for (const [more, message] of [
    [{ functionName: functionArn }, "has a configuration of asynchronous invocation"],
    [{ functionName: "nobody" }, "Function not found"],
    [{ maximumEventAgeInSeconds: 59 }, "maximumEventAgeInSeconds is 59"],
    [{ maximumRetryAttempts: 3 }, "maximumRetryAttempts is 3"],
    [{ destinationConfig: {} }, "the argument destinationConfig is not supported"],
    [{ qualifier: "live" }, "the argument qualifier is not supported"],
  ] as const)
    await expect(async () => configs.create({ ...inputs, ...more }, context(CONFIG))).rejects.toThrow(message);
  await configs.delete?.(created.id, created, context(CONFIG));
  expect(await configs.create({ functionName: functionArn }, context(CONFIG))).toMatchObject({ id: functionArn });
});

/** Answers when the event's number of lines has been written. */
const MEETING = `exports.handler = async ({ meet }) => {
  const fs = require("fs");
  fs.appendFileSync(process.env.SEEN, "1\\n");
  while (fs.readFileSync(process.env.SEEN, "utf8").split("\\n").length <= meet) await new Promise(setImmediate);
};`;

test("a call beyond what a function reserves is throttled; when one has ended there is room again", async () => {
  await world.function(MEETING, {
    reservedConcurrentExecutions: 2,
    environment: { variables: { SEEN: world.seenFile } },
  });
  const { service, principals, authorizer } = world;
  const endpoint = await startEndpoint(service.apis ?? [], { principals, authorizer });
  const credentials = principals.mint("arn:aws:iam::222222222222:role/operator");
  const client = new LambdaClient({ endpoint: endpoint.url, region: "eu-west-1", credentials, maxAttempts: 1 });
  const call = (meet: number) =>
    client.send(new InvokeCommand({ FunctionName: "capture", Payload: Buffer.from(JSON.stringify({ meet })) }));
  try {
    const waiting = [call(3), call(3)];
    await until(() => world.seen().length === 2);
    await expect(call(3)).rejects.toMatchObject({
      name: "TooManyRequestsException",
      $metadata: expect.objectContaining({ httpStatusCode: 429 }),
    });
    appendFileSync(world.seenFile, "1\n");
    await Promise.all(waiting);
    expect(await call(3)).toMatchObject({ StatusCode: 200 });
  } finally {
    client.destroy();
    await endpoint.close();
  }
});

import { DynamoDBClient, ListTablesCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { startEndpoint } from "./http";
import { KnownPrincipals, Principals } from "./principals";
import type { Call, JsonApi } from "./service";
import { AwsError } from "./service";

const role = "arn:aws:iam::111111111111:role/capture";
const seen: Call[] = [];
const json = (signingName: string, targetPrefix: string, operations: JsonApi["operations"]): JsonApi => ({
  protocol: "json",
  signingName,
  targetPrefix,
  jsonVersion: signingName === "dynamodb" ? "1.0" : "1.1",
  operations,
});

const apis = [
  json("kinesis", "Kinesis_20131202", {
    PutRecord: (input: { Data: string }, call: Call) => {
      seen.push(call);
      return { ShardId: "shardId-000000000000", SequenceNumber: Buffer.from(input.Data, "base64").toString() };
    },
  }),
  json("dynamodb", "DynamoDB_20120810", {
    ListTables: () => ({ TableNames: ["a"] }),
    PutItem: () => {
      throw new AwsError("ConditionalCheckFailedException", "The conditional request failed", 400, {
        Item: { a: { S: "1" } },
      });
    },
  }),
];

async function withEndpoint(run: (url: string, principals: Principals) => Promise<void>): Promise<void> {
  const principals = new Principals();
  const endpoint = await startEndpoint(apis, { principals, authorizer: new KnownPrincipals() });
  try {
    await run(endpoint.url, principals);
  } finally {
    await endpoint.close();
  }
}

test("unmodified clients over HTTP/2 and HTTP/1.1 on one port; the caller is known by its signature", async () => {
  await withEndpoint(async (endpoint, principals) => {
    const settings = { endpoint, region: "eu-west-1", credentials: principals.mint(role) };
    const kinesis = new KinesisClient(settings);
    const put = await kinesis.send(
      new PutRecordCommand({ StreamName: "s", PartitionKey: "k", Data: Buffer.from("ünï") }),
    );
    expect(put.SequenceNumber).toBe("ünï");
    expect(seen[0]).toMatchObject({ principal: { arn: role, account: "111111111111" }, region: "eu-west-1" });
    const dynamodb = new DynamoDBClient(settings);
    expect((await dynamodb.send(new ListTablesCommand({}))).TableNames).toEqual(["a"]);
    await expect(
      dynamodb.send(new PutItemCommand({ TableName: "t", Item: {}, ReturnValuesOnConditionCheckFailure: "ALL_OLD" })),
    ).rejects.toMatchObject({ name: "ConditionalCheckFailedException", Item: { a: { S: "1" } } });
    kinesis.destroy();
    dynamodb.destroy();
  });
});

test("an unknown key and a wrong secret are refused", async () => {
  await withEndpoint(async (endpoint, principals) => {
    const call = (credentials: { accessKeyId: string; secretAccessKey: string }): Promise<unknown> => {
      const client = new DynamoDBClient({ endpoint, region: "eu-west-1", credentials, maxAttempts: 1 });
      return client.send(new ListTablesCommand({})).finally(() => client.destroy());
    };
    const { accessKeyId } = principals.mint(role);
    await expect(call({ accessKeyId: "AKIAUNKNOWN", secretAccessKey: "x" })).rejects.toMatchObject({
      name: "UnrecognizedClientException",
    });
    await expect(call({ accessKeyId, secretAccessKey: "wrong" })).rejects.toMatchObject({
      name: "InvalidSignatureException",
    });
  });
});

/** DynamoDB alone behind the endpoint, with the SDK's client and a Kinesis that remembers what it was given. */
import { rmSync } from "node:fs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { startEndpoint } from "../../../core/http";
import type { AwsError, Call, Created, JsonApi } from "../../../core/service";
import { testContext, testSurroundings, type TestSurroundings } from "../../../core/testing/surroundings";
import { dynamodbService, type DynamoDb } from "../dynamodb";

export const ACCOUNT = "111111111111";
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/capture`;
export const tableArnOf = (name: string): string => `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/${name}`;

export interface Sent {
  readonly principal: string;
  readonly streamArn: string;
  readonly partitionKey: string;
  readonly text: string;
}

export interface Harness {
  readonly service: DynamoDb;
  /** Acts as `ROLE`. */
  readonly client: DynamoDBClient;
  clientOf(arn: string): DynamoDBClient;
  readonly surroundings: TestSurroundings;
  readonly kinesis: {
    readonly sent: Sent[];
    /** How many records came in each call. */
    readonly calls: number[];
    /** Thrown instead of taking records, while set. */
    error?: AwsError | undefined;
  };
  /** What roles were allowed: `<role> <policy>` and the document. */
  readonly rolePolicies: Map<string, string>;
  /** Calls an operation without the endpoint, which would mind a test's clock. */
  ask(operation: string, input: object, api?: "DynamoDB" | "DynamoDBStreams"): Promise<Record<string, unknown>>;
  /** Creates a resource as the program would. */
  create(type: string, inputs: Record<string, unknown>): Created;
  close(): Promise<void>;
}

export async function harness(): Promise<Harness> {
  const surroundings = testSurroundings();
  const rolePolicies = new Map<string, string>();
  surroundings.policies.setIdentityPolicy = (...[role, name, document]: string[]) =>
    void rolePolicies.set(`${role} ${name}`, document ?? "");
  const kinesis: Harness["kinesis"] = { sent: [], calls: [] };
  const service = dynamodbService(surroundings, {
    sink: {
      append: (principal, streamArn, records) => {
        if (kinesis.error !== undefined) throw kinesis.error;
        kinesis.calls.push(records.length);
        for (const { partitionKey, data } of records) {
          kinesis.sent.push({ principal: principal.arn, streamArn, partitionKey, text: data.toString() });
        }
      },
    },
  });
  const { principals, authorizer } = surroundings;
  const endpoint = await startEndpoint(service.apis ?? [], { principals, authorizer });
  const clients: DynamoDBClient[] = [];
  const clientOf = (arn: string): DynamoDBClient => {
    const credentials = principals.mint(arn);
    const client = new DynamoDBClient({ endpoint: endpoint.url, region: "eu-west-1", credentials, maxAttempts: 1 });
    clients.push(client);
    return client;
  };
  const principal = { arn: ROLE, account: ACCOUNT };
  const call: Call = {
    account: ACCOUNT,
    region: "eu-west-1",
    principal,
    authorize: (action, resource, context) => authorizer.check(principal, action, resource, context),
  };
  return {
    service,
    ask: async (operation, input, prefix = "DynamoDB") => {
      const isWanted = (api: object): api is JsonApi =>
        "targetPrefix" in api && api.targetPrefix === `${prefix}_20120810`;
      const answer = await service.apis?.find(isWanted)?.operations[operation]?.(input as never, call);
      return JSON.parse(JSON.stringify(answer)) as Record<string, unknown>;
    },
    client: clientOf(ROLE),
    clientOf,
    surroundings,
    kinesis,
    rolePolicies,
    create: (type, inputs) => {
      const created = service.providers[type]?.create(inputs, testContext(type));
      if (created === undefined || created instanceof Promise) throw new Error(`no such provider: ${type}`);
      return created;
    },
    close: async () => {
      for (const client of clients) client.destroy();
      await endpoint.close();
      await service.close?.();
      rmSync(surroundings.folder, { recursive: true });
    },
  };
}

export const TABLE = "aws:dynamodb/table:Table";

/** Inputs of a table with the text key `id`, and a number as sort key if `more` names one. */
export const tableInputs = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  name,
  hashKey: "id",
  attributes: [
    { name: "id", type: "S" },
    ...(more["rangeKey"] === undefined ? [] : [{ name: String(more["rangeKey"]), type: "N" }]),
  ],
  billingMode: "PAY_PER_REQUEST",
  ...more,
});

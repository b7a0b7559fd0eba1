/** DynamoDB alone behind the endpoint, with the SDK's client, a Kinesis that remembers, and an authorizer that can refuse. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { startEndpoint } from "../../../core/http";
import { Principals } from "../../../core/principals";
import { AwsError, type Created, type Principal, type ResourceContext } from "../../../core/service";
import { dynamodbService, type DynamoDb } from "../dynamodb";

export const ROLE = "arn:aws:iam::111111111111:role/capture";
export const SCOPE = { account: "111111111111", region: "eu-west-1" };

export interface Asked {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly context: unknown;
}

export interface Sent {
  readonly principal: string;
  readonly streamArn: string;
  readonly partitionKey: string;
  readonly record: unknown;
}

export interface Harness {
  readonly service: DynamoDb;
  readonly client: DynamoDBClient;
  readonly url: string;
  readonly principals: Principals;
  /** What the authorizer was asked. */
  readonly asked: Asked[];
  /** Actions that it refuses. */
  readonly refused: Set<string>;
  readonly sent: Sent[];
  /** Set to make Kinesis refuse. */
  sinkError?: AwsError;
  readonly policies: Map<string, string | undefined>;
  /** Creates a resource as the program would. */
  create(type: string, inputs: Record<string, unknown>, context?: Partial<ResourceContext>): Created;
  context(type: string, name?: string): ResourceContext;
  close(): Promise<void>;
}

export async function harness(): Promise<Harness> {
  const principals = new Principals();
  const asked: Asked[] = [];
  const refused = new Set<string>();
  const sent: Sent[] = [];
  const policies = new Map<string, string | undefined>();
  const authorizer = {
    check: (principal: Principal, action: string, resource: string, context: unknown = {}) => {
      asked.push({ principal: principal.arn, action, resource, context });
      if (refused.has(action)) throw new AwsError("AccessDeniedException", `not authorized to perform: ${action}`);
    },
  };
  const made: Partial<Harness> = {};
  const service = dynamodbService(
    {
      folder: "",
      authorizer,
      principals,
      policies: {
        setIdentityPolicy: (role, name, document) => void policies.set(`${role} ${name}`, document),
        setResourcePolicy: (arn, document) => void policies.set(arn, document),
      },
      endpointUrl: () => "",
      haste: 1,
    },
    {
      sink: {
        append: (principal, streamArn, records) => {
          if (made.sinkError !== undefined) throw made.sinkError;
          for (const { partitionKey, data } of records) {
            sent.push({
              principal: principal.arn,
              streamArn,
              partitionKey,
              record: JSON.parse(data.toString()) as unknown,
            });
          }
        },
      },
    },
  );
  const endpoint = await startEndpoint(service.apis ?? [], { principals, authorizer });
  const client = new DynamoDBClient({
    endpoint: endpoint.url,
    region: SCOPE.region,
    credentials: principals.mint(ROLE),
    maxAttempts: 1,
  });
  const context = (type: string, name = "t"): ResourceContext => ({
    ...SCOPE,
    type,
    name,
    urn: `urn:${type}:${name}`,
    autoName: `${name}-0a1b2c3`,
  });
  return Object.assign(made, {
    service,
    client,
    url: endpoint.url,
    principals,
    asked,
    refused,
    sent,
    policies,
    context,
    create: (type: string, inputs: Record<string, unknown>, more: Partial<ResourceContext> = {}) => {
      const provider = service.providers[type];
      if (provider === undefined) throw new Error(`no provider of ${type}`);
      const created = provider.create(inputs, { ...context(type), ...more });
      if (created instanceof Promise) throw new Error("providers here answer at once");
      return created;
    },
    close: async () => {
      client.destroy();
      await endpoint.close();
      await service.close?.();
    },
  });
}

export const TABLE = "aws:dynamodb/table:Table";

/** Inputs of a table with the key `id`, and `at` if it has a sort key. */
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

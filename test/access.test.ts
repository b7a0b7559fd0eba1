/** What people's roles can do: the declared policies, decided as IAM decides, on the laptop cloud's services. */
import { AthenaClient, GetNamedQueryCommand, ListNamedQueriesCommand } from "@aws-sdk/client-athena";
import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
  type ScanCommandInput,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { principalOf } from "../local/core/contracts";
import { startEndpoint } from "../local/core/http";
import { PolicyAuthorizer } from "../local/core/iam/authorizer";
import { Principals } from "../local/core/principals";
import type { LocalService, Surroundings } from "../local/core/service";
import { athenaService } from "../local/services/athena/athena";
import { dynamodbService } from "../local/services/dynamodb/dynamodb";
import { ParquetConverter } from "../local/services/firehose/converter";
import { columnsOf } from "../local/services/firehose/values";
import { glueService } from "../local/services/glue/glue";
import { s3Service } from "../local/services/s3/s3";
import { emission, emissionMark, emissionScan } from "../functions/emit";
import { changeColumns } from "../infra/data/columns";
import { lakeTables } from "../model";
import { runQuery, type QueryResult } from "../ops/athena";
import { ROWS } from "../queries/testing/rows";
import { ACCOUNTS, pick, plan, REGION, type Plan } from "./graph/plan";

const account = ACCOUNTS.data;
const scope = { account, region: REGION };
const role = (name: string): string => `arn:aws:iam::${account}:role/${name}`;
const [analyst, engineer, somebody] = ["tributary-analyst", "tributary-data-engineer", "somebody"].map(role) as [
  string,
  string,
  string,
];
const [emitter, deployer] = [role("tributary-emitter"), role("deployer")];
const operator = `arn:aws:iam::${account}:root`;
const LAKE = "tributary-lake-222222222222-eu-west-1";
const lakeKey = `arn:aws:kms:${REGION}:${account}:key/00000000-lake`;
const rawKey = `arn:aws:kms:${REGION}:${account}:key/00000000-raw`;
const through = (service: string) => ({ "kms:ViaService": `${service}.${REGION}.amazonaws.com` });
const inLake = { "aws:ResourceAccount": account };

const iam = new PolicyAuthorizer();
const principals = new Principals();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "access-"));
let declared: Plan;
let endpoint: Awaited<ReturnType<typeof startEndpoint>>;
let athena: LocalService | undefined;
let dynamodb: LocalService | undefined;

const ask = async (sql: string, who = analyst, workgroup = "tributary-analysts"): Promise<QueryResult> => {
  const client = new AthenaClient({ endpoint: endpoint.url, region: REGION, credentials: principals.mint(who) });
  try {
    return await runQuery(sql, { client, workgroup, database: "tributary" });
  } finally {
    client.destroy();
  }
};

function allow(who: string, action: string): void {
  const statement = { Effect: "Allow", Action: action, Resource: "*" };
  iam.setIdentityPolicy(who, "allowed", JSON.stringify({ Version: "2012-10-17", Statement: [statement] }));
}

/** Roles and keys by the names of the plan; the rest by the services' own providers. */
async function build(services: readonly LocalService[]): Promise<void> {
  for (const { type, inputs, outputs } of declared.resources) {
    const kind = type.split(":").at(-1);
    if (kind === "Role") iam.setResourcePolicy(String(outputs["arn"]), String(inputs["assumeRolePolicy"]));
    if (kind === "Key") iam.setResourcePolicy(String(outputs["arn"]), String(inputs["policy"]));
  }
  for (const { type, name, inputs } of declared.resources) {
    if (type.endsWith(":RolePolicy"))
      iam.setIdentityPolicy(role(String(inputs["role"])), name, String(inputs["policy"]));
    const provider = services.map(({ providers }) => providers[type]).find((found) => found !== undefined);
    await provider?.create(inputs, { ...scope, type, name, urn: "", autoName: `${name}-1234567` });
  }
}

beforeAll(async () => {
  declared = await plan("data", { config: { "tributary:access": { operators: [deployer] } } });
  const surroundings: Surroundings = {
    folder,
    authorizer: iam,
    policies: iam,
    principals,
    haste: 1,
    endpointUrl: () => "",
  };
  const s3 = s3Service(surroundings);
  const glue = glueService(surroundings);
  athena = athenaService(surroundings, { objects: s3, catalog: glue });
  dynamodb = dynamodbService(surroundings, { sink: { append: () => undefined } });
  await build([s3, glue, athena, dynamodb]);
  iam.setResourcePolicy(somebody, String(pick(declared, "Role", "analyst").inputs["assumeRolePolicy"]));
  allow(somebody, "*");

  const shops = lakeTables.find(({ name }) => name === "shops");
  const columns = columnsOf((shops ? changeColumns(shops) : []).map(({ name: Name, type: Type }) => ({ Name, Type })));
  const meta = { _op: "insert", _version: "1//", _position: "1", _committed_at: "2026-11-24T00:00:00.000000Z" };
  const file = path.join(folder, "shops.parquet");
  const converter = new ParquetConverter();
  await converter.convert([Buffer.from(JSON.stringify({ ...ROWS["shops"]?.[0], ...meta }))], columns, "SNAPPY", file);
  await converter.close();
  await s3.putFile(principalOf(operator), LAKE, "changes/shops/dt=2026-11-24/rows.parquet", file);

  endpoint = await startEndpoint([...(athena.apis ?? []), ...(dynamodb.apis ?? [])], { principals, authorizer: iam });
  for (const { type, inputs } of declared.resources) {
    if (type.startsWith("pulumi-nodejs:") && inputs["view"] !== undefined)
      await ask(
        `CREATE OR REPLACE VIEW "${String(inputs["view"])}" AS\n${String(inputs["sql"])}`,
        operator,
        "tributary",
      );
  }
}, 240_000);
afterAll(async () => {
  await endpoint.close();
  await athena?.close?.();
  await dynamodb?.close?.();
  fs.rmSync(folder, { recursive: true });
});

describe("an analyst", () => {
  test("runs every KPI, as the named query of the workgroup", async () => {
    const client = new AthenaClient({ endpoint: endpoint.url, region: REGION, credentials: principals.mint(analyst) });
    const { NamedQueryIds = [] } = await client.send(new ListNamedQueriesCommand({ WorkGroup: "tributary-analysts" }));
    const texts = await Promise.all(
      NamedQueryIds.map(async (NamedQueryId) => {
        const { NamedQuery } = await client.send(new GetNamedQueryCommand({ NamedQueryId }));
        return NamedQuery?.QueryString ?? "";
      }),
    );
    client.destroy();
    expect(texts.length).toBe(Object.keys(declared.outputs["kpis"] as object).length);
    for (const text of texts) expect((await ask(text)).columns.length).toBeGreaterThan(0);
  }, 120_000);

  test("reads every view", async () => {
    const views = declared.outputs["views"] as readonly string[];
    for (const view of views) await ask(`SELECT * FROM ${view}`);
    expect((await ask("SELECT name FROM shops")).rows).toEqual([[ROWS["shops"]?.[0]?.["name"]]]);
  }, 120_000);

  test("asks in no other workgroup", async () => {
    await expect(ask("SELECT 1", analyst, "tributary")).rejects.toThrow(/not authorized.*StartQueryExecution/);
    await ask("SELECT 1", engineer, "tributary");
  });

  test.each<[string, string, Record<string, string>]>([
    ["dynamodb:GetItem", `arn:aws:dynamodb:${REGION}:${account}:table/raw-1234567`, {}],
    ["dynamodb:Scan", `arn:aws:dynamodb:${REGION}:${account}:table/raw-1234567`, {}],
    [
      "dynamodb:GetRecords",
      `arn:aws:dynamodb:${REGION}:${account}:table/raw-1234567/stream/2026-11-24T00:00:00.000`,
      {},
    ],
    ["kms:Decrypt", rawKey, through("dynamodb")],
    ["kms:Decrypt", rawKey, through("s3")],
    // The lake's key opens nothing but what S3 keeps.
    ["kms:Decrypt", lakeKey, through("kinesis")],
    ["s3:GetObject", "arn:aws:s3:::raw-failures-1234567/capture/parked/a.jsonl", inLake],
    ["s3:ListBucket", "arn:aws:s3:::raw-failures-1234567", inLake],
    ["s3:GetObject", "arn:aws:s3:::access-logs-1234567/lake/a", inLake],
    ["s3:GetObject", `arn:aws:s3:::${LAKE}/errors/users/a`, inLake],
    ["s3:PutObject", `arn:aws:s3:::${LAKE}/changes/users/a`, inLake],
    ["s3:DeleteObject", `arn:aws:s3:::${LAKE}/changes/users/a`, inLake],
    ["s3:GetObject", "arn:aws:s3:::results-1234567/engineers/a.csv", inLake],
    [
      "secretsmanager:GetSecretValue",
      `arn:aws:secretsmanager:${REGION}:${account}:secret:tributary/pseudonyms-a1b2c3`,
      {},
    ],
    ["kinesis:GetRecords", `arn:aws:kinesis:${REGION}:${ACCOUNTS.prod}:stream/tributary-changes`, {}],
    ["kinesis:GetRecords", `arn:aws:kinesis:${REGION}:${ACCOUNTS.prod}:stream/tributary-service-changes`, {}],
    ["lambda:InvokeFunction", `arn:aws:lambda:${REGION}:${account}:function:format-1234567`, {}],
    ["glue:UpdateTable", `arn:aws:glue:${REGION}:${account}:table/tributary/changes_users`, {}],
    ["firehose:PutRecord", `arn:aws:firehose:${REGION}:${account}:deliverystream/tributary-users`, {}],
  ])("may not %s on %s", (action, resource, context) => {
    expect(() => iam.check(principalOf(analyst), action, resource, context)).toThrow(/not authorized to perform/);
    const isLakes = resource.includes("/errors/") || resource.includes("/engineers/");
    if (!isLakes) expect(() => iam.check(principalOf(engineer), action, resource, context)).toThrow(/not authorized/);
  });

  test("the role is taken by the permission set and by nobody else", () => {
    const taking = (arn: string) => () => iam.check(principalOf(arn), "sts:AssumeRole", analyst);
    const permissionSet = role("aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_TributaryAnalyst_0a1b");
    allow(permissionSet, "sts:AssumeRole");
    expect(taking(permissionSet)).not.toThrow();
    expect(taking(somebody)).toThrow("not authorized to perform: sts:AssumeRole");
  });
});

describe("somebody of the account with every permission", () => {
  const may = (action: string, resource: string) => () =>
    iam.check(principalOf(somebody), action, resource, { "aws:ResourceAccount": account });

  test("is kept from the lake and the results by their own policies", () => {
    expect(may("s3:GetObject", "arn:aws:s3:::access-logs-1234567/lake/a")).not.toThrow();
    for (const resource of [`${LAKE}/changes/users/a`, "results-1234567/analysts/a.csv"])
      for (const action of ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
        expect(may(action, `arn:aws:s3:::${resource}`)).toThrow("with an explicit deny in a resource-based policy");
    expect(may("s3:ListBucket", `arn:aws:s3:::${LAKE}`)).toThrow("explicit deny");
    // The bucket's settings stay with whoever may change them: nobody can lock himself out.
    expect(may("s3:PutBucketPolicy", `arn:aws:s3:::${LAKE}`)).not.toThrow();
  });
});

describe("the emitter", () => {
  const TableName = "raw-1234567";
  const Key = { _key: { S: "monolith.users#7" } };
  const mark = emissionMark(0);
  let raw: DynamoDBClient;
  const scan = (input: Partial<ScanCommandInput>) => raw.send(new ScanCommand({ TableName, ...input }));
  const update = (input: Partial<UpdateItemCommandInput>) =>
    raw.send(new UpdateItemCommand({ ...emission(TableName, Key._key.S, emissionMark(1)), ...input }));

  beforeAll(async () => {
    const settings = { endpoint: endpoint.url, region: REGION };
    const root = new DynamoDBClient({ ...settings, credentials: principals.mint(operator) });
    const users = { _table: { S: "monolith.users" }, email: { S: "ada@example.com" } };
    for (const Item of [
      { ...Key, ...users, _acceptedAt: { N: "9" } },
      { _key: { S: "monolith.users#8" }, ...users, _acceptedAt: { N: "8" } },
      { _key: { S: "monolith.users#from before there was a time" }, ...users },
      { _key: { S: "monolith.shops#7" }, _table: { S: "monolith.shops" } },
    ])
      await root.send(new PutItemCommand({ TableName, Item }));
    root.destroy();
    raw = new DynamoDBClient({ ...settings, credentials: principals.mint(emitter) });
  });
  afterAll(() => raw.destroy());

  test("finds the rows and marks them, as the command does", async () => {
    const rows = { tableName: TableName, tables: ["monolith.users"], since: 9 };
    const found = async () => {
      const { Items = [] } = await raw.send(new ScanCommand(emissionScan(rows, 0, 1)));
      return Items.sort((a, b) => (a["_key"]?.S ?? "").localeCompare(b["_key"]?.S ?? ""));
    };
    const timeless = { _key: { S: "monolith.users#from before there was a time" }, _table: { S: "monolith.users" } };
    expect(await found()).toEqual([{ ...Key, _table: { S: "monolith.users" } }, timeless]);
    await raw.send(new UpdateItemCommand(emission(TableName, Key._key.S, mark)));
    expect(await found()).toEqual([{ ...Key, _table: { S: "monolith.users" }, _emitted: { S: mark } }, timeless]);
  });

  const keys = { ProjectionExpression: "#k", ExpressionAttributeNames: { "#k": "_key" } };
  const values = { ExpressionAttributeValues: { ":v": { S: "ada@example.com" } } };
  test.each<[string, () => Promise<unknown>]>([
    ["a scan shows everything", () => scan({})],
    ["a scan shows a column", () => scan({ ProjectionExpression: "email" })],
    ["a scan counts", () => scan({ Select: "COUNT" })],
    ["a filter looks at a column", () => scan({ ...keys, ...values, FilterExpression: "email = :v" })],
    ["an item is read", () => raw.send(new GetItemCommand({ TableName, Key }))],
    [
      "items are queried",
      () => raw.send(new QueryCommand({ TableName, KeyConditionExpression: "#k = :v", ...keys, ...values })),
    ],
    ["an update sets a column", () => update({ UpdateExpression: "SET email = :mark" })],
    ["an update copies a column to where it can be seen", () => update({ UpdateExpression: "SET #emitted = email" })],
    ["a condition looks at a column", () => update({ ConditionExpression: "email = :mark" })],
    ["an update returns the item", () => update({ ReturnValues: "ALL_OLD" })],
    ["an update returns the mark", () => update({ ReturnValues: "UPDATED_NEW" })],
    ["an item is put", () => raw.send(new PutItemCommand({ TableName, Item: Key }))],
  ])("does not see or touch anything else: %s", async (_, request) => {
    await expect(request()).rejects.toThrow(/is not authorized to perform: dynamodb:\w+ on resource/);
  });

  test("is the role of the operators and of nobody else", () => {
    const taking = (arn: string) => () => iam.check(principalOf(arn), "sts:AssumeRole", emitter);
    allow(deployer, "sts:AssumeRole");
    expect(taking(deployer)).not.toThrow();
    for (const other of [somebody, engineer, analyst]) expect(taking(other)).toThrow("not authorized to perform");
  });
});

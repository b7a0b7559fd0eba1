import { rmSync } from "node:fs";
import {
  DatabaseMigrationServiceClient,
  DescribeConnectionsCommand,
  DescribeEndpointsCommand,
  DescribeReplicationInstancesCommand,
  DescribeReplicationTasksCommand,
  ModifyReplicationTaskCommand,
  StopReplicationTaskCommand,
  TestConnectionCommand,
} from "@aws-sdk/client-database-migration-service";
import { startEndpoint } from "../../core/http";
import type { Created } from "../../core/service";
import { testContext, testSurroundings } from "../../core/testing/surroundings";
import type { ComparingProvider } from "./diff";
import { dmsService } from "./dms";
import { ALL_DETAILS, byPrimaryKey, ENDPOINT, S3_ENDPOINT, selections, STREAM, TASK } from "./testing";

const ACCOUNT = "111111111111";
const ROLE = `arn:aws:iam::${ACCOUNT}:role`;
const INSTANCE = "aws:dms/replicationInstance:ReplicationInstance";
const GROUP = "aws:dms/replicationSubnetGroup:ReplicationSubnetGroup";
const CERTIFICATE = "aws:dms/certificate:Certificate";

const surroundings = testSurroundings();
const read: string[] = [];
const service = dmsService(surroundings, {
  secrets: {
    secretString: ({ arn }, secret) => {
      read.push(`${arn} ${secret}`);
      return JSON.stringify({ username: "u", password: "p", host: "127.0.0.1", port: "1" });
    },
  },
});
const create = async (type: string, inputs: Record<string, unknown>, account = ACCOUNT): Promise<Created> => {
  const provider = service.providers[type];
  if (provider === undefined) throw new Error(`No provider of ${type}`);
  return provider.create(inputs, testContext(type, account));
};

const source = {
  endpointId: "monolith",
  endpointType: "source",
  engineName: "postgres",
  databaseName: "monolith",
  secretsManagerArn: "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-a",
  secretsManagerAccessRoleArn: `${ROLE}/secret`,
};
const target = {
  endpointId: "stream",
  endpointType: "target",
  engineName: "kinesis",
  kinesisSettings: { streamArn: STREAM, serviceAccessRoleArn: `${ROLE}/writer`, ...ALL_DETAILS },
};
const lake = {
  endpointId: "lake",
  endpointType: "target",
  bucketName: "lake",
  serviceAccessRoleArn: `${ROLE}/writer`,
  dataFormat: "parquet",
};
const rules = (...more: object[]) => JSON.stringify({ rules: [...selections(["a"]), ...more] });
const task: Record<string, unknown> = {
  replicationTaskId: "changes",
  migrationType: "full-load-and-cdc",
  tableMappings: rules(),
};

let url = "";
let client: DatabaseMigrationServiceClient;
let close: () => Promise<void>;
beforeAll(async () => {
  const made = {
    replicationInstanceArn: (
      await create(INSTANCE, { replicationInstanceId: "Repl", replicationInstanceClass: "dms.t3.medium" })
    ).outputs["replicationInstanceArn"],
    sourceEndpointArn: (await create(ENDPOINT, source)).outputs["endpointArn"],
    targetEndpointArn: (await create(ENDPOINT, target)).outputs["endpointArn"],
  };
  Object.assign(task, made);
  const endpoint = await startEndpoint(service.apis ?? [], surroundings);
  ({ url, close } = endpoint);
  client = new DatabaseMigrationServiceClient({
    endpoint: url,
    region: "eu-west-1",
    credentials: surroundings.principals.mint(`${ROLE}/operator`),
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await close();
  await service.close?.();
  rmSync(surroundings.folder, { recursive: true, force: true });
});

test.each<[string, string, Record<string, unknown>]>([
  ["an argument nobody knows", ENDPOINT, { ...source, loadBalancer: true }],
  [
    "the argument postgresSettings.slotName is not supported",
    ENDPOINT,
    { ...source, postgresSettings: { slotName: "s" } },
  ],
  ["databaseName", ENDPOINT, { ...source, databaseName: undefined }],
  ["give either secretsManagerArn, or username", ENDPOINT, { ...source, username: "u" }],
  ["belong together", ENDPOINT, { ...source, secretsManagerAccessRoleArn: undefined }],
  ["sslMode verify-full needs a certificateArn", ENDPOINT, { ...source, sslMode: "verify-full" }],
  ["Certificate not found", ENDPOINT, { ...source, sslMode: "verify-ca", certificateArn: "arn:aws:dms:x:y:cert:Z" }],
  [
    'attribute "heartbeatFrequency=1" is not supported',
    ENDPOINT,
    { ...source, extraConnectionAttributes: "heartbeatFrequency=1;" },
  ],
  ["Endpoint already exists: monolith", ENDPOINT, source],
  ["needs kinesisSettings", ENDPOINT, { ...target, kinesisSettings: undefined }],
  [
    "of the same account and region",
    ENDPOINT,
    { ...target, kinesisSettings: { ...target.kinesisSettings, streamArn: STREAM.replace("1111", "2222") } },
  ],
  [
    "the argument kinesisSettings.noHexPrefix is not supported",
    ENDPOINT,
    { ...target, kinesisSettings: { ...target.kinesisSettings, noHexPrefix: true } },
  ],
  ["Only postgres and kinesis", ENDPOINT, { ...source, engineName: "mysql" }],
  ["Only parquet is supported", S3_ENDPOINT, { ...lake, dataFormat: "csv" }],
  ["needs a serverSideEncryptionKmsKeyId", S3_ENDPOINT, { ...lake, encryptionMode: "sse_kms" }],
  [
    "at least two availability zones",
    GROUP,
    { replicationSubnetGroupId: "g", replicationSubnetGroupDescription: "d", subnetIds: ["subnet-1"] },
  ],
  ["Expected a certificate in PEM", CERTIFICATE, { certificateId: "c", certificatePem: "none" }],
])("refused: %s", async (message, type, inputs) => {
  const expected = message === "an argument nobody knows" ? "the argument loadBalancer is not supported" : message;
  await expect(create(type, inputs)).rejects.toThrow(expected);
});

const locator = { "schema-name": "public", "table-name": "a" };
const mapping = (more: object) => ({ ...byPrimaryKey(["a"])[0], ...more });
test.each<[string, object]>([
  [
    "Exact schema and table required when using object mapping rule with '3.5' engine.",
    { tableMappings: rules(mapping({ "object-locator": { ...locator, "table-name": "%" } })) },
  ],
  ["the rule-id 1 is used twice", { tableMappings: rules(mapping({ "rule-id": "1" })) }],
  [
    "Only primary-key and schema-table are supported",
    { tableMappings: rules(mapping({ "mapping-parameters": { "partition-key-type": "attribute-name" } })) },
  ],
  [
    "Only map-record-to-record is supported",
    { tableMappings: rules(mapping({ "rule-action": "map-record-to-document" })) },
  ],
  [
    "exclude-columns is not known to the local DMS",
    { tableMappings: rules(mapping({ "mapping-parameters": { "exclude-columns": ["x"] } })) },
  ],
  ["no selection rule includes a table", { tableMappings: JSON.stringify({ rules: byPrimaryKey(["a"]) }) }],
  [
    "Source filters are not supported",
    { tableMappings: JSON.stringify({ rules: [{ ...selections(["a"])[0], filters: [{}] }] }) },
  ],
  [
    "change-data-type is supported for S3 targets only",
    {
      tableMappings: rules({
        "rule-type": "transformation",
        "rule-id": "9",
        "rule-name": "t",
        "rule-target": "column",
        "rule-action": "change-data-type",
        "object-locator": { ...locator, "column-name": "c" },
        "data-type": { type: "string", length: 4 },
      }),
    },
  ],
  [
    "Only remove-column and change-data-type are supported",
    {
      tableMappings: rules({
        "rule-type": "transformation",
        "rule-id": "9",
        "rule-name": "t",
        "rule-target": "column",
        "rule-action": "add-column",
        "object-locator": { ...locator, "column-name": "c" },
      }),
    },
  ],
  ["Table mappings are not JSON", { tableMappings: "{" }],
  [
    "Replication task settings: TargetMetadata.FullLobMode: Only false is supported",
    { replicationTaskSettings: '{"TargetMetadata":{"FullLobMode":true}}' },
  ],
  [
    "Replication task settings: TargetMetadata.ParalelApplyThreads is not known",
    { replicationTaskSettings: '{"TargetMetadata":{"ParalelApplyThreads":4}}' },
  ],
  ["FieldName is required", { replicationTaskSettings: '{"BeforeImageSettings":{"EnableBeforeImage":true}}' }],
  [
    "CloudWatchLogGroup and CloudWatchLogStream are read only",
    { replicationTaskSettings: '{"Logging":{"EnableLogging":true,"CloudWatchLogGroup":null}}' },
  ],
  ["EnableLogContext needs EnableLogging", { replicationTaskSettings: '{"Logging":{"EnableLogContext":true}}' }],
  ["the argument cdcStartPosition is not supported", { cdcStartPosition: "now" }],
  ["Replication instance not found", { replicationInstanceArn: "arn:aws:dms:eu-west-1:111111111111:rep:NONE" }],
  ["is a target, and a source is expected", { sourceEndpointArn: "TARGET" }],
])("a task is refused: %s", async (message, more) => {
  const inputs = { ...task, ...more };
  if (inputs["sourceEndpointArn"] === "TARGET") inputs["sourceEndpointArn"] = task["targetEndpointArn"];
  await expect(create(TASK, inputs)).rejects.toThrow(message);
});

test("changes do not go to S3; settings and mappings of a full load do", async () => {
  const targetEndpointArn = (await create(S3_ENDPOINT, lake)).outputs["endpointArn"];
  const load = { ...task, replicationTaskId: "load", targetEndpointArn };
  await expect(create(TASK, load)).rejects.toThrow("changes to S3 are not supported");
  await expect(
    create(TASK, { ...load, migrationType: "full-load", tableMappings: rules(mapping({})) }),
  ).rejects.toThrow("object mapping is for streams");
  expect((await create(TASK, { ...load, migrationType: "full-load" })).outputs).toMatchObject({
    replicationTaskId: "load",
    status: "ready",
  });
});

test("nothing is made in a network without dms-vpc-role", async () => {
  const vpcRole = `${ROLE}/dms-vpc-role`;
  surroundings.authorizer.denies = ({ principal, resource }) => principal.arn === vpcRole || resource === vpcRole;
  await expect(
    create(GROUP, {
      replicationSubnetGroupId: "g",
      replicationSubnetGroupDescription: "d",
      subnetIds: ["subnet-1", "subnet-2"],
    }),
  ).rejects.toMatchObject({
    code: "AccessDeniedFault",
    message: `The IAM Role ${vpcRole} is not configured properly.`,
  });
  surroundings.authorizer.denies = () => false;
});

test("what is replaced, what is changed in place, and what is the same", async () => {
  const diff = (type: string, inputs: Record<string, unknown>, before: Record<string, unknown>) =>
    (service.providers[type] as ComparingProvider).diff("", inputs, { inputs: before });
  const settings = { ...target.kinesisSettings, includeNullAndEmpty: false };
  expect(await diff(ENDPOINT, { ...target, kinesisSettings: settings }, target)).toBe("update");
  expect(await diff(ENDPOINT, { ...target, kinesisSettings: { ...settings, messageFormat: "json" } }, target)).toBe(
    "replace",
  );
  expect(await diff(TASK, { ...task, targetEndpointArn: "other" }, task)).toBe("replace");
  expect(await diff(TASK, { ...task, replicationInstanceArn: "other" }, task)).toBe("update");
  const spaced = { ...task, replicationTaskSettings: '{ "Logging": {"EnableLogging": true} }' };
  expect(await diff(TASK, { ...spaced, replicationTaskSettings: '{"Logging":{"EnableLogging":true}}' }, spaced)).toBe(
    "same",
  );
});

test("described, by filters, to who may; modified while it stands", async () => {
  const created = await create(TASK, task);
  const arn = String(created.outputs["replicationTaskArn"]);
  const by = (Name: string, value: unknown) => ({ Filters: [{ Name, Values: [String(value)] }] });
  surroundings.authorizer.taken();
  const { ReplicationTasks = [] } = await client.send(
    new DescribeReplicationTasksCommand(by("replication-task-id", "changes")),
  );
  expect(surroundings.authorizer.taken()).toEqual(["dms:DescribeReplicationTasks *"]);
  expect(ReplicationTasks).toMatchObject([
    {
      ReplicationTaskArn: arn,
      Status: "ready",
      MigrationType: "full-load-and-cdc",
      ReplicationTaskCreationDate: expect.any(Date),
    },
  ]);
  expect(JSON.parse(ReplicationTasks[0]?.ReplicationTaskSettings ?? "")).toMatchObject({
    FullLoadSettings: { MaxFullLoadSubTasks: 8 },
  });
  const { Endpoints } = await client.send(new DescribeEndpointsCommand(by("endpoint-type", "target")));
  expect(Endpoints?.map(({ EndpointIdentifier }) => EndpointIdentifier).sort()).toEqual(["lake", "stream"]);
  expect(Endpoints?.find(({ EngineName }) => EngineName === "kinesis")?.KinesisSettings).toMatchObject({
    StreamArn: STREAM,
    IncludePartitionValue: true,
  });
  const { ReplicationInstances } = await client.send(new DescribeReplicationInstancesCommand({}));
  expect(ReplicationInstances).toMatchObject([
    { ReplicationInstanceIdentifier: "repl", ReplicationInstanceStatus: "available" },
  ]);
  await expect(client.send(new DescribeEndpointsCommand(by("colour", "red")))).rejects.toThrow(
    "The filter colour is not one of",
  );

  const { ReplicationTask } = await client.send(
    new ModifyReplicationTaskCommand({
      ReplicationTaskArn: arn,
      ReplicationTaskSettings: '{"FullLoadSettings":{"MaxFullLoadSubTasks":2}}',
    }),
  );
  expect(JSON.parse(ReplicationTask?.ReplicationTaskSettings ?? "")).toMatchObject({
    FullLoadSettings: { MaxFullLoadSubTasks: 2 },
  });
  await expect(client.send(new StopReplicationTaskCommand({ ReplicationTaskArn: arn }))).rejects.toMatchObject({
    name: "InvalidResourceStateFault",
  });
  surroundings.authorizer.denies = ({ action, resource }) => action === "dms:StopReplicationTask" && resource === arn;
  await expect(client.send(new StopReplicationTaskCommand({ ReplicationTaskArn: arn }))).rejects.toMatchObject({
    name: "AccessDeniedException",
  });
  surroundings.authorizer.denies = () => false;

  // What a task uses stays.
  const endpoint = { id: "", outputs: { endpointArn: task["sourceEndpointArn"] } };
  await expect(
    (async () => service.providers[ENDPOINT]?.delete?.("", endpoint, testContext(ENDPOINT)))(),
  ).rejects.toThrow("is used by the task");
});

test("a connection test reads the secret with the endpoint's role, and says what failed", async () => {
  const EndpointArn = String(task["sourceEndpointArn"]);
  const ReplicationInstanceArn = String(task["replicationInstanceArn"]);
  read.length = 0;
  surroundings.authorizer.taken();
  const { Connection } = await client.send(new TestConnectionCommand({ EndpointArn, ReplicationInstanceArn }));
  expect(Connection?.Status).toBe("testing");
  expect(read).toEqual([`${ROLE}/secret ${source.secretsManagerArn}`]);
  // DMS takes the role as the regional principal, for its account.
  expect(surroundings.authorizer.asked.find(({ action }) => action === "sts:AssumeRole")).toMatchObject({
    principal: { arn: "dms.eu-west-1.amazonaws.com" },
    resource: `${ROLE}/secret`,
    context: { "aws:SourceAccount": ACCOUNT },
  });
  const filter = { Name: "endpoint-arn", Values: [EndpointArn] };
  for (;;) {
    const { Connections = [] } = await client.send(new DescribeConnectionsCommand({ Filters: [filter] }));
    if (Connections[0]?.Status === "testing") continue;
    expect(Connections).toMatchObject([
      { Status: "failed", LastFailureMessage: expect.stringContaining("ECONNREFUSED") },
    ]);
    return;
  }
});

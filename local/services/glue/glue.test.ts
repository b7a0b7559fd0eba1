import {
  CreateDatabaseCommand,
  CreateTableCommand,
  DeleteDatabaseCommand,
  DeleteTableCommand,
  GetDatabaseCommand,
  GetDatabasesCommand,
  GetPartitionsCommand,
  GetTableCommand,
  GetTablesCommand,
  GetTableVersionCommand,
  GetTableVersionsCommand,
  GlueClient,
  UpdateTableCommand,
  type TableInput,
} from "@aws-sdk/client-glue";
import { principalOf } from "../../core/contracts";
import { startEndpoint } from "../../core/http";
import { Principals } from "../../core/principals";
import { AwsError, type Authorizer, type ResourceContext } from "../../core/service";
import { glueService } from "./glue";

const role = "arn:aws:iam::222222222222:role/analyst";
const scope = { account: "222222222222", region: "eu-west-1" };
const parquet = {
  InputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
  OutputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
  SerdeInfo: { SerializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe" },
};
const table = (Name: string, change: Partial<TableInput> = {}): TableInput => ({
  Name,
  TableType: "EXTERNAL_TABLE",
  StorageDescriptor: {
    Columns: [{ Name: "id", Type: "bigint", Comment: "the key" }],
    Location: "s3://lake/changes/shops/",
    ...parquet,
  },
  ...change,
});

const checks: string[] = [];
let denied: string | undefined;
const authorizer: Authorizer = {
  check({ arn }, action, resource) {
    checks.push(`${action} ${resource.split(":").slice(5).join(":")}`);
    if (action === denied) throw new AwsError("AccessDeniedException", `${arn} may not ${action} on ${resource}`);
  },
};

const principals = new Principals();
const service = glueService({
  folder: "",
  authorizer,
  policies: { setIdentityPolicy: () => undefined, setResourcePolicy: () => undefined },
  principals,
  endpointUrl: () => "",
  haste: 1,
});
let endpoint: Awaited<ReturnType<typeof startEndpoint>>;
let client: GlueClient;
const clientOf = (arn: string): GlueClient =>
  new GlueClient({ endpoint: endpoint.url, region: "eu-west-1", credentials: principals.mint(arn) });

beforeAll(async () => {
  endpoint = await startEndpoint(service.apis ?? [], { principals, authorizer });
  client = clientOf(role);
  await client.send(new CreateDatabaseCommand({ DatabaseInput: { Name: "Lake", Description: "all of it" } }));
});
afterAll(async () => {
  client.destroy();
  await endpoint.close();
});
beforeEach(() => {
  checks.length = 0;
  denied = undefined;
});

const provider = (type: string): Required<NonNullable<(typeof service.providers)[string]>> => {
  const found = service.providers[type];
  if (found?.update === undefined || found.delete === undefined) throw new Error(`no provider of ${type}`);
  return { create: found.create, update: found.update, delete: found.delete };
};
const context = (type: string, name: string): ResourceContext => ({
  ...scope,
  type,
  name,
  urn: `urn:${name}`,
  autoName: `${name}-1a2b3c4`,
});

test("tables live in versions, in lower case, and are asked for with catalog and database", async () => {
  const name = { DatabaseName: "lake", Name: "versions" };
  await client.send(new CreateTableCommand({ DatabaseName: "lake", TableInput: table("Versions") }));
  expect(checks).toEqual([
    "glue:CreateTable catalog",
    "glue:CreateTable database/lake",
    "glue:CreateTable table/lake/versions",
  ]);
  const wider = table("versions");
  wider.StorageDescriptor?.Columns?.push({ Name: "city", Type: "string" });
  await client.send(new UpdateTableCommand({ DatabaseName: "lake", TableInput: wider }));

  const { Table } = await client.send(new GetTableCommand(name));
  expect(Table).toMatchObject({ Name: "versions", DatabaseName: "lake", CatalogId: scope.account, VersionId: "1" });
  expect(Table?.StorageDescriptor?.Columns?.map(({ Name }) => Name)).toEqual(["id", "city"]);
  expect(Table?.CreateTime).toBeInstanceOf(Date);
  const { TableVersions } = await client.send(
    new GetTableVersionsCommand({ DatabaseName: "lake", TableName: "versions" }),
  );
  expect(TableVersions?.map((version) => version.Table?.StorageDescriptor?.Columns?.length)).toEqual([2, 1]);

  await expect(
    client.send(new CreateTableCommand({ DatabaseName: "lake", TableInput: table("versions") })),
  ).rejects.toMatchObject({ name: "AlreadyExistsException" });
  await client.send(new DeleteTableCommand(name));
  await expect(client.send(new GetTableCommand(name))).rejects.toMatchObject({ name: "EntityNotFoundException" });
});

test("lists are paged and filtered", async () => {
  await client.send(new CreateDatabaseCommand({ DatabaseInput: { Name: "many" } }));
  for (const name of ["b_two", "a_one", "b_one"]) {
    await client.send(new CreateTableCommand({ DatabaseName: "many", TableInput: table(name) }));
  }
  const first = await client.send(new GetTablesCommand({ DatabaseName: "many", MaxResults: 2 }));
  expect(first.TableList?.map(({ Name }) => Name)).toEqual(["a_one", "b_one"]);
  const rest = await client.send(new GetTablesCommand({ DatabaseName: "many", NextToken: first.NextToken }));
  expect(rest.TableList?.map(({ Name }) => Name)).toEqual(["b_two"]);
  expect(rest.NextToken).toBeUndefined();
  const some = await client.send(new GetTablesCommand({ DatabaseName: "many", Expression: "b_.*|zzz" }));
  expect(some.TableList?.map(({ Name }) => Name)).toEqual(["b_one", "b_two"]);
  await expect(client.send(new GetTablesCommand({ DatabaseName: "many", Expression: "b*" }))).rejects.toThrow(
    /"b\*" is not supported/,
  );
  await client.send(new DeleteDatabaseCommand({ Name: "many" }));
  expect(checks.slice(-3)).toEqual([
    "glue:DeleteDatabase catalog",
    "glue:DeleteDatabase database/many",
    "glue:DeleteDatabase table/many/*",
  ]);
  await expect(client.send(new GetTablesCommand({ DatabaseName: "many" }))).rejects.toThrow("Database many not found");
});

test("another account has another catalog", async () => {
  const other = clientOf("arn:aws:iam::111111111111:role/analyst");
  expect((await other.send(new GetDatabasesCommand({}))).DatabaseList).toEqual([]);
  expect((await client.send(new GetDatabasesCommand({}))).DatabaseList?.map(({ Name }) => Name)).toContain("lake");
  other.destroy();
});

test("every operation asks before it answers", async () => {
  const database = { Name: "lake" };
  const name = { DatabaseName: "lake", Name: "parts" };
  const named = { DatabaseName: "lake", TableName: "parts" };
  const input = { DatabaseName: "lake", TableInput: table("parts") };
  const calls: Record<string, () => Promise<unknown>> = {
    GetDatabase: () => client.send(new GetDatabaseCommand(database)),
    GetDatabases: () => client.send(new GetDatabasesCommand({})),
    CreateDatabase: () => client.send(new CreateDatabaseCommand({ DatabaseInput: { Name: "other" } })),
    DeleteDatabase: () => client.send(new DeleteDatabaseCommand(database)),
    GetTable: () => client.send(new GetTableCommand(name)),
    GetTables: () => client.send(new GetTablesCommand({ DatabaseName: "lake" })),
    CreateTable: () => client.send(new CreateTableCommand(input)),
    UpdateTable: () => client.send(new UpdateTableCommand(input)),
    DeleteTable: () => client.send(new DeleteTableCommand(name)),
    GetPartitions: () => client.send(new GetPartitionsCommand(named)),
    GetTableVersions: () => client.send(new GetTableVersionsCommand(named)),
    GetTableVersion: () => client.send(new GetTableVersionCommand(named)),
  };
  const [api] = service.apis ?? [];
  expect(api?.protocol === "json" && Object.keys(api.operations).sort()).toEqual(Object.keys(calls).sort());
  for (const [operation, call] of Object.entries(calls)) {
    denied = `glue:${operation}`;
    await expect(call()).rejects.toMatchObject({ name: "AccessDeniedException" });
  }
  expect(service.database(scope, "lake")).toBeDefined();
});

test("a parameter that is not understood is refused", async () => {
  const command = new GetTableCommand({ DatabaseName: "lake", Name: "x", QueryAsOfTime: new Date(0) });
  await expect(client.send(command)).rejects.toThrow("local glue: the parameter QueryAsOfTime is not supported.");
});

test("other services act as a principal, and are asked as the API is", () => {
  const principal = principalOf(role);
  const view = {
    ...table("heads"),
    DatabaseName: "lake",
    CatalogId: scope.account,
    Name: "heads",
    TableType: "VIRTUAL_VIEW" as const,
    Parameters: { presto_view: "true" },
    StorageDescriptor: { Columns: [{ Name: "n", Type: "bigint" }], Location: "" },
    PartitionKeys: [],
    ViewOriginalText: "/* Presto View: eyJhIjoxfQ== */",
    ViewExpandedText: "/* Presto View */",
  };
  service.putTable(principal, scope, view);
  service.putTable(principal, scope, view);
  expect(service.table(principal, scope, "lake", "heads")).toMatchObject({ ViewOriginalText: view.ViewOriginalText });
  expect(service.tables(principal, scope, "lake").map(({ Name }) => Name)).toEqual(["heads"]);
  service.deleteTable(principal, scope, "lake", "heads");
  expect(service.table(principal, scope, "lake", "heads")).toBeUndefined();
  expect(checks.filter((check) => check.endsWith("catalog"))).toEqual(
    ["CreateTable", "UpdateTable", "GetTable", "GetTables", "DeleteTable", "GetTable"].map((a) => `glue:${a} catalog`),
  );
  denied = "glue:GetTable";
  expect(() => service.table(principal, scope, "lake", "heads")).toThrow("may not glue:GetTable");
  const bad = { ...view, ViewOriginalText: "select 1" };
  expect(() => service.putTable(principal, scope, bad)).toThrow(/ViewOriginalText is not what Athena writes/);
});

const projected = (parameters: Record<string, string>): Partial<TableInput> => ({
  PartitionKeys: [{ Name: "dt", Type: "string" }],
  Parameters: {
    "projection.enabled": "true",
    "projection.dt.type": "date",
    "projection.dt.format": "yyyy-MM-dd",
    "projection.dt.range": "2026-01-01,NOW+1DAYS",
    "storage.location.template": "s3://lake/changes/shops/dt=${dt}/",
    ...parameters,
  },
});
const storage = (change: object): Partial<TableInput> => ({
  StorageDescriptor: { ...table("x").StorageDescriptor, ...change },
});

test("partitions are projected, so that none is registered", async () => {
  await client.send(new CreateTableCommand({ DatabaseName: "lake", TableInput: table("parts", projected({})) }));
  const name = { DatabaseName: "lake", TableName: "parts" };
  expect((await client.send(new GetPartitionsCommand(name))).Partitions).toEqual([]);
  const kinds = {
    "projection.dt.format": "yyyy-MM-dd-HH",
    "projection.dt.range": "2026-01-01-00,2026-12-31-23",
    "projection.dt.interval": "1",
    "projection.dt.interval.unit": "HOURS",
  };
  await client.send(new UpdateTableCommand({ DatabaseName: "lake", TableInput: table("parts", projected(kinds)) }));
});

test.each<[string, Partial<TableInput>, RegExp]>([
  ["no slash", storage({ Location: "s3://lake/changes" }), /Location is "s3:\/\/lake\/changes"/],
  ["no columns", storage({ Columns: [] }), /has no columns/],
  ["upper case", storage({ Columns: [{ Name: "Id", Type: "int" }] }), /the column "Id"/],
  ["a Trino type", storage({ Columns: [{ Name: "id", Type: "varchar" }] }), /has the type "varchar"/],
  ["an open type", storage({ Columns: [{ Name: "id", Type: "struct<a:array<int>" }] }), /has the type "struct/],
  ["a wide decimal", storage({ Columns: [{ Name: "id", Type: "decimal(39,1)" }] }), /has the type "decimal/],
  ["other files", storage({ InputFormat: "org.apache.hadoop.mapred.TextInputFormat" }), /only Parquet is supported/],
  ["no serde", storage({ SerdeInfo: undefined }), /SerializationLibrary is missing/],
  ["no type of table", { TableType: undefined }, /TableType/],
  ["a key among the columns", { PartitionKeys: [{ Name: "id", Type: "string" }] }, /"id" stands twice/],
  ["no projection", { ...projected({}), Parameters: {} }, /but not projection.enabled/],
  ["no configuration", { ...projected({}), Parameters: { "projection.enabled": "true" } }, /missing.*: \[dt\]/],
  ["no such key", projected({ "projection.day.type": "date" }), /no partition key "day"/],
  ["no such type", projected({ "projection.dt.type": "day" }), /projection.dt.type is "day"/],
  ["a misspelt setting", projected({ "projection.dt.intervall": "1" }), /projection.dt.intervall is no setting/],
  ["no range", projected({ "projection.dt.range": "" }), /projection.dt.range is missing/],
  ["one end", projected({ "projection.dt.range": "2026-01-01" }), /the first and the last value/],
  ["another format", projected({ "projection.dt.range": "2026/01/01,NOW" }), /nor in the format yyyy-MM-dd/],
  ["backwards", projected({ "projection.dt.range": "2026-02-01,2026-01-01" }), /it ends before it begins/],
  ["hours alone", projected({ "projection.dt.format": "yyyy-MM-dd-HH", "projection.dt.range": "NOW,NOW" }), /interval/],
  ["a strange unit", projected({ "projection.dt.interval.unit": "DAY" }), /interval.unit is "DAY"/],
  ["an interval of none", projected({ "projection.dt.interval": "0" }), /interval is "0"/],
  ["no slash behind", projected({ "storage.location.template": "s3://lake/dt=${dt}" }), /ends with a slash/],
  ["no placeholder", projected({ "storage.location.template": "s3://lake/dt/" }), /it has no \$\{dt\}/],
  ["a strange one", projected({ "storage.location.template": "s3://lake/${dt}/${hour}/" }), /partition key "hour"/],
])("refused, since Athena could not query it: %s", async (_what, change, message) => {
  const command = new CreateTableCommand({ DatabaseName: "lake", TableInput: table("bad", change) });
  await expect(client.send(command)).rejects.toMatchObject({
    name: "InvalidInputException",
    message: expect.stringMatching(message),
  });
});

const commented = (Comment: string) => storage({ Columns: [{ Name: "id", Type: "int", Comment }] });

test.each<[string, (more: string) => Partial<TableInput>, number, string]>([
  ["name", (more) => ({ Name: `long_${more}` }), 250, "table.name"],
  ["description", (more) => ({ Description: `€${more}` }), 2045, "table.description"],
  ["column", (more) => storage({ Columns: [{ Name: `a${more}`, Type: "int" }] }), 254, "columns.1.member.name"],
  ["comment", (more) => commented(`€${more}`), 252, "table.storageDescriptor.columns.1.member.comment"],
  [
    "comment of a partition key",
    (more) => ({ ...projected({}), PartitionKeys: [{ Name: "dt", Type: "string", Comment: more }] }),
    255,
    "table.partitionKeys.1.member.comment",
  ],
])("no longer than Glue takes, counted in bytes: %s", async (_what, change, more, at) => {
  const create = (length: number) =>
    client.send(
      new CreateTableCommand({ DatabaseName: "lengths", TableInput: table("limits", change("x".repeat(length))) }),
    );
  await client.send(new CreateDatabaseCommand({ DatabaseInput: { Name: "lengths" } }));
  await expect(create(more + 1)).rejects.toMatchObject({
    name: "ValidationException",
    message: expect.stringMatching(new RegExp(`at '.*${at}' failed to satisfy .* less than or equal to \\d+$`)),
  });
  await create(more);
  await client.send(new DeleteDatabaseCommand({ Name: "lengths" }));
});

test("the program's databases and tables: created, widened in place, renamed never", async () => {
  const [databases, tables] = ["aws:glue/catalogDatabase:CatalogDatabase", "aws:glue/catalogTable:CatalogTable"];
  const made = await provider(databases).create({ name: "program" }, context(databases, "program"));
  expect(made).toMatchObject({
    id: "222222222222:program",
    outputs: { name: "program", arn: "arn:aws:glue:eu-west-1:222222222222:database/program" },
  });
  const columns = [{ name: "id", type: "bigint", comment: "the key" }];
  const inputs = (extra: object[] = []) => ({
    databaseName: "program",
    name: "shops",
    tableType: "EXTERNAL_TABLE",
    parameters: { classification: "parquet" },
    storageDescriptor: {
      columns: [...columns, ...extra],
      location: "s3://lake/full/shops/",
      inputFormat: parquet.InputFormat,
      outputFormat: parquet.OutputFormat,
      serDeInfo: { serializationLibrary: parquet.SerdeInfo.SerializationLibrary },
    },
  });
  const at = context(tables, "shops");
  const first = await provider(tables).create(inputs(), at);
  expect(first).toMatchObject({
    id: "222222222222:program:shops",
    outputs: { name: "shops", arn: "arn:aws:glue:eu-west-1:222222222222:table/program/shops" },
  });
  await provider(tables).update(first.id, inputs([{ name: "city", type: "string" }]), first, at);
  const found = service.table(principalOf(role), scope, "program", "shops");
  expect(found?.StorageDescriptor.Columns.map(({ Name }) => Name)).toEqual(["id", "city"]);
  expect(found?.Parameters).toEqual({ classification: "parquet" });

  const update = (change: object) => () => provider(tables).update(first.id, { ...inputs(), ...change }, first, at);
  expect(update({ name: "stores" })).toThrow(/cannot be renamed/);
  expect(update({ partitionIndices: [] })).toThrow(/the argument partitionIndices is not supported/);
  expect(update({ tableType: undefined })).toThrow(/TableType/);
  await provider(tables).delete(first.id, first, at);
  await provider(databases).delete(made.id, made, context(databases, "program"));
  expect(service.database(scope, "program")).toBeUndefined();
});

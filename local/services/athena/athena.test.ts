import {
  BatchGetNamedQueryCommand,
  CreateNamedQueryCommand,
  GetQueryResultsCommand,
  GetWorkGroupCommand,
  ListNamedQueriesCommand,
  ListQueryExecutionsCommand,
  ListWorkGroupsCommand,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from "@aws-sdk/client-athena";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { testContext } from "../../core/testing/surroundings";
import { ACCOUNT, ANALYST, DAYS, Lake, parquetTable } from "./testing/lake";

const lake = new Lake();

beforeAll(async () => {
  await lake.start({ bytesScannedCutoffPerQuery: 10_485_760 });
  lake.add(
    parquetTable("users", {
      id: "bigint",
      name: "string",
      score: "double",
      wage: "decimal(10,2)",
      badge: "binary",
      seen: "timestamp",
      active: "boolean",
      born: "date",
    }),
  );
  await lake.write(
    "users/a.parquet",
    `SELECT 9007199254740993::BIGINT AS id, 'Zoë, "z"' AS name, 1.5::DOUBLE AS score, 12.5::DECIMAL(10,2) AS wage, '\\x00\\xFF'::BLOB AS badge,
     TIMESTAMP '2026-01-02 03:04:05.678901' AS seen, true AS active, DATE '2026-01-02' AS born
     UNION ALL SELECT 2, '', NULL, NULL, NULL, NULL, NULL, NULL`,
  );
});
afterAll(() => lake.close());
afterEach(() => {
  lake.surroundings.authorizer.denies = () => false;
});

test("a query's rows, types and statistics; its CSV in S3", async () => {
  const { execution, names, rows, types } = await lake.query("SELECT * FROM users ORDER BY id DESC");
  expect(names).toEqual(["id", "name", "score", "wage", "badge", "seen", "active", "born"]);
  expect(types).toEqual(["bigint", "varchar", "double", "decimal", "varbinary", "timestamp", "boolean", "date"]);
  expect(rows).toEqual([
    ["9007199254740993", 'Zoë, "z"', "1.5", "12.50", "00 ff", "2026-01-02 03:04:05.679", "true", "2026-01-02"],
    ["2", "", null, null, null, null, null, null],
  ]);
  const key = execution.ResultConfiguration?.OutputLocation?.replace("s3://", "") ?? "";
  expect(key).toBe(`results/kpis/${execution.QueryExecutionId}.csv`);
  expect(readFileSync(join(lake.surroundings.folder, "s3", key), "utf8")).toBe(
    '"id","name","score","wage","badge","seen","active","born"\n' +
      '"9007199254740993","Zoë, ""z""","1.5","12.50","00 ff","2026-01-02 03:04:05.679","true","2026-01-02"\n' +
      '"2","",,,,,,\n',
  );
  expect(execution).toMatchObject({ StatementType: "DML", WorkGroup: "kpis", Status: { State: "SUCCEEDED" } });
});

test("bytes scanned are those of the columns that are read", async () => {
  const bytes = async (sql: string): Promise<number> =>
    (await lake.query(sql)).execution.Statistics?.DataScannedInBytes ?? -1;
  const [all, id, name] = [
    await bytes("SELECT * FROM users"),
    await bytes("SELECT id FROM users"),
    await bytes("SELECT name FROM users"),
  ];
  expect(id).toBeGreaterThan(0);
  expect(all).toBeGreaterThan(id + name);
  expect(await bytes("SELECT x.id FROM (SELECT id, name, score FROM users) AS x")).toBe(id);
  expect(await bytes("SELECT id FROM users WHERE name <> ''")).toBe(id + name);
  expect(await bytes("SELECT count(*) FROM users")).toBe(0);
});

test("a limit on scanned bytes cancels the query", async () => {
  lake.add(parquetTable("noise", { x: "double" }));
  await lake.write("noise/a.parquet", "SELECT random() AS x FROM range(1500000)");
  const { Status, Statistics } = await lake.run("SELECT sum(x) FROM noise");
  expect(Status).toMatchObject({ State: "CANCELLED", StateChangeReason: "Bytes scanned limit was exceeded" });
  expect(Statistics?.DataScannedInBytes).toBeGreaterThan(10_485_760);
});

test("pages of results, the names first", async () => {
  const { execution } = await lake.query("SELECT n FROM UNNEST(sequence(1, 2500)) AS t(n)");
  const seen: (string | undefined)[] = [];
  const sizes: number[] = [];
  let token: string | undefined;
  do {
    const page = await lake.client.send(
      new GetQueryResultsCommand({ QueryExecutionId: execution.QueryExecutionId, NextToken: token }),
    );
    const rows = page.ResultSet?.Rows ?? [];
    sizes.push(rows.length);
    seen.push(...rows.map(({ Data }) => Data?.[0]?.VarCharValue));
    token = page.NextToken;
  } while (token !== undefined);
  expect(sizes).toEqual([1000, 1000, 501]);
  expect(seen).toEqual(["n", ...Array.from({ length: 2500 }, (_, index) => String(index + 1))]);
});

test("stopping interrupts what runs", async () => {
  const { QueryExecutionId: id = "" } = await lake.client.send(
    new StartQueryExecutionCommand({
      QueryString:
        "SELECT count(*) FROM UNNEST(sequence(1, 9999)) AS a(x) CROSS JOIN UNNEST(sequence(1, 9999)) AS b(x) CROSS JOIN UNNEST(sequence(1, 9999)) AS c(x) WHERE a.x * b.x % 7 = c.x",
      WorkGroup: "kpis",
    }),
  );
  await expect(lake.client.send(new GetQueryResultsCommand({ QueryExecutionId: id }))).rejects.toThrow(
    "Query has not yet finished",
  );
  await lake.client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
  expect((await lake.finish(id)).Status?.State).toBe("CANCELLED");
});

test("a repeated request token is the same execution", async () => {
  const token = "a".repeat(32);
  const start = (sql: string) =>
    lake.client.send(
      new StartQueryExecutionCommand({ QueryString: sql, WorkGroup: "kpis", ClientRequestToken: token }),
    );
  const first = await start("SELECT 1");
  expect((await start("SELECT 1")).QueryExecutionId).toBe(first.QueryExecutionId);
  await expect(start("SELECT 2")).rejects.toThrow("Idempotent parameters do not match");
});

test("an earlier result is reused when the request allows it", async () => {
  const reuse = { ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: true, MaxAgeInMinutes: 5 } } };
  const first = await lake.query("SELECT max(id) AS reused FROM users", reuse);
  const second = await lake.query("SELECT max(id) AS reused FROM users", reuse);
  expect(second.rows).toEqual(first.rows);
  expect(second.execution.Statistics).toMatchObject({
    DataScannedInBytes: 0,
    ResultReuseInformation: { ReusedPreviousResult: true },
  });
  const third = await lake.query("SELECT max(id) AS reused FROM users");
  expect(third.execution.Statistics?.ResultReuseInformation?.ReusedPreviousResult).toBe(false);
});

test("execution parameters stand for question marks", async () => {
  const { rows } = await lake.query("SELECT id FROM users WHERE name = ? OR id > ?", {
    ExecutionParameters: ["'it''s'", "100"],
  });
  expect(rows).toEqual([["9007199254740993"]]);
  expect(await lake.failure("SELECT ?")).toContain("Incorrect number of parameters: expected 1 but found 0");
});

test("what the grammar refuses is refused at once, what the tables refuse fails", async () => {
  await expect(lake.run("SELECT id FORM users")).rejects.toMatchObject({
    name: "InvalidRequestException",
    message: expect.stringMatching(/^line 1:16: mismatched input 'users'/),
  });
  expect(await lake.failure("SELECT\n  nme FROM users")).toBe(
    "COLUMN_NOT_FOUND: line 2:3: Column 'nme' cannot be resolved",
  );
  expect(await lake.failure("SELECT 1 FROM nobody")).toBe(
    "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.lake.nobody' does not exist",
  );
  const { Status } = await lake.run("SELECT 1 / (id - id) FROM users");
  expect(Status).toMatchObject({
    StateChangeReason: "DIVISION_BY_ZERO: Division by zero",
    AthenaError: { ErrorCategory: 2 },
  });
});

test("tables, results and workgroups are used with the caller's rights", async () => {
  const { authorizer } = lake.surroundings;
  authorizer.taken();
  const { execution } = await lake.query("SELECT id FROM users");
  const workgroup = `arn:aws:athena:eu-west-1:${ACCOUNT}:workgroup/kpis`;
  const asked = authorizer.taken();
  expect(asked).toEqual(
    expect.arrayContaining([
      `athena:StartQueryExecution ${workgroup}`,
      "glue:GetTable table/lake/users",
      "s3:ListBucket arn:aws:s3:::lake",
      "s3:GetObject arn:aws:s3:::lake/users/a.parquet",
      `s3:PutObject arn:aws:s3:::results/kpis/${execution.QueryExecutionId}.csv`,
      `athena:GetQueryResults ${workgroup}`,
      `s3:GetObject arn:aws:s3:::results/kpis/${execution.QueryExecutionId}.csv`,
    ]),
  );
  expect(authorizer.asked.every(({ principal }) => principal.arn === ANALYST)).toBe(true);
  const failing = async (action: string): Promise<string | undefined> => {
    authorizer.denies = (request) => request.action === action;
    return lake.failure("SELECT id FROM users");
  };
  expect(await failing("glue:GetTable")).toMatch(/^PERMISSION_DENIED: Insufficient permissions to execute the query/);
  expect(await failing("s3:ListBucket")).toMatch(
    /^PERMISSION_DENIED: Permission denied on S3 path: s3:\/\/lake\/users\//,
  );
  expect(await failing("s3:GetObject")).toMatch(
    /^PERMISSION_DENIED: Permission denied on S3 path: s3:\/\/lake\/users\//,
  );
  expect(await failing("s3:PutObject")).toMatch(/^PERMISSION_DENIED: Access denied when writing output/);
  authorizer.denies = ({ action, resource }) => action === "s3:GetObject" && resource.includes("results");
  await expect(lake.query("SELECT 1")).rejects.toThrow("Access denied when reading from location");
  authorizer.denies = ({ action }) => action === "athena:StartQueryExecution";
  await expect(lake.run("SELECT 1")).rejects.toMatchObject({ name: "AccessDeniedException" });
});

test("a workgroup's key is asked for when its results are written and read", async () => {
  const kmsKeyArn = "arn:aws:kms:eu-west-1:222222222222:key/1";
  await lake.service.providers["aws:athena/workgroup:Workgroup"]?.create(
    {
      name: "sealed",
      configuration: {
        resultConfiguration: {
          outputLocation: "s3://results/sealed/",
          encryptionConfiguration: { encryptionOption: "SSE_KMS", kmsKeyArn },
        },
      },
    },
    testContext("aws:athena/workgroup:Workgroup", ACCOUNT),
  );
  const { authorizer } = lake.surroundings;
  authorizer.taken();
  await lake.query("SELECT 1", { WorkGroup: "sealed" });
  expect(authorizer.taken()).toEqual(
    expect.arrayContaining([`kms:GenerateDataKey ${kmsKeyArn}`, `kms:Decrypt ${kmsKeyArn}`]),
  );
  authorizer.denies = ({ action }) => action === "kms:GenerateDataKey";
  expect(await lake.failure("SELECT 1", { WorkGroup: "sealed" })).toMatch(
    /^PERMISSION_DENIED: Access denied when writing output/,
  );
});

test("workgroups: an enforced location is the only one; without a location there is no query", async () => {
  const elsewhere = { ResultConfiguration: { OutputLocation: "s3://elsewhere/" } };
  expect((await lake.query("SELECT 1", elsewhere)).execution.ResultConfiguration?.OutputLocation).toMatch(
    /^s3:\/\/results\/kpis\//,
  );
  await expect(lake.run("SELECT 1", { WorkGroup: "primary" })).rejects.toThrow("No output location provided");
  await expect(lake.run("SELECT 1", { WorkGroup: "none" })).rejects.toThrow("WorkGroup none is not found");
  const { WorkGroup } = await lake.client.send(new GetWorkGroupCommand({ WorkGroup: "kpis" }));
  expect(WorkGroup?.Configuration).toMatchObject({
    EnforceWorkGroupConfiguration: true,
    BytesScannedCutoffPerQuery: 10_485_760,
  });
  const { WorkGroups } = await lake.client.send(new ListWorkGroupsCommand({}));
  expect(WorkGroups?.map(({ Name }) => Name)).toEqual(expect.arrayContaining(["kpis", "primary"]));
  const { QueryExecutionIds } = await lake.client.send(
    new ListQueryExecutionsCommand({ WorkGroup: "kpis", MaxResults: 1 }),
  );
  expect(QueryExecutionIds).toHaveLength(1);
});

test("resources: a workgroup's unknown argument is refused; named queries keep it from being deleted", async () => {
  const { providers } = lake.service;
  const workgroups = providers["aws:athena/workgroup:Workgroup"];
  const context = testContext("aws:athena/workgroup:Workgroup", ACCOUNT);
  expect(() => workgroups?.create({ configuration: { executionRole: "x" } }, context)).toThrow(
    "configuration.executionRole is not supported",
  );
  const made = await workgroups?.create({ name: "team" }, context);
  const named = await providers["aws:athena/namedQuery:NamedQuery"]?.create(
    { name: "shops", database: "lake", query: "SELECT 1", workgroup: "team" },
    testContext("aws:athena/namedQuery:NamedQuery", ACCOUNT),
  );
  const { NamedQueryId } = await lake.client.send(
    new CreateNamedQueryCommand({ Name: "mine", Database: "lake", QueryString: "SELECT 2", WorkGroup: "team" }),
  );
  const { NamedQueryIds } = await lake.client.send(new ListNamedQueriesCommand({ WorkGroup: "team" }));
  expect(NamedQueryIds).toEqual([named?.id, NamedQueryId]);
  const { NamedQueries } = await lake.client.send(new BatchGetNamedQueryCommand({ NamedQueryIds }));
  expect(NamedQueries?.map(({ Name, QueryString }) => [Name, QueryString])).toEqual([
    ["shops", "SELECT 1"],
    ["mine", "SELECT 2"],
  ]);
  expect(() => made && workgroups?.delete?.("team", made, context)).toThrow("WorkGroup team is not empty");
});

test("partitions: folders outside the projection are not seen, a filter leaves out the others", async () => {
  lake.add(parquetTable("events", { id: "int" }, { partitionKeys: { dt: "string" }, parameters: DAYS }));
  for (const dt of ["2025-12-31", "2026-01-01", "2026-01-02", "2026-01-03"]) {
    await lake.write(`events/dt=${dt}/a.parquet`, `SELECT i::INTEGER AS id FROM range(1000) AS t(i)`);
  }
  await lake.write("events/stray.parquet", "SELECT 1::INTEGER AS id");
  const scanned = async (sql: string): Promise<[unknown, number]> => {
    const { rows, execution } = await lake.query(sql);
    return [rows[0], execution.Statistics?.DataScannedInBytes ?? 0];
  };
  const [all, bytes] = await scanned("SELECT count(id), min(dt) FROM events");
  expect(all).toEqual(["3000", "2026-01-01"]);
  const day = bytes / 3;
  expect(await scanned("SELECT count(id) FROM events WHERE dt >= '2026-01-02'")).toEqual([["2000"], 2 * day]);
  expect(
    await scanned(
      "SELECT count(id) FROM (SELECT * FROM events UNION ALL SELECT * FROM events) AS e WHERE dt = '2026-01-02'",
    ),
  ).toEqual([["2000"], 2 * day]);
  expect(
    await scanned(
      "WITH e AS (SELECT dt, id, row_number() OVER (PARTITION BY dt ORDER BY id) AS n FROM events) SELECT count(id) FROM e WHERE dt IN ('2026-01-02') AND n < 11",
    ),
  ).toEqual([["10"], day]);
  // Across days, the first of each id: a filter on what is left may not choose what is read.
  expect(
    await scanned(
      "WITH e AS (SELECT dt, row_number() OVER (PARTITION BY id ORDER BY dt) AS n, id FROM events) SELECT count(id) FROM e WHERE dt = '2026-01-02' AND n = 1",
    ),
  ).toEqual([["0"], 3 * day]);
  expect(
    await scanned(
      "SELECT count(e.id) FROM events AS d LEFT JOIN events AS e ON d.id = e.id AND e.dt = '2026-01-03' WHERE d.dt = '2026-01-01'",
    ),
  ).toEqual([["1000"], 2 * day]);
  expect(
    await scanned(
      "SELECT count(id) FROM events WHERE dt >= date_format(DATE '2026-01-03' - INTERVAL '1' DAY, '%Y-%m-%d') AND id < 10",
    ),
  ).toEqual([["20"], 2 * day]);
  expect(await scanned("SELECT count(id) FROM events WHERE dt = '2030-01-01'")).toEqual([["0"], 0]);
});

test("columns that a file lacks are NULL, empty locations have no rows, other types and formats are refused", async () => {
  lake.add(parquetTable("grown", { id: "bigint", note: "string" }), parquetTable("empty", { id: "bigint" }));
  await lake.write("grown/a[1]*.parquet", "SELECT 1::BIGINT AS id");
  await lake.write("grown/b.parquet", "SELECT 2::INTEGER AS ID, 'x' AS note, 5 AS more");
  expect((await lake.query("SELECT id, note FROM grown ORDER BY id")).rows).toEqual([
    ["1", null],
    ["2", "x"],
  ]);
  expect((await lake.query("SELECT id FROM grown ORDER BY id")).rows).toEqual([["1"], ["2"]]);
  expect((await lake.query("SELECT count(*) FROM empty")).rows).toEqual([["0"]]);
  await lake.write("grown/c.parquet", "SELECT 3::BIGINT AS id, 4 AS note");
  expect(await lake.failure("SELECT note FROM grown")).toBe(
    "HIVE_BAD_DATA: Field note's type INTEGER in parquet file s3://lake/grown/c.parquet is incompatible with type varchar defined in table schema",
  );
  expect((await lake.query("SELECT sum(id) FROM grown")).rows).toEqual([["6"]]);
  const csv = parquetTable("csv", { id: "bigint" });
  lake.add({
    ...csv,
    StorageDescriptor: {
      ...csv.StorageDescriptor,
      SerdeInfo: { SerializationLibrary: "org.apache.hadoop.hive.serde2.OpenCSVSerde" },
    },
  });
  expect(await lake.failure("SELECT * FROM csv")).toMatch(
    /^NOT_SUPPORTED: local athena: the table lake.csv of the format .*OpenCSVSerde/,
  );
});

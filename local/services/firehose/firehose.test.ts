import {
  DescribeDeliveryStreamCommand,
  FirehoseClient,
  ListDeliveryStreamsCommand,
  PutRecordBatchCommand,
  PutRecordCommand,
} from "@aws-sdk/client-firehose";
import { DuckDBInstance } from "@duckdb/node-api";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Catalog, GlueColumn, ObjectStore } from "../../core/contracts";
import { startEndpoint } from "../../core/http";
import { Principals } from "../../core/principals";
import { AwsError, type Authorizer, type ResourceContext, type Surroundings } from "../../core/service";
import { firehoseService } from "./firehose";

const TYPE = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream";
const role = "arn:aws:iam::222222222222:role/delivery";
const schemaRole = "arn:aws:iam::222222222222:role/schema";
const scope = { account: "222222222222", region: "eu-west-1" };
const context: ResourceContext = { ...scope, type: TYPE, name: "shops", urn: "urn:shops", autoName: "shops-1a2b3c4" };

/** A cloud of its own for each test: folder, bucket "lake", table "lake.shops". */
async function cloud({ haste = 1 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "firehose-"));
  const lake = join(folder, "lake");
  await mkdir(lake);
  const checks: string[] = [];
  const denied = new Set<string>();
  const authorizer: Authorizer = {
    check({ arn }, action, resource, context = {}) {
      const externalId = context["sts:ExternalId"] === undefined ? "" : ` as ${String(context["sts:ExternalId"])}`;
      checks.push(`${arn.replace(/.*\//, "")} ${action} ${resource.replace(/.*:(?=.)/, "")}${externalId}`);
      if (denied.has(action)) throw new AwsError("AccessDenied", `${arn} may not ${action} on ${resource}`);
    },
  };
  const objects: ObjectStore = {
    folder: () => lake,
    async put(principal, bucket, key, body) {
      authorizer.check(principal, "s3:PutObject", `arn:aws:s3:::${bucket}/${key}`);
      await mkdir(dirname(join(lake, key)), { recursive: true });
      await writeFile(join(lake, key), body);
    },
    async putFile(principal, bucket, key, file) {
      await objects.put(principal, bucket, key, "");
      renameSync(file, join(lake, key));
    },
    keys: async () =>
      readdirSync(lake, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(lake.length + 1))
        .sort(),
    authorizeRead: () => undefined,
  };
  const columns: GlueColumn[] = [
    { Name: "id", Type: "bigint" },
    { Name: "size", Type: "int" },
    { Name: "name", Type: "string" },
  ];
  const catalog: Pick<Catalog, "table"> = {
    table(principal, _scope, database, name) {
      authorizer.check(principal, "glue:GetTable", `arn:aws:glue:::table/${database}/${name}`);
      if (name !== "shops") return undefined;
      return {
        Name: name,
        DatabaseName: database,
        CatalogId: scope.account,
        TableType: "EXTERNAL_TABLE",
        Parameters: {},
        StorageDescriptor: { Columns: columns, Location: "s3://lake/changes/shops/" },
        PartitionKeys: [{ Name: "dt", Type: "string" }],
      };
    },
  };
  const principals = new Principals();
  const surroundings: Surroundings = {
    folder,
    authorizer,
    policies: { setIdentityPolicy: () => undefined, setResourcePolicy: () => undefined },
    principals,
    endpointUrl: () => "",
    haste,
  };
  // A catalog of one table: the service asks for nothing else.
  const service = firehoseService(surroundings, { objects, catalog: catalog as Catalog });
  const endpoint = await startEndpoint(service.apis ?? [], { principals, authorizer });
  const client = new FirehoseClient({
    endpoint: endpoint.url,
    region: scope.region,
    credentials: principals.mint("arn:aws:iam::222222222222:role/format"),
    maxAttempts: 1,
  });
  const provider = service.providers[TYPE];
  if (provider?.update === undefined || provider.delete === undefined) throw new Error("no provider");
  return {
    service,
    client,
    checks,
    denied,
    columns,
    folder,
    provider: { create: provider.create, update: provider.update, delete: provider.delete },
    put: (...records: string[]) =>
      client.send(
        new PutRecordBatchCommand({
          DeliveryStreamName: "shops",
          Records: records.map((record) => ({ Data: Buffer.from(record) })),
        }),
      ),
    keys: () => objects.keys({ arn: role, account: scope.account }, "lake", ""),
    path: (key: string) => join(lake, key),
    async end() {
      client.destroy();
      await endpoint.close();
      await service.close?.();
      rmSync(folder, { recursive: true });
    },
  };
}

const conversion = {
  inputFormatConfiguration: { deserializer: { openXJsonSerDe: {} } },
  outputFormatConfiguration: { serializer: { parquetSerDe: { compression: "SNAPPY" } } },
  schemaConfiguration: { databaseName: "lake", tableName: "shops", roleArn: schemaRole },
};
const destination = {
  bucketArn: "arn:aws:s3:::lake",
  roleArn: role,
  prefix: "changes/shops/dt=!{timestamp:yyyy-MM-dd}/",
  errorOutputPrefix: "errors/shops/!{firehose:error-output-type}/!{timestamp:yyyy-MM-dd}/",
  bufferingSize: 64,
  bufferingInterval: 60,
  dataFormatConversionConfiguration: conversion,
};
const inputs = { name: "shops", destination: "extended_s3", extendedS3Configuration: destination };

async function rows(sql: string): Promise<unknown[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function withCloud(run: (it: Awaited<ReturnType<typeof cloud>>) => Promise<void>, haste?: number): Promise<void> {
  const it = await cloud({ haste });
  try {
    await run(it);
  } finally {
    await it.end();
  }
}

test("records become one Parquet object with the table's columns, under the evaluated prefix", async () => {
  await withCloud(async (it) => {
    const made = await it.provider.create(inputs, context);
    expect(made).toMatchObject({
      id: "arn:aws:firehose:eu-west-1:222222222222:deliverystream/shops",
      outputs: { name: "shops", arn: "arn:aws:firehose:eu-west-1:222222222222:deliverystream/shops" },
    });
    const answer = await it.put(
      '{"id":9007199254740993,"size":1,"name":"Zoë 😀","_unknown":1}\n{"id":2,"name":""}',
      '{"ID":"3","size":null}',
    );
    expect(answer).toMatchObject({ FailedPutCount: 0, Encrypted: false });
    expect(answer.RequestResponses?.every(({ RecordId }) => RecordId)).toBe(true);
    await it.client.send(new PutRecordCommand({ DeliveryStreamName: "shops", Record: { Data: Buffer.from("{}") } }));
    expect(await it.keys()).toEqual([]);
    await it.service.flush();

    const [key = "", ...others] = await it.keys();
    expect(others).toEqual([]);
    const today = new Date().toISOString().slice(0, 10);
    expect(key).toMatch(
      new RegExp(`^changes/shops/dt=${today}/shops-1-${today}-\\d\\d-\\d\\d-\\d\\d-[0-9a-f-]{36}\\.parquet$`),
    );
    expect(await rows(`select id, size, name from '${it.path(key)}' order by id nulls last`)).toEqual([
      { id: "2", size: null, name: "" },
      { id: "3", size: null, name: null },
      { id: "9007199254740993", size: 1, name: "Zoë 😀" },
      { id: null, size: null, name: null },
    ]);
    const schema = await rows(
      `select name, type, converted_type from parquet_schema('${it.path(key)}') where type is not null`,
    );
    expect(schema).toEqual([
      { name: "id", type: "INT64", converted_type: "INT_64" },
      { name: "size", type: "INT32", converted_type: "INT_32" },
      { name: "name", type: "BYTE_ARRAY", converted_type: "UTF8" },
    ]);
    const [{ compression } = { compression: "" }] = (await rows(
      `select distinct compression from parquet_metadata('${it.path(key)}')`,
    )) as { compression: string }[];
    expect(compression).toBe("SNAPPY");
    expect(readdirSync(join(it.folder, "firehose"))).toEqual([]);
    expect(it.service.statistics()).toMatchObject([
      { name: "shops", records: 3, billedBytes: 3 * 5120, rows: 4, objects: 1, failedRecords: 0, waitingRecords: 0 },
    ]);
  });
});

test("a record that does not convert goes to the error prefix whole, the others are delivered", async () => {
  await withCloud(async (it) => {
    await it.provider.create(inputs, context);
    const bad = '{"id":1,"name":"good"}{"id":"oops"}';
    await it.put(bad, '{"id":2}', "not JSON");
    await it.service.flush();
    const [data = "", errors = ""] = await it.keys();
    expect(await rows(`select id from '${it.path(data)}'`)).toEqual([{ id: "2" }]);
    expect(errors).toMatch(
      /^errors\/shops\/format-conversion-failed\/\d{4}-\d\d-\d\d\/shops-1-[\d-]{19}-[0-9a-f-]{36}$/,
    );
    const lines = readFileSync(it.path(errors), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        attemptsMade: 1,
        arrivalTimestamp: expect.any(Number),
        lastErrorCode: "DataFormatConversion.MalformedData",
        lastErrorMessage: 'Data does not match the schema. For input string: "oops" (column "id", bigint)',
        attemptEndingTimestamp: expect.any(Number),
        rawData: Buffer.from(bad).toString("base64"),
        sequenceNumber: "1",
        subSequenceNumber: null,
        dataCatalogTable: {
          catalogId: scope.account,
          databaseName: "lake",
          tableName: "shops",
          region: "eu-west-1",
          versionId: "LATEST",
          catalogArn: null,
        },
      },
      expect.objectContaining({ lastErrorCode: "DataFormatConversion.ParseError", sequenceNumber: "3" }),
    ]);
    expect(it.service.statistics()).toMatchObject([{ rows: 1, objects: 2, failedRecords: 2 }]);
  });
});

test("delivered with the roles' rights: Glue's with the schema's, the bucket's with the destination's", async () => {
  await withCloud(async (it) => {
    const kmsKeyArn = "arn:aws:kms:eu-west-1:222222222222:key/k";
    await it.provider.create({ ...inputs, extendedS3Configuration: { ...destination, kmsKeyArn } }, context);
    await it.put('{"id":1}');
    it.checks.length = 0;
    await it.service.flush();
    const [key = ""] = await it.keys();
    expect(it.checks).toEqual([
      `firehose.amazonaws.com sts:AssumeRole role/schema as ${scope.account}`,
      "schema glue:GetTable table/lake/shops",
      ...["glue:GetTableVersion", "glue:GetTableVersions"].flatMap((action) =>
        ["catalog", "database/lake", "table/lake/shops"].map((path) => `schema ${action} ${path}`),
      ),
      `firehose.amazonaws.com sts:AssumeRole role/delivery as ${scope.account}`,
      "delivery s3:GetBucketLocation lake",
      "delivery s3:ListBucket lake",
      "delivery s3:ListBucketMultipartUploads lake",
      `delivery s3:AbortMultipartUpload lake/${key}`,
      `delivery s3:GetObject lake/${key}`,
      "delivery kms:Decrypt key/k",
      "delivery kms:GenerateDataKey key/k",
      `delivery s3:PutObject lake/${key}`,
    ]);
  });
});

test("what cannot be delivered waits, errors are not written twice, and flush says what stands in the way", async () => {
  await withCloud(async (it) => {
    await it.provider.create(inputs, context);
    await it.put('{"id":1}', "bad");
    const [table] = it.columns.splice(0, 1, { Name: "id", Type: "decimal(5,2)" });
    await expect(it.service.flush()).rejects.toThrow(/the column "id" has the type decimal\(5,2\)/);
    it.columns.splice(0, 1, table ?? { Name: "id", Type: "bigint" });
    it.denied.add("s3:GetObject");
    await expect(it.service.flush()).rejects.toThrow("delivery may not s3:GetObject");
    expect(it.service.statistics()).toMatchObject([
      { objects: 0, waitingRecords: 2, failedAttempts: 2, lastFailure: expect.stringContaining("s3:GetObject") },
    ]);
    it.denied.clear();
    await it.put('{"id":2}');
    await it.service.flush();
    const keys = await it.keys();
    expect(keys.filter((key) => key.startsWith("errors/"))).toHaveLength(1);
    expect(await rows(`select id from '${it.path("changes/**/*.parquet")}' order by id`)).toEqual([
      { id: "1" },
      { id: "2" },
    ]);
    expect(it.service.statistics()).toMatchObject([{ rows: 2, objects: 3, failedRecords: 1, waitingRecords: 0 }]);
  });
});

test("the interval delivers, as much faster as the cloud is in haste", async () => {
  await withCloud(async (it) => {
    await it.provider.create(inputs, context);
    await it.put('{"id":1}');
    await until(() => it.service.statistics()[0]?.objects === 1);
    await it.put('{"id":2}');
    await until(() => it.service.statistics()[0]?.objects === 2);
  }, 60_000);
});

test("a column that the table got is written from then on", async () => {
  await withCloud(async (it) => {
    await it.provider.create(inputs, context);
    await it.put('{"id":1,"city":"Lyon"}');
    await it.service.flush();
    it.columns.push({ Name: "city", Type: "string" });
    await it.put('{"id":2,"city":"Lyon"}');
    await it.service.flush();
    const sql = `select id, city from read_parquet('${it.path("changes/**/*.parquet")}', union_by_name = true) order by id`;
    expect(await rows(sql)).toEqual([
      { id: "1", city: null },
      { id: "2", city: "Lyon" },
    ]);
  });
});

test("a deleted stream delivers nothing more", async () => {
  await withCloud(async (it) => {
    const made = await it.provider.create(inputs, context);
    await it.put('{"id":1}');
    await it.provider.delete(made.id, made, context);
    await it.service.flush();
    expect(await it.keys()).toEqual([]);
    await expect(it.put("{}")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Firehose shops under account 222222222222 not found.",
    });
  });
});

test("limits of a request, and who may send it", async () => {
  await withCloud(async (it) => {
    await it.provider.create(inputs, context);
    const record = "x".repeat(1_024_000);
    await expect(it.put(`${record}x`)).rejects.toMatchObject({
      name: "ValidationException",
      message: expect.stringContaining("'records.1.member.data'"),
    });
    await expect(it.put(record, record, record, record, record)).rejects.toMatchObject({
      name: "InvalidArgumentException",
    });
    await expect(it.put(...Array.from({ length: 501 }, () => "{}"))).rejects.toMatchObject({
      name: "ValidationException",
    });
    expect(it.service.statistics()).toMatchObject([{ records: 0 }]);
    const calls = {
      PutRecord: () =>
        it.client.send(new PutRecordCommand({ DeliveryStreamName: "shops", Record: { Data: Buffer.from("{}") } })),
      PutRecordBatch: () => it.put("{}"),
      DescribeDeliveryStream: () => it.client.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName: "shops" })),
      ListDeliveryStreams: () => it.client.send(new ListDeliveryStreamsCommand({})),
    };
    for (const [operation, call] of Object.entries(calls)) {
      it.denied.add(`firehose:${operation}`);
      await expect(call()).rejects.toMatchObject({ name: "AccessDenied" });
    }
  });
});

test("streams are described and listed, an update raises the version", async () => {
  await withCloud(async (it) => {
    const keyArn = "arn:aws:kms:eu-west-1:222222222222:key/k";
    const encrypted = { ...inputs, serverSideEncryption: { enabled: true, keyType: "CUSTOMER_MANAGED_CMK", keyArn } };
    const made = await it.provider.create(encrypted, context);
    const changed = { ...encrypted, extendedS3Configuration: { ...destination, bufferingInterval: 900 } };
    expect((await it.provider.update(made.id, changed, made, context)).outputs).toMatchObject({ versionId: "2" });
    const { DeliveryStreamDescription } = await it.client.send(
      new DescribeDeliveryStreamCommand({ DeliveryStreamName: "shops" }),
    );
    expect(DeliveryStreamDescription).toMatchObject({
      DeliveryStreamARN: made.id,
      DeliveryStreamStatus: "ACTIVE",
      VersionId: "2",
      DeliveryStreamEncryptionConfiguration: { Status: "ENABLED", KeyType: "CUSTOMER_MANAGED_CMK", KeyARN: keyArn },
      Destinations: [
        {
          ExtendedS3DestinationDescription: {
            Prefix: destination.prefix,
            BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 900 },
            DataFormatConversionConfiguration: { SchemaConfiguration: { DatabaseName: "lake", TableName: "shops" } },
          },
        },
      ],
    });
    const other = { ...context, account: "111111111111" };
    const foreign = JSON.parse(JSON.stringify({ ...inputs, name: "other" }).replaceAll("222222222222", other.account));
    await it.provider.create(foreign as Record<string, unknown>, other);
    const { DeliveryStreamNames } = await it.client.send(new ListDeliveryStreamsCommand({}));
    expect(DeliveryStreamNames).toEqual(["shops"]);
    expect(() => it.provider.update(made.id, { ...changed, name: "stores" }, made, context)).toThrow(
      /cannot be renamed/,
    );
    expect(() => it.provider.create(inputs, context)).toThrow(/already present/);
  });
});

const target = (change: object): object => ({ extendedS3Configuration: { ...destination, ...change } });
const converting = (change: object): object =>
  target({ dataFormatConversionConfiguration: { ...conversion, ...change } });

test.each<[string, object, RegExp]>([
  ["another destination", { destination: "iceberg" }, /destination is "iceberg"/],
  ["a source", { kinesisSourceConfiguration: {} }, /the argument kinesisSourceConfiguration is not supported/],
  ["a small buffer", target({ bufferingSize: 5 }), /bufferingSize is 5.*at least 64/],
  ["a big buffer", target({ bufferingSize: 129 }), /bufferingSize is 129/],
  ["a short interval", target({ bufferingInterval: 30 }), /bufferingInterval is 30. Expected 0, or 60 to 900/],
  ["compression on top", target({ compressionFormat: "GZIP" }), /compressionFormat is "GZIP".*must be UNCOMPRESSED/],
  ["no error prefix", target({ errorOutputPrefix: undefined }), /errorOutputPrefix can't be null/],
  ["processors", target({ processingConfiguration: { enabled: true } }), /Processors are not supported/],
  ["partitioning", target({ dynamicPartitioningConfiguration: { enabled: true } }), /Dynamic partitioning/],
  ["logs nowhere", target({ cloudwatchLoggingOptions: { enabled: true } }), /logGroupName and logStreamName/],
  ["a foreign role", target({ roleArn: role.replace(/2{12}/, "111111111111") }), /is of another account/],
  ["no conversion", target({ dataFormatConversionConfiguration: undefined }), /dataFormatConversionConfiguration/],
  ["conversion off", converting({ enabled: false }), /Only conversion to Parquet is supported/],
  [
    "Hive's reader",
    converting({ inputFormatConfiguration: { deserializer: { hiveJsonSerDe: {} } } }),
    /hiveJsonSerDe|openXJsonSerDe/,
  ],
  ["ORC", converting({ outputFormatConfiguration: { serializer: { orcSerDe: {} } } }), /orcSerDe|parquetSerDe/],
  [
    "no such table",
    converting({ schemaConfiguration: { ...conversion.schemaConfiguration, tableName: "Shops" } }),
    /could not be found: lake.Shops/,
  ],
  [
    "a key without its type",
    { serverSideEncryption: { enabled: true, keyArn: "arn:aws:kms:::key/k" } },
    /keyArn goes with/,
  ],
  [
    "a type without its key",
    { serverSideEncryption: { enabled: true, keyType: "CUSTOMER_MANAGED_CMK" } },
    /keyArn goes with/,
  ],
])("refused: %s", async (_what, change, message) => {
  await withCloud(async (it) => {
    expect(() => it.provider.create({ ...inputs, ...change }, context)).toThrow(message);
    expect(it.service.statistics()).toEqual([]);
  });
});

test("refused: a role that may not read the table, a role that does not let Firehose take it", async () => {
  await withCloud(async (it) => {
    it.denied.add("sts:AssumeRole");
    expect(() => it.provider.create(inputs, context)).toThrow("firehose.amazonaws.com may not sts:AssumeRole");
    it.denied.clear();
    it.denied.add("glue:GetTableVersions");
    expect(() => it.provider.create(inputs, context)).toThrow("schema may not glue:GetTableVersions");
  });
});

/** Looks again and again; the test's own time limit ends it. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

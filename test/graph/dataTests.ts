/** What the data stack consists of, exactly. */
import * as fs from "node:fs";
import * as path from "node:path";
import type { Plan } from "./plan";
import { pick } from "./plan";
import { policyText } from "./policies";
import { tree } from "./tree";

const sqlNames = (folder: string): string[] => {
  const absolute = path.join(__dirname, "../..", folder);
  return fs.existsSync(absolute) ? fs.readdirSync(absolute).flatMap((name) => /^(.*)\.sql$/.exec(name)?.[1] ?? []) : [];
};

const bucket = (name: string): string => `PrivateBucket ${name}
    s3.Bucket ${name} !+
    s3.BucketLifecycleConfiguration ${name}
    s3.BucketOwnershipControls ${name}
    s3.BucketPolicy ${name}
    s3.BucketPublicAccessBlock ${name}
    s3.BucketServerSideEncryptionConfiguration ${name}`;

const stream = (name: string): string => `StreamFunction ${name}
    cloudwatch.LogGroup ${name}
    iam.Role ${name}
    iam.RolePolicy ${name}
    lambda.Function ${name}`;

const TABLES = ["absences", "contracts", "punches", "shifts", "shops", "users"];
const each = (prefix: string, names: readonly string[] = TABLES): string =>
  names.map((name) => `  ${prefix}${name}`).join("\n");

const LAKE_KEY = "arn:aws:kms:eu-west-1:222222222222:key/00000000-lake";
const LAKE = "arn:aws:s3:::tributary-lake-222222222222-eu-west-1";

export function dataTests(data: () => Plan): void {
  const one = (kind: string, name: string) => pick(data(), kind, name);

  test("the resources: `!` is protected, `+` is kept; what follows from files in queries/ stands below", () => {
    const named = ["Views views", "Kpis kpis"];
    const resources = data().resources.filter(({ within }) => !named.some((name) => within.endsWith(`:${name}`)));
    expect(tree({ ...data(), resources })).toBe(`Athena athena
  ${bucket("results")}
  athena.Workgroup kpis
Capture capture
  ${stream("capture")}
  lambda.EventSourceMapping capture-changes
  lambda.EventSourceMapping capture-service-changes
Catalog catalog
  glue.CatalogDatabase lake
${each("glue.CatalogTable changes_")}
${each(
  "glue.CatalogTable full_",
  TABLES.filter((name) => name !== "punches"),
)}
Delivery delivery
  cloudwatch.LogGroup delivery
${each("cloudwatch.LogStream delivery-")}
  iam.Role delivery
  iam.RolePolicy delivery
${each("kinesis.FirehoseDeliveryStream delivery-")}
Format format
  ${stream("format")}
  lambda.EventSourceMapping format
Kpis kpis
Lake lake
  ${bucket("lake")}
  kms.Alias lake
  kms.Key lake !+
Raw raw
  ${bucket("raw-failures")}
  dynamodb.Table raw !+
  kms.Alias raw
  kms.Key raw !+
Views views
pulumi:providers.aws data`);
  });

  test("the outputs", () => {
    const { kpis, views, ...outputs } = data().outputs;
    expect(outputs).toEqual({
      lakeBucket: "tributary-lake-222222222222-eu-west-1",
      lakeKeyArn: LAKE_KEY,
      rawTable: "raw-1234567",
      rawKeyArn: "arn:aws:kms:eu-west-1:222222222222:key/00000000-raw",
      failuresBucket: "raw-failures-1234567",
      functions: { capture: "capture-1234567", format: "format-1234567" },
      database: "tributary",
      workgroup: "tributary",
      deliveryStreams: {
        "monolith.shops": "tributary-shops",
        "monolith.users": "tributary-users",
        "monolith.contracts": "tributary-contracts",
        "monolith.shifts": "tributary-shifts",
        "monolith.absences": "tributary-absences",
        "clocking.punches": "tributary-punches",
      },
    });
    expect(views).toEqual(expect.arrayContaining([...TABLES, ...sqlNames("queries/views")]));
    expect(Object.keys(kpis as object).sort()).toEqual(sqlNames("queries/kpis").sort());
  });

  describe("capture", () => {
    test.each([
      ["capture-changes", "tributary-changes"],
      ["capture-service-changes", "tributary-service-changes"],
    ])("%s reads all of %s of the production account", (name, stream) => {
      expect(one("EventSourceMapping", name).inputs).toEqual({
        functionName: "arn:aws:lambda:eu-west-1:222222222222:function:capture-1234567",
        eventSourceArn: `arn:aws:kinesis:eu-west-1:111111111111:stream/${stream}`,
        enabled: true,
        startingPosition: "TRIM_HORIZON",
        batchSize: 1000,
        maximumBatchingWindowInSeconds: 1,
        parallelizationFactor: 1,
        functionResponseTypes: ["ReportBatchItemFailures"],
        bisectBatchOnFunctionError: true,
        maximumRetryAttempts: 10,
        maximumRecordAgeInSeconds: 604_800,
        destinationConfig: { onFailure: { destinationArn: "arn:aws:s3:::raw-failures-1234567" } },
      });
    });

    test("has the role's name that production admits, and may do this and no more", () => {
      expect(one("Role", "capture").inputs["name"]).toBe("tributary-capture");
      expect(policyText(one("RolePolicy", "capture"))).toEqual([
        "Allow kinesis:DescribeStream, kinesis:DescribeStreamSummary, kinesis:GetRecords, kinesis:GetShardIterator, kinesis:ListShards on arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-changes, arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-service-changes",
        "Allow kms:Decrypt on arn:aws:kms:eu-west-1:111111111111:key/00000000-streams if StringEquals kms:ViaService=kinesis.eu-west-1.amazonaws.com",
        "Allow dynamodb:PartiQLInsert, dynamodb:PartiQLUpdate, dynamodb:BatchGetItem, dynamodb:PutItem on arn:aws:dynamodb:eu-west-1:222222222222:table/raw-1234567",
        "Allow kms:Decrypt, kms:Encrypt, kms:GenerateDataKey, kms:DescribeKey on arn:aws:kms:eu-west-1:222222222222:key/00000000-raw if StringEquals kms:ViaService=dynamodb.eu-west-1.amazonaws.com",
        "Allow s3:PutObject on arn:aws:s3:::raw-failures-1234567/capture/*, arn:aws:s3:::raw-failures-1234567/aws/lambda/*",
        "Allow s3:ListBucket on arn:aws:s3:::raw-failures-1234567",
        "Allow kms:GenerateDataKey on arn:aws:kms:eu-west-1:222222222222:key/00000000-raw if StringEquals kms:ViaService=s3.eu-west-1.amazonaws.com",
        "Allow logs:CreateLogStream, logs:PutLogEvents on arn:aws:logs:eu-west-1:222222222222:log-group:capture-1234567:*",
      ]);
    });
  });

  test("raw streams both images of what it accepts", () => {
    expect(one("Table", "raw").inputs).toEqual({
      billingMode: "PAY_PER_REQUEST",
      hashKey: "_key",
      attributes: [{ name: "_key", type: "S" }],
      serverSideEncryption: { enabled: true, kmsKeyArn: "arn:aws:kms:eu-west-1:222222222222:key/00000000-raw" },
      pointInTimeRecovery: { enabled: true },
      deletionProtectionEnabled: true,
      ttl: { enabled: true, attributeName: "_expires" },
      streamEnabled: true,
      streamViewType: "NEW_AND_OLD_IMAGES",
    });
    expect(one("EventSourceMapping", "format").inputs).toMatchObject({
      eventSourceArn: "arn:aws:dynamodb:eu-west-1:222222222222:table/raw-1234567/stream/2026-11-24T00:00:00.000",
      maximumBatchingWindowInSeconds: 5,
      maximumRecordAgeInSeconds: 86_400,
    });
  });

  test("format may read raw's stream and put to each delivery stream", () => {
    const streams = ["shops", "users", "contracts", "shifts", "absences", "punches"].map(
      (name) => `arn:aws:firehose:eu-west-1:222222222222:deliverystream/tributary-${name}`,
    );
    expect(policyText(one("RolePolicy", "format"))).toEqual([
      "Allow dynamodb:DescribeStream, dynamodb:GetRecords, dynamodb:GetShardIterator on arn:aws:dynamodb:eu-west-1:222222222222:table/raw-1234567/stream/2026-11-24T00:00:00.000",
      "Allow dynamodb:ListStreams on *",
      "Allow kms:Decrypt on arn:aws:kms:eu-west-1:222222222222:key/00000000-raw if StringEquals kms:ViaService=dynamodb.eu-west-1.amazonaws.com",
      `Allow firehose:PutRecordBatch on ${streams.join(", ")}`,
      "Allow s3:PutObject on arn:aws:s3:::raw-failures-1234567/aws/lambda/*",
      "Allow s3:ListBucket on arn:aws:s3:::raw-failures-1234567",
      "Allow kms:GenerateDataKey on arn:aws:kms:eu-west-1:222222222222:key/00000000-raw if StringEquals kms:ViaService=s3.eu-west-1.amazonaws.com",
      "Allow logs:CreateLogStream, logs:PutLogEvents on arn:aws:logs:eu-west-1:222222222222:log-group:format-1234567:*",
    ]);
  });

  test("the lake admits the full load of production, by TLS", () => {
    expect(policyText(one("BucketPolicy", "lake"))).toEqual([
      `Deny s3:* for * on ${LAKE}, ${LAKE}/* if Bool aws:SecureTransport=false`,
      `Allow s3:PutObject, s3:PutObjectTagging, s3:DeleteObject for arn:aws:iam::111111111111:root on ${LAKE}/full/* if ArnEquals aws:PrincipalArn=arn:aws:iam::111111111111:role/tributary-full-load`,
      `Allow s3:ListBucket for arn:aws:iam::111111111111:root on ${LAKE} if ArnEquals aws:PrincipalArn=arn:aws:iam::111111111111:role/tributary-full-load`,
    ]);
    expect(one("Alias", "lake").inputs).toEqual({ name: "alias/tributary-lake", targetKeyId: "00000000-lake" });
    expect(one("BucketLifecycleConfiguration", "lake").inputs["rules"]).toEqual([
      {
        id: "unfinished-uploads",
        status: "Enabled",
        filter: { prefix: "" },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      },
      { id: "expire-errors", status: "Enabled", filter: { prefix: "errors/" }, expiration: { days: 90 } },
    ]);
  });

  describe("a table of the lake", () => {
    const PARQUET = {
      inputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
      outputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
      serDeInfo: {
        serializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        parameters: { "serialization.format": "1" },
      },
    };
    const columnsOf = (name: string): string[] => {
      const { columns } = one("CatalogTable", name).inputs["storageDescriptor"] as {
        columns: { name: string; type: string }[];
      };
      return columns.map((column) => `${column.name} ${column.type}`);
    };

    test("has its changes, a folder a day", () => {
      const { storageDescriptor, ...inputs } = one("CatalogTable", "changes_absences").inputs;
      expect(inputs).toEqual({
        databaseName: "tributary",
        name: "changes_absences",
        description: "One row per absence of a person, by its first day: every accepted change, one row each",
        tableType: "EXTERNAL_TABLE",
        partitionKeys: [{ name: "dt", type: "string", comment: "Day of delivery, UTC; not of the change" }],
        parameters: {
          EXTERNAL: "TRUE",
          classification: "parquet",
          "projection.enabled": "true",
          "projection.dt.type": "date",
          "projection.dt.format": "yyyy-MM-dd",
          "projection.dt.range": "2026-01-01,NOW",
          "projection.dt.interval": "1",
          "projection.dt.interval.unit": "DAYS",
          "storage.location.template": "s3://tributary-lake-222222222222-eu-west-1/changes/absences/dt=${dt}/",
        },
      });
      expect(storageDescriptor).toMatchObject({
        ...PARQUET,
        location: "s3://tributary-lake-222222222222-eu-west-1/changes/absences/",
      });
      expect(columnsOf("changes_absences")).toEqual([
        "user_id bigint",
        "starts_on string",
        "ends_on string",
        "kind string",
        "approved boolean",
        "comment string",
        "requested_at string",
        "_op string",
        "_version string",
        "_position string",
        "_committed_at string",
        "_rest string",
      ]);
    });

    test("has its full load, as DMS writes Parquet", () => {
      const { storageDescriptor, ...inputs } = one("CatalogTable", "full_contracts").inputs;
      expect(inputs["parameters"]).toEqual({ EXTERNAL: "TRUE", classification: "parquet" });
      expect(storageDescriptor).toMatchObject({
        ...PARQUET,
        location: "s3://tributary-lake-222222222222-eu-west-1/full/public/contracts/",
      });
      expect(columnsOf("full_contracts")).toEqual([
        "id string",
        "user_id bigint",
        "shop_id bigint",
        "kind string",
        "weekly_hours decimal(5,2)",
        "hourly_wage decimal(30,10)",
        "starts_on date",
        "ends_on date",
        "terms string",
        "signed string",
        "updated_at string",
        "_loaded_at string",
      ]);
    });

    test("has no private column on either way, nor in its view", () => {
      const shapes = ["changes_users", "full_users"].flatMap(columnsOf).join(" ");
      const sql = String(one("Resource", "users").inputs["sql"]);
      expect(`${shapes} ${sql}`).toContain("public_id");
      expect(`${shapes} ${sql}`).not.toMatch(/first_name|last_name|email|phone/);
    });

    test("is delivered as Parquet by its own schema", () => {
      const role = "arn:aws:iam::222222222222:role/delivery-1234567";
      expect(one("FirehoseDeliveryStream", "delivery-shifts").inputs).toEqual({
        name: "tributary-shifts",
        destination: "extended_s3",
        serverSideEncryption: { enabled: true, keyType: "CUSTOMER_MANAGED_CMK", keyArn: LAKE_KEY },
        extendedS3Configuration: {
          roleArn: role,
          bucketArn: LAKE,
          kmsKeyArn: LAKE_KEY,
          prefix: "changes/shifts/dt=!{timestamp:yyyy-MM-dd}/",
          errorOutputPrefix: "errors/shifts/!{firehose:error-output-type}/!{timestamp:yyyy-MM-dd}/",
          bufferingSize: 128,
          bufferingInterval: 300,
          compressionFormat: "UNCOMPRESSED",
          s3BackupMode: "Disabled",
          cloudwatchLoggingOptions: { enabled: true, logGroupName: "delivery-1234567", logStreamName: "shifts" },
          dataFormatConversionConfiguration: {
            enabled: true,
            inputFormatConfiguration: { deserializer: { openXJsonSerDe: { caseInsensitive: true } } },
            outputFormatConfiguration: { serializer: { parquetSerDe: { compression: "SNAPPY", writerVersion: "V1" } } },
            schemaConfiguration: {
              databaseName: "tributary",
              tableName: "changes_shifts",
              roleArn: role,
              region: "eu-west-1",
              catalogId: "222222222222",
            },
          },
        },
      });
      const policy = data().resources.find(({ type, name }) => type.endsWith(":RolePolicy") && name === "delivery");
      expect(one("FirehoseDeliveryStream", "delivery-shifts").dependencies).toContain(policy?.urn);
    });
  });
}

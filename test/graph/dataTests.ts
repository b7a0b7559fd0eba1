/** What the data stack consists of, exactly. */
import * as fs from "node:fs";
import * as path from "node:path";
import { dynamicProvider } from "./dynamic";
import type { Plan } from "./plan";
import { pick } from "./plan";
import { policyText } from "./policies";
import { tree } from "./tree";

const sqlNames = (folder: string): string[] => {
  const absolute = path.join(__dirname, "../..", folder);
  return fs.existsSync(absolute) ? fs.readdirSync(absolute).flatMap((name) => /^(.*)\.sql$/.exec(name)?.[1] ?? []) : [];
};

const bucket = (name: string, ...more: ("BucketLogging" | "BucketVersioning")[]): string => {
  const guards = [
    ...["BucketLifecycleConfiguration", "BucketOwnershipControls", "BucketPolicy", "BucketPublicAccessBlock"],
    ...["BucketServerSideEncryptionConfiguration", ...more],
  ];
  return [`PrivateBucket ${name}`, `s3.Bucket ${name} !+`, ...guards.sort().map((kind) => `s3.${kind} ${name}`)].join(
    "\n    ",
  );
};

const stream = (name: string): string => `StreamFunction ${name}
    cloudwatch.LogGroup ${name}
    iam.Role ${name}
    iam.RolePolicy ${name}
    lambda.Function ${name}`;

export const TABLES = ["absences", "contracts", "heartbeat", "punches", "shifts", "shops", "users"];
const each = (prefix: string, names: readonly string[] = TABLES): string =>
  names.map((name) => `  ${prefix}${name}`).join("\n");

const LAKE_KEY = "arn:aws:kms:eu-west-1:222222222222:key/00000000-lake";
const LAKE = "arn:aws:s3:::tributary-lake-222222222222-eu-west-1";

export function dataTests(data: () => Plan): void {
  const one = (kind: string, name: string) => pick(data(), kind, name);

  test("the resources: `!` is protected, `+` is kept; what follows from files in queries/ stands below", () => {
    const named = ["Views views", "Kpis kpis"];
    // Alarms: watchTests.ts.
    const resources = data().resources.filter(
      ({ type, within }) => !type.endsWith(":MetricAlarm") && !named.some((name) => within.endsWith(`:${name}`)),
    );
    expect(tree({ ...data(), resources })).toBe(`Access access
  iam.Role analyst
  iam.Role data-engineer
  iam.Role emitter
  iam.RolePolicy analyst
  iam.RolePolicy data-engineer
  iam.RolePolicy emitter
AccessLogs access-logs
  ${bucket("access-logs")}
Athena athena
  ${bucket("results", "BucketLogging")}
  athena.Workgroup analysts
  athena.Workgroup kpis
Capture capture
  ${stream("capture")}
  cloudwatch.LogMetricFilter capture-parked
  lambda.EventSourceMapping capture-changes
  lambda.EventSourceMapping capture-service-changes
Catalog catalog
  glue.CatalogDatabase lake
${each("glue.CatalogTable changes_")}
  glue.CatalogTable compacted_punches
${each(
  "glue.CatalogTable full_",
  TABLES.filter((name) => name !== "punches"),
)}
  glue.CatalogTable pseudonyms_users
  pulumi-nodejs:dynamic.Resource schemas
Delivery delivery
  cloudwatch.LogGroup delivery
${each("cloudwatch.LogStream delivery-")}
  iam.Role delivery
  iam.RolePolicy delivery
${each("kinesis.FirehoseDeliveryStream delivery-")}
Format format
  ${stream("format")}
  cloudwatch.LogMetricFilter format-failedPacks
  cloudwatch.LogMetricFilter format-parked
  cloudwatch.LogMetricFilter format-unknown
  lambda.EventSourceMapping format
  pulumi-nodejs:dynamic.Resource pseudonyms !+
Kpis kpis
Lake lake
  ${bucket("lake", "BucketLogging")}
  kms.Alias lake
  kms.Key lake !+
Promotion promote
  ${stream("promote")}
  cloudwatch.LogMetricFilter promote-oldest-load
  cloudwatch.LogMetricFilter promote-without-load
  iam.Role promote-schedule
  iam.RolePolicy promote-schedule
  lambda.FunctionEventInvokeConfig promote
  scheduler.Schedule promote
Raw raw
  ${bucket("raw-failures", "BucketVersioning")}
  ${bucket("raw-overflow", "BucketLogging", "BucketVersioning")}
  dynamodb.Table raw !+
  kms.Alias raw
  kms.Key raw !+
Views views
Watch watch
  cloudwatch.Dashboard tributary
  cloudwatch.LogMetricFilter delivery-fails
  cloudwatch.LogMetricFilter heartbeat-age
  kms.Alias alarms
  kms.Key alarms !+
  sns.Topic alarms
  sns.TopicPolicy alarms
pulumi:providers.aws data`);
  });

  test("the outputs", () => {
    const { kpis, views, ...outputs } = data().outputs;
    expect(outputs).toEqual({
      alarmsTopicArn: expect.stringMatching(/^arn:aws:sns:eu-west-1:222222222222:/),
      lakeBucket: "tributary-lake-222222222222-eu-west-1",
      lakeKeyArn: LAKE_KEY,
      rawTable: "raw-1234567",
      rawKeyArn: "arn:aws:kms:eu-west-1:222222222222:key/00000000-raw",
      failuresBucket: "raw-failures-1234567",
      overflowBucket: "raw-overflow-1234567",
      functions: { capture: "capture-1234567", format: "format-1234567", promote: "promote-1234567" },
      database: "tributary",
      workgroup: "tributary",
      analystWorkgroup: "tributary-analysts",
      analystRoleArn: "arn:aws:iam::222222222222:role/tributary-analyst",
      engineerRoleArn: "arn:aws:iam::222222222222:role/tributary-data-engineer",
      emitterRoleArn: "arn:aws:iam::222222222222:role/tributary-emitter",
      deliveryStreams: {
        "monolith.shops": "tributary-shops",
        "monolith.users": "tributary-users",
        "monolith.contracts": "tributary-contracts",
        "monolith.shifts": "tributary-shifts",
        "monolith.absences": "tributary-absences",
        "monolith.heartbeat": "tributary-heartbeat",
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
        maximumRecordAgeInSeconds: -1,
        destinationConfig: { onFailure: { destinationArn: "arn:aws:s3:::raw-failures-1234567" } },
        metricsConfig: { metrics: ["EventCount"] },
      });
    });

    test("has the role's name that production admits, and may do this and no more", () => {
      expect(one("Role", "capture").inputs["name"]).toBe("tributary-capture");
      expect(policyText(one("RolePolicy", "capture"))).toEqual([
        "Allow kinesis:DescribeStream, kinesis:DescribeStreamSummary, kinesis:GetRecords, kinesis:GetShardIterator, kinesis:ListShards on arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-changes, arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-service-changes",
        "Allow kms:Decrypt on arn:aws:kms:eu-west-1:111111111111:key/00000000-streams if StringEquals kms:ViaService=kinesis.eu-west-1.amazonaws.com",
        "Allow dynamodb:PartiQLInsert, dynamodb:PartiQLUpdate, dynamodb:BatchGetItem, dynamodb:PutItem on arn:aws:dynamodb:eu-west-1:222222222222:table/raw-1234567",
        "Allow kms:Decrypt, kms:Encrypt, kms:GenerateDataKey, kms:DescribeKey on arn:aws:kms:eu-west-1:222222222222:key/00000000-raw if StringEquals kms:ViaService=dynamodb.eu-west-1.amazonaws.com",
        "Allow s3:PutObject, s3:GetObject, s3:GetObjectVersion, s3:DeleteObject on arn:aws:s3:::raw-overflow-1234567/*",
        "Allow kms:Decrypt, kms:GenerateDataKey on arn:aws:kms:eu-west-1:222222222222:key/00000000-raw if StringEquals kms:ViaService=s3.eu-west-1.amazonaws.com",
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
      maximumRecordAgeInSeconds: -1,
    });
  });

  test("raw's overflow has raw's key, is logged, and keeps for a month what was deleted", () => {
    const inputs = (kind: string) => one(kind, "raw-overflow").inputs;
    expect(inputs("BucketServerSideEncryptionConfiguration")["rules"]).toEqual([
      {
        applyServerSideEncryptionByDefault: {
          sseAlgorithm: "aws:kms",
          kmsMasterKeyId: "arn:aws:kms:eu-west-1:222222222222:key/00000000-raw",
        },
        bucketKeyEnabled: true,
      },
    ]);
    expect(inputs("BucketVersioning")["versioningConfiguration"]).toEqual({ status: "Enabled" });
    expect(inputs("BucketLogging")).toMatchObject({
      targetBucket: "access-logs-1234567",
      targetPrefix: "raw-overflow/",
    });
    // Nothing that is current expires.
    expect(inputs("BucketLifecycleConfiguration")["rules"]).toEqual([
      {
        id: "unfinished-uploads",
        status: "Enabled",
        filter: { prefix: "" },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      },
      {
        id: "old-versions",
        status: "Enabled",
        filter: { prefix: "" },
        noncurrentVersionExpiration: { noncurrentDays: 30 },
        expiration: { expiredObjectDeleteMarker: true },
      },
    ]);
    expect(one("Function", "capture").inputs["environment"]).toMatchObject({
      variables: { OVERFLOW_BUCKET: "raw-overflow-1234567" },
    });
    expect(one("Function", "format").inputs["environment"]).toMatchObject({
      variables: { OVERFLOW_BUCKET: "raw-overflow-1234567", FAILURES_BUCKET: "raw-failures-1234567" },
    });
  });

  test("format may read raw's stream and put to the delivery streams", () => {
    expect(policyText(one("RolePolicy", "format"))).toEqual([
      "Allow dynamodb:DescribeStream, dynamodb:GetRecords, dynamodb:GetShardIterator on arn:aws:dynamodb:eu-west-1:222222222222:table/raw-1234567/stream/2026-11-24T00:00:00.000",
      "Allow dynamodb:ListStreams on *",
      "Allow kms:Decrypt on arn:aws:kms:eu-west-1:222222222222:key/00000000-raw if StringEquals kms:ViaService=dynamodb.eu-west-1.amazonaws.com",
      "Allow firehose:PutRecordBatch on arn:aws:firehose:eu-west-1:222222222222:deliverystream/tributary-*",
      "Allow s3:GetObjectVersion, s3:DeleteObject on arn:aws:s3:::raw-overflow-1234567/*",
      "Allow s3:ListBucket on arn:aws:s3:::raw-overflow-1234567",
      "Allow kms:Decrypt on arn:aws:kms:eu-west-1:222222222222:key/00000000-raw if StringEquals kms:ViaService=s3.eu-west-1.amazonaws.com",
      "Allow s3:PutObject on arn:aws:s3:::raw-failures-1234567/format/*, arn:aws:s3:::raw-failures-1234567/aws/lambda/*",
      "Allow s3:ListBucket on arn:aws:s3:::raw-failures-1234567",
      "Allow kms:GenerateDataKey on arn:aws:kms:eu-west-1:222222222222:key/00000000-raw if StringEquals kms:ViaService=s3.eu-west-1.amazonaws.com",
      "Allow secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-west-1:222222222222:secret:tributary/pseudonyms-AbCdEf",
      "Allow kms:Decrypt on arn:aws:kms:eu-west-1:222222222222:key/00000000-raw if StringEquals kms:ViaService=secretsmanager.eu-west-1.amazonaws.com",
      "Allow logs:CreateLogStream, logs:PutLogEvents on arn:aws:logs:eu-west-1:222222222222:log-group:format-1234567:*",
    ]);
  });

  test("the emitter may find rows of raw by their keys, and set the mark", () => {
    expect(policyText(one("RolePolicy", "emitter"))).toEqual([
      "Allow dynamodb:Scan on arn:aws:dynamodb:eu-west-1:222222222222:table/raw-1234567 if ForAllValues:StringEquals dynamodb:Attributes=_key|_table|_emitted|_acceptedAt and StringEquals dynamodb:Select=SPECIFIC_ATTRIBUTES",
      "Allow dynamodb:UpdateItem on arn:aws:dynamodb:eu-west-1:222222222222:table/raw-1234567 if ForAllValues:StringEquals dynamodb:Attributes=_key|_emitted and StringEquals dynamodb:ReturnValues=NONE",
      "Allow kms:Decrypt, kms:Encrypt, kms:GenerateDataKey, kms:DescribeKey on arn:aws:kms:eu-west-1:222222222222:key/00000000-raw if StringEquals kms:ViaService=dynamodb.eu-west-1.amazonaws.com",
    ]);
  });

  test("the pseudonyms' key is made outside the state, and never again", async () => {
    const { inputs } = one("Resource", "pseudonyms");
    const { __provider: code, ...declared } = inputs;
    expect(declared).toEqual({
      region: "eu-west-1",
      keyArn: "arn:aws:kms:eu-west-1:222222222222:key/00000000-raw",
      name: "tributary/pseudonyms",
      description: "Key of the pseudonyms in the lake",
    });
    const { diff } = dynamicProvider(String(code));
    expect(await diff("id", declared, declared)).toEqual({ changes: false });
    await expect(diff("id", declared, { ...declared, name: "other" })).rejects.toThrow("cannot change (name)");
  });

  test("a quarter of an hour after a full load has ended it is promoted, by a function that may do no more", () => {
    const { environment, timeout, reservedConcurrentExecutions } = one("Function", "promote").inputs;
    expect(environment).toEqual({
      variables: {
        LAKE: "tributary-lake-222222222222-eu-west-1",
        DATABASE: "tributary",
        WORKGROUP: "tributary",
        READER_ROLE: "arn:aws:iam::111111111111:role/tributary-full-load-reader",
        NODE_OPTIONS: "--max-semi-space-size=32",
      },
    });
    const { scheduleExpression, target } = one("Schedule", "promote").inputs;
    expect(scheduleExpression).toBe("rate(15 minutes)");
    // A run ends before the next one begins.
    expect(timeout).toBeLessThan(15 * 60);
    expect(reservedConcurrentExecutions).toBe(1);
    expect(one("FunctionEventInvokeConfig", "promote").inputs).toEqual({
      ...{ functionName: "promote-1234567", maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
    });
    expect(one("Schedule", "promote").dependencies).toContain(one("FunctionEventInvokeConfig", "promote").urn);
    expect(target).toMatchObject({
      arn: "arn:aws:lambda:eu-west-1:222222222222:function:promote-1234567",
      input: "{}",
    });
    for (const view of TABLES) {
      expect(one("Schedule", "promote").dependencies).toContain(one("Resource", view).urn);
      // No view is made while older code would make it anew as it was.
      expect(one("Resource", view).dependencies).toContain(one("Function", "promote").urn);
    }
    const glue = "arn:aws:glue:eu-west-1:222222222222";
    expect(policyText(one("RolePolicy", "promote"))).toEqual([
      "Allow sts:AssumeRole on arn:aws:iam::111111111111:role/tributary-full-load-reader",
      `Allow s3:GetObject on ${["landing", "full", "changes"].map((folder) => `${LAKE}/${folder}/*`).join(", ")}`,
      `Allow s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload, s3:ListMultipartUploadParts on ${LAKE}/full/*`,
      "Allow s3:GetObject, s3:PutObject, s3:AbortMultipartUpload on arn:aws:s3:::results-1234567/engineers/*",
      `Allow s3:ListBucket, s3:GetBucketLocation on ${LAKE}, arn:aws:s3:::results-1234567`,
      `Allow kms:Decrypt, kms:GenerateDataKey on ${LAKE_KEY} if StringEquals kms:ViaService=s3.eu-west-1.amazonaws.com`,
      "Allow athena:StartQueryExecution, athena:GetQueryExecution, athena:GetQueryResults on arn:aws:athena:eu-west-1:222222222222:workgroup/tributary",
      `Allow glue:GetDatabase, glue:GetTable, glue:GetPartitions, glue:CreateTable, glue:UpdateTable on ${glue}:catalog, ${glue}:database/default, ${glue}:database/tributary, ${glue}:table/tributary/*`,
      "Allow logs:CreateLogStream, logs:PutLogEvents on arn:aws:logs:eu-west-1:222222222222:log-group:promote-1234567:*",
    ]);
  });
}

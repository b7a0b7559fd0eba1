/** The DMS part of the production stack. Each setting answers a trap of DMS or of its provider. */
import { tables } from "../../model";
import type { Plan } from "./plan";
import { pick } from "./plan";
import { policyText } from "./policies";

const KEY = "arn:aws:kms:eu-west-1:111111111111:key/00000000-replication";

interface Rule {
  readonly "rule-type": string;
  readonly "rule-id": string;
  readonly "rule-name": string;
  readonly "rule-action": string;
  readonly "object-locator": Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
}

/** `adopting`: a stack whose account has DMS' roles already. `unconstrained`: one with a column of type `numeric`, no more said. */
export function replicationTests(prod: () => Plan, adopting: () => Plan, unconstrained: () => Plan): void {
  const one = (kind: string, name: string) => pick(prod(), kind, name);

  test("the instance: pinned, private, encrypted", () => {
    expect(one("ReplicationInstance", "replication").inputs).toEqual({
      replicationInstanceId: "tributary",
      replicationInstanceClass: "dms.t3.medium",
      allocatedStorage: 50,
      engineVersion: "3.6.1",
      autoMinorVersionUpgrade: false,
      allowMajorVersionUpgrade: false,
      applyImmediately: true,
      preferredMaintenanceWindow: "sun:03:30-sun:04:30",
      multiAz: true,
      publiclyAccessible: false,
      kmsKeyArn: KEY,
      replicationSubnetGroupId: "tributary",
      vpcSecurityGroupIds: ["sg-replication"],
    });
  });

  test("the account's roles come before the subnet group", () => {
    const { dependencies } = one("ReplicationSubnetGroup", "replication");
    const attachments = prod().resources.filter(({ type }) => type.endsWith(":RolePolicyAttachment"));
    expect(attachments.map(({ inputs }) => [inputs["role"], inputs["policyArn"]]).sort()).toEqual([
      ["dms-cloudwatch-logs-role", "arn:aws:iam::aws:policy/service-role/AmazonDMSCloudWatchLogsRole"],
      ["dms-vpc-role", "arn:aws:iam::aws:policy/service-role/AmazonDMSVPCManagementRole"],
    ]);
    expect([...dependencies].sort()).toEqual(attachments.map(({ urn }) => urn).sort());
  });

  test("an account that has its roles is left them", () => {
    expect(adopting().resources.filter(({ name }) => name.startsWith("dms-"))).toEqual([]);
  });

  describe("the source", () => {
    test("has every setting: the provider zeroes those that are left out", () => {
      expect(one("Endpoint", "source").inputs).toEqual({
        endpointId: "tributary-source",
        endpointType: "source",
        engineName: "postgres",
        databaseName: "monolith",
        secretsManagerArn: "arn:aws:secretsmanager:eu-west-1:111111111111:secret:monolith-replication-Ab12Cd",
        secretsManagerAccessRoleArn: "arn:aws:iam::111111111111:role/source-secret-1234567",
        sslMode: "verify-full",
        certificateArn: "arn:aws:dms:eu-west-1:111111111111:cert:source",
        kmsKeyArn: KEY,
        pauseReplicationTasks: true,
        postgresSettings: {
          authenticationMethod: "password",
          databaseMode: "default",
          captureDdls: true,
          ddlArtifactsSchema: "public",
          executeTimeout: 60,
          failTasksOnLobTruncation: true,
          heartbeatEnable: true,
          heartbeatFrequency: 1,
          heartbeatSchema: "public",
          mapBooleanAsBoolean: false,
          mapJsonbAsClob: false,
          mapLongVarcharAs: "wstring",
          maxFileSize: 32768,
          pluginName: "test-decoding",
        },
      });
    });

    test("sends a number without bounds as text: DMS would cut it after six digits", () => {
      expect(pick(unconstrained(), "Endpoint", "source").inputs).toEqual({
        ...one("Endpoint", "source").inputs,
        extraConnectionAttributes: "mapUnboundedNumericAsString=true",
      });
    });

    test("reads its secret and nothing else", () => {
      expect(policyText(one("Role", "source-secret"))).toEqual([
        "Allow sts:AssumeRole for dms.eu-west-1.amazonaws.com if StringEquals aws:SourceAccount=111111111111",
      ]);
      expect(policyText(one("RolePolicy", "source-secret"))).toEqual([
        "Allow secretsmanager:GetSecretValue, secretsmanager:DescribeSecret on arn:aws:secretsmanager:eu-west-1:111111111111:secret:monolith-replication-Ab12Cd",
      ]);
    });
  });

  const rules = (task: string): Rule[] => {
    const { rules: all } = JSON.parse(String(one("ReplicationTask", task).inputs["tableMappings"])) as {
      rules: Rule[];
    };
    return all;
  };
  const settings = (task: string): unknown =>
    JSON.parse(String(one("ReplicationTask", task).inputs["replicationTaskSettings"]));

  test.each(["changes", "full-load"])("the rules of %s have ids and names of their own", (task) => {
    for (const member of ["rule-id", "rule-name"] as const) {
      const values = rules(task).map((rule) => rule[member]);
      expect(new Set(values).size).toBe(values.length);
    }
  });

  describe("the changes", () => {
    test("are one task that loads and follows, and which the provider does not start", () => {
      const { inputs } = one("ReplicationTask", "changes");
      expect({ ...inputs, tableMappings: undefined, replicationTaskSettings: undefined }).toEqual({
        replicationTaskId: "tributary-changes",
        migrationType: "full-load-and-cdc",
        replicationInstanceArn: "arn:aws:dms:eu-west-1:111111111111:rep:replication",
        sourceEndpointArn: "arn:aws:dms:eu-west-1:111111111111:endpoint:source",
        targetEndpointArn: "arn:aws:dms:eu-west-1:111111111111:endpoint:changes",
        startReplicationTask: false,
      });
      const readers = prod()
        .resources.filter(({ type }) => type.endsWith(":EventSourceMapping"))
        .map(({ urn }) => urn);
      expect(one("ReplicationTask", "changes").dependencies).toEqual(expect.arrayContaining(readers));
      // Between the two lies the wait for changed filters.
      const filters = one("dynamic:Resource", "filters");
      expect(filters.dependencies).toEqual(expect.arrayContaining(readers));
      expect(one("ReplicationTask", "changes").dependencies).toContain(filters.urn);
    });

    test("every selected table has exactly one object mapping, by primary key", () => {
      const located = (type: string) => rules("changes").filter((rule) => rule["rule-type"] === type);
      const expected = tables.map(({ name }) => ({ "schema-name": "public", "table-name": name }));
      expect(located("selection").map((rule) => rule["object-locator"])).toEqual(expected);
      expect(located("object-mapping").map((rule) => rule["object-locator"])).toEqual(expected);
      expect(rules("changes")).toHaveLength(2 * tables.length);
      for (const rule of located("object-mapping")) {
        expect(rule).toMatchObject({
          "rule-action": "map-record-to-record",
          "mapping-parameters": { "partition-key-type": "primary-key" },
        });
      }
    });

    test("the task's settings", () => {
      expect(settings("changes")).toEqual({
        TargetMetadata: {
          SupportLobs: true,
          FullLobMode: false,
          LimitedSizeLobMode: true,
          LobMaxSize: 512,
          ParallelApplyThreads: 4,
          ParallelApplyQueuesPerThread: 16,
          ParallelApplyBufferSize: 100,
          BatchApplyEnabled: false,
        },
        FullLoadSettings: {
          TargetTablePrepMode: "DO_NOTHING",
          MaxFullLoadSubTasks: 4,
          TransactionConsistencyTimeout: 600,
        },
        Logging: { EnableLogging: true },
        BeforeImageSettings: { EnableBeforeImage: true, FieldName: "before-image", ColumnFilter: "pk-only" },
        ChangeProcessingDdlHandlingPolicy: {
          HandleSourceTableDropped: true,
          HandleSourceTableTruncated: true,
          HandleSourceTableAltered: true,
        },
        ErrorBehavior: {
          DataErrorPolicy: "STOP_TASK",
          DataTruncationErrorPolicy: "STOP_TASK",
          DataErrorEscalationPolicy: "STOP_TASK",
          EventErrorPolicy: "STOP_TASK",
          TableErrorPolicy: "STOP_TASK",
          TableErrorEscalationPolicy: "STOP_TASK",
          RecoverableErrorCount: -1,
          RecoverableErrorInterval: 5,
          RecoverableErrorThrottling: true,
          RecoverableErrorThrottlingMax: 1800,
          FailOnNoTablesCaptured: true,
        },
      });
    });

    test("go to the stream with every switch on", () => {
      expect(one("Endpoint", "changes").inputs).toEqual({
        endpointId: "tributary-changes",
        endpointType: "target",
        engineName: "kinesis",
        kmsKeyArn: KEY,
        pauseReplicationTasks: true,
        kinesisSettings: {
          streamArn: "arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-changes",
          serviceAccessRoleArn: "arn:aws:iam::111111111111:role/changes-target-1234567",
          messageFormat: "json-unformatted",
          includeTransactionDetails: true,
          includePartitionValue: true,
          partitionIncludeSchemaTable: true,
          includeTableAlterOperations: true,
          includeControlDetails: true,
          includeNullAndEmpty: true,
          useLargeIntegerValue: true,
        },
      });
      expect(policyText(one("RolePolicy", "changes-target"))).toEqual([
        "Allow kinesis:DescribeStream, kinesis:PutRecord, kinesis:PutRecords on arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-changes",
        "Allow kms:GenerateDataKey on arn:aws:kms:eu-west-1:111111111111:key/00000000-streams if StringEquals kms:ViaService=kinesis.eu-west-1.amazonaws.com",
      ]);
    });
  });

  describe("the full load", () => {
    test("starts at a quiet hour of the configured time zone, by a role that may do no more", () => {
      expect(one("Schedule", "full-load").inputs).toEqual({
        name: "tributary-full-load",
        groupName: "tributary",
        description: "Writes every table anew into the lake",
        state: "ENABLED",
        scheduleExpression: "cron(30 2 * * ? *)",
        scheduleExpressionTimezone: "Europe/Paris",
        flexibleTimeWindow: { mode: "FLEXIBLE", maximumWindowInMinutes: 15 },
        target: {
          arn: "arn:aws:scheduler:::aws-sdk:databasemigration:startReplicationTask",
          roleArn: "arn:aws:iam::111111111111:role/full-load-schedule-1234567",
          input: JSON.stringify({
            ReplicationTaskArn: "arn:aws:dms:eu-west-1:111111111111:task:full-load",
            StartReplicationTaskType: "reload-target",
          }),
          retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 10 },
        },
      });
      expect(policyText(one("Role", "full-load-schedule"))).toEqual([
        "Allow sts:AssumeRole for scheduler.amazonaws.com if StringEquals aws:SourceAccount=111111111111",
      ]);
      expect(policyText(one("RolePolicy", "full-load-schedule"))).toEqual([
        "Allow dms:StartReplicationTask on arn:aws:dms:eu-west-1:111111111111:task:full-load",
      ]);
    });

    test("is started by hand or by a schedule, never by a deployment", () => {
      expect(one("ReplicationTask", "full-load").inputs).toMatchObject({
        replicationTaskId: "tributary-full-load",
        migrationType: "full-load",
        startReplicationTask: false,
      });
      expect(settings("full-load")).toMatchObject({ FullLoadSettings: { TargetTablePrepMode: "DROP_AND_CREATE" } });
    });

    test("removes every private column, and makes text of every time", () => {
      const transformed = rules("full-load").filter((rule) => rule["rule-type"] === "transformation");
      const named = (action: string): string[] =>
        transformed
          .filter((rule) => rule["rule-action"] === action)
          .map((rule) => `${rule["object-locator"]["table-name"]}.${rule["object-locator"]["column-name"]}`);
      const columns = (test: (column: (typeof tables)[number]["columns"][number]) => boolean): string[] =>
        tables.flatMap((table) => table.columns.filter(test).map(({ name }) => `${table.name}.${name}`));
      expect(named("remove-column")).toEqual(columns(({ privacy }) => privacy !== "open"));
      expect(named("remove-column")).toContain("users.email");
      expect(named("change-data-type")).toEqual(
        columns(
          ({ type, privacy }) =>
            privacy === "open" && /^time(stamp)?( with time zone)?$/.test(type) && type !== "time with time zone",
        ),
      );
      expect(transformed[0]).toEqual({
        "rule-type": "transformation",
        "rule-target": "column",
        "object-locator": { "schema-name": "public", "table-name": "shops", "column-name": "opens_at" },
        "rule-name": "text-shops-opens_at",
        "rule-action": "change-data-type",
        "data-type": { type: "string", length: "40" },
        "rule-id": "7",
      });
    });

    test("writes Parquet into the lake of the other account, by its alias' key", () => {
      expect(one("S3Endpoint", "full-load").inputs).toEqual({
        endpointId: "tributary-full-load",
        endpointType: "target",
        bucketName: "tributary-lake-222222222222-eu-west-1",
        bucketFolder: "landing",
        expectedBucketOwner: "222222222222",
        serviceAccessRoleArn: "arn:aws:iam::111111111111:role/tributary-full-load",
        kmsKeyArn: KEY,
        dataFormat: "parquet",
        parquetVersion: "parquet-2-0",
        parquetTimestampInMillisecond: true,
        compressionType: "GZIP",
        encodingType: "rle-dictionary",
        enableStatistics: true,
        encryptionMode: "SSE_KMS",
        serverSideEncryptionKmsKeyId: "arn:aws:kms:eu-west-1:222222222222:alias/tributary-lake",
        includeOpForFullLoad: false,
        timestampColumnName: "_loaded_at",
        useTaskStartTimeForFullLoadTimestamp: true,
      });
      expect(policyText(one("RolePolicy", "full-load"))).toEqual([
        "Allow s3:PutObject, s3:PutObjectTagging, s3:DeleteObject on arn:aws:s3:::tributary-lake-222222222222-eu-west-1/landing/*",
        "Allow s3:ListBucket on arn:aws:s3:::tributary-lake-222222222222-eu-west-1",
        "Allow kms:GenerateDataKey, kms:Encrypt, kms:Decrypt, kms:DescribeKey on arn:aws:kms:eu-west-1:222222222222:key/* if ForAnyValue:StringEquals kms:ResourceAliases=alias/tributary-lake",
      ]);
    });
  });
}

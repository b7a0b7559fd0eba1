/** The lake: who is admitted, and each table's columns, on the way of the changes and on that of the full loads. */
import type { Plan } from "./plan";
import { pick } from "./plan";
import { policyText } from "./policies";

const LAKE_KEY = "arn:aws:kms:eu-west-1:222222222222:key/00000000-lake";
const LAKE = "arn:aws:s3:::tributary-lake-222222222222-eu-west-1";

export function lakeTests(data: () => Plan): void {
  const one = (kind: string, name: string) => pick(data(), kind, name);

  test("the lake admits the full load of production and its own roles, by TLS", () => {
    expect(policyText(one("BucketPolicy", "lake"))).toEqual([
      `Deny s3:* for * on ${LAKE}, ${LAKE}/* if Bool aws:SecureTransport=false`,
      `Allow s3:PutObject, s3:PutObjectTagging, s3:DeleteObject for arn:aws:iam::111111111111:root on ${LAKE}/landing/* if ArnEquals aws:PrincipalArn=arn:aws:iam::111111111111:role/tributary-full-load`,
      `Allow s3:ListBucket for arn:aws:iam::111111111111:root on ${LAKE} if ArnEquals aws:PrincipalArn=arn:aws:iam::111111111111:role/tributary-full-load`,
      `Deny s3:GetObject*, s3:PutObject*, s3:DeleteObject*, s3:AbortMultipartUpload, s3:ListBucket* for * on ${LAKE}, ${LAKE}/* if ArnNotLike aws:PrincipalArn=${[
        "222222222222:root",
        "111111111111:role/tributary-full-load",
        ...["delivery", "promote", "data-engineer", "analyst"].map((name) => `222222222222:role/tributary-${name}`),
      ]
        .map((arn) => `arn:aws:iam::${arn}`)
        .join("|")}`,
      `Deny s3:DeleteObject, s3:DeleteObjectVersion for * on ${LAKE}/changes/* if ArnNotLike aws:PrincipalArn=arn:aws:iam::222222222222:root`,
    ]);
    expect(one("BucketLogging", "lake").inputs).toEqual({
      bucket: "tributary-lake-222222222222-eu-west-1",
      targetBucket: "access-logs-1234567",
      targetPrefix: "lake/",
    });
    expect(one("BucketServerSideEncryptionConfiguration", "access-logs").inputs["rules"]).toEqual([
      { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" }, bucketKeyEnabled: false },
    ]);
    expect(policyText(one("BucketPolicy", "access-logs"))[1]).toBe(
      "Allow s3:PutObject for logging.s3.amazonaws.com on arn:aws:s3:::access-logs-1234567/* if StringEquals aws:SourceAccount=222222222222",
    );
    expect(one("BucketVersioning", "raw-failures").inputs["versioningConfiguration"]).toEqual({ status: "Enabled" });
    expect(one("Alias", "lake").inputs).toEqual({ name: "alias/tributary-lake", targetKeyId: "00000000-lake" });
    expect(one("BucketLifecycleConfiguration", "lake").inputs["rules"]).toEqual([
      {
        id: "unfinished-uploads",
        status: "Enabled",
        filter: { prefix: "" },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      },
      { id: "expire-errors", status: "Enabled", filter: { prefix: "errors/" }, expiration: { days: 90 } },
      {
        id: "tier-changes",
        status: "Enabled",
        filter: { prefix: "changes/" },
        transitions: [{ days: 30, storageClass: "INTELLIGENT_TIERING" }],
      },
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
        "requested_at string",
        "_op string",
        "_version string",
        "_position string",
        "_committed_at string",
      ]);
    });

    test("has its full load, as DMS writes Parquet", () => {
      const { storageDescriptor, ...inputs } = one("CatalogTable", "full_contracts").inputs;
      expect(inputs["parameters"]).toEqual({
        EXTERNAL: "TRUE",
        classification: "parquet",
        "projection.enabled": "true",
        "projection.load.type": "injected",
        "storage.location.template": "s3://tributary-lake-222222222222-eu-west-1/full/public/contracts/load=${load}/",
      });
      expect(inputs["partitionKeys"]).toEqual([{ name: "load", type: "string", comment: "When the load began" }]);
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

    test("has a pseudonym as text in its changes and beside its full load, and not in it", () => {
      expect(columnsOf("changes_users")).toContain("public_id string");
      expect(columnsOf("full_users").join()).not.toContain("public_id");
      expect(columnsOf("pseudonyms_users")).toEqual(["id bigint", "public_id string", "_version string"]);
      expect(one("CatalogTable", "pseudonyms_users").inputs["storageDescriptor"]).toMatchObject({
        location: "s3://tributary-lake-222222222222-eu-west-1/full/pseudonyms/public/users/",
      });
      expect(String(one("Resource", "users").inputs["onLoad"])).toContain('max_by("public_id", "_version")');
    });

    test("has no private column on either way, nor in its view", () => {
      const shown = (table: string): string => {
        const shapes = ["changes", "full"].flatMap((way) => columnsOf(`${way}_${table}`)).join(" ");
        const { sql, onLoad } = one("Resource", table).inputs;
        return `${shapes} ${String(sql)} ${String(onLoad)}`;
      };
      expect(shown("users")).toContain("public_id");
      expect(shown("users")).not.toMatch(/first_name|last_name|email|phone|badge/);
      expect(shown("absences")).toContain("requested_at");
      expect(shown("absences")).not.toMatch(/comment|certificate/);
      expect(shown("shifts")).toContain("workload");
      expect(shown("shifts")).not.toMatch(/\bnote\b/);
    });

    test("is delivered as Parquet by its own schema", () => {
      const role = "arn:aws:iam::222222222222:role/tributary-delivery";
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

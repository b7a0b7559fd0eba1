/** One Firehose stream a table: JSON rows in, Parquet by the table's Glue schema out. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Table } from "../../model";
import { tableId } from "../../model";
import type { Accounts } from "../contract";
import { deliveryStream, names } from "../contract";
import { usesKey } from "../permissions";
import { document, trust } from "../policy";
import type { Catalog } from "./catalog";
import { changesFolder } from "./catalog";
import type { Lake } from "./lake";
import { CHANGES_FOLDER, ERRORS_FOLDER } from "./lake";

export interface DeliveryArgs {
  readonly accounts: Accounts;
  readonly tables: readonly Table[];
  readonly lake: Lake;
  readonly catalog: Catalog;
}

/** MB and seconds, whichever comes first. Conversion takes no less than 64 MB; fewer and bigger files are cheaper to query. */
const BUFFER = { bufferingSize: 128, bufferingInterval: 300 };

interface Shared {
  readonly role: aws.iam.Role;
  readonly policy: pulumi.Resource;
  readonly logs: aws.cloudwatch.LogGroup;
}

export class Delivery extends pulumi.ComponentResource {
  /**
   * Of all streams, known once all are made. A pattern: three hundred ARNs would be more than the 10,240 characters of a role's
   * policies (IAM guide, "IAM and STS quotas").
   */
  readonly arns: pulumi.Output<string>;
  /** What Firehose says of its failures, a stream a table. */
  readonly logs: aws.cloudwatch.LogGroup;

  constructor(name: string, args: DeliveryArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:data:Delivery", name, {}, options);
    const logs = (this.logs = new aws.cloudwatch.LogGroup(name, { retentionInDays: 30 }, { parent: this }));
    const shared = { logs, ...this.writer(name, args, logs) };
    const { region, dataAccountId } = args.accounts;
    this.arns = pulumi
      .all(args.tables.map((table) => this.stream(table, args, shared).arn))
      .apply(() => `arn:aws:firehose:${region}:${dataAccountId}:deliverystream/${deliveryStream("*")}`);
    this.registerOutputs({});
  }

  private writer(
    name: string,
    { accounts, lake, catalog }: DeliveryArgs,
    logs: aws.cloudwatch.LogGroup,
  ): Pick<Shared, "role" | "policy"> {
    const { bucket, key } = lake;
    const role = new aws.iam.Role(
      name,
      {
        // The lake's bucket admits it by this name.
        name: names.deliveryRole,
        assumeRolePolicy: trust("firehose.amazonaws.com", {
          StringEquals: { "sts:ExternalId": accounts.dataAccountId },
        }),
      },
      { parent: this },
    );
    const glue = `arn:aws:glue:${accounts.region}:${accounts.dataAccountId}`;
    const policy = new aws.iam.RolePolicy(
      name,
      {
        role: role.id,
        policy: document([
          {
            Effect: "Allow",
            Action: ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
            Resource: [
              pulumi.interpolate`${bucket.arn}/${CHANGES_FOLDER}/*`,
              pulumi.interpolate`${bucket.arn}/${ERRORS_FOLDER}/*`,
            ],
          },
          {
            Effect: "Allow",
            Action: ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            Resource: bucket.arn,
          },
          usesKey(key.arn, "s3", accounts.region, ["kms:Decrypt", "kms:GenerateDataKey"]),
          {
            Effect: "Allow",
            Action: ["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"],
            Resource: [
              `${glue}:catalog`,
              pulumi.interpolate`${glue}:database/${catalog.database.name}`,
              pulumi.interpolate`${glue}:table/${catalog.database.name}/changes_*`,
            ],
          },
          { Effect: "Allow", Action: ["logs:PutLogEvents"], Resource: pulumi.interpolate`${logs.arn}:log-stream:*` },
        ]),
      },
      { parent: this },
    );
    return { role, policy };
  }

  private stream(table: Table, args: DeliveryArgs, shared: Shared): aws.kinesis.FirehoseDeliveryStream {
    const { accounts, lake, catalog } = args;
    const logStream = new aws.cloudwatch.LogStream(
      `delivery-${table.name}`,
      { logGroupName: shared.logs.name, name: table.name },
      { parent: this },
    );
    const schema = catalog.changes.get(table);
    if (schema === undefined) throw new Error(`The catalog has no table of changes of "${tableId(table)}".`);
    return new aws.kinesis.FirehoseDeliveryStream(
      `delivery-${table.name}`,
      {
        name: deliveryStream(table.name),
        destination: "extended_s3",
        serverSideEncryption: { enabled: true, keyType: "CUSTOMER_MANAGED_CMK", keyArn: lake.key.arn },
        extendedS3Configuration: {
          roleArn: shared.role.arn,
          bucketArn: lake.bucket.arn,
          kmsKeyArn: lake.key.arn,
          // The day of arrival: a change that comes late lies in a later folder than its commit time.
          prefix: `${changesFolder(table)}dt=!{timestamp:yyyy-MM-dd}/`,
          errorOutputPrefix: `${ERRORS_FOLDER}/${table.name}/!{firehose:error-output-type}/!{timestamp:yyyy-MM-dd}/`,
          ...BUFFER,
          // Parquet compresses by itself, and Firehose refuses both.
          compressionFormat: "UNCOMPRESSED",
          s3BackupMode: "Disabled",
          cloudwatchLoggingOptions: {
            enabled: true,
            logGroupName: shared.logs.name,
            logStreamName: logStream.name,
          },
          dataFormatConversionConfiguration: {
            enabled: true,
            // More forgiving than Hive's, which refuses strings for numbers.
            inputFormatConfiguration: { deserializer: { openXJsonSerDe: { caseInsensitive: true } } },
            outputFormatConfiguration: { serializer: { parquetSerDe: { compression: "SNAPPY", writerVersion: "V1" } } },
            schemaConfiguration: {
              databaseName: catalog.database.name,
              tableName: schema.name,
              roleArn: shared.role.arn,
              region: accounts.region,
              catalogId: accounts.dataAccountId,
            },
          },
        },
      },
      // Firehose tries the role when the stream is made.
      { parent: this, dependsOn: [shared.policy] },
    );
  }
}

/** A delivery stream as DescribeDeliveryStream shows it. */
import type { DeliveryStream } from "./stream";

export const DESTINATION_ID = "destinationId-000000000001";

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);

function destination({ settings, scope }: DeliveryStream): object {
  const { destination: target } = settings;
  const { inputFormatConfiguration, outputFormatConfiguration, schemaConfiguration } =
    target.dataFormatConversionConfiguration;
  const { caseInsensitive = true } = inputFormatConfiguration.deserializer.openXJsonSerDe;
  const { compression } = outputFormatConfiguration.serializer.parquetSerDe;
  const logging = target.cloudwatchLoggingOptions;
  return {
    RoleARN: target.roleArn,
    BucketARN: target.bucketArn,
    ...(target.prefix === undefined ? {} : { Prefix: target.prefix }),
    ErrorOutputPrefix: target.errorOutputPrefix,
    BufferingHints: { SizeInMBs: target.bufferingSize, IntervalInSeconds: target.bufferingInterval },
    CompressionFormat: "UNCOMPRESSED",
    EncryptionConfiguration:
      target.kmsKeyArn === undefined
        ? { NoEncryptionConfig: "NoEncryption" }
        : { KMSEncryptionConfig: { AWSKMSKeyARN: target.kmsKeyArn } },
    CloudWatchLoggingOptions: {
      Enabled: logging?.enabled ?? false,
      LogGroupName: logging?.logGroupName,
      LogStreamName: logging?.logStreamName,
    },
    S3BackupMode: "Disabled",
    DataFormatConversionConfiguration: {
      Enabled: true,
      InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: { CaseInsensitive: caseInsensitive } } },
      OutputFormatConfiguration: { Serializer: { ParquetSerDe: { Compression: compression } } },
      SchemaConfiguration: {
        RoleARN: schemaConfiguration.roleArn,
        DatabaseName: schemaConfiguration.databaseName,
        TableName: schemaConfiguration.tableName,
        CatalogId: schemaConfiguration.catalogId ?? scope.account,
        Region: schemaConfiguration.region ?? scope.region,
        VersionId: "LATEST",
      },
    },
  };
}

export function description(stream: DeliveryStream): object {
  const { settings, createdAt, updatedAt } = stream;
  const { encryption } = settings;
  return {
    DeliveryStreamName: settings.name,
    DeliveryStreamARN: stream.arn,
    DeliveryStreamStatus: "ACTIVE",
    DeliveryStreamEncryptionConfiguration:
      encryption === undefined
        ? { Status: "DISABLED" }
        : { Status: "ENABLED", KeyType: encryption.keyType, KeyARN: encryption.keyArn },
    DeliveryStreamType: "DirectPut",
    VersionId: String(stream.version),
    CreateTimestamp: seconds(createdAt),
    ...(updatedAt === undefined ? {} : { LastUpdateTimestamp: seconds(updatedAt) }),
    Destinations: [{ DestinationId: DESTINATION_ID, ExtendedS3DestinationDescription: destination(stream) }],
    HasMoreDestinations: false,
  };
}

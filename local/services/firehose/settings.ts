/** A delivery stream as the program declares it, checked as the API does. Arguments: @pulumi/aws 7, `aws.kinesis`. */
import { z } from "zod";
import { readInputs } from "../../core/inputs";
import { AwsError, type ResourceContext } from "../../core/service";
import { readPrefixes, type Prefixes } from "./prefix";

const roleArn = z.string().regex(/^arn:aws:iam::\d{12}:role\/.+$/, "Expected the ARN of a role");
const flag = (only: boolean, message: string) => z.literal(only, message).optional();

const openX = z.strictObject({
  caseInsensitive: flag(true, "Only true is supported locally"),
  convertDotsInJsonKeysToUnderscores: flag(false, "Only false is supported locally"),
  columnToJsonKeyMappings: z.record(z.string(), z.never("Mappings are not supported locally")).optional(),
});

const parquet = z.strictObject({
  compression: z.enum(["SNAPPY", "GZIP", "UNCOMPRESSED"]).default("SNAPPY"),
  writerVersion: z.literal("V1", "Only V1 is supported locally").optional(),
});

const conversion = z.strictObject({
  enabled: flag(true, "Only conversion to Parquet is supported locally"),
  inputFormatConfiguration: z.strictObject({ deserializer: z.strictObject({ openXJsonSerDe: openX }) }),
  outputFormatConfiguration: z.strictObject({ serializer: z.strictObject({ parquetSerDe: parquet }) }),
  schemaConfiguration: z.strictObject({
    databaseName: z.string().min(1),
    tableName: z.string().min(1),
    roleArn,
    catalogId: z
      .string()
      .regex(/^\d{12}$/, "Expected the 12 digits of an account")
      .optional(),
    region: z.string().optional(),
    versionId: z.literal("LATEST", "Only LATEST is supported locally").optional(),
  }),
});

const logging = z
  .strictObject({
    enabled: z.boolean().default(false),
    logGroupName: z.string().optional(),
    logStreamName: z.string().optional(),
  })
  .refine(
    ({ enabled, logGroupName, logStreamName }) => !enabled || (Boolean(logGroupName) && Boolean(logStreamName)),
    "With logging enabled, logGroupName and logStreamName are required",
  );

const destination = z.strictObject({
  bucketArn: z.string().regex(/^arn:aws:s3:::[\w.-]{1,255}$/, "Expected the ARN of a bucket"),
  roleArn,
  prefix: z.string().optional(),
  errorOutputPrefix: z.string().optional(),
  /** MiB. The default with conversion is 128, without it 5. */
  bufferingSize: z.number().int().min(64, "With data format conversion, at least 64").max(128).default(128),
  /** Seconds. */
  bufferingInterval: z
    .number()
    .int()
    .max(900)
    .refine((seconds) => seconds === 0 || seconds >= 60, "Expected 0, or 60 to 900")
    .default(300),
  compressionFormat: z
    .literal("UNCOMPRESSED", "With data format conversion it must be UNCOMPRESSED: the serializer compresses")
    .optional(),
  kmsKeyArn: z
    .string()
    .regex(/^arn:aws:kms:/, "Expected the ARN of a KMS key")
    .optional(),
  customTimeZone: z.literal("UTC", "Only UTC is supported locally").optional(),
  s3BackupMode: z.literal("Disabled", "Backups are not supported locally").optional(),
  processingConfiguration: z
    .strictObject({ enabled: z.literal(false, "Processors are not supported locally") })
    .optional(),
  dynamicPartitioningConfiguration: z
    .strictObject({ enabled: z.literal(false, "Dynamic partitioning is not supported locally") })
    .optional(),
  cloudwatchLoggingOptions: logging.optional(),
  dataFormatConversionConfiguration: conversion,
});

const encryption = z.strictObject({
  enabled: z.boolean().default(false),
  keyType: z.enum(["AWS_OWNED_CMK", "CUSTOMER_MANAGED_CMK"]).default("AWS_OWNED_CMK"),
  keyArn: z
    .string()
    .regex(/^arn:aws:kms:/, "Expected the ARN of a KMS key")
    .optional(),
});

const shape = z.strictObject({
  // Change nothing here.
  tags: z.unknown().optional(),
  tagsAll: z.unknown().optional(),
  region: z.string().optional(),
  name: z
    .string()
    .regex(/^[a-zA-Z0-9_.-]{1,64}$/, "Expected 1 to 64 letters, digits, and any of _ . -")
    .optional(),
  destination: z.literal("extended_s3", "Only extended_s3 is supported locally"),
  extendedS3Configuration: destination,
  serverSideEncryption: encryption.optional(),
});

export interface StreamSettings {
  readonly name: string;
  readonly bucket: string;
  readonly destination: z.output<typeof destination>;
  readonly prefixes: Prefixes;
  readonly encryption?: { readonly keyType: "AWS_OWNED_CMK" | "CUSTOMER_MANAGED_CMK"; readonly keyArn?: string };
}

const refuse = (context: ResourceContext, message: string): AwsError =>
  new AwsError("InvalidArgumentException", `${context.type} "${context.name}": ${message}.`);

function encryptionOf(given: z.output<typeof encryption> | undefined, context: ResourceContext) {
  if (given === undefined || !given.enabled) return {};
  const { keyType, keyArn } = given;
  if ((keyType === "CUSTOMER_MANAGED_CMK") !== (keyArn !== undefined)) {
    throw refuse(context, `serverSideEncryption: keyArn goes with the keyType CUSTOMER_MANAGED_CMK, and with no other`);
  }
  return { encryption: { keyType, ...(keyArn === undefined ? {} : { keyArn }) } };
}

/** @throws an `AwsError` that names resource and argument. */
export function readSettings(raw: Record<string, unknown>, context: ResourceContext): StreamSettings {
  const inputs = readInputs(shape, raw, context);
  const target = inputs.extendedS3Configuration;
  const prefixes = readPrefixes(target.prefix, target.errorOutputPrefix);
  if (typeof prefixes === "string") throw refuse(context, prefixes);
  const { schemaConfiguration } = target.dataFormatConversionConfiguration;
  for (const role of [target.roleArn, schemaConfiguration.roleArn]) {
    if (role.split(":")[4] === context.account) continue;
    throw refuse(context, `the role ${role} is of another account; Firehose takes roles of its own account only`);
  }
  return {
    name: inputs.name ?? context.autoName,
    bucket: target.bucketArn.replace("arn:aws:s3:::", ""),
    destination: target,
    prefixes,
    ...encryptionOf(inputs.serverSideEncryption, context),
  };
}

/** The arguments of the Pulumi resources. @pulumi/aws 7, `aws.dms`. */
import { z } from "zod";

/** Change nothing here: `tags`, the key that encrypts what DMS keeps, and what says how an instance is maintained. */
const common = { tags: z.unknown().optional(), region: z.string().optional() };
export const identifier = z
  .string()
  .regex(/^[A-Za-z](?!.*--)[A-Za-z0-9-]{0,254}$/, "Expected a letter, then letters, digits and single hyphens")
  .refine((id) => !id.endsWith("-"), "Must not end with a hyphen")
  // As the API does.
  .transform((id) => id.toLowerCase());

export const subnetGroupShape = z.strictObject({
  ...common,
  replicationSubnetGroupId: identifier,
  replicationSubnetGroupDescription: z.string().min(1),
  subnetIds: z.array(z.string()).min(2, "Expected subnets in at least two availability zones"),
});

export const instanceShape = z.strictObject({
  ...common,
  replicationInstanceId: identifier,
  replicationInstanceClass: z.string().regex(/^dms\.[a-z0-9]+\.[a-z0-9]+$/, "Expected a class such as dms.t3.medium"),
  allocatedStorage: z.number().int().min(5).max(6144).default(50),
  allowMajorVersionUpgrade: z.boolean().default(false),
  applyImmediately: z.boolean().default(false),
  autoMinorVersionUpgrade: z.boolean().default(true),
  availabilityZone: z.string().optional(),
  engineVersion: z.string().default("3.5.4"),
  kmsKeyArn: z.string().optional(),
  multiAz: z.boolean().default(false),
  networkType: z.enum(["IPV4", "DUAL"]).default("IPV4"),
  preferredMaintenanceWindow: z.string().default("sun:10:30-sun:14:30"),
  publiclyAccessible: z.boolean().default(false),
  replicationSubnetGroupId: z.string().optional(),
  vpcSecurityGroupIds: z.array(z.string()).default([]),
});

export const certificateShape = z.strictObject({
  ...common,
  certificateId: identifier,
  certificatePem: z.string().includes("-----BEGIN CERTIFICATE-----", { error: "Expected a certificate in PEM" }),
});

export const eventSubscriptionShape = z.strictObject({
  ...common,
  enabled: z.boolean().default(true),
  eventCategories: z.array(z.string()).min(1),
  name: z.string().optional(),
  snsTopicArn: z.string().startsWith("arn:aws:sns:"),
  sourceIds: z.array(z.string()).optional(),
  sourceType: z.enum(["replication-instance", "replication-task"]),
});

const postgresShape = z.strictObject({
  authenticationMethod: z.literal("password", "Only password is supported").default("password"),
  captureDdls: z.boolean().default(true),
  databaseMode: z.literal("default", "Only default is supported").default("default"),
  ddlArtifactsSchema: z.string().min(1).default("public"),
  executeTimeout: z.number().int().min(0).default(60),
  failTasksOnLobTruncation: z.boolean().default(false),
  heartbeatEnable: z.boolean().default(false),
  heartbeatFrequency: z.number().int().min(0).default(5),
  heartbeatSchema: z.string().min(1).default("public"),
  mapBooleanAsBoolean: z.boolean().default(false),
  mapJsonbAsClob: z.boolean().default(false),
  mapLongVarcharAs: z.enum(["wstring", "clob", "nclob"]).default("wstring"),
  // Of CSV files, which neither target has.
  maxFileSize: z.number().int().min(0).default(32_768),
  pluginName: z.enum(["pglogical", "test-decoding"]).default("pglogical"),
});

const kinesisShape = z.strictObject({
  includeControlDetails: z.boolean().default(false),
  includeNullAndEmpty: z.boolean().default(false),
  includePartitionValue: z.boolean().default(false),
  includeTableAlterOperations: z.boolean().default(false),
  includeTransactionDetails: z.boolean().default(false),
  messageFormat: z.enum(["json", "json-unformatted"]).default("json"),
  partitionIncludeSchemaTable: z.boolean().default(false),
  serviceAccessRoleArn: z.string().startsWith("arn:aws:iam::"),
  streamArn: z.string().startsWith("arn:aws:kinesis:"),
  useLargeIntegerValue: z.boolean().default(false),
});

export const endpointShape = z.strictObject({
  ...common,
  endpointId: identifier,
  endpointType: z.enum(["source", "target"]),
  engineName: z.enum(["postgres", "aurora-postgresql", "kinesis"], "Only postgres and kinesis are supported"),
  certificateArn: z.string().optional(),
  databaseName: z.string().min(1).optional(),
  extraConnectionAttributes: z.string().default(""),
  kinesisSettings: kinesisShape.optional(),
  kmsKeyArn: z.string().optional(),
  password: z.string().optional(),
  pauseReplicationTasks: z.boolean().default(false),
  port: z.number().int().optional(),
  postgresSettings: postgresShape.optional(),
  secretsManagerAccessRoleArn: z.string().startsWith("arn:aws:iam::").optional(),
  secretsManagerArn: z.string().startsWith("arn:aws:secretsmanager:").optional(),
  serverName: z.string().optional(),
  sslMode: z.enum(["none", "require", "verify-ca", "verify-full"]).default("none"),
  username: z.string().optional(),
});
export type EndpointInputs = z.output<typeof endpointShape>;
export const postgresDefaults = (): z.output<typeof postgresShape> => postgresShape.parse({});

export const s3EndpointShape = z.strictObject({
  ...common,
  endpointId: identifier,
  endpointType: z.literal("target", "Only target is supported"),
  bucketName: z.string().min(3),
  bucketFolder: z.string().default(""),
  serviceAccessRoleArn: z.string().startsWith("arn:aws:iam::"),
  cannedAclForObjects: z.enum(["none", "private", "bucket-owner-read", "bucket-owner-full-control"]).default("none"),
  compressionType: z
    .string()
    .transform((type) => type.toUpperCase())
    .pipe(z.enum(["NONE", "GZIP"]))
    .default("NONE"),
  dataFormat: z.literal("parquet", "Only parquet is supported"),
  parquetVersion: z.enum(["parquet-1-0", "parquet-2-0"]).default("parquet-1-0"),
  parquetTimestampInMillisecond: z.boolean().default(false),
  rowGroupLength: z.number().int().min(1).default(10_000),
  maxFileSize: z.number().int().min(1).max(1_048_576).default(1_048_576),
  timestampColumnName: z.string().min(1).optional(),
  useTaskStartTimeForFullLoadTimestamp: z.boolean().default(false),
  encryptionMode: z
    .string()
    .transform((mode) => mode.toUpperCase())
    .pipe(z.enum(["SSE_S3", "SSE_KMS"]))
    .optional(),
  serverSideEncryptionKmsKeyId: z.string().optional(),
  expectedBucketOwner: z
    .string()
    .regex(/^\d{12}$/, "Expected the 12 digits of an account")
    .optional(),
  kmsKeyArn: z.string().optional(),
  sslMode: z.literal("none", "Only none is supported").default("none"),
  // How the values are packed inside the file: the values are the same.
  encodingType: z.enum(["plain", "plain-dictionary", "rle-dictionary"]).default("rle-dictionary"),
  dataPageSize: z.number().int().optional(),
  dictPageSizeLimit: z.number().int().optional(),
  enableStatistics: z.boolean().default(true),
  // Of CSV, and of changes: off is all that there can be.
  includeOpForFullLoad: z.literal(false, "Only false is supported").default(false),
  addColumnName: z.literal(false, "Only false is supported").default(false),
  cdcInsertsOnly: z.literal(false, "Only false is supported").default(false),
  cdcInsertsAndUpdates: z.literal(false, "Only false is supported").default(false),
  datePartitionEnabled: z.literal(false, "Only false is supported").default(false),
  preserveTransactions: z.literal(false, "Only false is supported").default(false),
  glueCatalogGeneration: z.literal(false, "Only false is supported").default(false),
});
export type S3EndpointInputs = z.output<typeof s3EndpointShape>;

export const taskShape = z.strictObject({
  ...common,
  replicationTaskId: identifier,
  migrationType: z.enum(["full-load", "cdc", "full-load-and-cdc"]),
  replicationInstanceArn: z.string(),
  sourceEndpointArn: z.string(),
  targetEndpointArn: z.string(),
  tableMappings: z.string(),
  replicationTaskSettings: z.string().optional(),
  resourceIdentifier: z
    .string()
    .regex(/^[A-Za-z](?!.*--)[A-Za-z0-9-]{0,30}$/, "Expected up to 31 letters, digits, hyphens")
    .optional(),
  startReplicationTask: z.boolean().default(false),
});
export type TaskInputs = z.output<typeof taskShape>;

/** Endpoints as DMS checks and describes them. https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateEndpoint.html */
import { AwsError, type ResourceContext } from "../../core/service";
import { postgresDefaults, type EndpointInputs, type S3EndpointInputs } from "./inputs";
import {
  dmsArn,
  resourceId,
  type Credentials,
  type Endpoint,
  type Registry,
  type Source,
  type Target,
} from "./registry";

const invalid = (context: ResourceContext, message: string): AwsError =>
  new AwsError("InvalidParameterCombinationException", `${context.type} "${context.name}": ${message}`);

/** `camelCase` of Pulumi -> `CamelCase` of the API. */
function pascal(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name.charAt(0).toUpperCase() + name.slice(1), value]),
  );
}

/** `name=value;...`; only one is known to change what we do. */
function unboundedNumericAsString(attributes: string, context: ResourceContext): boolean {
  let asString = false;
  for (const attribute of attributes.split(";").filter((text) => text.trim() !== "")) {
    const [name = "", value = ""] = attribute.split("=").map((part) => part.trim());
    if (name !== "mapUnboundedNumericAsString" || !/^(true|false)$/.test(value)) {
      throw invalid(context, `the extra connection attribute "${attribute.trim()}" is not supported.`);
    }
    asString = value === "true";
  }
  return asString;
}

function credentialsOf(inputs: EndpointInputs, context: ResourceContext): Credentials {
  const { secretsManagerArn, secretsManagerAccessRoleArn, username, password, serverName, port } = inputs;
  if (secretsManagerArn !== undefined || secretsManagerAccessRoleArn !== undefined) {
    if (username !== undefined || password !== undefined || serverName !== undefined || port !== undefined) {
      throw invalid(context, "give either secretsManagerArn, or username, password, serverName and port.");
    }
    if (secretsManagerArn === undefined || secretsManagerAccessRoleArn === undefined) {
      throw invalid(context, "secretsManagerArn and secretsManagerAccessRoleArn belong together.");
    }
    return { from: "secret", secretArn: secretsManagerArn, roleArn: secretsManagerAccessRoleArn };
  }
  if (username === undefined || password === undefined || serverName === undefined || port === undefined) {
    throw invalid(context, "a source needs a secretsManagerArn, or username, password, serverName and port.");
  }
  return { from: "endpoint", host: serverName, port, user: username, password };
}

function sourceOf(inputs: EndpointInputs, context: ResourceContext, registry: Registry): Source {
  const { databaseName, sslMode, certificateArn, kinesisSettings, extraConnectionAttributes } = inputs;
  if (inputs.engineName === "kinesis") throw invalid(context, "kinesis cannot be a source.");
  if (kinesisSettings !== undefined) throw invalid(context, "kinesisSettings are for the engine kinesis.");
  if (databaseName === undefined) throw invalid(context, "a PostgreSQL source needs a databaseName.");
  if (sslMode.startsWith("verify") && certificateArn === undefined) {
    throw invalid(context, `sslMode ${sslMode} needs a certificateArn.`);
  }
  if (certificateArn !== undefined) registry.certificate(certificateArn);
  const settings = inputs.postgresSettings ?? postgresDefaults();
  return {
    side: "source",
    database: databaseName,
    credentials: credentialsOf(inputs, context),
    sslMode,
    ...(certificateArn === undefined ? {} : { certificateArn }),
    settings: {
      ...settings,
      mapUnboundedNumericAsString: unboundedNumericAsString(extraConnectionAttributes, context),
    },
  };
}

function kinesisOf(inputs: EndpointInputs, context: ResourceContext): Target {
  const { kinesisSettings: settings, endpointType, engineName } = inputs;
  if (engineName !== "kinesis" || endpointType !== "target") {
    throw invalid(context, `an endpoint of type ${endpointType} with engine ${engineName} is not supported.`);
  }
  if (settings === undefined) throw invalid(context, "the engine kinesis needs kinesisSettings.");
  const unfit = (["databaseName", "username", "serverName", "secretsManagerArn", "postgresSettings"] as const).find(
    (name) => inputs[name] !== undefined,
  );
  if (unfit !== undefined) throw invalid(context, `${unfit} is for a database, not for kinesis.`);
  if (inputs.sslMode !== "none") throw invalid(context, "kinesis knows no sslMode.");
  if (inputs.extraConnectionAttributes !== "")
    throw invalid(context, "no extraConnectionAttributes are supported here.");
  const [, , , region, account] = settings.streamArn.split(":");
  if (account !== context.account || region !== context.region) {
    throw invalid(context, "the stream must be of the same account and region as the endpoint.");
  }
  const { serviceAccessRoleArn: roleArn, ...to } = settings;
  return { side: "target", roleArn, to: { engine: "kinesis", ...to } };
}

/** @param arn of an endpoint that is being changed */
export function endpointOf(
  inputs: EndpointInputs,
  context: ResourceContext,
  registry: Registry,
  arn = dmsArn(context, "endpoint", resourceId()),
): Endpoint {
  const { endpointId: id, endpointType, engineName, sslMode } = inputs;
  const { account, region } = context;
  const is = endpointType === "source" ? sourceOf(inputs, context, registry) : kinesisOf(inputs, context);
  return {
    ...{ arn, id, account, region, is },
    described: {
      EndpointIdentifier: id,
      EndpointType: endpointType,
      EngineName: engineName,
      EngineDisplayName: engineName === "kinesis" ? "Amazon Kinesis" : "PostgreSQL",
      EndpointArn: arn,
      Status: "active",
      SslMode: sslMode,
      ...pascal({
        username: inputs.username,
        serverName: inputs.serverName,
        port: inputs.port,
        databaseName: inputs.databaseName,
        extraConnectionAttributes: inputs.extraConnectionAttributes,
        kmsKeyId: inputs.kmsKeyArn,
        certificateArn: inputs.certificateArn,
      }),
      ...(inputs.kinesisSettings === undefined ? {} : { KinesisSettings: pascal(inputs.kinesisSettings) }),
      ...(endpointType === "source"
        ? {
            PostgreSQLSettings: pascal({
              ...inputs.postgresSettings,
              databaseName: inputs.databaseName,
              secretsManagerSecretId: inputs.secretsManagerArn,
              secretsManagerAccessRoleArn: inputs.secretsManagerAccessRoleArn,
            }),
          }
        : {}),
    },
  };
}

export function s3EndpointOf(
  inputs: S3EndpointInputs,
  context: ResourceContext,
  arn = dmsArn(context, "endpoint", resourceId()),
): Endpoint {
  const { endpointId: id, endpointType, serviceAccessRoleArn, sslMode, kmsKeyArn, cannedAclForObjects } = inputs;
  const { account, region } = context;
  const { encryptionMode, serverSideEncryptionKmsKeyId, timestampColumnName, expectedBucketOwner } = inputs;
  if (encryptionMode === "SSE_KMS" && serverSideEncryptionKmsKeyId === undefined) {
    throw invalid(context, "encryptionMode SSE_KMS needs a serverSideEncryptionKmsKeyId.");
  }
  const { bucketName, bucketFolder, parquetVersion, parquetTimestampInMillisecond, compressionType } = inputs;
  const { rowGroupLength, maxFileSize, useTaskStartTimeForFullLoadTimestamp } = inputs;
  return {
    ...{ arn, id, account, region },
    is: {
      side: "target",
      roleArn: serviceAccessRoleArn,
      to: {
        engine: "s3",
        ...{ bucketName, bucketFolder, parquetVersion, parquetTimestampInMillisecond, compressionType },
        ...{ rowGroupLength, maxFileSize, useTaskStartTimeForFullLoadTimestamp },
        ...(timestampColumnName === undefined ? {} : { timestampColumnName }),
        ...(encryptionMode === undefined ? {} : { encryptionMode }),
        ...(serverSideEncryptionKmsKeyId === undefined ? {} : { serverSideEncryptionKmsKeyId }),
        ...(expectedBucketOwner === undefined ? {} : { expectedBucketOwner }),
        ...(cannedAclForObjects === "none" ? {} : { cannedAcl: cannedAclForObjects }),
      },
    },
    described: {
      EndpointIdentifier: id,
      EndpointType: endpointType,
      EngineName: "s3",
      EngineDisplayName: "Amazon S3",
      EndpointArn: arn,
      Status: "active",
      SslMode: sslMode,
      ...(kmsKeyArn === undefined ? {} : { KmsKeyId: kmsKeyArn }),
      S3Settings: pascal({
        ...{ bucketName, bucketFolder, serviceAccessRoleArn, parquetVersion, parquetTimestampInMillisecond },
        ...{ compressionType, rowGroupLength, maxFileSize, useTaskStartTimeForFullLoadTimestamp },
        ...{ timestampColumnName, encryptionMode, serverSideEncryptionKmsKeyId, expectedBucketOwner },
        ...{ dataFormat: inputs.dataFormat, encodingType: inputs.encodingType, cannedAclForObjects },
      }),
    },
  };
}

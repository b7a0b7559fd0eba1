/**
 * What the callbacks make once per execution environment. The SDK is required inside: Pulumi serializes a top-level import
 * as a path into our node_modules, which the Lambda runtime does not have (functions/sdk.ts).
 */
import type * as DynamoDb from "@aws-sdk/client-dynamodb";
import type * as S3 from "@aws-sdk/client-s3";
import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import type * as Sts from "@aws-sdk/client-sts";
import type { Overflow } from "../functions/overflow";
import { overflowIn } from "../functions/overflow";
import type { PutObject } from "../functions/park";
import type { DynamoDbSdk } from "../functions/sdk";

/** A setting of the function's environment. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`The function's environment has no ${name}.`);
  return value;
}

export function dynamoDbSdk(): DynamoDbSdk {
  const sdk: typeof DynamoDb = require("@aws-sdk/client-dynamodb");
  const { BatchExecuteStatementCommand, BatchGetItemCommand, TransactWriteItemsCommand } = sdk;
  const client = new sdk.DynamoDBClient();
  // It makes a copy of every request for a log that nobody keeps: a quarter of a batch's CPU.
  client.middlewareStack.remove("loggerMiddleware");
  return {
    client,
    BatchExecuteStatementCommand,
    BatchGetItemCommand,
    TransactWriteItemsCommand,
  };
}

export function objectWriter(bucket: string, prefix: string): PutObject {
  const sdk: typeof S3 = require("@aws-sdk/client-s3");
  const client = new sdk.S3Client();
  return async (key, body) => {
    await client.send(new sdk.PutObjectCommand({ Bucket: bucket, Key: prefix + key, Body: body }));
  };
}

export function overflowBucket(bucket: string): Overflow {
  const sdk: typeof S3 = require("@aws-sdk/client-s3");
  const { PutObjectCommand, HeadObjectCommand, GetObjectCommand, DeleteObjectsCommand } = sdk;
  const client = new sdk.S3Client();
  return overflowIn(bucket, { client, PutObjectCommand, HeadObjectCommand, GetObjectCommand, DeleteObjectsCommand });
}

/** Reads a secret at its first use and keeps it; a failed read is tried again with the next event. */
export function secretReader(arn: string): () => Promise<string> {
  const sdk: typeof SecretsManager = require("@aws-sdk/client-secrets-manager");
  const client = new sdk.SecretsManagerClient();
  let text: string | undefined;
  return async () => {
    text ??= (await client.send(new sdk.GetSecretValueCommand({ SecretId: arn }))).SecretString;
    if (text === undefined) throw new Error(`The secret ${arn} has no text.`);
    return text;
  };
}

/** For a client's `credentials`: those of a role. The client asks again before they expire. */
export function roleCredentials(RoleArn: string) {
  const sdk: typeof Sts = require("@aws-sdk/client-sts");
  const client = new sdk.STSClient();
  return async () => {
    const command = new sdk.AssumeRoleCommand({ RoleArn, RoleSessionName: setting("AWS_LAMBDA_FUNCTION_NAME") });
    const {
      AccessKeyId = "",
      SecretAccessKey = "",
      SessionToken,
      Expiration,
    } = (await client.send(command)).Credentials ?? {};
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration: Expiration,
    };
  };
}

/** Past `console`, which would wrap the line into another JSON object: metric filters read its members. */
export const logLine = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

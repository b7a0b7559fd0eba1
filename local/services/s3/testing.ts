/** An S3 with one bucket for each suite. */
import { rmSync } from "node:fs";
import { S3Client } from "@aws-sdk/client-s3";
import { startEndpoint } from "../../core/http";
import type { Created, LocalService } from "../../core/service";
import { testContext, testSurroundings, type TestSurroundings } from "../../core/testing/surroundings";
import type { ObjectStore } from "../../core/contracts";
import { s3Service, type S3Usage } from "./s3";

export const BUCKET = "lake-data";
export const ROLE = "arn:aws:iam::222222222222:role/capture";
export const OTHER = "arn:aws:iam::111111111111:role/dms";
export const KEY = "arn:aws:kms:eu-west-1:222222222222:key/1ake";

export interface TestS3 extends TestSurroundings {
  readonly service: LocalService & ObjectStore & S3Usage;
  /** Of the account that owns the bucket, 222222222222. */
  readonly client: S3Client;
  /** Of account 111111111111. */
  readonly stranger: S3Client;
  create(type: string, inputs: Record<string, unknown>, account?: string): Created;
  encrypt(kmsMasterKeyId: string): void;
  close(): Promise<void>;
}

export async function testS3(): Promise<TestS3> {
  const surroundings = testSurroundings();
  const service = s3Service(surroundings);
  const endpoint = await startEndpoint(service.apis ?? [], surroundings);
  const clientOf = (role: string): S3Client =>
    new S3Client({
      endpoint: endpoint.url,
      region: "eu-west-1",
      credentials: surroundings.principals.mint(role),
      maxAttempts: 1,
    });
  const create = (type: string, inputs: Record<string, unknown>, account = "222222222222"): Created =>
    service.providers[type]!.create(inputs, testContext(type, account)) as Created;
  create("aws:s3/bucket:Bucket", { bucket: BUCKET });
  const client = clientOf(ROLE);
  const stranger = clientOf(OTHER);
  return {
    ...surroundings,
    service,
    client,
    stranger,
    create,
    encrypt: (kmsMasterKeyId) => {
      create("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", {
        bucket: BUCKET,
        rules: [
          { applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId }, bucketKeyEnabled: true },
        ],
      });
    },
    close: async () => {
      client.destroy();
      stranger.destroy();
      await endpoint.close();
      rmSync(surroundings.folder, { recursive: true });
    },
  };
}

/** Whether the instance reaches an endpoint: a query, or a look at the target with its role. */
import { DescribeStreamCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import type { Connection, Endpoint } from "./registry";
import { actingAs, sourceSpec, type SpecDeps } from "./specs";
import { createClient } from "./task/connection";
import { messageOf } from "./task/errors";

async function reach(endpoint: Endpoint, deps: SpecDeps): Promise<void> {
  const { is } = endpoint;
  if (is.side === "source") {
    const client = createClient(sourceSpec(is, endpoint, deps), "query", "dms connection test");
    client.on("error", () => undefined);
    await client.connect();
    await client.query("select 1").finally(() => client.end());
    return;
  }
  const { endpoint: url, region, ...credentials } = actingAs(is.roleArn, endpoint, deps.surroundings);
  const settings = { endpoint: url, region, credentials };
  if (is.to.engine === "kinesis") {
    const client = new KinesisClient(settings);
    await client.send(new DescribeStreamCommand({ StreamARN: is.to.streamArn })).finally(() => client.destroy());
    return;
  }
  const client = new S3Client({ ...settings, forcePathStyle: true });
  const { bucketName, expectedBucketOwner } = is.to;
  await client
    .send(new ListObjectsV2Command({ Bucket: bucketName, MaxKeys: 1, ExpectedBucketOwner: expectedBucketOwner }))
    .finally(() => client.destroy());
}

/** Never rejects: the outcome is the connection's status. */
export async function testConnection(connection: Connection, deps: SpecDeps): Promise<void> {
  try {
    await reach(connection.endpoint, deps);
    connection.status = "successful";
  } catch (error) {
    connection.status = "failed";
    connection.failure = messageOf(error);
  }
}

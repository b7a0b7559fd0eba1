/** Deleting objects of S3 by name. */
import type * as S3 from "@aws-sdk/client-s3";
import { groupsOf } from "./groups";

/** DeleteObjects takes so many. */
const AT_ONCE = 1000;

/**
 * Deleting what is not there does no harm.
 * @throws Error if S3 keeps one of them, or the SDK's error
 */
export async function deleteObjects(
  {
    client,
    DeleteObjectsCommand,
  }: { client: Pick<S3.S3Client, "send">; DeleteObjectsCommand: typeof S3.DeleteObjectsCommand },
  bucket: string,
  names: readonly string[],
): Promise<void> {
  for (const group of groupsOf(names, AT_ONCE)) {
    const Objects = group.map((Key) => ({ Key }));
    const answer = await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
    const [failed] = answer.Errors ?? [];
    if (failed !== undefined) throw new Error(`${failed.Key} was not deleted: ${failed.Code} ${failed.Message}`);
  }
}

/** What *promote* asks of S3, on this one. */
import * as sdk from "@aws-sdk/client-s3";
import { lakeFiles } from "../../../functions/promoteClients";
import { principalOf } from "../../core/contracts";
import { BUCKET, ROLE, testS3, type TestS3 } from "./testing";

const MIB = 1024 * 1024;
const PART = 5 * MIB;

let s3: TestS3;
beforeEach(async () => {
  s3 = await testS3();
});
afterEach(() => s3.close());

const landed = async (bytes: number) => {
  const content = Buffer.alloc(bytes, "0123456789");
  await s3.service.put(principalOf(ROLE), BUCKET, "landing/a b.parquet", content);
  const files = lakeFiles(sdk, s3.client, BUCKET, PART);
  const [object] = await files.list("landing/");
  if (object === undefined) throw new Error("nothing was put");
  s3.authorizer.taken();
  return { content, files, object };
};
const asked = (action: string): number =>
  s3.authorizer.taken().filter((line) => line.startsWith(`s3:${action} `)).length;

test.each([
  ["in one request, up to a part's size", PART, 1],
  ["in parts beyond, the last one as long as what remains", 7 * PART + 3, 1 + 8 + 1],
  ["in whole parts", 2 * PART, 1 + 2 + 1],
])("an object is copied %s", async (_how, bytes, writes) => {
  const { content, files, object } = await landed(bytes);
  await files.copy(object, "full/copy");
  expect(asked("PutObject")).toBe(writes);
  const { Body } = await s3.client.send(new sdk.GetObjectCommand({ Bucket: BUCKET, Key: "full/copy" }));
  expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(content)).toBe(true);
});

test.each([PART, PART + 1])("an object of %d bytes that has been replaced since is not copied", async (bytes) => {
  const { files, object } = await landed(bytes);
  await s3.service.put(principalOf(ROLE), BUCKET, object.key, Buffer.alloc(bytes, "x"));
  s3.authorizer.taken();
  await expect(files.copy(object, "full/copy")).rejects.toMatchObject({ name: "PreconditionFailed" });
  // Nothing is left of it: not even parts, which cost.
  expect(asked("AbortMultipartUpload")).toBe(bytes > PART ? 1 : 0);
  expect(await files.list("full/")).toEqual([]);
});

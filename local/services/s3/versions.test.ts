/** A bucket that keeps versions. https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { testContext } from "../../core/testing/surroundings";
import { BUCKET, KEY, testS3, type TestS3 } from "./testing";

const TYPE = "aws:s3/bucketVersioning:BucketVersioning";
const Bucket = BUCKET;
const Key = "rows/1";

let s3: TestS3;
beforeEach(async () => {
  s3 = await testS3();
});
afterEach(() => s3.close());

const keepVersions = (): void =>
  void s3.create(TYPE, { bucket: BUCKET, versioningConfiguration: { status: "Enabled" } });
const put = async (Body: string, rest: object = {}): Promise<string> =>
  (await s3.client.send(new PutObjectCommand({ Bucket, Key, Body, ...rest }))).VersionId ?? "none";
const read = async (VersionId?: string): Promise<string | undefined> => {
  const { Body, VersionId: found } = await s3.client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
  if (VersionId !== undefined) expect(found).toBe(VersionId);
  return Body?.transformToString();
};
const remove = () => s3.client.send(new DeleteObjectCommand({ Bucket, Key }));
const status = (httpStatusCode: number) => ({ $metadata: expect.objectContaining({ httpStatusCode }) });

test("each write is a version, and each is read by its id; the latest is what one reads and lists", async () => {
  keepVersions();
  const versions = [await put("one"), await put("two"), await put("three")];
  expect(new Set(versions).size).toBe(3);
  for (const version of versions) expect(version).toMatch(/^[\w-]{32}$/);
  expect(await Promise.all(versions.map(read))).toEqual(["one", "two", "three"]);
  expect(await read()).toBe("three");
  const { VersionId, ContentLength } = await s3.client.send(
    new HeadObjectCommand({ Bucket, Key, VersionId: versions[0] }),
  );
  expect([VersionId, ContentLength]).toEqual([versions[0], 3]);
  const { Contents } = await s3.client.send(new ListObjectsV2Command({ Bucket }));
  expect(Contents?.map((object) => [object.Key, object.Size])).toEqual([[Key, 5]]);
  // All of them are billed.
  expect(s3.service.statistics()).toMatchObject([{}, { bucket: BUCKET, folder: "rows", objects: 3, bytes: 11 }]);
  // What DuckDB reads with a glob is the current version and nothing else.
  expect(readdirSync(join(s3.folder, "s3", BUCKET), { recursive: true })).toEqual(["rows", Key]);
});

test("what is deleted has a marker, and its versions can still be read", async () => {
  keepVersions();
  const version = await put("one");
  const marker = await remove();
  expect(marker).toMatchObject({ DeleteMarker: true, VersionId: expect.any(String) });
  await expect(read()).rejects.toMatchObject({ name: "NoSuchKey", ...status(404) });
  expect(await read(version)).toBe("one");
  await expect(read(marker.VersionId)).rejects.toMatchObject({ name: "MethodNotAllowed", ...status(405) });
  expect((await s3.client.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
  expect(existsSync(join(s3.folder, "s3", BUCKET, "rows"))).toBe(false);
  // Once more does no harm, and of several keys each gets its own.
  expect((await remove()).VersionId).not.toBe(marker.VersionId);
  const { Deleted } = await s3.client.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }, { Key: "never/there" }] } }),
  );
  expect(Deleted).toMatchObject([
    { Key, DeleteMarker: true, DeleteMarkerVersionId: expect.any(String) },
    { Key: "never/there", DeleteMarker: true },
  ]);
});

test("If-None-Match: * lets nobody write over an object, but over its marker", async () => {
  keepVersions();
  const first = await put("one", { IfNoneMatch: "*" });
  await expect(put("two", { IfNoneMatch: "*" })).rejects.toMatchObject({ name: "PreconditionFailed", ...status(412) });
  await remove();
  const second = await put("one", { IfNoneMatch: "*" });
  expect(second).not.toBe(first);
  expect([await read(), await read(first)]).toEqual(["one", "one"]);
});

test("a version asks for a permission of its own, and for the key it was written with", async () => {
  keepVersions();
  s3.encrypt(KEY);
  const version = await put("one");
  s3.authorizer.taken();
  await read(version);
  const object = `arn:aws:s3:::${BUCKET}/${Key}`;
  expect(s3.authorizer.asked[0]?.context).toMatchObject({ "s3:VersionId": version });
  expect(s3.authorizer.taken()).toEqual([`s3:GetObjectVersion ${object}`, `kms:Decrypt ${KEY}`]);
  s3.authorizer.denies = ({ action }) => action === "s3:ListBucket";
  const other = "x".repeat(32);
  await expect(read(other)).rejects.toMatchObject({ name: "AccessDenied" });
  s3.authorizer.denies = () => false;
  await expect(read(other)).rejects.toMatchObject({ name: "NoSuchVersion", ...status(404) });
});

test("copies and multipart uploads are versions, too; what was there before is the version null", async () => {
  expect(await put("before")).toBe("none");
  keepVersions();
  expect(await read("null")).toBe("before");
  const { UploadId } = await s3.client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const part = { Bucket, Key, UploadId, PartNumber: 1 };
  const { ETag } = await s3.client.send(new UploadPartCommand({ ...part, Body: "in parts" }));
  const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] };
  const upload = await s3.client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
  const copy = await s3.client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${BUCKET}/${Key}` }));
  expect(copy).toMatchObject({ VersionId: expect.any(String), CopySourceVersionId: upload.VersionId });
  expect([await read(upload.VersionId), await read("null")]).toEqual(["in parts", "before"]);
});

test("a bucket with earlier versions is not empty, and one whose versioning was suspended takes no more writes", async () => {
  keepVersions();
  await put("one");
  await remove();
  const type = "aws:s3/bucket:Bucket";
  const drop = (forceDestroy: boolean) =>
    s3.service.providers[type]?.delete?.(BUCKET, { id: BUCKET, outputs: { forceDestroy } }, testContext(type));
  expect(() => drop(false)).toThrow("earlier versions of 1 keys");
  await s3.service.providers[TYPE]?.delete?.(BUCKET, { id: BUCKET, outputs: {} }, testContext(TYPE));
  await expect(put("two")).rejects.toMatchObject({ name: "NotImplemented" });
  await drop(true);
  expect(existsSync(join(s3.folder, "s3/.versions", BUCKET))).toBe(false);
});

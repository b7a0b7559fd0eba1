import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type ChecksumAlgorithm,
  type GetObjectCommandInput,
  type PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import { principalOf } from "../../core/contracts";
import { readPayload } from "./body";
import { CHECKSUMS } from "./checksums";
import { BUCKET, KEY, OTHER, ROLE, testS3, type TestS3 } from "./testing";

let s3: TestS3;
beforeAll(async () => {
  s3 = await testS3();
});
afterAll(() => s3.close());
beforeEach(() => {
  s3.authorizer.denies = () => false;
  s3.authorizer.taken();
});

type Rest<T> = Partial<Omit<T, "Bucket" | "Key">>;
const put = (Key: string, Body: PutObjectCommandInput["Body"], rest: Rest<PutObjectCommandInput> = {}) =>
  s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ...rest }));
const get = (Key: string, rest: Rest<GetObjectCommandInput> = {}) =>
  s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key, ...rest }));
const text = async (Key: string, rest: Rest<GetObjectCommandInput> = {}): Promise<string> =>
  (await get(Key, rest)).Body!.transformToString();
const md5 = (content: string): string => `"${createHash("md5").update(content).digest("hex")}"`;
const file = (key: string): string => join(s3.folder, "s3", BUCKET, key);

test("an object comes back as it was put, and lies in the folder under its key", async () => {
  const Key = "changes/orders/dt=2026-01-31/größe + x&y'.json";
  const { ETag } = await put(Key, "ünï", {
    ContentType: "application/json",
    ContentEncoding: "identity",
    CacheControl: "no-cache",
    Metadata: { origin: "test" },
  });
  expect(ETag).toBe(md5("ünï"));
  expect(readFileSync(file(Key), "utf8")).toBe("ünï");
  const answer = await get(Key);
  expect(answer).toMatchObject({
    ETag,
    ContentType: "application/json",
    ContentEncoding: "identity",
    CacheControl: "no-cache",
    ContentLength: 5,
    Metadata: { origin: "test" },
    ServerSideEncryption: "AES256",
  });
  expect(await answer.Body!.transformToString()).toBe("ünï");
  const head = await s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key }));
  expect(head).toMatchObject({ ETag, ContentLength: 5, Metadata: { origin: "test" } });
  expect(Math.abs(Date.now() - head.LastModified!.getTime())).toBeLessThan(5_000);
});

test("a stream's chunks are taken out of their frames", async () => {
  const body = Readable.from([Buffer.from("first "), Buffer.from("second")]);
  await put("streamed", body, { ContentLength: 12, ContentEncoding: "gzip" });
  const answer = await get("streamed");
  expect(answer.ContentEncoding).toBe("gzip");
  expect(await answer.Body!.transformToString()).toBe("first second");
});

describe("checksums", () => {
  test.each(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as ChecksumAlgorithm[])(
    "%s is verified, kept and given back for the client to verify",
    async (ChecksumAlgorithm) => {
      await put("summed", "content", { ChecksumAlgorithm });
      const head = await s3.client.send(
        new HeadObjectCommand({ Bucket: BUCKET, Key: "summed", ChecksumMode: "ENABLED" }),
      );
      expect(head).toMatchObject({ [`Checksum${ChecksumAlgorithm}`]: expect.any(String), ChecksumType: "FULL_OBJECT" });
      expect(await text("summed")).toBe("content");
    },
  );

  // The check values of the catalogue of parametrised CRC algorithms, for "123456789".
  test.each([
    ["crc32", "cbf43926"],
    ["crc32c", "e3069283"],
    ["crc64nvme", "ae8b14860a799888"],
  ])("%s is the one of its name", (name, expected) => {
    expect(Buffer.from(CHECKSUMS[name]!(Buffer.from("123456789")), "base64").toString("hex")).toBe(expected);
  });

  test("a wrong one is refused and nothing is stored", async () => {
    await expect(put("wrong", "content", { ChecksumCRC32: "AAAAAA==" })).rejects.toMatchObject({ name: "BadDigest" });
    const ContentMD5 = createHash("md5").update("other").digest("base64");
    await expect(put("wrong", "content", { ContentMD5 })).rejects.toMatchObject({ name: "BadDigest" });
    expect(existsSync(file("wrong"))).toBe(false);
  });

  const streaming = (body: string, trailer = "x-amz-checksum-crc32") => ({
    method: "PUT",
    path: "/b/k",
    query: new URLSearchParams(),
    headers: {
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": "7",
      "x-amz-trailer": trailer,
    },
    body: Buffer.from(body),
  });
  const sum = CHECKSUMS["crc32"]!(Buffer.from("content"));
  test.each([
    ["BadDigest", "7\r\ncontent\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"],
    ["IncompleteBody", "7\r\ncontent\r\n"],
    ["IncompleteBody", "7\r\ncont"],
    ["IncompleteBody", "x\r\ncontent\r\n0\r\n\r\n"],
    ["IncompleteBody", `3\r\ncon\r\n0\r\nx-amz-checksum-crc32:${sum}\r\n\r\n`],
    ["MalformedTrailerError", "7\r\ncontent\r\n0\r\n\r\n"],
  ])("%s for a body that ends or sums up wrongly: %j", (code, body) => {
    expect(() => readPayload(streaming(body))).toThrow(expect.objectContaining({ code }));
  });
  test("several chunks, with the right sum behind them", () => {
    const payload = readPayload(streaming(`3\r\ncon\r\n4;x=y\r\ntent\r\n0\r\nx-amz-checksum-crc32:${sum}\r\n\r\n`));
    expect(payload.body.toString()).toBe("content");
    expect(payload.checksum).toEqual({ header: "x-amz-checksum-crc32", value: sum });
  });
  test("one of an algorithm we do not know is refused", () => {
    const request = { ...streaming("7\r\ncontent\r\n0\r\n\r\n", ""), headers: { "x-amz-checksum-xxhash3": "AA==" } };
    expect(() => readPayload(request)).toThrow(expect.objectContaining({ code: "NotImplemented" }));
  });
});

describe("reading a part, or on a condition", () => {
  beforeAll(() => put("digits", "0123456789"));

  test.each([
    ["bytes=0-2", "012", "bytes 0-2/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=8-100", "89", "bytes 8-9/10"],
    ["bytes=-100", "0123456789", "bytes 0-9/10"],
  ])("%s", async (Range, expected, ContentRange) => {
    const answer = await get("digits", { Range });
    expect(answer).toMatchObject({ ContentRange, ContentLength: expected.length });
    expect(await answer.Body!.transformToString()).toBe(expected);
  });

  test("a range beyond the end is refused, one that is none is ignored", async () => {
    await expect(get("digits", { Range: "bytes=10-" })).rejects.toMatchObject({ name: "InvalidRange" });
    await expect(get("digits", { Range: "bytes=-0" })).rejects.toMatchObject({ name: "InvalidRange" });
    expect(await text("digits", { Range: "lines=1-2" })).toBe("0123456789");
    expect(await text("digits", { Range: "bytes=3-2" })).toBe("0123456789");
  });

  test("If-Match, If-None-Match and their dates", async () => {
    const ETag = md5("0123456789");
    const failed = { $metadata: expect.objectContaining({ httpStatusCode: 412 }) };
    const unmodified = { $metadata: expect.objectContaining({ httpStatusCode: 304 }) };
    expect(await text("digits", { IfMatch: ETag })).toBe("0123456789");
    await expect(get("digits", { IfMatch: '"other"' })).rejects.toMatchObject(failed);
    await expect(get("digits", { IfNoneMatch: ETag })).rejects.toMatchObject(unmodified);
    expect(await text("digits", { IfNoneMatch: '"other"' })).toBe("0123456789");
    const past = new Date(Date.now() - 3_600_000);
    await expect(get("digits", { IfUnmodifiedSince: past })).rejects.toMatchObject(failed);
    await expect(get("digits", { IfModifiedSince: new Date() })).rejects.toMatchObject(unmodified);
    expect(await text("digits", { IfModifiedSince: past })).toBe("0123456789");
  });

  test("If-None-Match: * lets only the first writer write", async () => {
    await put("once", "first", { IfNoneMatch: "*" });
    await expect(put("once", "second", { IfNoneMatch: "*" })).rejects.toMatchObject({ name: "PreconditionFailed" });
    expect(await text("once")).toBe("first");
  });
});

test("deleting removes the file and empty folders; what is not there is deleted just as well", async () => {
  await put("deep/er/object", "x");
  const remove = () => s3.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: "deep/er/object" }));
  await remove();
  expect(existsSync(file("deep"))).toBe(false);
  await remove();
  await expect(get("deep/er/object")).rejects.toMatchObject({ name: "NoSuchKey" });
  await expect(s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: "deep/er/object" }))).rejects.toMatchObject({
    name: "NotFound",
  });
});

test("a copy has the original's headers, or those of the request", async () => {
  await put("a b/original", "x", { ContentType: "text/plain", Metadata: { a: "1" } });
  const copy = (Key: string, rest: object = {}) =>
    s3.client.send(new CopyObjectCommand({ Bucket: BUCKET, Key, CopySource: `${BUCKET}/a%20b/original`, ...rest }));
  const { CopyObjectResult } = await copy("copied");
  expect(CopyObjectResult!.ETag).toBe(md5("x"));
  expect(await get("copied")).toMatchObject({ ContentType: "text/plain", Metadata: { a: "1" } });
  await copy("replaced", { MetadataDirective: "REPLACE", ContentType: "text/csv" });
  expect(await get("replaced")).toMatchObject({ ContentType: "text/csv", Metadata: {} });
  await expect(copy("a b/original")).rejects.toMatchObject({ name: "InvalidRequest" });
  await copy("same", { CopySourceIfMatch: md5("x") });
  await expect(copy("other", { CopySourceIfMatch: md5("y") })).rejects.toMatchObject({ name: "PreconditionFailed" });
  await expect(get("other")).rejects.toMatchObject({ name: "NoSuchKey" });
});

test("keys that no file can have, and what the service does not know, are refused", async () => {
  await put("object", "x");
  await put("folder/object", "x");
  const refused = { name: "NotImplemented" };
  for (const Key of ["a//b", "a/", "/a", "a/../b", "./a", "n\0l", "x".repeat(256)]) {
    await expect(put(Key, "y")).rejects.toMatchObject(refused);
  }
  await expect(put("object/below", "y")).rejects.toThrow('"object" is an object already');
  await expect(put("folder", "y")).rejects.toThrow("there is a folder of that name");
  // As if this were the file of the key "OBJECT", on a disk where that is the same name.
  writeFileSync(file("other"), "x");
  await expect(put("other", "y")).rejects.toThrow("the name of another object");
  expect(readFileSync(file("other"), "utf8")).toBe("x");
  await expect(put("x/".repeat(600) + "x", "y")).rejects.toMatchObject({ name: "KeyTooLongError" });
  await expect(put("k", "x", { Tagging: "a=b" })).rejects.toMatchObject(refused);
  await expect(put("k", "x", { StorageClass: "GLACIER" })).rejects.toMatchObject(refused);
  await expect(put("k", "x", { ACL: "public-read" })).rejects.toMatchObject({ name: "AccessControlListNotSupported" });
  await expect(get("object", { VersionId: "1" })).rejects.toMatchObject({ name: "InvalidArgument" });
  await expect(get("object", { ExpectedBucketOwner: "111111111111" })).rejects.toMatchObject({ name: "AccessDenied" });
  await expect(s3.client.send(new GetObjectCommand({ Bucket: "absent", Key: "k" }))).rejects.toMatchObject({
    name: "NoSuchBucket",
  });
});

describe("who may", () => {
  const arn = `arn:aws:s3:::${BUCKET}/k`;

  test("reads, writes and deletes are asked for on the object, with the bucket's account", async () => {
    await put("k", "x");
    await get("k");
    await s3.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: "k" }));
    expect(s3.authorizer.asked.at(-1)!.context).toEqual({ "aws:ResourceAccount": "222222222222" });
    expect(s3.authorizer.taken()).toEqual([`s3:PutObject ${arn}`, `s3:GetObject ${arn}`, `s3:DeleteObject ${arn}`]);
    for (const denied of ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"]) {
      s3.authorizer.denies = ({ action }) => action === denied;
      const call =
        denied === "s3:PutObject"
          ? put("k", "x")
          : denied === "s3:GetObject"
            ? get("k")
            : s3.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: "k" }));
      await expect(call).rejects.toMatchObject({ name: "AccessDenied" });
    }
  });

  test("who may not list is not told that a key does not exist", async () => {
    s3.authorizer.denies = ({ action }) => action === "s3:ListBucket";
    await expect(get("absent")).rejects.toMatchObject({ name: "AccessDenied" });
    s3.authorizer.denies = () => false;
    await expect(get("absent")).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  test("a KMS key is asked for when writing and when reading; an object keeps the key it was written with", async () => {
    await put("before", "x");
    s3.encrypt(KEY);
    expect(await put("k", "x")).toMatchObject({ ServerSideEncryption: "aws:kms", SSEKMSKeyId: KEY });
    expect(s3.authorizer.asked.at(-1)).toMatchObject({
      action: "kms:GenerateDataKey",
      resource: KEY,
      context: {
        "kms:ViaService": "s3.eu-west-1.amazonaws.com",
        "kms:EncryptionContext:aws:s3:arn": `arn:aws:s3:::${BUCKET}`,
      },
    });
    s3.authorizer.taken();
    await get("k");
    await s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: "k" }));
    await get("before");
    await s3.client.send(new CopyObjectCommand({ Bucket: BUCKET, Key: "copy", CopySource: `${BUCKET}/k` }));
    const read = (key: string) => `s3:GetObject arn:aws:s3:::${BUCKET}/${key}`;
    expect(s3.authorizer.taken()).toEqual([
      ...[read("k"), `kms:Decrypt ${KEY}`],
      read("k"),
      read("before"),
      ...[read("k"), `kms:Decrypt ${KEY}`, `s3:PutObject arn:aws:s3:::${BUCKET}/copy`, `kms:GenerateDataKey ${KEY}`],
    ]);
    s3.authorizer.denies = ({ action }) => action.startsWith("kms:");
    await expect(put("k", "y")).rejects.toMatchObject({
      name: "AccessDenied",
      $metadata: expect.objectContaining({ httpStatusCode: 403 }),
    });
    await expect(get("k")).rejects.toMatchObject({ name: "AccessDenied" });
    s3.authorizer.denies = () => false;
    expect(await text("k")).toBe("x");
  });

  test("a write may name another key; AWS's own cannot be shared with another account", async () => {
    await put("k", "x", { ServerSideEncryption: "aws:kms", SSEKMSKeyId: "0the2" });
    const [asked] = s3.authorizer.asked;
    expect(asked!.context).toMatchObject({ "s3:x-amz-server-side-encryption": "aws:kms" });
    expect(s3.authorizer.taken()[1]).toBe("kms:GenerateDataKey arn:aws:kms:eu-west-1:222222222222:key/0the2");
    const managed = { Bucket: BUCKET, Key: "k", Body: "x", ServerSideEncryption: "aws:kms" } as const;
    await s3.client.send(new PutObjectCommand(managed));
    await expect(s3.stranger.send(new PutObjectCommand(managed))).rejects.toMatchObject({ name: "AccessDenied" });
    await expect(s3.stranger.send(new GetObjectCommand({ Bucket: BUCKET, Key: "k" }))).rejects.toMatchObject({
      name: "AccessDenied",
    });
  });

  test("services within the process are asked like anybody", async () => {
    s3.encrypt(KEY);
    const { service, authorizer } = s3;
    const principal = principalOf(ROLE);
    await service.put(principal, BUCKET, "inside/a", "x");
    expect(await service.keys(principal, BUCKET, "inside/")).toEqual(["inside/a"]);
    service.authorizeRead(principal, BUCKET, "inside/a");
    expect(authorizer.asked[2]!.context).toMatchObject({ "s3:prefix": "inside/" });
    expect(authorizer.taken()).toEqual([
      `s3:PutObject arn:aws:s3:::${BUCKET}/inside/a`,
      `kms:GenerateDataKey ${KEY}`,
      `s3:ListBucket arn:aws:s3:::${BUCKET}`,
      `s3:GetObject arn:aws:s3:::${BUCKET}/inside/a`,
      `kms:Decrypt ${KEY}`,
    ]);
    authorizer.denies = ({ principal: { arn } }) => arn === OTHER;
    const denied = principalOf(OTHER);
    await expect(service.put(denied, BUCKET, "inside/b", "x")).rejects.toThrow("not authorized");
    await expect(service.keys(denied, BUCKET, "")).rejects.toThrow("not authorized");
    expect(() => service.authorizeRead(denied, BUCKET, "inside/a")).toThrow("not authorized");
    expect(existsSync(file("inside/b"))).toBe(false);
  });
});

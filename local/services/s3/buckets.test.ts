import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type CompletedPart,
  type ListObjectsV2CommandInput,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { principalOf } from "../../core/contracts";
import { testContext } from "../../core/testing/surroundings";
import { compareKeys } from "./objects";
import { BUCKET, KEY, ROLE, testS3, type TestS3 } from "./testing";

let s3: TestS3;
beforeEach(async () => {
  s3 = await testS3();
});
afterEach(() => s3.close());

const fill = async (...keys: string[]): Promise<void> => {
  for (const key of keys) await s3.service.put(principalOf(ROLE), BUCKET, key, key);
  s3.authorizer.taken();
};
const list = (rest: Partial<ListObjectsV2CommandInput> = {}) =>
  s3.client.send(new ListObjectsV2Command({ Bucket: BUCKET, ...rest }));

describe("ListObjectsV2", () => {
  test("keys in the order of UTF-8, with size, ETag and time", async () => {
    await fill("b", "a/2", "a/1", "\u{1F600}", "\uFF5E", "a b&<c>");
    const { Contents, KeyCount, IsTruncated } = await list();
    expect(Contents!.map(({ Key }) => Key)).toEqual(["a b&<c>", "a/1", "a/2", "b", "\uFF5E", "\u{1F600}"]);
    expect({ KeyCount, IsTruncated }).toEqual({ KeyCount: 6, IsTruncated: false });
    expect(Contents![1]).toMatchObject({ Size: 3, ETag: `"${createHash("md5").update("a/1").digest("hex")}"` });
    expect(compareKeys("a", "a")).toBe(0);
  });

  test("prefix, delimiter and start-after", async () => {
    await fill("lake/a/1", "lake/a/2", "lake/b/1", "lake/top", "other");
    const levels = await list({ Prefix: "lake/", Delimiter: "/" });
    expect(levels.CommonPrefixes).toEqual([{ Prefix: "lake/a/" }, { Prefix: "lake/b/" }]);
    expect(levels.Contents!.map(({ Key }) => Key)).toEqual(["lake/top"]);
    const after = await list({ Prefix: "lake/", StartAfter: "lake/a/1" });
    expect(after.Contents!.map(({ Key }) => Key)).toEqual(["lake/a/2", "lake/b/1", "lake/top"]);
    expect((await list({ Prefix: "lake/absent" })).KeyCount).toBe(0);
  });

  test.each([1, 2, 3, 100])("pages of %d give everything once", async (MaxKeys) => {
    await fill("a/1", "a/2", "a/3", "b", "c/1", "d");
    const seen: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await list({ Delimiter: "/", MaxKeys, ...(ContinuationToken ? { ContinuationToken } : {}) });
      expect(page.KeyCount).toBeLessThanOrEqual(MaxKeys);
      expect(page.IsTruncated).toBe(page.NextContinuationToken !== undefined);
      seen.push(
        ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix!),
        ...(page.Contents ?? []).map(({ Key }) => Key!),
      );
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(seen.sort()).toEqual(["a/", "b", "c/", "d"]);
  });

  test("keys are URL-encoded when asked", async () => {
    await fill("a b/ü+");
    const { Contents, EncodingType } = await list({ EncodingType: "url" });
    expect([EncodingType, Contents![0]!.Key]).toEqual(["url", "a%20b/%C3%BC%2B"]);
  });

  test("the prefix is there for a policy's conditions", async () => {
    await list({ Prefix: "kpi/", Delimiter: "/" });
    await list();
    expect(s3.authorizer.asked).toMatchObject([
      {
        action: "s3:ListBucket",
        resource: `arn:aws:s3:::${BUCKET}`,
        context: { "s3:prefix": "kpi/", "s3:delimiter": "/" },
      },
      { context: { "aws:ResourceAccount": "222222222222" } },
    ]);
    expect(s3.authorizer.asked[1]!.context).not.toHaveProperty("s3:prefix");
    s3.authorizer.denies = () => true;
    await expect(list()).rejects.toMatchObject({ name: "AccessDenied" });
  });
});

describe("buckets", () => {
  test("HeadBucket, GetBucketLocation and ListBuckets", async () => {
    s3.create("aws:s3/bucket:Bucket", { bucket: "theirs" }, "111111111111");
    await s3.client.send(new HeadBucketCommand({ Bucket: BUCKET }));
    const { LocationConstraint } = await s3.client.send(new GetBucketLocationCommand({ Bucket: BUCKET }));
    expect(LocationConstraint).toBe("eu-west-1");
    const { Buckets } = await s3.client.send(new ListBucketsCommand({}));
    expect(Buckets!.map(({ Name }) => Name)).toEqual([BUCKET]);
    expect(s3.authorizer.taken()).toEqual([
      `s3:ListBucket arn:aws:s3:::${BUCKET}`,
      `s3:GetBucketLocation arn:aws:s3:::${BUCKET}`,
      "s3:ListAllMyBuckets *",
    ]);
    await expect(s3.client.send(new HeadBucketCommand({ Bucket: "absent" }))).rejects.toMatchObject({
      name: "NotFound",
    });
    await expect(s3.client.send(new GetBucketVersioningCommand({ Bucket: BUCKET }))).rejects.toMatchObject({
      name: "NotImplemented",
      message: expect.stringContaining("versioning"),
    });
  });

  test("DeleteObjects reports each key for itself", async () => {
    await fill("a", "b&c", "kept");
    s3.authorizer.denies = ({ resource }) => resource.endsWith("/kept");
    const Delete = { Objects: [{ Key: "a" }, { Key: "b&c" }, { Key: "absent" }, { Key: "kept" }] };
    const { Deleted, Errors } = await s3.client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete }));
    expect(Deleted!.map(({ Key }) => Key)).toEqual(["a", "b&c", "absent"]);
    expect(Errors).toMatchObject([{ Key: "kept", Code: "AccessDenied" }]);
    expect((await list()).Contents!.map(({ Key }) => Key)).toEqual(["kept"]);
    const quiet = await s3.client.send(
      new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Quiet: true, Objects: [{ Key: "a" }] } }),
    );
    expect(quiet.Deleted).toBeUndefined();
  });

  test("a bucket is global, has rules for its name, and is not deleted with objects in it", async () => {
    const type = "aws:s3/bucket:Bucket";
    const { id, outputs } = s3.create(type, {});
    expect({ id, ...outputs }).toMatchObject({ id: "test-0123abc", bucket: id, arn: "arn:aws:s3:::test-0123abc" });
    expect(s3.policies.owners.get("arn:aws:s3:::test-0123abc")).toBe("222222222222");
    expect(s3.create(type, { bucketPrefix: "logs-" }).id).toBe("logs-0123abc");
    expect(() => s3.create(type, { bucket: BUCKET }, "111111111111")).toThrow("taken");
    for (const bucket of ["ab", "Upper", "a..b", "-ab", "ab-", ".drafts"]) {
      expect(() => s3.create(type, { bucket })).toThrow("not valid");
    }
    expect(() => s3.create(type, { bucket: "fine", website: {} })).toThrow("the argument website is not supported");
    await fill("a");
    const provider = s3.service.providers[type]!;
    const remove = (forceDestroy: boolean) =>
      provider.delete!(BUCKET, { id: BUCKET, outputs: { forceDestroy } }, testContext(type));
    expect(() => remove(false)).toThrow("holds 1 objects");
    await remove(true);
    expect(existsSync(join(s3.folder, "s3", BUCKET))).toBe(false);
    expect(() => s3.service.folder(BUCKET)).toThrow("does not exist");
    expect(() => provider.update!(id, { bucket: "renamed" }, { id, outputs }, testContext(type))).toThrow("replaced");
  });

  test("settings of a bucket", async () => {
    const { service, policies, create } = s3;
    const policyType = "aws:s3/bucketPolicy:BucketPolicy";
    const arn = `arn:aws:s3:::${BUCKET}`;
    create(policyType, { bucket: BUCKET, policy: '{"Statement":[]}' });
    expect(policies.byResource.get(arn)).toBe('{"Statement":[]}');
    const removed = { id: BUCKET, outputs: {} };
    await service.providers[policyType]!.delete!(BUCKET, removed, testContext(policyType));
    expect(policies.byResource.has(arn)).toBe(false);
    expect(() => create(policyType, { bucket: BUCKET, policy: "{}" }, "111111111111")).toThrow(
      "not one of the account",
    );
    // 20 KB, without the white space between its parts.
    const sized = (bytes: number) =>
      `{ "Id": "${"ü".repeat((bytes - '{"Id":"","Statement":[]}'.length) / 2)}",\n "Statement": [] }`;
    create(policyType, { bucket: BUCKET, policy: sized(20_480) });
    expect(() => create(policyType, { bucket: BUCKET, policy: sized(20_482) })).toThrow(
      expect.objectContaining({
        code: "MalformedPolicy",
        message: "Policy exceeds the maximum allowed document size.",
      }),
    );

    s3.encrypt("alias/lake");
    const encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
    await service.put(principalOf(ROLE), BUCKET, "k", "x");
    expect(s3.authorizer.taken()).toContain("kms:GenerateDataKey arn:aws:kms:eu-west-1:222222222222:alias/lake");
    await service.providers[encryption]!.delete!(BUCKET, removed, testContext(encryption));
    await service.put(principalOf(ROLE), BUCKET, "k", "x");
    expect(s3.authorizer.taken()).toEqual([`s3:PutObject ${arn}/k`]);

    const lifecycle = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
    const rule = { id: "r", status: "Enabled", filter: { prefix: "" }, expiration: { days: 30 } };
    create(lifecycle, { bucket: BUCKET, rules: [rule] });
    expect(() =>
      create(lifecycle, { bucket: BUCKET, rules: [{ ...rule, transitions: [{ days: 1, storageClass: "GLACIER" }] }] }),
    ).toThrow("rules.0.transitions.0.storageClass");
    create("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", { bucket: BUCKET, blockPublicAcls: true });
    const ownership = "aws:s3/bucketOwnershipControls:BucketOwnershipControls";
    create(ownership, { bucket: BUCKET, rule: { objectOwnership: "BucketOwnerEnforced" } });
    expect(() => create(ownership, { bucket: BUCKET, rule: { objectOwnership: "ObjectWriter" } })).toThrow(
      "ObjectWriter",
    );
  });

  test("a finished file is moved into the bucket", async () => {
    const made = join(s3.folder, "made.parquet");
    writeFileSync(made, "PAR1");
    await s3.service.putFile(principalOf(ROLE), BUCKET, "full/orders/1.parquet", made);
    expect(existsSync(made)).toBe(false);
    expect(readFileSync(join(s3.service.folder(BUCKET), "full/orders/1.parquet"), "utf8")).toBe("PAR1");
    const answer = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: "full/orders/1.parquet" }));
    expect(answer.ETag).toBe(`"${createHash("md5").update("PAR1").digest("hex")}"`);
  });
});

describe("multipart uploads", () => {
  const Key = "big/object";
  const at = { Bucket: BUCKET, Key };
  const start = async (): Promise<string> =>
    (await s3.client.send(new CreateMultipartUploadCommand({ ...at, ContentType: "text/x-big" }))).UploadId!;
  const upload = async (UploadId: string, PartNumber: number, Body: string): Promise<CompletedPart> => {
    const { ETag } = await s3.client.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }));
    return { ETag, PartNumber };
  };
  const complete = (UploadId: string, Parts: CompletedPart[]) =>
    s3.client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
  const FIVE_MIB = "x".repeat(5 * 1024 * 1024);

  test("parts in any order, one sent twice, become one object", async () => {
    const UploadId = await start();
    const last = await upload(UploadId, 7, "tail");
    await upload(UploadId, 2, "spoiled");
    const first = await upload(UploadId, 2, FIVE_MIB);
    const { Parts } = await s3.client.send(new ListPartsCommand({ ...at, UploadId }));
    expect(Parts).toMatchObject([
      { PartNumber: 2, Size: FIVE_MIB.length, ETag: first.ETag },
      { PartNumber: 7, Size: 4 },
    ]);
    expect((await list()).KeyCount).toBe(0);
    const { ETag } = await complete(UploadId, [first, last]);
    const digests = [FIVE_MIB, "tail"].map((part) => createHash("md5").update(part).digest());
    expect(ETag).toBe(`"${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-2"`);
    const answer = await s3.client.send(new GetObjectCommand(at));
    expect(answer).toMatchObject({ ContentType: "text/x-big", ContentLength: FIVE_MIB.length + 4, ETag });
    expect((await answer.Body!.transformToString()).slice(-6)).toBe("xxtail");
    await expect(complete(UploadId, [first, last])).rejects.toMatchObject({ name: "NoSuchUpload" });
  });

  const copyPart = async (UploadId: string, PartNumber: number, range: string, match?: string) => {
    const source = { CopySource: `${BUCKET}/source`, CopySourceRange: `bytes=${range}`, CopySourceIfMatch: match };
    const { CopyPartResult } = await s3.client.send(
      new UploadPartCopyCommand({ ...at, ...source, UploadId, PartNumber }),
    );
    return { ETag: CopyPartResult!.ETag, PartNumber };
  };

  test("a part may be a part of another object, as long as it is the one that is meant", async () => {
    const content = `${FIVE_MIB}tail`;
    await s3.service.put(principalOf(ROLE), BUCKET, "source", content);
    const [{ ETag } = { ETag: "" }] = (await list()).Contents!;
    const UploadId = await start();
    const five = FIVE_MIB.length;
    const first = await copyPart(UploadId, 1, `0-${five - 1}`, ETag);
    expect(first.ETag).toBe(`"${createHash("md5").update(FIVE_MIB).digest("hex")}"`);
    await complete(UploadId, [first, await copyPart(UploadId, 2, `${five}-${five + 3}`, ETag)]);
    const answer = await s3.client.send(new GetObjectCommand(at));
    expect(await answer.Body!.transformToString()).toBe(content);

    const other = await start();
    for (const [range, match, name] of [
      ["0-9", '"other"', "PreconditionFailed"],
      [`0-${five + 4}`, undefined, "InvalidArgument"],
      ["9-0", undefined, "InvalidArgument"],
      ["5-", undefined, "InvalidArgument"],
    ] as const)
      await expect(copyPart(other, 1, range, match)).rejects.toMatchObject({ name });
    await s3.service.put(principalOf(ROLE), BUCKET, "source", "small");
    await expect(copyPart(other, 1, "0-3")).rejects.toMatchObject({ name: "InvalidRequest" });
  });

  test("what does not fit is refused", async () => {
    const UploadId = await start();
    const one = await upload(UploadId, 1, "small");
    const two = await upload(UploadId, 2, "tail");
    await expect(complete(UploadId, [one, two])).rejects.toMatchObject({ name: "EntityTooSmall" });
    await expect(complete(UploadId, [two, one])).rejects.toMatchObject({ name: "InvalidPartOrder" });
    await expect(complete(UploadId, [{ ...one, ETag: '"other"' }])).rejects.toMatchObject({ name: "InvalidPart" });
    await expect(complete(UploadId, [{ ...one, PartNumber: 3 }])).rejects.toMatchObject({ name: "InvalidPart" });
    await expect(upload(UploadId, 10_001, "x")).rejects.toMatchObject({ name: "InvalidArgument" });
    await expect(upload("other", 1, "x")).rejects.toMatchObject({ name: "NoSuchUpload" });
    await s3.client.send(new AbortMultipartUploadCommand({ ...at, UploadId }));
    await expect(upload(UploadId, 1, "x")).rejects.toMatchObject({ name: "NoSuchUpload" });
  });

  test("each step asks for its action, and for the key", async () => {
    s3.encrypt(KEY);
    await s3.service.put(principalOf(ROLE), BUCKET, "source", `${FIVE_MIB}tail`);
    s3.authorizer.taken();
    const UploadId = await start();
    await upload(UploadId, 1, "x");
    await copyPart(UploadId, 2, "0-3");
    await s3.client.send(new ListPartsCommand({ ...at, UploadId }));
    await s3.client.send(new AbortMultipartUploadCommand({ ...at, UploadId }));
    const object = `arn:aws:s3:::${BUCKET}/${Key}`;
    expect(s3.authorizer.taken()).toEqual([
      `s3:PutObject ${object}`,
      `kms:GenerateDataKey ${KEY}`,
      `s3:PutObject ${object}`,
      `kms:Decrypt ${KEY}`,
      `s3:GetObject arn:aws:s3:::${BUCKET}/source`,
      `kms:Decrypt ${KEY}`,
      `s3:PutObject ${object}`,
      `kms:Decrypt ${KEY}`,
      `s3:ListMultipartUploadParts ${object}`,
      `s3:AbortMultipartUpload ${object}`,
    ]);
    s3.authorizer.denies = ({ action }) => action === "s3:AbortMultipartUpload";
    await expect(
      s3.client.send(new AbortMultipartUploadCommand({ ...at, UploadId: await start() })),
    ).rejects.toMatchObject({ name: "AccessDenied" });
  });
});

/** What a request says beside its body: bucket and key, settings of the object, conditions. */
import { keyArn } from "../../core/keys";
import { AwsError, type HttpRequest } from "../../core/service";
import type { Bucket } from "./buckets";
import type { Encryption, StoredObject } from "./objects";

export interface S3Request extends HttpRequest {
  /** Empty for the list of buckets. */
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
}

/** Path style only: the endpoint's host is an address, before which no bucket's name can stand. */
export function parseRequest(request: HttpRequest): S3Request {
  const slash = request.path.indexOf("/", 1);
  const bucket = slash < 0 ? request.path.slice(1) : request.path.slice(1, slash);
  return { ...request, bucket, key: slash < 0 ? "" : request.path.slice(slash + 1) };
}

export const notImplemented = (what: string): AwsError =>
  new AwsError("NotImplemented", `local s3: ${what} is not supported.`, 501);

/** Headers of AWS that any request may have. */
const COMMON = [
  "x-amz-date",
  "x-amz-content-sha256",
  "x-amz-security-token",
  "x-amz-user-agent",
  "x-amz-expected-bucket-owner",
  "x-amz-sdk-checksum-algorithm",
  "x-amz-checksum-mode",
];
/** Headers of AWS that a request with a body may have. */
export const BODY_HEADERS = ["x-amz-trailer", "x-amz-decoded-content-length", "x-amz-checksum-"];
/** Headers of AWS that set something of an object. */
export const OBJECT_HEADERS = [
  "x-amz-meta-",
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-aws-kms-key-id",
  "x-amz-server-side-encryption-bucket-key-enabled",
  "x-amz-acl",
  "x-amz-storage-class",
];

/**
 * Refuses what the operation here does not understand: query parameters, and headers that begin with `x-amz-`.
 * A name in `headers` that ends with a hyphen stands for all that begin with it.
 */
export function only(request: S3Request, query: readonly string[], headers: readonly string[] = []): void {
  for (const name of request.query.keys()) {
    if (name !== "x-id" && !query.includes(name)) throw notImplemented(`the query parameter ${name}`);
  }
  const known = [...COMMON, ...headers];
  for (const name in request.headers) {
    if (!name.startsWith("x-amz-")) continue;
    const fits = known.some((one) => name === one || (one.endsWith("-") && name.startsWith(one)));
    if (!fits) throw notImplemented(`the header ${name}`);
  }
}

export function checkOwner(request: S3Request, bucket: Bucket): void {
  const expected = request.headers["x-amz-expected-bucket-owner"];
  if (expected !== undefined && expected !== bucket.account) {
    throw new AwsError("AccessDenied", `The bucket ${bucket.name} does not belong to the account ${expected}.`, 403);
  }
}

const STANDARD = [
  "content-type",
  "content-encoding",
  "content-language",
  "content-disposition",
  "cache-control",
  "expires",
];

/** The headers that are kept with the object and come back with it. */
export function objectHeaders({ headers }: S3Request): Record<string, string> {
  const acl = headers["x-amz-acl"];
  if (acl !== undefined && acl !== "bucket-owner-full-control") {
    throw new AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs");
  }
  const storageClass = headers["x-amz-storage-class"] ?? "STANDARD";
  if (storageClass !== "STANDARD") throw notImplemented(`the storage class ${storageClass}`);
  const kept: Record<string, string> = { "content-type": "binary/octet-stream" };
  for (const [name, value] of Object.entries(headers)) {
    if (STANDARD.includes(name) || name.startsWith("x-amz-meta-")) kept[name] = value;
  }
  // Of the request's encodings aws-chunked is none of the object's.
  const encodings = kept["content-encoding"]?.split(",").filter((encoding) => encoding.trim() !== "aws-chunked");
  if (encodings !== undefined) {
    delete kept["content-encoding"];
    if (encodings.length > 0) kept["content-encoding"] = encodings.join(",");
  }
  return kept;
}

/** What the request asks for, or else the bucket's default. */
export function encryptionOf({ headers }: S3Request, bucket: Bucket): Encryption {
  const algorithm = headers["x-amz-server-side-encryption"];
  const key = headers["x-amz-server-side-encryption-aws-kms-key-id"];
  const bucketKey = headers["x-amz-server-side-encryption-bucket-key-enabled"];
  if (algorithm === undefined) {
    if (key === undefined && bucketKey === undefined) return bucket.encryption;
    throw new AwsError("InvalidArgument", "A KMS key needs the header x-amz-server-side-encryption: aws:kms.");
  }
  if (algorithm === "AES256" && key === undefined) return { algorithm };
  if (algorithm !== "aws:kms") throw notImplemented(`the server-side encryption ${algorithm} with this key`);
  // Without a key it is AWS's own and not the bucket's (PutObject, SSEKMSKeyId).
  return { algorithm, keyArn: keyArn(key ?? "alias/aws/s3", bucket), bucketKey: bucketKey === "true" };
}

/** What a policy's conditions may ask of a write. */
export function writeContext({ headers }: S3Request): Record<string, string> {
  const context: Record<string, string> = {};
  for (const name of OBJECT_HEADERS) {
    const value = headers[name];
    if (value !== undefined) context[`s3:${name}`] = value;
  }
  return context;
}

export function encryptionHeaders({ algorithm, keyArn: key, bucketKey }: Encryption): Record<string, string> {
  return {
    "x-amz-server-side-encryption": algorithm,
    ...(key === undefined ? {} : { "x-amz-server-side-encryption-aws-kms-key-id": key }),
    ...(bucketKey === true ? { "x-amz-server-side-encryption-bucket-key-enabled": "true" } : {}),
  };
}

export const sameTag = (list: string, etag: string): boolean =>
  list === "*" ||
  list.split(",").some(
    (tag) =>
      tag
        .trim()
        .replace(/^W\//, "")
        .replace(/^([^"].*)$/, '"$1"') === etag,
  );

export const preconditionFailed = (condition: string): AwsError =>
  new AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412, {
    Condition: condition,
  });

/** Throws `PreconditionFailed` (412) or `NotModified` (304). HTTP's rules: RFC 9110, 13.2.2. */
export function checkConditions({ headers }: S3Request, { etag, modified }: StoredObject): void {
  const seconds = (name: string): number => Math.floor(Date.parse(headers[name] ?? "") / 1000);
  const changed = Math.floor(modified / 1000);
  const match = headers["if-match"];
  if (match !== undefined) {
    if (!sameTag(match, etag)) throw preconditionFailed("If-Match");
  } else if (changed > seconds("if-unmodified-since")) {
    throw preconditionFailed("If-Unmodified-Since");
  }
  const noneMatch = headers["if-none-match"];
  const unmodified = noneMatch === undefined ? changed <= seconds("if-modified-since") : sameTag(noneMatch, etag);
  if (unmodified) throw new AwsError("NotModified", "Not Modified", 304);
}

/** The bytes a Range header asks for, `end` excluded; undefined for all of them. Throws `InvalidRange` (416). */
export function parseRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
  // Anything else, several ranges too, is answered with the whole object (RFC 9110, 14.2).
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null) return undefined;
  const [, from = "", to = ""] = match;
  if (from === "" && to === "") return undefined;
  const start = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === "" || to === "" ? size : Math.min(size, Number(to) + 1);
  if (from !== "" && to !== "" && Number(to) < start) return undefined;
  if (start < end) return { start, end };
  throw new AwsError("InvalidRange", "The requested range is not satisfiable", 416, { ActualObjectSize: size });
}

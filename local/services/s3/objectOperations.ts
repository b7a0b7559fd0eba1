/** PutObject, GetObject, HeadObject, CopyObject, DeleteObject. https://docs.aws.amazon.com/AmazonS3/latest/API/ */
import { AwsError, type Call, type HttpResponse } from "../../core/service";
import { readPayload } from "./body";
import { authorizeKey, type Bucket } from "./buckets";
import type { StoredObject } from "./objects";
import {
  BODY_HEADERS,
  checkConditions,
  checkOwner,
  encryptionHeaders,
  encryptionOf,
  notImplemented,
  OBJECT_HEADERS,
  objectHeaders,
  only,
  parseRange,
  type S3Request,
  writeContext,
  preconditionFailed,
  sameTag,
} from "./request";
import type { Store } from "./store";
import { document } from "./xml";

export const XML = { "content-type": "application/xml" };

/** S3's answers hold milliseconds, all of them zero. */
export const isoTime = (milliseconds: number): string => new Date(Math.floor(milliseconds / 1000) * 1000).toISOString();

export function objectOperations(store: Store) {
  function put(request: S3Request, call: Call): HttpResponse {
    only(request, [], [...OBJECT_HEADERS, ...BODY_HEADERS]);
    const bucket = store.buckets.existing(request.bucket);
    checkOwner(request, bucket);
    const encryption = encryptionOf(request, bucket);
    store.authorizeWrite(call, bucket, request.key, encryption, writeContext(request));
    const headers = objectHeaders(request);
    const { body, checksum } = readPayload(request);
    const { "if-none-match": noneMatch, "if-match": match } = request.headers;
    if (match !== undefined) throw notImplemented("If-Match on a write");
    if (noneMatch !== undefined) {
      if (noneMatch !== "*") throw notImplemented("If-None-Match on a write, but for *,");
      if (bucket.objects.get(request.key) !== undefined) {
        throw preconditionFailed("If-None-Match");
      }
    }
    const attributes = { headers, encryption, ...(checksum === undefined ? {} : { checksum }) };
    const object = store.write(bucket, request.key, body, attributes);
    return {
      status: 200,
      headers: {
        etag: object.etag,
        ...encryptionHeaders(encryption),
        ...checksumHeaders(object),
        ...versionHeaders(bucket, object),
      },
    };
  }

  /** GetObject, and HeadObject: the same without a body. */
  function get(request: S3Request, call: Call): HttpResponse {
    only(request, ["versionId"]);
    const bucket = store.buckets.existing(request.bucket);
    checkOwner(request, bucket);
    const { key } = request;
    const object = store.find(call, bucket, key, request.query.get("versionId") ?? undefined);
    const isHead = request.method === "HEAD";
    const withChecksum = request.headers["x-amz-checksum-mode"] === "ENABLED";
    // A HEAD decrypts nothing, unless it asks for the checksum.
    if (!isHead || withChecksum) authorizeKey(call, bucket, key, object.encryption, "kms:Decrypt");
    checkConditions(request, object);
    const range = parseRange(request.headers["range"], object.size);
    const { start, end } = range ?? { start: 0, end: object.size };
    const headers = {
      ...object.headers,
      ...encryptionHeaders(object.encryption),
      ...versionHeaders(bucket, object),
      ...(withChecksum && range === undefined ? checksumHeaders(object) : {}),
      ...(range === undefined ? {} : { "content-range": `bytes ${start}-${end - 1}/${object.size}` }),
      etag: object.etag,
      "last-modified": new Date(object.modified).toUTCString(),
      "accept-ranges": "bytes",
      "content-length": String(end - start),
    };
    return {
      status: range === undefined ? 200 : 206,
      headers,
      ...(isHead ? {} : { body: store.read(bucket, object, start, end) }),
    };
  }

  function copy(request: S3Request, call: Call): HttpResponse {
    only(
      request,
      [],
      [...OBJECT_HEADERS, "x-amz-copy-source", "x-amz-copy-source-if-match", "x-amz-metadata-directive"],
    );
    const source = copySource(request.headers["x-amz-copy-source"] ?? "");
    const from = store.buckets.existing(source.bucket);
    const to = store.buckets.existing(request.bucket);
    checkOwner(request, to);
    const directive = request.headers["x-amz-metadata-directive"] ?? "COPY";
    const original = store.find(call, from, source.key);
    authorizeKey(call, from, source.key, original.encryption, "kms:Decrypt");
    const encryption = encryptionOf(request, to);
    store.authorizeWrite(call, to, request.key, encryption, writeContext(request));
    if (from === to && source.key === request.key && directive !== "REPLACE") {
      throw new AwsError(
        "InvalidRequest",
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata.",
      );
    }
    const match = request.headers["x-amz-copy-source-if-match"];
    if (match !== undefined && !sameTag(match, original.etag)) throw preconditionFailed("x-amz-copy-source-If-Match");
    const content = store.read(from, original, 0, original.size);
    const { checksum } = original;
    const object = store.write(to, request.key, content, {
      headers: directive === "REPLACE" ? objectHeaders(request) : original.headers,
      encryption,
      ...(checksum === undefined ? {} : { checksum }),
    });
    const result = document("CopyObjectResult", { LastModified: isoTime(object.modified), ETag: object.etag });
    const versions = {
      ...versionHeaders(to, object),
      ...(from.versioning === undefined ? {} : { "x-amz-copy-source-version-id": original.version }),
    };
    return { status: 200, headers: { ...XML, ...encryptionHeaders(encryption), ...versions }, body: result };
  }

  function remove(request: S3Request, call: Call): HttpResponse {
    only(request, []);
    const bucket = store.buckets.existing(request.bucket);
    checkOwner(request, bucket);
    const marker = store.delete(call, bucket, request.key);
    if (marker === undefined) return { status: 204 };
    return { status: 204, headers: { "x-amz-delete-marker": "true", "x-amz-version-id": marker.id } };
  }

  return { put, get, copy, remove };
}

export const versionHeaders = ({ versioning }: Bucket, { version }: StoredObject): Record<string, string> =>
  versioning === undefined ? {} : { "x-amz-version-id": version };

const checksumHeaders = ({ checksum }: StoredObject): Record<string, string> =>
  checksum === undefined ? {} : { [checksum.header]: checksum.value, "x-amz-checksum-type": "FULL_OBJECT" };

/** Of a CopyObject or an UploadPartCopy. */
export function copySource(header: string): { bucket: string; key: string } {
  if (header.includes("?")) throw notImplemented("the version of an object to copy");
  const text = decodeURIComponent(header).replace(/^\//, "");
  const slash = text.indexOf("/");
  if (slash > 0) return { bucket: text.slice(0, slash), key: text.slice(slash + 1) };
  throw new AwsError("InvalidArgument", `Copy Source must mention the source bucket and key: "${header}" does not.`);
}

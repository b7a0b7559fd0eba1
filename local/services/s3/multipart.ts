/**
 * Multipart uploads: the parts are files until they are put together.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
import { hash, randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { AwsError, type Call, type HttpResponse } from "../../core/service";
import { readPayload } from "./body";
import { authorizeKey, authorizeObject, type Bucket } from "./buckets";
import { copySource, isoTime, versionHeaders, XML } from "./objectOperations";
import type { Encryption } from "./objects";
import {
  BODY_HEADERS,
  checkOwner,
  encryptionHeaders,
  encryptionOf,
  OBJECT_HEADERS,
  objectHeaders,
  only,
  preconditionFailed,
  sameTag,
  type S3Request,
  writeContext,
} from "./request";
import type { Store } from "./store";
import { document, elements, textOf } from "./xml";

const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PART_NUMBER = 10_000;
const MAX_PARTS_LISTED = 1000;

interface Part {
  readonly number: number;
  readonly file: string;
  readonly size: number;
  /** Hex. */
  readonly md5: string;
  readonly modified: number;
}

interface Upload {
  readonly id: string;
  readonly bucket: Bucket;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly encryption: Encryption;
  readonly parts: Map<number, Part>;
}

export function multipartOperations(store: Store) {
  const uploads = new Map<string, Upload>();

  /** The upload a request means, the caller having been asked for `action`. Throws `NoSuchUpload`. */
  function authorized(request: S3Request, call: Call, action: string): Upload {
    const bucket = store.buckets.existing(request.bucket);
    checkOwner(request, bucket);
    authorizeObject(call, bucket, request.key, action);
    const upload = uploads.get(request.query.get("uploadId") ?? "");
    if (upload !== undefined && upload.bucket === bucket && upload.key === request.key) return upload;
    throw new AwsError(
      "NoSuchUpload",
      "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
      404,
    );
  }

  function forget(upload: Upload): void {
    uploads.delete(upload.id);
    for (const { file } of upload.parts.values()) fs.rmSync(file, { force: true });
  }

  function create(request: S3Request, call: Call): HttpResponse {
    only(request, ["uploads"], [...OBJECT_HEADERS, "x-amz-checksum-algorithm", "x-amz-checksum-type"]);
    const bucket = store.buckets.existing(request.bucket);
    checkOwner(request, bucket);
    const { key } = request;
    const encryption = encryptionOf(request, bucket);
    store.authorizeWrite(call, bucket, key, encryption, writeContext(request));
    store.files.check(bucket.name, key, bucket.objects.get(key) === undefined);
    const upload: Upload = {
      id: randomUUID(),
      bucket,
      key,
      headers: objectHeaders(request),
      encryption,
      parts: new Map(),
    };
    uploads.set(upload.id, upload);
    const body = document("InitiateMultipartUploadResult", { Bucket: bucket.name, Key: key, UploadId: upload.id });
    return { status: 200, headers: { ...XML, ...encryptionHeaders(encryption) }, body };
  }

  /** The upload that a part is for, and the part's number. */
  function forPart(request: S3Request, call: Call): { upload: Upload; number: number } {
    const upload = authorized(request, call, "s3:PutObject");
    // S3 reads the parts again when it puts them together (UploadPart, "Permissions").
    authorizeKey(call, upload.bucket, upload.key, upload.encryption, "kms:Decrypt");
    const number = Number(request.query.get("partNumber"));
    if (Number.isInteger(number) && number >= 1 && number <= MAX_PART_NUMBER) return { upload, number };
    throw new AwsError("InvalidArgument", `Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive`);
  }

  function keep(upload: Upload, number: number, body: Buffer): Part {
    const file = upload.parts.get(number)?.file ?? store.files.draft();
    fs.writeFileSync(file, body);
    const part = { number, file, size: body.length, md5: hash("md5", body), modified: Date.now() };
    upload.parts.set(number, part);
    return part;
  }

  function uploadPart(request: S3Request, call: Call): HttpResponse {
    only(request, ["partNumber", "uploadId"], BODY_HEADERS);
    const { upload, number } = forPart(request, call);
    const { body, checksum } = readPayload(request);
    const { md5 } = keep(upload, number, body);
    return {
      status: 200,
      headers: {
        etag: `"${md5}"`,
        ...encryptionHeaders(upload.encryption),
        ...(checksum === undefined ? {} : { [checksum.header]: checksum.value }),
      },
    };
  }

  function copyPart(request: S3Request, call: Call): HttpResponse {
    only(
      request,
      ["partNumber", "uploadId"],
      ["x-amz-copy-source", "x-amz-copy-source-if-match", "x-amz-copy-source-range"],
    );
    const source = copySource(request.headers["x-amz-copy-source"] ?? "");
    const from = store.buckets.existing(source.bucket);
    const original = store.find(call, from, source.key);
    authorizeKey(call, from, source.key, original.encryption, "kms:Decrypt");
    const { upload, number } = forPart(request, call);
    const match = request.headers["x-amz-copy-source-if-match"];
    if (match !== undefined && !sameTag(match, original.etag)) throw preconditionFailed("x-amz-copy-source-If-Match");
    const { start, end } = copyRange(request.headers["x-amz-copy-source-range"], original.size);
    const { md5, modified } = keep(upload, number, store.read(from, original, start, end));
    const body = document("CopyPartResult", { LastModified: isoTime(modified), ETag: `"${md5}"` });
    const headers = {
      ...XML,
      ...encryptionHeaders(upload.encryption),
      ...(from.versioning === undefined ? {} : { "x-amz-copy-source-version-id": original.version }),
    };
    return { status: 200, headers, body };
  }

  function complete(request: S3Request, call: Call): HttpResponse {
    only(request, ["uploadId"], ["x-amz-checksum-type"]);
    const upload = authorized(request, call, "s3:PutObject");
    const parts = chosenParts(upload, request.body.toString());
    const digest = hash("md5", Buffer.concat(parts.map(({ md5 }) => Buffer.from(md5, "hex"))));
    const { bucket, key, headers, encryption } = upload;
    const file = store.files.join(parts.map((part) => part.file));
    const object = store.write(bucket, key, { file }, { headers, encryption, etag: `${digest}-${parts.length}` });
    forget(upload);
    const body = document("CompleteMultipartUploadResult", { Bucket: bucket.name, Key: key, ETag: object.etag });
    const headersOfObject = { ...encryptionHeaders(encryption), ...versionHeaders(bucket, object) };
    return { status: 200, headers: { ...XML, ...headersOfObject }, body };
  }

  function abort(request: S3Request, call: Call): HttpResponse {
    only(request, ["uploadId"]);
    forget(authorized(request, call, "s3:AbortMultipartUpload"));
    return { status: 204 };
  }

  function listParts(request: S3Request, call: Call): HttpResponse {
    only(request, ["uploadId", "max-parts", "part-number-marker"]);
    const upload = authorized(request, call, "s3:ListMultipartUploadParts");
    const marker = Number(request.query.get("part-number-marker") ?? 0);
    const limit = Math.min(Number(request.query.get("max-parts") ?? MAX_PARTS_LISTED), MAX_PARTS_LISTED);
    const left = [...upload.parts.values()].sort((a, b) => a.number - b.number).filter(({ number }) => number > marker);
    const parts = left.slice(0, limit);
    const body = document("ListPartsResult", {
      Bucket: upload.bucket.name,
      Key: upload.key,
      UploadId: upload.id,
      PartNumberMarker: marker,
      NextPartNumberMarker: parts.at(-1)?.number ?? marker,
      MaxParts: limit,
      IsTruncated: left.length > parts.length,
      StorageClass: "STANDARD",
      Part: parts.map(({ number, size, md5, modified }) => ({
        PartNumber: number,
        LastModified: isoTime(modified),
        ETag: `"${md5}"`,
        Size: size,
      })),
    });
    return { status: 200, headers: XML, body };
  }

  return { create, uploadPart, copyPart, complete, abort, listParts };
}

/**
 * The bytes of an object that become a part, `end` excluded. Unlike a GetObject's, this range must be exact.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
 */
function copyRange(header: string | undefined, size: number): { start: number; end: number } {
  if (header === undefined) return { start: 0, end: size };
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header) ?? [];
  if (first === undefined || last === undefined || Number(first) > Number(last))
    throw new AwsError("InvalidArgument", "The x-amz-copy-source-range value must be of the form bytes=first-last");
  if (size <= MIN_PART_BYTES)
    throw new AwsError("InvalidRequest", "The specified copy source is not supported as a byte-range copy source");
  if (Number(last) >= size)
    throw new AwsError("InvalidArgument", `Range specified is not valid for source object of size: ${size}`);
  return { start: Number(first), end: Number(last) + 1 };
}

/** The parts that a CompleteMultipartUpload names. Throws what S3 throws when they do not fit. */
function chosenParts(upload: Upload, xml: string): Part[] {
  const named = elements(xml, "Part");
  if (named.length === 0) throw new AwsError("MalformedXML", "The request names no parts.");
  const parts = named.map((entry) => {
    const number = textOf(entry, "PartNumber");
    const part = upload.parts.get(Number(number));
    if (part !== undefined && part.md5 === textOf(entry, "ETag")?.replaceAll('"', "")) return part;
    throw new AwsError(
      "InvalidPart",
      `The part ${number ?? "without number"} was not uploaded, or its ETag is not that of the uploaded one.`,
    );
  });
  parts.forEach((part, index) => {
    const before = parts[index - 1];
    if (before === undefined) return;
    if (before.number >= part.number) {
      throw new AwsError("InvalidPartOrder", "The list of parts was not in ascending order.");
    }
    if (before.size < MIN_PART_BYTES) {
      throw new AwsError(
        "EntityTooSmall",
        "Your proposed upload is smaller than the minimum allowed object size.",
        400,
        {
          PartNumber: before.number,
          ProposedSize: before.size,
          MinSizeAllowed: MIN_PART_BYTES,
        },
      );
    }
  });
  return parts;
}

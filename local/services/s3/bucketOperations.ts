/** ListBuckets, HeadBucket, GetBucketLocation, ListObjectsV2, DeleteObjects. https://docs.aws.amazon.com/AmazonS3/latest/API/ */
import { AwsError, type Call, type HttpResponse } from "../../core/service";
import { readPayload } from "./body";
import { authorizeBucket, type Bucket } from "./buckets";
import { isoTime, XML } from "./objectOperations";
import type { ObjectIndex } from "./objects";
import { BODY_HEADERS, checkOwner, notImplemented, only, type S3Request } from "./request";
import type { Store } from "./store";
import { document, elements, textOf } from "./xml";

const MAX_KEYS = 1000;
const LIST_PARAMETERS = [
  "list-type",
  "prefix",
  "delimiter",
  "max-keys",
  "start-after",
  "continuation-token",
  "encoding-type",
];

interface Listing {
  readonly keys: string[];
  readonly prefixes: string[];
  /** The last key or prefix given, when more follow. */
  readonly next?: string;
}

/** Keys under `prefix` after `after`; those that have `delimiter` behind the prefix are drawn together up to it. */
export function list(
  index: ObjectIndex,
  { prefix, delimiter, after, limit }: { prefix: string; delimiter: string; after: string; limit: number },
): Listing {
  const keys: string[] = [];
  const prefixes: string[] = [];
  let last = after;
  // A page that ended with a common prefix has given all the keys below it.
  const given = delimiter !== "" && after.startsWith(prefix) && after.endsWith(delimiter) && after !== prefix;
  for (let at = Math.max(index.from(prefix), after === "" ? 0 : index.from(after)); ; at += 1) {
    const key = index.keyAt(at);
    if (key === undefined || !key.startsWith(prefix)) return { keys, prefixes };
    if (key === after || (given && key.startsWith(after))) continue;
    const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const common = cut < 0 ? undefined : key.slice(0, cut + delimiter.length);
    if (common !== undefined && common === prefixes.at(-1)) continue;
    if (keys.length + prefixes.length === limit)
      return limit === 0 ? { keys, prefixes } : { keys, prefixes, next: last };
    if (common === undefined) keys.push(key);
    else prefixes.push(common);
    last = common ?? key;
  }
}

function limitOf(text: string | null): number {
  if (text === null) return MAX_KEYS;
  if (!/^\d+$/.test(text)) throw new AwsError("InvalidArgument", `Provided max-keys is no count: "${text}"`);
  return Math.min(Number(text), MAX_KEYS);
}

const encode = (text: string): string => encodeURIComponent(text).replaceAll("%2F", "/");

export function bucketOperations(store: Store) {
  const found = (request: S3Request): Bucket => {
    const bucket = store.buckets.existing(request.bucket);
    checkOwner(request, bucket);
    return bucket;
  };

  function listBuckets(request: S3Request, call: Call): HttpResponse {
    only(request, []);
    call.authorize("s3:ListAllMyBuckets", "*");
    const buckets = store.buckets.of(call.account).map(({ name, createdAt, region }) => ({
      Name: name,
      CreationDate: isoTime(createdAt),
      BucketRegion: region,
    }));
    const body = document("ListAllMyBucketsResult", { Owner: { ID: call.account }, Buckets: { Bucket: buckets } });
    return { status: 200, headers: XML, body };
  }

  function head(request: S3Request, call: Call): HttpResponse {
    only(request, []);
    const bucket = found(request);
    authorizeBucket(call, bucket, "s3:ListBucket");
    return { status: 200, headers: { "x-amz-bucket-region": bucket.region } };
  }

  function location(request: S3Request, call: Call): HttpResponse {
    only(request, ["location"]);
    const bucket = found(request);
    authorizeBucket(call, bucket, "s3:GetBucketLocation");
    // us-east-1 is said by saying nothing.
    const region = bucket.region === "us-east-1" ? "" : bucket.region;
    const body = document("LocationConstraint", {}).replace("></", `>${region}</`);
    return { status: 200, headers: XML, body };
  }

  function listObjects(request: S3Request, call: Call): HttpResponse {
    only(request, LIST_PARAMETERS);
    const bucket = found(request);
    const { query } = request;
    const [prefix, delimiter, maxKeys] = [query.get("prefix"), query.get("delimiter"), query.get("max-keys")];
    authorizeBucket(call, bucket, "s3:ListBucket", {
      ...(prefix === null ? {} : { "s3:prefix": prefix }),
      ...(delimiter === null ? {} : { "s3:delimiter": delimiter }),
      ...(maxKeys === null ? {} : { "s3:max-keys": maxKeys }),
    });
    const encoding = query.get("encoding-type");
    if (encoding !== null && encoding !== "url")
      throw new AwsError("InvalidArgument", "Invalid Encoding Method specified");
    const text = encoding === "url" ? encode : (plain: string) => plain;
    const token = query.get("continuation-token");
    const after = token === null ? (query.get("start-after") ?? "") : Buffer.from(token, "base64").toString();
    const limit = limitOf(maxKeys);
    const listing = list(bucket.objects, { prefix: prefix ?? "", delimiter: delimiter ?? "", after, limit });
    const contents = listing.keys.flatMap((key) => {
      const object = bucket.objects.get(key);
      if (object === undefined) return [];
      const { etag, size, modified } = object;
      return [{ Key: text(key), LastModified: isoTime(modified), ETag: etag, Size: size, StorageClass: "STANDARD" }];
    });
    const startAfter = query.get("start-after");
    const body = document("ListBucketResult", {
      Name: bucket.name,
      Prefix: text(prefix ?? ""),
      ...(delimiter === null ? {} : { Delimiter: text(delimiter) }),
      MaxKeys: limit,
      ...(encoding === null ? {} : { EncodingType: encoding }),
      KeyCount: contents.length + listing.prefixes.length,
      IsTruncated: listing.next !== undefined,
      ...(token === null ? {} : { ContinuationToken: token }),
      ...(listing.next === undefined ? {} : { NextContinuationToken: Buffer.from(listing.next).toString("base64") }),
      ...(startAfter === null ? {} : { StartAfter: text(startAfter) }),
      Contents: contents,
      CommonPrefixes: listing.prefixes.map((common) => ({ Prefix: text(common) })),
    });
    return { status: 200, headers: XML, body };
  }

  /** Each key for itself: one that may not be deleted is reported and does not keep the others. */
  function deleteObjects(request: S3Request, call: Call): HttpResponse {
    only(request, ["delete"], BODY_HEADERS);
    const bucket = found(request);
    const xml = readPayload(request).body.toString();
    const entries = elements(xml, "Object");
    if (entries.length === 0 || entries.length > MAX_KEYS) {
      throw new AwsError(
        "MalformedXML",
        `The request names ${entries.length} objects; 1 to ${MAX_KEYS} can be deleted at once.`,
      );
    }
    const results = entries.map((entry) => {
      const key = textOf(entry, "Key") ?? "";
      if (elements(entry, "VersionId").length > 0) throw notImplemented("the version of an object to delete");
      try {
        return { key, marker: store.delete(call, bucket, key) };
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        const Code = error.code === "AccessDeniedException" ? "AccessDenied" : error.code;
        return { key, failure: { Key: key, Code, Message: error.message } };
      }
    });
    const quiet = textOf(xml, "Quiet") === "true";
    const body = document("DeleteResult", {
      Deleted: quiet
        ? []
        : results.flatMap(({ key, marker, failure }) => {
            if (failure !== undefined) return [];
            return [{ Key: key, ...(marker && { DeleteMarker: true, DeleteMarkerVersionId: marker.id }) }];
          }),
      Error: results.flatMap(({ failure }) => (failure === undefined ? [] : [failure])),
    });
    return { status: 200, headers: XML, body };
  }

  return { listBuckets, head, location, listObjects, deleteObjects };
}

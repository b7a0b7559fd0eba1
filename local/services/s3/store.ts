/**
 * Objects as callers see them: each method asks whether the caller may, then reads or changes index and files.
 * Versions: https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
 */
import { randomBytes } from "node:crypto";
import type { ObjectStore } from "../../core/contracts";
import { AwsError, type Authorizer, type Principal } from "../../core/service";
import type { Checksum } from "./body";
import {
  authorizeBucket,
  authorizeKey,
  authorizeObject,
  type Bucket,
  type Buckets,
  type Caller,
  isDenied,
} from "./buckets";
import type { ObjectFiles } from "./files";
import type { Encryption, StoredObject, Version } from "./objects";
import { notImplemented } from "./request";
import { RequestMeter } from "./usage";

/** What comes with an object's content. */
export interface Attributes {
  readonly headers: Readonly<Record<string, string>>;
  readonly encryption: Encryption;
  readonly checksum?: Checksum;
  /** Hex and a number of parts; the MD5 of the content otherwise. */
  readonly etag?: string;
}

export class Store {
  readonly meter = new RequestMeter();

  constructor(
    readonly buckets: Buckets,
    readonly files: ObjectFiles,
  ) {}

  authorizeWrite(
    caller: Caller,
    bucket: Bucket,
    key: string,
    encryption: Encryption,
    context: Record<string, string> = {},
  ): void {
    authorizeObject(caller, bucket, key, "s3:PutObject", context);
    authorizeKey(caller, bucket, key, encryption, "kms:GenerateDataKey");
  }

  /** `content` is the object's, or the path of a finished file that is moved to its place. */
  write(
    bucket: Bucket,
    key: string,
    content: Buffer | { readonly file: string },
    attributes: Attributes,
  ): StoredObject {
    this.files.check(bucket.name, key, bucket.objects.get(key) === undefined);
    const version = this.retire(bucket, key) ? newVersion() : "null";
    const { size, md5 } = Buffer.isBuffer(content)
      ? this.files.write(bucket.name, key, content)
      : this.files.place(content.file, bucket.name, key);
    const { etag = md5, ...rest } = attributes;
    const object: StoredObject = { key, version, size, modified: Date.now(), ...rest, etag: `"${etag}"` };
    bucket.objects.set(object);
    return object;
  }

  /**
   * The object, if the caller may read it: the current one, or that of a version.
   * @throws `NoSuchKey`, `NoSuchVersion`; or `AccessDenied` in their place, to a caller who may not list the bucket
   */
  find(caller: Caller, bucket: Bucket, key: string, version?: string): StoredObject {
    if (version === undefined) authorizeObject(caller, bucket, key, "s3:GetObject");
    else authorizeObject(caller, bucket, key, "s3:GetObjectVersion", { "s3:VersionId": version });
    const current = bucket.objects.get(key);
    if (current !== undefined && (version === undefined || current.version === version)) return current;
    const earlier = bucket.history.get(key) ?? [];
    const found = version === undefined ? undefined : earlier.find(({ id }) => id === version);
    if (found?.object !== undefined) return found.object;
    if (found !== undefined) {
      throw new AwsError(
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        405,
        markerHeaders(found),
      );
    }
    this.mayKnow(caller, bucket);
    if (version !== undefined) {
      if (!VERSION.test(version)) throw new AwsError("InvalidArgument", "Invalid version id specified");
      throw new AwsError("NoSuchVersion", "The specified version does not exist.", 404, {
        Key: key,
        VersionId: version,
      });
    }
    // Without a current version the latest one is a marker.
    const marker = earlier.at(-1);
    const headers = marker === undefined ? {} : markerHeaders(marker);
    throw new AwsError("NoSuchKey", "The specified key does not exist.", 404, { Key: key, ...headers });
  }

  /** Whether a caller is told that something does not exist: he must be allowed to list. */
  private mayKnow(caller: Caller, bucket: Bucket): void {
    try {
      authorizeBucket(caller, bucket, "s3:ListBucket");
    } catch (error) {
      if (!isDenied(error)) throw error;
      throw new AwsError(
        "AccessDenied",
        `User: ${caller.principal.arn} is not authorized to perform: s3:ListBucket on ${bucket.name}, ` +
          "and so is not told whether the key exists.",
        403,
      );
    }
  }

  /** @returns the delete marker, in a bucket that keeps versions: even of what is not there. */
  delete(caller: Caller, bucket: Bucket, key: string): Version | undefined {
    authorizeObject(caller, bucket, key, "s3:DeleteObject");
    const isThere = bucket.objects.get(key) !== undefined;
    const isKept = this.retire(bucket, key);
    if (isThere) {
      bucket.objects.delete(key);
      this.files.remove(bucket.name, key);
    }
    if (!isKept) return undefined;
    const marker: Version = { id: newVersion(), modified: Date.now() };
    remember(bucket, key, marker);
    return marker;
  }

  /** The bytes of an object that `find` has found. */
  read(bucket: Bucket, object: StoredObject, start: number, end: number): Buffer {
    const archived = bucket.objects.get(object.key) === object ? undefined : object.version;
    return this.files.read(bucket.name, object.key, start, end, archived);
  }

  /** Before a key's current version is replaced or deleted. @returns whether the bucket keeps versions. */
  private retire(bucket: Bucket, key: string): boolean {
    if (bucket.versioning === undefined) return false;
    if (bucket.versioning === "Suspended") throw notImplemented("a write to a bucket that keeps versions no more");
    const object = bucket.objects.get(key);
    if (object !== undefined) {
      this.files.archive(bucket.name, key, object.version);
      remember(bucket, key, { id: object.version, modified: object.modified, object });
    }
    return true;
  }
}

/** An id that one of ours could be. */
const VERSION = /^([\w-]{32}|null)$/;

const newVersion = (): string => randomBytes(24).toString("base64url");

function remember(bucket: Bucket, key: string, version: Version): void {
  const versions = bucket.history.get(key);
  if (versions === undefined) bucket.history.set(key, [version]);
  else versions.push(version);
}

const markerHeaders = ({ id, modified }: Version): Record<string, string> => ({
  "x-amz-delete-marker": "true",
  "x-amz-version-id": id,
  "last-modified": new Date(modified).toUTCString(),
});

/** The same from within the process, for a principal. */
export function objectStore(store: Store, authorizer: Authorizer): ObjectStore {
  const callerOf = (principal: Principal): Caller => ({
    principal,
    authorize: (action, resource, context) => authorizer.check(principal, action, resource, context),
  });
  const put = (principal: Principal, name: string, key: string, content: Buffer | { readonly file: string }): void => {
    const bucket = store.buckets.existing(name);
    const { encryption } = bucket;
    store.authorizeWrite(callerOf(principal), bucket, key, encryption);
    store.meter.put(name, key);
    store.write(bucket, key, content, { headers: { "content-type": "binary/octet-stream" }, encryption });
  };

  return {
    folder: (bucket) => store.files.folder(store.buckets.existing(bucket).name),
    put: async (principal, bucket, key, body) => put(principal, bucket, key, Buffer.from(body)),
    putFile: async (principal, bucket, key, file) => put(principal, bucket, key, { file }),
    keys: async (principal, name, prefix) => {
      const bucket = store.buckets.existing(name);
      authorizeBucket(callerOf(principal), bucket, "s3:ListBucket", { "s3:prefix": prefix });
      return bucket.objects.keys(prefix);
    },
    authorizeRead: (principal, name, key) => {
      const bucket = store.buckets.existing(name);
      const caller = callerOf(principal);
      const { encryption } = store.find(caller, bucket, key);
      authorizeKey(caller, bucket, key, encryption, "kms:Decrypt");
    },
  };
}

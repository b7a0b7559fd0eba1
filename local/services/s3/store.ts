/** Objects as callers see them: each method asks whether the caller may, then reads or changes index and files. */
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
import type { Encryption, StoredObject } from "./objects";
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
    const { size, md5 } = Buffer.isBuffer(content)
      ? this.files.write(bucket.name, key, content)
      : this.files.place(content.file, bucket.name, key);
    const { etag = md5, ...rest } = attributes;
    const object: StoredObject = { key, size, modified: Date.now(), ...rest, etag: `"${etag}"` };
    bucket.objects.set(object);
    return object;
  }

  /**
   * The object, if the caller may read it.
   * @throws `NoSuchKey`; or `AccessDenied` in its place, to a caller who may not list the bucket
   */
  find(caller: Caller, bucket: Bucket, key: string): StoredObject {
    authorizeObject(caller, bucket, key, "s3:GetObject");
    const object = bucket.objects.get(key);
    if (object !== undefined) return object;
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
    throw new AwsError("NoSuchKey", "The specified key does not exist.", 404, { Key: key });
  }

  delete(caller: Caller, bucket: Bucket, key: string): void {
    authorizeObject(caller, bucket, key, "s3:DeleteObject");
    if (bucket.objects.get(key) === undefined) return;
    bucket.objects.delete(key);
    this.files.remove(bucket.name, key);
  }
}

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

/** The buckets of the cloud: one namespace for all accounts, each bucket the property of one. */
import { isAwsManaged } from "../../core/keys";
import { AwsError, type Call, type Principal } from "../../core/service";
import type { Encryption, Version } from "./objects";
import { ObjectIndex } from "./objects";

/** Who acts: the caller of an API or a principal from within. */
export type Caller = Pick<Call, "principal" | "authorize">;

export interface Bucket {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly objects: ObjectIndex;
  /** By key, the oldest first: what is no longer current, and delete markers. */
  readonly history: Map<string, Version[]>;
  /** Undefined of a bucket that never kept versions. */
  versioning?: "Enabled" | "Suspended";
  /** Of objects whose writer asks for nothing else. S3's own is AES256. */
  encryption: Encryption;
}

export const bucketArn = (name: string): string => `arn:aws:s3:::${name}`;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, the rules that one meets. */
const NAME = /^[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*$/;

export class Buckets {
  private readonly byName = new Map<string, Bucket>();

  /** Throws `InvalidBucketName`, `BucketAlreadyExists` or `BucketAlreadyOwnedByYou`. */
  create(name: string, account: string, region: string): Bucket {
    if (!NAME.test(name) || name.length < 3 || name.length > 63 || name.endsWith("-")) {
      throw new AwsError(
        "InvalidBucketName",
        `The specified bucket is not valid: "${name}" must have 3 to 63 lower-case letters, digits, hyphens or dots.`,
      );
    }
    const taken = this.byName.get(name);
    if (taken !== undefined) {
      throw new AwsError(
        taken.account === account ? "BucketAlreadyOwnedByYou" : "BucketAlreadyExists",
        `The bucket name ${name} is taken: all accounts share one namespace.`,
        409,
      );
    }
    const objects = new ObjectIndex();
    const bucket: Bucket = {
      name,
      account,
      region,
      createdAt: Date.now(),
      objects,
      history: new Map(),
      encryption: { algorithm: "AES256" },
    };
    this.byName.set(name, bucket);
    return bucket;
  }

  remove(name: string): void {
    this.byName.delete(name);
  }

  /** Throws `NoSuchBucket`. */
  existing(name: string): Bucket {
    const bucket = this.byName.get(name);
    if (bucket !== undefined) return bucket;
    throw new AwsError("NoSuchBucket", "The specified bucket does not exist", 404, { BucketName: name });
  }

  all(): Bucket[] {
    return [...this.byName.values()];
  }

  of(account: string): Bucket[] {
    return this.all().filter((bucket) => bucket.account === account);
  }
}

/** What conditions may ask of every request to the bucket; its ARN does not tell whose it is. */
const bucketContext = (bucket: Bucket) => ({ "aws:ResourceAccount": bucket.account });

export function authorizeBucket(
  caller: Caller,
  bucket: Bucket,
  action: string,
  context: Record<string, string> = {},
): void {
  caller.authorize(action, bucketArn(bucket.name), { ...bucketContext(bucket), ...context });
}

export function authorizeObject(
  caller: Caller,
  bucket: Bucket,
  key: string,
  action: string,
  context: Record<string, string> = {},
): void {
  caller.authorize(action, `${bucketArn(bucket.name)}/${key}`, { ...bucketContext(bucket), ...context });
}

/**
 * Whoever writes under a KMS key needs kms:GenerateDataKey on it, whoever reads kms:Decrypt. Key and bucket are of one
 * region. https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */
export function authorizeKey(
  caller: Caller,
  bucket: Bucket,
  key: string,
  { keyArn, bucketKey }: Encryption,
  action: "kms:GenerateDataKey" | "kms:Decrypt",
): void {
  if (keyArn === undefined) return;
  if (isAwsManaged(keyArn)) {
    if (caller.principal.account === keyArn.split(":")[4]) return;
    throw accessDenied(
      caller.principal,
      action,
      `${keyArn}: a key managed by AWS cannot be shared with another account`,
    );
  }
  caller.authorize(action, keyArn, {
    "kms:ViaService": `s3.${bucket.region}.amazonaws.com`,
    "kms:CallerAccount": caller.principal.account,
    "kms:EncryptionContext:aws:s3:arn": bucketKey ? bucketArn(bucket.name) : `${bucketArn(bucket.name)}/${key}`,
  });
}

const accessDenied = ({ arn }: Principal, action: string, what: string): AwsError =>
  new AwsError("AccessDenied", `User: ${arn} is not authorized to perform: ${action} on ${what}.`, 403);

export const isDenied = (error: unknown): boolean => error instanceof AwsError && error.code.startsWith("AccessDenied");

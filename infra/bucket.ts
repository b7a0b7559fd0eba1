/** A private bucket: customer key, TLS only, no public access, nothing of it deletable by accident. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Statement } from "./policy";
import { document } from "./policy";
import { keptData } from "./protection";

export interface PrivateBucketArgs {
  /** A name that another account must know; made up otherwise. */
  readonly bucketName?: string;
  /** S3's own key, if left out: the service that writes access logs takes no other. */
  readonly key?: aws.kms.Key;
  /** Added to the bucket's policy; receives its ARN. */
  readonly admits?: (arn: pulumi.Output<string>) => readonly Statement[];
  /** Days after which objects under a prefix are removed; the empty prefix is the whole bucket. */
  readonly expire?: Readonly<Record<string, number>>;
  /** Prefixes whose objects move to a cheaper class by themselves once they are read less. */
  readonly tiered?: readonly string[];
  /** For how many days what was overwritten or deleted can be had back. Left out: no versions are kept. */
  readonly versionDays?: number;
  /** Where S3 writes who asked for what. */
  readonly accessLog?: { readonly bucket: aws.s3.Bucket; readonly prefix: string };
}

/** After these days of `tiered` objects; S3 watches each and moves those that nobody reads. */
const TIERING_DAYS = 30;

/** Days after which S3 drops the parts of an upload that was never finished: they cost and nobody sees them. */
const UNFINISHED_UPLOAD_DAYS = 7;

export class PrivateBucket extends pulumi.ComponentResource {
  readonly bucket: aws.s3.Bucket;

  constructor(name: string, args: PrivateBucketArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:index:PrivateBucket", name, {}, options);
    const parent = { parent: this };
    this.bucket = new aws.s3.Bucket(name, args.bucketName === undefined ? {} : { bucket: args.bucketName }, {
      ...parent,
      ...keptData(),
    });
    this.encrypt(name, args.key);
    if (args.versionDays !== undefined)
      new aws.s3.BucketVersioning(
        name,
        { bucket: this.bucket.id, versioningConfiguration: { status: "Enabled" } },
        parent,
      );
    if (args.accessLog !== undefined) {
      const { bucket: target, prefix } = args.accessLog;
      new aws.s3.BucketLogging(
        name,
        { bucket: this.bucket.id, targetBucket: target.bucket, targetPrefix: prefix },
        parent,
      );
    }
    const closed = this.close(name);
    this.admit(name, args.admits?.(this.bucket.arn) ?? [], closed);
    this.expire(name, args);
    this.registerOutputs({});
  }

  private encrypt(name: string, key: aws.kms.Key | undefined): void {
    new aws.s3.BucketServerSideEncryptionConfiguration(
      name,
      {
        bucket: this.bucket.id,
        rules: [
          {
            applyServerSideEncryptionByDefault:
              key === undefined ? { sseAlgorithm: "AES256" } : { sseAlgorithm: "aws:kms", kmsMasterKeyId: key.arn },
            // One data key per bucket for a while, instead of a KMS request per object.
            bucketKeyEnabled: key !== undefined,
          },
        ],
      },
      { parent: this },
    );
  }

  private close(name: string): pulumi.Resource[] {
    const bucket = this.bucket.id;
    const block = {
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    };
    return [
      new aws.s3.BucketPublicAccessBlock(name, { bucket, ...block }, { parent: this }),
      // What another account writes belongs to the bucket's account, and no ACL decides anything.
      new aws.s3.BucketOwnershipControls(
        name,
        { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } },
        { parent: this },
      ),
    ];
  }

  private admit(name: string, admitted: readonly Statement[], dependsOn: pulumi.Resource[]): void {
    const { arn, id } = this.bucket;
    const tlsOnly: Statement = {
      Sid: "TlsOnly",
      Effect: "Deny",
      Action: ["s3:*"],
      Principal: "*",
      Resource: [arn, pulumi.interpolate`${arn}/*`],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    };
    // S3 refuses two changes of a bucket's access at the same time.
    new aws.s3.BucketPolicy(
      name,
      { bucket: id, policy: document([tlsOnly, ...admitted]) },
      { parent: this, dependsOn },
    );
  }

  private expire(name: string, { expire = {}, tiered = [], versionDays }: PrivateBucketArgs): void {
    const slug = (prefix: string): string => prefix.replace(/\W+$/, "").replace(/\W+/g, "-");
    new aws.s3.BucketLifecycleConfiguration(
      name,
      {
        bucket: this.bucket.id,
        rules: [
          {
            id: "unfinished-uploads",
            status: "Enabled",
            filter: { prefix: "" },
            abortIncompleteMultipartUpload: { daysAfterInitiation: UNFINISHED_UPLOAD_DAYS },
          },
          ...Object.entries(expire).map(([prefix, count]) => ({
            id: prefix === "" ? "expire" : `expire-${slug(prefix)}`,
            status: "Enabled",
            filter: { prefix },
            expiration: { days: count },
          })),
          ...tiered.map((prefix) => ({
            id: `tier-${slug(prefix)}`,
            status: "Enabled",
            filter: { prefix },
            transitions: [{ days: TIERING_DAYS, storageClass: "INTELLIGENT_TIERING" }],
          })),
          ...(versionDays === undefined
            ? []
            : [
                {
                  id: "old-versions",
                  status: "Enabled",
                  filter: { prefix: "" },
                  noncurrentVersionExpiration: { noncurrentDays: versionDays },
                  // The markers of deletions that have no version left to hide.
                  expiration: { expiredObjectDeleteMarker: true },
                },
              ]),
        ],
      },
      { parent: this },
    );
  }
}

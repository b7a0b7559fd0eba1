/** A private bucket: customer key, TLS only, no public access, nothing of it deletable by accident. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Statement } from "./policy";
import { document } from "./policy";

export interface PrivateBucketArgs {
  /** A name that another account must know; made up otherwise. */
  readonly bucketName?: string;
  readonly key: aws.kms.Key;
  /** Added to the bucket's policy; receives its ARN. */
  readonly admits?: (arn: pulumi.Output<string>) => readonly Statement[];
  /** Days after which objects under a prefix are removed. */
  readonly expire?: Readonly<Record<string, number>>;
}

export class PrivateBucket extends pulumi.ComponentResource {
  readonly bucket: aws.s3.Bucket;

  constructor(name: string, args: PrivateBucketArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:index:PrivateBucket", name, {}, options);
    const parent = { parent: this };
    this.bucket = new aws.s3.Bucket(name, args.bucketName === undefined ? {} : { bucket: args.bucketName }, {
      ...parent,
      protect: true,
      retainOnDelete: true,
    });
    const bucket = this.bucket.id;
    new aws.s3.BucketServerSideEncryptionConfiguration(
      name,
      {
        bucket,
        rules: [
          {
            applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: args.key.arn },
            // One data key per bucket for a while, instead of a KMS request per object.
            bucketKeyEnabled: true,
          },
        ],
      },
      parent,
    );
    const block = new aws.s3.BucketPublicAccessBlock(
      name,
      { bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      parent,
    );
    const { arn } = this.bucket;
    new aws.s3.BucketPolicy(
      name,
      {
        bucket,
        policy: document([
          {
            Sid: "TlsOnly",
            Effect: "Deny",
            Action: ["s3:*"],
            Principal: "*",
            Resource: [arn, pulumi.interpolate`${arn}/*`],
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          },
          ...(args.admits?.(arn) ?? []),
        ]),
      },
      { ...parent, dependsOn: [block] },
    );
    const rules = Object.entries(args.expire ?? {});
    if (rules.length > 0) {
      new aws.s3.BucketLifecycleConfiguration(
        name,
        {
          bucket,
          rules: rules.map(([prefix, days]) => ({
            id: `expire-${prefix.replace(/\W+/g, "-")}`,
            status: "Enabled",
            filter: { prefix },
            expiration: { days },
          })),
        },
        parent,
      );
    }
    this.registerOutputs({});
  }
}

/** Who asked the lake for what, as S3 tells it: a bucket of its own, which nobody reads but an investigation. */
import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { PrivateBucket } from "../bucket";

/** Days; an access that nobody has asked about within a year is not asked about. */
const KEEP_DAYS = 365;

export class AccessLogs extends pulumi.ComponentResource {
  readonly bucket: aws.s3.Bucket;

  constructor(name: string, { account }: { readonly account: string }, options?: pulumi.ComponentResourceOptions) {
    super("tributary:data:AccessLogs", name, {}, options);
    const { bucket } = new PrivateBucket(
      name,
      {
        // No customer key: S3 delivers logs to buckets with its own key only (S3 guide, "Enabling server access logging").
        expire: { "": KEEP_DAYS },
        admits: (arn) => [
          {
            Sid: "S3WritesLogs",
            Effect: "Allow",
            Action: ["s3:PutObject"],
            Principal: { Service: "logging.s3.amazonaws.com" },
            Resource: pulumi.interpolate`${arn}/*`,
            Condition: { StringEquals: { "aws:SourceAccount": account } },
          },
        ],
      },
      { parent: this },
    );
    this.bucket = bucket;
    this.registerOutputs({});
  }
}

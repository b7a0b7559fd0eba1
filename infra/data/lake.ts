/**
 * The lake's bucket and key. Nothing private gets here: *format* and the full load's mapping leave private columns out.
 *
 * | prefix     | what                                    | written by           |
 * | ---------- | --------------------------------------- | -------------------- |
 * | `changes/` | every accepted change, a folder a table | Firehose             |
 * | `full/`    | the latest full load, a folder a table  | DMS, from production |
 * | `errors/`  | records that would not become Parquet   | Firehose             |
 */
import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { PrivateBucket } from "../bucket";
import type { Accounts } from "../contract";
import { FULL_FOLDER, fullLoadRoleArn, lakeBucket } from "../contract";
import { customerKey } from "../key";
import { foreignRole } from "../policy";

export interface LakeArgs {
  readonly accounts: Accounts;
}

/** Outside the tables' folders, or Athena would read what does not convert. */
export const ERRORS_FOLDER = "errors";
export const CHANGES_FOLDER = "changes";

/** Days for which what would not convert waits to be looked at. */
const KEEP_ERRORS_DAYS = 90;

export class Lake extends pulumi.ComponentResource {
  readonly key: aws.kms.Key;
  readonly bucket: aws.s3.Bucket;

  constructor(name: string, { accounts }: LakeArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:data:Lake", name, {}, options);
    const fullLoad = fullLoadRoleArn(accounts);
    this.key = customerKey(
      "lake",
      {
        account: accounts.dataAccountId,
        description: "The lake and the results of queries",
        admits: [
          foreignRole(fullLoad, {
            Sid: "FullLoadWrites",
            Action: ["kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"],
          }),
        ],
      },
      { parent: this },
    );
    const { bucket } = new PrivateBucket(
      "lake",
      {
        bucketName: lakeBucket(accounts),
        key: this.key,
        expire: { [`${ERRORS_FOLDER}/`]: KEEP_ERRORS_DAYS },
        admits: (arn) => [
          foreignRole(fullLoad, {
            Sid: "FullLoadWrites",
            Action: ["s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObject"],
            Resource: pulumi.interpolate`${arn}/${FULL_FOLDER}/*`,
          }),
          foreignRole(fullLoad, { Sid: "FullLoadLists", Action: ["s3:ListBucket"], Resource: arn }),
        ],
      },
      { parent: this },
    );
    this.bucket = bucket;
    this.registerOutputs({});
  }
}

/**
 * The lake's bucket and key. Nothing private gets here: *format* and the full load's mapping leave private columns out.
 *
 * | prefix     | what                                    | written by           |
 * | ---------- | --------------------------------------- | -------------------- |
 * | `changes/` | every accepted change, a folder a table | Firehose             |
 * | `landing/` | the latest full load, as it is written  | DMS, from production |
 * | `full/`    | full loads that queries may read        | *promote*            |
 * | `errors/`  | records that would not become Parquet   | Firehose             |
 *
 * No versions: DMS replaces `landing/` with every load and asks for none (they would be kept at the price of the load), and of
 * `changes/` nothing is ever overwritten. There a denial does what versions would do: nobody deletes, and what is lost all
 * the same comes again from raw and a full load.
 */
import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { PrivateBucket } from "../bucket";
import type { Accounts } from "../contract";
import { dataRoleArn, fullLoadRoleArn, lakeBucket, LANDING_FOLDER, names } from "../contract";
import { customerKey } from "../key";
import { foreignRole, onlyThese } from "../policy";

export interface LakeArgs {
  readonly accounts: Accounts;
  readonly accessLogs: aws.s3.Bucket;
  /** ARNs of whoever works on the lake besides; `*` allowed. */
  readonly operators: readonly string[];
}

/** Outside the tables' folders, or Athena would read what does not convert. */
export const ERRORS_FOLDER = "errors";
export const CHANGES_FOLDER = "changes";

/** Days for which what would not convert waits to be looked at. */
const KEEP_ERRORS_DAYS = 90;

/** Of this account. */
const ROLES = [names.deliveryRole, names.promoteRole, names.engineerRole, names.analystRole];

export class Lake extends pulumi.ComponentResource {
  readonly key: aws.kms.Key;
  readonly bucket: aws.s3.Bucket;

  constructor(name: string, { accounts, accessLogs, operators }: LakeArgs, options?: pulumi.ComponentResourceOptions) {
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
        tiered: [`${CHANGES_FOLDER}/`],
        accessLog: { bucket: accessLogs, prefix: "lake/" },
        admits: (arn) => [
          foreignRole(fullLoad, {
            Sid: "FullLoadWrites",
            Action: ["s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObject"],
            Resource: pulumi.interpolate`${arn}/${LANDING_FOLDER}/*`,
          }),
          foreignRole(fullLoad, { Sid: "FullLoadLists", Action: ["s3:ListBucket"], Resource: arn }),
          onlyThese(arn, accounts.dataAccountId, [
            fullLoad,
            ...ROLES.map((role) => dataRoleArn(accounts, role)),
            ...operators,
          ]),
          {
            Sid: "ChangesStay",
            Effect: "Deny",
            Action: ["s3:DeleteObject", "s3:DeleteObjectVersion"],
            Principal: "*",
            Resource: pulumi.interpolate`${arn}/${CHANGES_FOLDER}/*`,
            // The root alone: to erase what must not have come here (docs/operations.md).
            Condition: { ArnNotLike: { "aws:PrincipalArn": `arn:aws:iam::${accounts.dataAccountId}:root` } },
          },
        ],
      },
      { parent: this },
    );
    this.bucket = bucket;
    this.registerOutputs({});
  }
}

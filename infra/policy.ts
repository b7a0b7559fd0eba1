/** IAM documents as JSON text. */
import * as pulumi from "@pulumi/pulumi";

type Texts = pulumi.Input<string> | readonly pulumi.Input<string>[];

export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action: readonly string[];
  readonly Resource?: Texts;
  readonly Principal?: Readonly<Record<string, pulumi.Input<string>>> | "*";
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Texts>>>>;
}

export const document = (statements: readonly Statement[]): pulumi.Output<string> =>
  pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements });

/** Who may take a role. `condition` keeps the service from taking it for another account (the confused deputy). */
export const trust = (service: string, condition?: Statement["Condition"]): pulumi.Output<string> =>
  document([
    {
      Effect: "Allow",
      Action: ["sts:AssumeRole"],
      Principal: { Service: service },
      ...(condition === undefined ? {} : { Condition: condition }),
    },
  ]);

/**
 * Keeps everybody from a bucket's data but these roles and the account's root: whatever a policy of the account allows to
 * somebody else, now or by mistake later. It says nothing of the bucket's own settings, so nobody can lock himself out.
 * @param principals ARNs, `*` allowed
 */
export const onlyThese = (
  bucketArn: pulumi.Input<string>,
  account: string,
  principals: readonly pulumi.Input<string>[],
): Statement => ({
  Sid: "OnlyThese",
  Effect: "Deny",
  Action: ["s3:GetObject*", "s3:PutObject*", "s3:DeleteObject*", "s3:AbortMultipartUpload", "s3:ListBucket*"],
  Principal: "*",
  Resource: [bucketArn, pulumi.interpolate`${bucketArn}/*`],
  Condition: { ArnNotLike: { "aws:PrincipalArn": [`arn:aws:iam::${account}:root`, ...principals] } },
});

export const forAccount = (account: string): Statement["Condition"] => ({
  StringEquals: { "aws:SourceAccount": account },
});

/**
 * Admits a role of another account that may not exist yet. A role as principal must exist, and its policy breaks when the
 * role is made anew; the account as principal and the role as a condition do not (IAM guide, "Principals").
 */
export const foreignRole = (
  roleArn: string,
  statement: Pick<Statement, "Sid" | "Action" | "Resource"> & { readonly when?: Readonly<Record<string, Texts>> },
): Statement => {
  const { when, ...rest } = statement;
  return {
    ...rest,
    Effect: "Allow",
    Principal: { AWS: `arn:aws:iam::${roleArn.split(":")[4] ?? ""}:root` },
    Condition: { ArnEquals: { "aws:PrincipalArn": roleArn }, ...(when === undefined ? {} : { StringEquals: when }) },
  };
};

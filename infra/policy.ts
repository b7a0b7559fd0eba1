/** IAM documents as JSON text. */
import * as pulumi from "@pulumi/pulumi";

export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action: readonly string[];
  readonly Resource?: readonly pulumi.Input<string>[] | pulumi.Input<string>;
  readonly Principal?: Readonly<Record<string, pulumi.Input<string>>> | "*";
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, pulumi.Input<string> | readonly string[]>>>>;
}

export const document = (statements: readonly Statement[]): pulumi.Output<string> =>
  pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements });

/** Who may take a role. `account` keeps another account's service from doing so (the confused deputy). */
export const trust = (service: string, account?: string): pulumi.Output<string> =>
  document([
    {
      Effect: "Allow",
      Action: ["sts:AssumeRole"],
      Principal: { Service: service },
      ...(account === undefined ? {} : { Condition: { StringEquals: { "aws:SourceAccount": account } } }),
    },
  ]);

/**
 * A key's policy: the account's own IAM policies decide, and `others` may use it besides.
 * `*` is the key itself: a key policy knows no other resource (KMS guide, "Key policies").
 */
export const keyPolicy = (account: string, others: readonly Statement[] = []): pulumi.Output<string> =>
  document([
    {
      Sid: "AccountDecides",
      Effect: "Allow",
      Action: ["kms:*"],
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Resource: "*",
    },
    ...others,
  ]);

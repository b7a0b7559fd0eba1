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

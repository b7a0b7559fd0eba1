/** A customer key with its alias. One a store, so that a mistake in one policy opens one store. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { PREFIX } from "./contract";
import type { Statement } from "./policy";
import { document } from "./policy";
import { keptData } from "./protection";

export interface CustomerKeyArgs {
  readonly account: string;
  /** One line: what it encrypts. */
  readonly description: string;
  /** Who may use it besides, e.g. another account's role. Their `Resource` is the key itself. */
  readonly admits?: readonly Statement[];
}

/** A key policy knows no other resource than its key, so `*` is that key (KMS guide, "Key policies"). */
const THIS_KEY = "*";

export function customerKey(name: string, args: CustomerKeyArgs, options: pulumi.CustomResourceOptions): aws.kms.Key {
  const key = new aws.kms.Key(
    name,
    {
      description: args.description,
      enableKeyRotation: true,
      deletionWindowInDays: 30,
      policy: document([
        {
          Sid: "AccountDecides",
          Effect: "Allow",
          // All actions, for this account's own IAM policies to narrow: without it nobody could manage the key any more.
          Action: ["kms:*"],
          Principal: { AWS: `arn:aws:iam::${args.account}:root` },
          Resource: THIS_KEY,
        },
        ...(args.admits ?? []).map((statement) => ({ ...statement, Resource: THIS_KEY })),
      ]),
    },
    // Without its key a store is lost, whatever else is kept of it.
    { ...options, ...keptData() },
  );
  new aws.kms.Alias(name, { name: `alias/${PREFIX}-${name}`, targetKeyId: key.keyId }, options);
  return key;
}

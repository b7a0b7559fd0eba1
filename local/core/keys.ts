/** How services name the KMS keys that their callers need. */
import type { Scope } from "./service";

/**
 * The ARN behind any of the forms in which AWS takes a key: key id, key ARN, alias name, alias ARN. An alias stays an alias:
 * the authorizer knows which key it stands for.
 * https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
 */
export function keyArn(key: string, { account, region }: Scope): string {
  if (key.startsWith("arn:")) return key;
  return `arn:aws:kms:${region}:${account}:${key.startsWith("alias/") ? "" : "key/"}${key}`;
}

/** Whether it is a service's own key (`alias/aws/kinesis`): everybody of its account may use it, nobody else can. */
export const isAwsManaged = (arn: string): boolean => arn.split(":")[5]?.startsWith("alias/aws/") ?? false;

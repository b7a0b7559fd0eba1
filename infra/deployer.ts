/** Who runs the program, looked at before anything is created. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Whether `pattern`, with `*` for anything, stands for `arn`. */
const isLike = (pattern: string, arn: string): boolean =>
  new RegExp(`^${pattern.replace(/[.+]/g, "\\$&").replaceAll("*", ".*")}$`).test(arn);

/** A session's ARN shows its role without the path, so the pattern's path is left out, too: rather let one pass too many. */
function stands(pattern: string, caller: string): boolean {
  const [, account = "", role] = /^arn:aws:sts::(\d+):assumed-role\/([^/]+)\//.exec(caller) ?? [];
  if (role === undefined) return isLike(pattern, caller);
  return isLike(pattern.replace(/:role\/.*\/(?=[^/]*$)/, ":role/"), `arn:aws:iam::${account}:role/${role}`);
}

/**
 * @param operators of the lake: whoever deploys it must be one, for Athena leaves the results of making the views in a bucket
 * that admits nobody else
 * @throws RunError with what to change
 */
export async function checkDeployer(account: string, operators?: readonly string[]): Promise<void> {
  const { accountId, arn } = await aws.getCallerIdentity();
  const stack = pulumi.getStack();
  if (accountId !== account)
    throw new pulumi.RunError(
      `The credentials are of the account ${accountId} (${arn}), and the stack ${stack} goes to ${account}: take others, or see ` +
        `tributary:${stack}AccountId in Pulumi.${stack}.yaml.`,
    );
  if (operators === undefined || arn === `arn:aws:iam::${account}:root`) return;
  if (!operators.some((pattern) => stands(pattern, arn)))
    throw new pulumi.RunError(
      `${arn} deploys the lake, and its buckets would refuse it: name its role in Pulumi.${stack}.yaml, tributary:access, ` +
        `operators (now ${operators.length === 0 ? "empty" : operators.join(", ")}), such as arn:aws:iam::${account}:role/deploy.`,
    );
}

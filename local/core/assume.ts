/** How a service takes a role: what its trust policy is for. */
import { principalOf } from "./contracts";
import type { Authorizer, ConditionContext, Principal } from "./service";

/**
 * The principal that `service` (`lambda.amazonaws.com`) becomes by taking the role. `context` is what the service says of
 * itself, for the policy's conditions: `aws:SourceAccount` and `aws:SourceArn` of the resource it acts for, `sts:ExternalId`.
 * @throws AwsError `AccessDenied` if the role does not exist or its trust policy does not admit the service
 */
export function assume(
  authorizer: Authorizer,
  service: string,
  roleArn: string,
  context: ConditionContext = {},
): Principal {
  authorizer.check({ arn: service, account: "" }, "sts:AssumeRole", roleArn, context);
  return principalOf(roleArn);
}

/**
 * How large policies may be, and IAM's words when one is larger. White space does not count.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (IAM and STS character limits; default quotas)
 */
import { AwsError } from "../core/service";

const INLINE = 10_240;
const TRUST = 2_048;
const MANAGED = 6_144;

const exceeded = (message: string): AwsError => new AwsError("LimitExceeded", message, 409);
const cannotExceed = (quota: string, limit: number): AwsError => exceeded(`Cannot exceed quota for ${quota}: ${limit}`);

const sizeOf = (document: string): number => document.replace(/\s+/g, "").length;

/** All inline policies of a role together: `others` are those that stay as they are. */
export function checkInline(role: string, document: string, others: Iterable<string>): void {
  const size = [document, ...others].reduce((sum, each) => sum + sizeOf(each), 0);
  if (size > INLINE) throw exceeded(`Maximum policy size of ${INLINE} bytes exceeded for role ${role}`);
}

/** Who may take a role. An account may have the quota raised to 4,096; whoever deploys should not need to. */
export function checkTrust(document: string): void {
  if (sizeOf(document) > TRUST) throw cannotExceed("ACLSizePerRole", TRUST);
}

export function checkManaged(document: string): void {
  if (sizeOf(document) > MANAGED) throw cannotExceed("PolicySize", MANAGED);
}

/**
 * Decides as AWS does from the policies that the program declares.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 *
 * Not modelled, because nothing here can declare them: organisation policies, permissions boundaries, session policies.
 */
import { AwsError, type Authorizer, type ConditionContext, type PolicyStore, type Principal } from "../service";
import { PolicyFault, type KeyValues } from "./condition";
import { arnParts } from "./pattern";
import { parsePolicy, type PolicyKind, type Statement } from "./policy";

/** Decisions kept; objects of a bucket have ever new names. */
const CACHE_LIMIT = 20_000;

interface Question {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  /** Account of the resource. */
  readonly owner: string;
  readonly values: KeyValues;
}

/** How a resource's policy admits someone: by name, or only their account, which then decides itself. */
type Admission = "named" | "account" | undefined;

const KEY_USE = /^kms:(Decrypt|Encrypt|GenerateDataKey)/;
/** In the encryption context: of one object of a bucket. */
const OF_OBJECT = /arn:aws:s3:::[^"/]+\//;

const isRoot = (arn: string): boolean => arn.endsWith(":root");
/** A service that acts for itself is named like `lambda.amazonaws.com`. */
const isService = (principal: Principal): boolean => !principal.arn.startsWith("arn:");
const serviceOf = (action: string): string => action.slice(0, action.indexOf(":"));
const isRole = (arn: string): boolean => /^arn:aws:iam::\d{12}:role\//.test(arn);

/** The resource whose policy speaks for a part of it. */
function policyHolder(resource: string): string {
  if (resource.startsWith("arn:aws:s3:::")) return resource.split("/", 1)[0] ?? resource;
  return resource.replace(/^(arn:aws:dynamodb:[^/]+\/[^/]+)\/index\/.*$/, "$1");
}

export class PolicyAuthorizer implements Authorizer, PolicyStore {
  private readonly identity = new Map<string, Map<string, Statement[]>>();
  private readonly resources = new Map<string, Statement[]>();
  private readonly aliases = new Map<string, string>();
  private readonly owners = new Map<string, string>();
  /** Undefined stands for "allowed". */
  private readonly decided = new Map<string, AwsError | undefined>();
  /** Who has used which key for what, each once. */
  private readonly keyUses = new Set<string>();

  setIdentityPolicy(roleArn: string, name: string, document: string | undefined): void {
    const policies = this.identity.get(roleArn) ?? new Map<string, Statement[]>();
    if (document === undefined) policies.delete(name);
    else policies.set(name, this.parse(document, "identity", `The policy ${name} of ${roleArn}`));
    this.identity.set(roleArn, policies);
    this.decided.clear();
  }

  /** A role exists from the moment on it has a trust policy. */
  setResourcePolicy(resourceArn: string, document: string | undefined): void {
    if (document === undefined) this.resources.delete(resourceArn);
    else {
      const kind = isRole(resourceArn) ? "trust" : "resource";
      const statements = this.parse(document, kind, `The policy of ${resourceArn}`);
      this.refuseUnknownRoles(statements, resourceArn);
      this.resources.set(resourceArn, statements);
    }
    this.decided.clear();
  }

  /** `alias` and `key` are ARNs. Who names an alias means its key. */
  setKeyAlias(alias: string, key: string | undefined): void {
    if (key === undefined) this.aliases.delete(alias);
    else this.aliases.set(alias, key);
    this.decided.clear();
  }

  /** The account of a resource whose ARN does not say it: a bucket. */
  setOwner(resourceArn: string, account: string): void {
    this.owners.set(resourceArn, account);
    this.decided.clear();
  }

  check(principal: Principal, action: string, resource: string, context?: ConditionContext): void {
    const key = `${principal.arn} ${action} ${resource}${context === undefined ? "" : ` ${JSON.stringify(context)}`}`;
    let error = this.decided.get(key);
    if (error === undefined && !this.decided.has(key)) {
      error = this.decide(principal, action, resource, context ?? {});
      if (error === undefined && isRole(principal.arn) && KEY_USE.test(action) && !OF_OBJECT.test(key))
        this.keyUses.add(key);
      if (this.decided.size >= CACHE_LIMIT) this.decided.clear();
      this.decided.set(key, error);
    }
    // A new one each time: its stack is the caller's.
    if (error !== undefined) throw new AwsError(error.code, error.message, error.status);
  }

  /**
   * How many different uses of keys there were: by a role, with an action, on a key, for one table, stream or bucket. Services
   * keep the data key of each for some minutes, so that the number of requests to KMS follows from this and not from the load.
   * (Of a bucket with a key of its own not each object's is one; those of others come once and are left out.)
   */
  distinctKeyUses(): number {
    return this.keyUses.size;
  }

  private decide(principal: Principal, action: string, named: string, context: ConditionContext): AwsError | undefined {
    const resource = this.resolve(action, named);
    if (resource === undefined) return new AwsError("NotFoundException", `Alias ${named} is not found.`);
    const owner = this.ownerOf(resource, principal, context);
    const values = this.valuesOf(principal, resource, owner, context);
    const denial = this.denialOf({ principal, action, resource, owner, values });
    if (denial === undefined) return undefined;
    const message = `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource} ${denial}`;
    const inXml = ["s3", "sts", "iam"].includes(serviceOf(action));
    return inXml ? new AwsError("AccessDenied", message, 403) : new AwsError("AccessDeniedException", message, 400);
  }

  /** The end of the sentence, as AWS words it; undefined if the request is allowed. */
  private denialOf(question: Question): string | undefined {
    const { principal, action, owner } = question;
    const own = [...(this.identity.get(principal.arn)?.values() ?? [])].flat();
    const ofResource = this.resources.get(policyHolder(question.resource)) ?? [];
    const applies = (statement: Statement) =>
      statement.action(action) && statement.resource(question.resource) && statement.condition(question.values);
    const mine = own.filter(applies);
    if (mine.some(({ effect }) => effect === "Deny")) return "with an explicit deny in an identity-based policy";
    let admission: Admission;
    for (const statement of ofResource) {
      const how = admits(statement, principal);
      if (how === undefined || !applies(statement)) continue;
      if (statement.effect === "Deny") return "with an explicit deny in a resource-based policy";
      if (admission !== "named") admission = how;
    }
    const missing = (kind: string) => `because no ${kind}-based policy allows the ${action} action`;
    if (isService(principal)) return admission === "named" ? undefined : missing("resource");
    // The root of an account may do all that others do not keep from it.
    const permitted = isRoot(principal.arn) || mine.some(({ effect }) => effect === "Allow");
    if (owner === principal.account) {
      if (admission === "named") return undefined;
      // A key, and a role to be taken, obey their own policy alone; it may leave the decision to the account.
      const decidesAlone = serviceOf(action) === "kms" || action === "sts:AssumeRole";
      if (decidesAlone && admission === undefined) return missing("resource");
      return permitted ? undefined : missing("identity");
    }
    if (admission === undefined) return missing("resource");
    return permitted ? undefined : missing("identity");
  }

  private resolve(action: string, resource: string): string | undefined {
    const isAlias = serviceOf(action) === "kms" && arnParts(resource)?.[4]?.startsWith("alias/") === true;
    return isAlias ? this.aliases.get(resource) : resource;
  }

  private ownerOf(resource: string, principal: Principal, context: ConditionContext): string {
    // Actions without a resource are the caller's own affair.
    if (resource === "*") return principal.account;
    const given = context["aws:ResourceAccount"];
    const owner =
      arnParts(resource)?.[3] || (typeof given === "string" ? given : this.owners.get(policyHolder(resource)));
    if (owner === undefined || owner === "") {
      throw new Error(`local iam: nobody has said which account ${resource} belongs to (aws:ResourceAccount)`);
    }
    return owner;
  }

  private valuesOf(principal: Principal, resource: string, owner: string, context: ConditionContext): KeyValues {
    const values = new Map<string, readonly string[]>();
    for (const [name, value] of Object.entries(context)) {
      values.set(name.toLowerCase(), typeof value === "string" ? [value] : value);
    }
    // The endpoint is on the loopback interface: nothing travels that others could read.
    values.set("aws:securetransport", ["true"]);
    values.set("aws:resourceaccount", [owner]);
    if (!isService(principal)) {
      values.set("aws:principalarn", [principal.arn]);
      values.set("aws:principalaccount", [principal.account]);
      values.set("kms:calleraccount", [principal.account]);
    }
    const aliases = [...this.aliases].filter(([, key]) => key === resource).map(([alias]) => alias);
    if (aliases.length > 0)
      values.set(
        "kms:resourcealiases",
        aliases.map((alias) => arnParts(alias)?.[4] ?? alias),
      );
    return (key) => values.get(key);
  }

  private parse(document: string, kind: PolicyKind, whose: string): Statement[] {
    try {
      return parsePolicy(document, kind);
    } catch (error) {
      if (!(error instanceof PolicyFault)) throw error;
      throw new AwsError("MalformedPolicyDocument", `${whose}: ${error.message}.`);
    }
  }

  /** AWS stores the role's unique id, so that the role must be there when a policy names it. */
  private refuseUnknownRoles(statements: readonly Statement[], whose: string): void {
    for (const { named } of statements) {
      const unknown = [...(named?.arns ?? [])].find((arn) => arn !== whose && !this.resources.has(arn));
      if (unknown !== undefined) {
        throw new AwsError(
          "MalformedPolicyDocument",
          `The policy of ${whose}: Invalid principal in policy: "AWS":"${unknown}".`,
        );
      }
    }
  }
}

/** A denial of an account hits everybody in it, as an admission of an account leaves it to the account whom to admit. */
function admits({ named, effect }: Statement, principal: Principal): Admission {
  if (named === undefined) return undefined;
  if (named.anyone || named.arns.has(principal.arn)) return "named";
  if (isService(principal)) return named.services.has(principal.arn) ? "named" : undefined;
  if (!named.accounts.has(principal.account)) return undefined;
  return isRoot(principal.arn) || effect === "Deny" ? "named" : "account";
}

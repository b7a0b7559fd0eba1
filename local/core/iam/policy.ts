/**
 * Policy documents, read once into statements that answer quickly. What this evaluator would not judge as AWS does is
 * refused when the policy is laid down, and not when it matters.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
import { checkActions, parseCondition, PolicyFault, type Condition } from "./condition";
import { arnMatcher, wildcard } from "./pattern";

/** `trust` is the policy of a role: it has no Resource. */
export type PolicyKind = "identity" | "resource" | "trust";

/** Whom a statement of a resource's policy names. */
export interface Named {
  readonly anyone: boolean;
  /** ARNs of roles. */
  readonly arns: ReadonlySet<string>;
  /** Accounts: named alone, or by their root. */
  readonly accounts: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
}

export interface Statement {
  readonly effect: "Allow" | "Deny";
  readonly action: (action: string) => boolean;
  readonly resource: (arn: string) => boolean;
  readonly condition: Condition;
  /** Undefined in identity policies. */
  readonly named: Named | undefined;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function texts(value: unknown, element: string): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) => {
    if (typeof item !== "string" || item === "") throw new PolicyFault(`its ${element} is not text`);
    if (item.includes("${")) throw new PolicyFault(`policy variables ("${item}") are not supported locally`);
    return item;
  });
}

interface Listed {
  readonly values: readonly string[];
  readonly negated: boolean;
}

/** Exactly one of the element and its negation. */
function oneOf(statement: Record<string, unknown>, element: string): Listed {
  const given = [element, `Not${element}`].filter((name) => statement[name] !== undefined);
  const [name] = given;
  if (name === undefined || given.length > 1)
    throw new PolicyFault(`a statement needs either ${element} or Not${element}`);
  return { values: texts(statement[name], name), negated: name !== element };
}

function parseAction({ values, negated }: Listed): Statement["action"] {
  const expressions = values.map((value) => {
    if (value !== "*" && !/^[a-z0-9-]+:[\w*?]+$/i.test(value)) throw new PolicyFault(`"${value}" is no action`);
    return wildcard(value, true);
  });
  return (action) => expressions.some((expression) => expression.test(action)) !== negated;
}

function parseResource(statement: Record<string, unknown>, kind: PolicyKind): Statement["resource"] {
  if (kind === "trust") {
    if ("Resource" in statement || "NotResource" in statement)
      throw new PolicyFault("a role's trust policy has no Resource");
    return () => true;
  }
  const { values, negated } = oneOf(statement, "Resource");
  const matchers = values.map((value) => {
    const matcher = arnMatcher(value);
    if (matcher === undefined) throw new PolicyFault(`the resource "${value}" must be in ARN format or "*"`);
    return matcher;
  });
  return (arn) => matchers.some((matches) => matches(arn)) !== negated;
}

function parsePrincipal(statement: Record<string, unknown>, kind: PolicyKind): Named | undefined {
  if ("NotPrincipal" in statement) throw new PolicyFault("NotPrincipal is not supported locally");
  const { Principal: principal } = statement;
  if (kind === "identity") {
    if (principal !== undefined) throw new PolicyFault("a role's own policy names no Principal");
    return undefined;
  }
  const named = {
    anyone: principal === "*",
    arns: new Set<string>(),
    accounts: new Set<string>(),
    services: new Set<string>(),
  };
  if (named.anyone) return named;
  if (!isMap(principal)) throw new PolicyFault("a statement of a resource's policy needs a Principal");
  for (const [type, value] of Object.entries(principal)) {
    for (const name of texts(value, "Principal")) {
      const account = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/.exec(name)?.[1];
      if (type === "Service") named.services.add(name);
      else if (type !== "AWS") throw new PolicyFault(`principals of the type ${type} are not supported locally`);
      else if (name === "*") named.anyone = true;
      else if (account !== undefined) named.accounts.add(account);
      else if (/^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(name)) named.arns.add(name);
      else
        throw new PolicyFault(
          `the principal "${name}" is neither an account nor a role: others are not supported locally`,
        );
    }
  }
  return named;
}

const ELEMENTS = [
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
];

function parseStatement(statement: unknown, kind: PolicyKind): Statement {
  if (!isMap(statement)) throw new PolicyFault("a statement is no map");
  const unknown = Object.keys(statement).find((element) => !ELEMENTS.includes(element));
  if (unknown !== undefined) throw new PolicyFault(`"${unknown}" is no element of a statement`);
  const { Effect: effect } = statement;
  if (effect !== "Allow" && effect !== "Deny") throw new PolicyFault("a statement's Effect is neither Allow nor Deny");
  const actions = oneOf(statement, "Action");
  checkActions(statement["Condition"], actions.negated ? undefined : actions.values);
  return {
    effect,
    action: parseAction(actions),
    resource: parseResource(statement, kind),
    condition: parseCondition(statement["Condition"]),
    named: parsePrincipal(statement, kind),
  };
}

/** @throws PolicyFault for what is malformed, or not supported locally */
export function parsePolicy(document: string, kind: PolicyKind): Statement[] {
  let policy: unknown;
  try {
    policy = JSON.parse(document);
  } catch {
    throw new PolicyFault("it is not valid JSON");
  }
  if (!isMap(policy)) throw new PolicyFault("it is no map");
  const { Version: version, Statement: statement } = policy;
  const unknown = Object.keys(policy).find((element) => !["Version", "Id", "Statement"].includes(element));
  if (unknown !== undefined) throw new PolicyFault(`"${unknown}" is no element of a policy`);
  if (version !== "2012-10-17") throw new PolicyFault(`its Version is not "2012-10-17"`);
  const statements: unknown[] = Array.isArray(statement) ? statement : [statement];
  return statements.map((element) => parseStatement(element, kind));
}

/**
 * The Condition element of a policy.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
 */
import { arnMatcher, wildcard } from "./pattern";

/** The values of a condition key in a request, its name in lower case; undefined if the request has it not. */
export type KeyValues = (key: string) => readonly string[] | undefined;
export type Condition = (values: KeyValues) => boolean;

/** What is wrong with a policy; the caller says whose policy it is. */
export class PolicyFault extends Error {}

/**
 * Keys that a request has here, in lower case: the authorizer's own, and those the services give with a call. A key that
 * nobody ever supplies would silently be absent, so a policy that names another is refused.
 */
const KEYS = [
  "aws:principalaccount",
  "aws:principalarn",
  "aws:resourceaccount",
  "aws:securetransport",
  "aws:sourceaccount",
  "aws:sourcearn",
  "dynamodb:attributes",
  "dynamodb:returnvalues",
  "dynamodb:select",
  "kms:calleraccount",
  "kms:resourcealiases",
  "kms:viaservice",
  "s3:prefix",
  "sts:externalid",
];
/** A key with several values in one request says nothing without `ForAnyValue` or `ForAllValues`. */
const MULTIVALUED = ["dynamodb:attributes", "kms:resourcealiases"];
/** Keys of DynamoDB go with the requests of these actions only; on AWS with those of others, too. */
const FINE_GRAINED: readonly string[] = ["dynamodb:Scan", "dynamodb:UpdateItem"];

type Matcher = (actual: string) => boolean;

function arn(expected: string): Matcher {
  const matches = arnMatcher(expected);
  if (matches === undefined) throw new PolicyFault(`"${expected}" in its condition is no ARN`);
  return matches;
}

const string =
  (expected: string): Matcher =>
  (actual) =>
    actual === expected;
const like = (expected: string): Matcher => {
  const expression = wildcard(expected);
  return (actual) => expression.test(actual);
};
const ignoringCase = (expected: string): Matcher => {
  const lower = expected.toLowerCase();
  return (actual) => actual.toLowerCase() === lower;
};

interface Operator {
  readonly matcher: (expected: string) => Matcher;
  readonly negated: boolean;
}

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: { matcher: string, negated: false },
  StringNotEquals: { matcher: string, negated: true },
  StringEqualsIgnoreCase: { matcher: ignoringCase, negated: false },
  StringNotEqualsIgnoreCase: { matcher: ignoringCase, negated: true },
  StringLike: { matcher: like, negated: false },
  StringNotLike: { matcher: like, negated: true },
  // "ArnEquals and ArnLike behave identically."
  ArnEquals: { matcher: arn, negated: false },
  ArnLike: { matcher: arn, negated: false },
  ArnNotEquals: { matcher: arn, negated: true },
  ArnNotLike: { matcher: arn, negated: true },
  Bool: { matcher: ignoringCase, negated: false },
};

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function texts(value: unknown, key: string): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.map((element) => {
    if (typeof element === "boolean") return String(element);
    if (typeof element !== "string") throw new PolicyFault(`the values of ${key} in its condition are not texts`);
    if (element.includes("${")) throw new PolicyFault(`policy variables ("${element}") are not supported locally`);
    return element;
  });
}

function keyName(name: string): string {
  const key = name.toLowerCase();
  if (!KEYS.includes(key)) throw new PolicyFault(`the condition key ${name} is not supported locally`);
  return key;
}

/** One operator over one key. */
function clause(operatorName: string, name: string, value: unknown): Condition {
  const key = keyName(name);
  const expected = texts(value, name);
  if (operatorName === "Null") {
    if (!expected.every((text) => text === "true" || text === "false")) {
      throw new PolicyFault(`Null asks ${name} for "true" or "false"`);
    }
    return (values) => expected.includes(values(key) === undefined ? "true" : "false");
  }
  const [, set, base = "", ifExists] = /^(ForAnyValue:|ForAllValues:)?(.*?)(IfExists)?$/.exec(operatorName) ?? [];
  const operator = Object.hasOwn(operators, base) ? operators[base] : undefined;
  if (operator === undefined) throw new PolicyFault(`the condition operator ${operatorName} is not supported locally`);
  if (MULTIVALUED.includes(key) && set === undefined) {
    throw new PolicyFault(`${name} has several values: its operator must begin with ForAnyValue: or ForAllValues:`);
  }
  const matchers = expected.map(operator.matcher);
  // Several expected values are alternatives; negated, none of them may match.
  const holds: Matcher = (actual) => matchers.some((matches) => matches(actual)) !== operator.negated;
  return (values) => {
    const actual = values(key);
    if (actual === undefined)
      return ifExists !== undefined || set === "ForAllValues:" || (set === undefined && operator.negated);
    return set === "ForAllValues:" ? actual.every(holds) : actual.some(holds);
  };
}

/**
 * @param actions of the statement; undefined for a NotAction
 * @throws PolicyFault where the condition asks for keys that requests of these actions lack here
 */
export function checkActions(condition: unknown, actions: readonly string[] | undefined): void {
  const keys = isMap(condition) ? Object.values(condition).filter(isMap).flatMap(Object.keys) : [];
  const key = keys.find((name) => /^dynamodb:/i.test(name));
  if (key !== undefined && actions?.every((action) => FINE_GRAINED.includes(action)) !== true)
    throw new PolicyFault(`the condition key ${key} is supported locally for ${FINE_GRAINED.join(" and ")} only`);
}

/** All operators and keys must hold. @throws PolicyFault for what is malformed, or not supported locally */
export function parseCondition(element: unknown): Condition {
  if (element === undefined) return () => true;
  if (!isMap(element)) throw new PolicyFault("its Condition is no map");
  const clauses: Condition[] = [];
  for (const [operator, keys] of Object.entries(element)) {
    if (!isMap(keys)) throw new PolicyFault(`${operator} in its Condition is no map`);
    for (const [key, value] of Object.entries(keys)) clauses.push(clause(operator, key, value));
  }
  return (values) => clauses.every((holds) => holds(values));
}

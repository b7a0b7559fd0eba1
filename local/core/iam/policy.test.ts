import fc from "fast-check";
import { parseCondition } from "./condition";
import { wildcard } from "./pattern";
import { parsePolicy, type PolicyKind } from "./policy";

const holds = (condition: unknown, values: Record<string, string[]>): boolean =>
  parseCondition(condition)((key) => values[key]);

const role = "arn:aws:iam::111111111111:role/a";
const key = "sts:externalid";

test.each([
  ["StringEquals", "a", ["a"], true],
  ["StringEquals", "a", ["A"], false],
  ["StringEquals", ["a", "b"], ["b"], true],
  ["StringNotEquals", ["a", "b"], ["b"], false],
  ["StringNotEquals", ["a", "b"], ["c"], true],
  ["StringEqualsIgnoreCase", "a", ["A"], true],
  ["StringNotEqualsIgnoreCase", "a", ["A"], false],
  ["StringLike", "a*c?", ["abcd"], true],
  ["StringLike", "a*c?", ["abc"], false],
  ["StringNotLike", "a*", ["abc"], false],
  ["ForAllValues:StringEquals", ["a", "b"], ["a", "b"], true],
  ["ForAllValues:StringEquals", ["a"], ["a", "b"], false],
  ["ForAnyValue:StringEquals", ["a"], ["a", "b"], true],
  ["ForAnyValue:StringEquals", ["c"], ["a", "b"], false],
  ["ArnLike", "arn:aws:iam::*:role/*", [role], true],
  ["ArnEquals", "arn:aws:iam::*:role/b*", [role], false],
  ["ArnNotEquals", role, [role], false],
  ["ArnNotLike", "arn:aws:iam::*:role/b*", [role], true],
  ["Bool", "true", ["true"], true],
  ["Bool", true, ["false"], false],
  ["Null", "false", ["a"], true],
  ["Null", "true", ["a"], false],
])("%s %j of %j is %s", (operator, expected, actual, result) => {
  expect(holds({ [operator]: { [key]: expected } }, { [key]: actual })).toBe(result);
});

test.each([
  ["StringEquals", false],
  ["StringEqualsIfExists", true],
  ["StringNotEquals", true],
  ["ForAnyValue:StringEquals", false],
  ["ForAnyValue:StringNotEquals", false],
  ["ForAllValues:StringEquals", true],
])("a key that the request has not, under %s: %s", (operator, result) => {
  expect(holds({ [operator]: { [key]: "a" } }, {})).toBe(result);
});

test("all operators and all keys must hold; names of keys ignore case", () => {
  const condition = {
    StringEquals: { "STS:ExternalId": "a", "s3:prefix": "b" },
    Bool: { "aws:SecureTransport": "true" },
  };
  const values = { [key]: ["a"], "s3:prefix": ["b"], "aws:securetransport": ["true"] };
  expect(holds(condition, values)).toBe(true);
  for (const name of Object.keys(values)) expect(holds(condition, { ...values, [name]: ["x"] })).toBe(false);
});

test("property: wildcards match as a search by hand does", () => {
  const matches = (pattern: string, text: string): boolean => {
    if (pattern === "") return text === "";
    const rest = pattern.slice(1);
    if (pattern[0] === "*") return matches(rest, text) || (text !== "" && matches(pattern, text.slice(1)));
    return text !== "" && (pattern[0] === "?" || pattern[0] === text[0]) && matches(rest, text.slice(1));
  };
  const letters = (...alphabet: string[]) =>
    fc.array(fc.constantFrom(...alphabet), { maxLength: 6 }).map((all) => all.join(""));
  fc.assert(
    fc.property(letters("a", "b", ".", "*", "?", "(", "\n"), letters("a", "b", ".", "(", "\n"), (pattern, text) => {
      expect(wildcard(pattern).test(text)).toBe(matches(pattern, text));
    }),
  );
});

const statement = { Effect: "Allow", Action: "s3:*", Resource: "*" };
const policy = (...statements: unknown[]) => ({ Version: "2012-10-17", Statement: statements });
const SPECIFIC = { StringEquals: { "dynamodb:Select": "SPECIFIC_ATTRIBUTES" } };
const refused: [string, PolicyKind, unknown, string][] = [
  ["no JSON", "identity", undefined, "not valid JSON"],
  ["an old version", "identity", { Version: "2008-10-17", Statement: [] }, "Version"],
  ["an element of a policy", "identity", { ...policy(), Comment: "" }, '"Comment" is no element of a policy'],
  ["an element of a statement", "identity", policy({ ...statement, Conditions: {} }), '"Conditions" is no element'],
  ["an effect", "identity", policy({ ...statement, Effect: "Permit" }), "Effect"],
  ["an action", "identity", policy({ ...statement, Action: "everything" }), '"everything" is no action'],
  ["action and its negation", "identity", policy({ ...statement, NotAction: "a:b" }), "either Action or NotAction"],
  ["a resource", "identity", policy({ ...statement, Resource: "bucket" }), "must be in ARN format"],
  ["no resource", "identity", policy({ Effect: "Allow", Action: "s3:*" }), "either Resource or NotResource"],
  ["a variable", "identity", policy({ ...statement, Resource: "arn:aws:s3:::b/${aws:username}" }), "policy variables"],
  ["a principal of one's own", "identity", policy({ ...statement, Principal: "*" }), "names no Principal"],
  ["no principal", "resource", policy(statement), "needs a Principal"],
  ["NotPrincipal", "resource", policy({ ...statement, NotPrincipal: "*" }), "NotPrincipal"],
  ["a federated principal", "resource", policy({ ...statement, Principal: { Federated: "x" } }), "Federated"],
  ["a user", "resource", policy({ ...statement, Principal: { AWS: "arn:aws:iam::111111111111:user/u" } }), "neither"],
  ["a trust with a resource", "trust", policy({ ...statement, Principal: "*" }), "has no Resource"],
  ["an operator", "identity", policy({ ...statement, Condition: { NumericEquals: { [key]: "1" } } }), "NumericEquals"],
  [
    "a key",
    "identity",
    policy({ ...statement, Condition: { Bool: { "aws:ViaAWSService": "1" } } }),
    "aws:ViaAWSService",
  ],
  [
    "one of many",
    "identity",
    policy({ ...statement, Condition: { StringLike: { "kms:ResourceAliases": "a" } } }),
    "ForAnyValue:",
  ],
  [
    "a key of DynamoDB for other requests than those that have it",
    "identity",
    policy({ ...statement, Action: ["dynamodb:Scan", "dynamodb:Query"], Condition: SPECIFIC }),
    "dynamodb:Select is supported locally for dynamodb:Scan and dynamodb:UpdateItem only",
  ],
  [
    "the same by exclusion",
    "identity",
    policy({ Effect: "Allow", Resource: "*", NotAction: "dynamodb:Scan", Condition: SPECIFIC }),
    "dynamodb:Select is supported locally for",
  ],
  [
    "attributes, as if there were one",
    "identity",
    policy({ ...statement, Action: "dynamodb:Scan", Condition: { StringEquals: { "dynamodb:Attributes": "a" } } }),
    "ForAllValues:",
  ],
  [
    "an ARN",
    "identity",
    policy({ ...statement, Condition: { ArnLike: { [key]: "a" } } }),
    '"a" in its condition is no ARN',
  ],
];
test.each(refused)("refused at once: %s", (_, kind, document, message) => {
  expect(() => parsePolicy(JSON.stringify(document) ?? "{", kind)).toThrow(message);
});

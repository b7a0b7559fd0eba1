import fc from "fast-check";
import { assume } from "../assume";
import { principalOf } from "../contracts";
import type { ConditionContext } from "../service";
import { PolicyAuthorizer } from "./authorizer";

const home = "111111111111";
const away = "222222222222";
const reader = `arn:aws:iam::${home}:role/reader`;
const stranger = `arn:aws:iam::${away}:role/stranger`;
const root = `arn:aws:iam::${home}:root`;
const stream = `arn:aws:kinesis:eu-west-1:${home}:stream/changes`;
const key = `arn:aws:kms:eu-west-1:${home}:key/1234`;
const bucket = "arn:aws:s3:::lake";

type Statement = Record<string, unknown>;
const document = (...statements: Statement[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });
const allow = (Action: unknown, Resource: unknown, more: Statement = {}) => ({
  Effect: "Allow",
  Action,
  Resource,
  ...more,
});
const deny = (Action: unknown, Resource: unknown, more: Statement = {}) => ({
  Effect: "Deny",
  Action,
  Resource,
  ...more,
});
const to = (...AWS: string[]) => ({ Principal: { AWS } });

/** The two roles exist; nothing is allowed yet. */
function setUp(policies: { identity?: Record<string, Statement[]>; resource?: Record<string, Statement[]> } = {}) {
  const iam = new PolicyAuthorizer();
  const trust = document({ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } });
  for (const role of [reader, stranger]) iam.setResourcePolicy(role, trust);
  for (const [arn, statements] of Object.entries(policies.identity ?? {})) {
    iam.setIdentityPolicy(arn, "own", document(...statements));
  }
  for (const [arn, statements] of Object.entries(policies.resource ?? {})) {
    iam.setResourcePolicy(arn, document(...statements));
  }
  const refusal = (who: string, action: string, what: string, context?: ConditionContext): string | undefined => {
    try {
      iam.check(principalOf(who), action, what, context);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
  return { iam, refusal };
}

const get = "kinesis:GetRecords";
const noIdentity = `because no identity-based policy allows the ${get} action`;
const noResource = `because no resource-based policy allows the ${get} action`;

test("the words and codes of a refusal are AWS's", () => {
  const { iam, refusal } = setUp();
  expect(refusal(reader, get, stream)).toBe(
    `User: ${reader} is not authorized to perform: ${get} on resource: ${stream} ${noIdentity}`,
  );
  const check = (action: string, what: string) => () => iam.check(principalOf(reader), action, what);
  expect(check(get, stream)).toThrow(expect.objectContaining({ code: "AccessDeniedException", status: 400 }));
  iam.setOwner(bucket, home);
  expect(check("s3:GetObject", `${bucket}/a`)).toThrow(expect.objectContaining({ code: "AccessDenied", status: 403 }));
});

describe("within an account", () => {
  test("either the role's policy or the resource's is enough", () => {
    expect(setUp({ identity: { [reader]: [allow(get, stream)] } }).refusal(reader, get, stream)).toBeUndefined();
    const byResource = setUp({ resource: { [stream]: [allow(get, stream, to(reader))] } });
    expect(byResource.refusal(reader, get, stream)).toBeUndefined();
  });

  test("a resource's policy that admits the account leaves it to the role's policy", () => {
    const resource = { [stream]: [allow(get, stream, to(home))] };
    expect(setUp({ resource }).refusal(reader, get, stream)).toContain(noIdentity);
    expect(setUp({ resource, identity: { [reader]: [allow(get, "*")] } }).refusal(reader, get, stream)).toBeUndefined();
  });

  test("the account's root may do everything, but for a denial", () => {
    expect(setUp().refusal(root, get, stream)).toBeUndefined();
    const denied = setUp({ resource: { [stream]: [deny("*", "*", { Principal: "*" })] } });
    expect(denied.refusal(root, get, stream)).toContain("with an explicit deny in a resource-based policy");
  });
});

describe("across accounts", () => {
  test("both policies must allow", () => {
    const resource = { [stream]: [allow(get, stream, to(stranger))] };
    const identity = { [stranger]: [allow(get, stream)] };
    expect(setUp({ resource }).refusal(stranger, get, stream)).toContain(noIdentity);
    expect(setUp({ identity }).refusal(stranger, get, stream)).toContain(noResource);
    expect(setUp({ resource, identity }).refusal(stranger, get, stream)).toBeUndefined();
  });

  test("the other account's root is nobody special", () => {
    const otherRoot = `arn:aws:iam::${away}:root`;
    expect(setUp().refusal(otherRoot, get, stream)).toContain(noResource);
    const resource = { [stream]: [allow(get, stream, to(otherRoot))] };
    expect(setUp({ resource }).refusal(otherRoot, get, stream)).toBeUndefined();
  });

  test("an account with a condition on the role admits that role only", () => {
    const other = `arn:aws:iam::${away}:role/other`;
    const condition = { Condition: { ArnEquals: { "aws:PrincipalArn": stranger } } };
    const resource = { [stream]: [allow(get, stream, { ...to(away), ...condition })] };
    const identity = { [stranger]: [allow(get, "*")], [other]: [allow(get, "*")] };
    const { refusal } = setUp({ resource, identity });
    expect(refusal(stranger, get, stream)).toBeUndefined();
    expect(refusal(other, get, stream)).toContain(noResource);
  });
});

describe("a denial", () => {
  test("wins over every permission, in either policy", () => {
    const both = { identity: { [reader]: [allow("*", "*")] }, resource: { [stream]: [allow("*", "*", to(reader))] } };
    const inIdentity = setUp({ ...both, identity: { [reader]: [allow("*", "*"), deny("kinesis:Get*", stream)] } });
    expect(inIdentity.refusal(reader, get, stream)).toContain("with an explicit deny in an identity-based policy");
    const inResource = setUp({
      ...both,
      resource: { [stream]: [allow("*", "*", to(reader)), deny(get, "*", to(home))] },
    });
    expect(inResource.refusal(reader, get, stream)).toContain("with an explicit deny in a resource-based policy");
  });

  test("property: one more denial allows nothing more, one more permission forbids nothing more", () => {
    const element = fc.constantFrom("*", get, "kinesis:*", "kinesis:PutRecord");
    const target = fc.constantFrom("*", stream, `${stream}s`);
    const statement = fc.tuple(fc.constantFrom(allow, deny), element, target).map(([make, a, r]) => make(a, r));
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 4 }), element, target, (statements, action, resource) => {
        const isAllowed = (...more: Statement[]) =>
          setUp({ identity: { [reader]: [...statements, ...more] } }).refusal(reader, get, stream) === undefined;
        if (isAllowed(deny(action, resource))) expect(isAllowed()).toBe(true);
        if (isAllowed()) expect(isAllowed(allow(action, resource))).toBe(true);
      }),
    );
  });
});

describe("keys", () => {
  const decrypt = "kms:Decrypt";
  const own = { [reader]: [allow(decrypt, key)] };
  const delegating = allow("kms:*", "*", to(root));

  test("only the key's policy counts, unless it leaves the decision to the account", () => {
    expect(setUp({ identity: own }).refusal(reader, decrypt, key)).toContain("no resource-based policy allows");
    expect(setUp({ identity: own, resource: { [key]: [delegating] } }).refusal(reader, decrypt, key)).toBeUndefined();
    expect(setUp({ resource: { [key]: [delegating] } }).refusal(reader, decrypt, key)).toContain("no identity-based");
    expect(
      setUp({ resource: { [key]: [allow(decrypt, "*", to(reader))] } }).refusal(reader, decrypt, key),
    ).toBeUndefined();
    expect(setUp().refusal(root, decrypt, key)).toContain("no resource-based policy allows");
  });

  test("an alias means its key, also in a condition", () => {
    const alias = `arn:aws:kms:eu-west-1:${home}:alias/lake`;
    const condition = { Condition: { "ForAnyValue:StringEquals": { "kms:ResourceAliases": ["alias/lake"] } } };
    const identity = { [reader]: [allow(decrypt, `arn:aws:kms:*:${home}:key/*`, condition)] };
    const { iam, refusal } = setUp({ identity, resource: { [key]: [delegating] } });
    expect(refusal(reader, decrypt, alias)).toBe(`Alias ${alias} is not found.`);
    expect(refusal(reader, decrypt, key)).toContain("no identity-based policy allows");
    iam.setKeyAlias(alias, key);
    expect(refusal(reader, decrypt, alias)).toBeUndefined();
    expect(refusal(reader, decrypt, key)).toBeUndefined();
  });
});

describe("what a statement is about", () => {
  const allows = (statement: Statement, action: string, what: string) =>
    setUp({ identity: { [reader]: [statement] } }).refusal(reader, action, what) === undefined;

  test("actions ignore case, resources do not; wildcards stay within their part of the ARN", () => {
    expect(allows(allow("KINESIS:get*", stream), get, stream)).toBe(true);
    expect(allows(allow("kinesis:GetRecord?", stream.replace("changes", "c?anges")), get, stream)).toBe(true);
    expect(allows(allow("kinesis:Get", stream), get, stream)).toBe(false);
    expect(allows(allow(get, stream.replace("changes", "Changes")), get, stream)).toBe(false);
    expect(allows(allow(get, "arn:aws:kinesis:*:*:stream/changes"), get, stream)).toBe(true);
    expect(allows(allow(get, "arn:aws:kinesis:*:stream/changes:x:y"), get, stream)).toBe(false);
    const group = `arn:aws:logs:eu-west-1:${home}:log-group:a`;
    expect(allows(allow("logs:PutLogEvents", `${group}:*`), "logs:PutLogEvents", `${group}:log-stream:b`)).toBe(true);
  });

  test("NotAction and NotResource are all but those", () => {
    expect(allows({ Effect: "Allow", NotAction: "s3:*", Resource: "*" }, get, stream)).toBe(true);
    expect(allows({ Effect: "Allow", NotAction: "kinesis:*", Resource: "*" }, get, stream)).toBe(false);
    expect(allows({ Effect: "Allow", Action: "*", NotResource: stream }, get, stream)).toBe(false);
    expect(allows({ Effect: "Allow", Action: "*", NotResource: key }, get, stream)).toBe(true);
  });

  test("a bucket's policy speaks for its objects, a table's for its indexes; a bucket must have an owner", () => {
    const table = `arn:aws:dynamodb:eu-west-1:${home}:table/t`;
    const resource = {
      [bucket]: [allow("s3:GetObject", `${bucket}/open/*`, to(reader))],
      [table]: [allow("dynamodb:Query", `${table}/index/*`, to(reader))],
    };
    const { iam, refusal } = setUp({ resource });
    expect(refusal(reader, "s3:GetObject", `${bucket}/open/a/b`)).toContain("which account");
    expect(refusal(reader, "s3:GetObject", `${bucket}/open/a/b`, { "aws:ResourceAccount": home })).toBeUndefined();
    iam.setOwner(bucket, home);
    expect(refusal(reader, "s3:GetObject", `${bucket}/open/a/b`)).toBeUndefined();
    expect(refusal(reader, "s3:GetObject", `${bucket}/closed`)).toContain("no identity-based policy");
    expect(refusal(reader, "dynamodb:Query", `${table}/index/i`)).toBeUndefined();
    expect(refusal(reader, "dynamodb:Query", table)).toContain("no identity-based policy");
  });
});

test("a changed policy counts from the next request on", () => {
  const { iam, refusal } = setUp({ identity: { [reader]: [allow(get, stream)] } });
  expect(refusal(reader, get, stream)).toBeUndefined();
  iam.setIdentityPolicy(reader, "own", undefined);
  expect(refusal(reader, get, stream)).toContain(noIdentity);
  iam.setResourcePolicy(stream, document(allow(get, stream, to(reader))));
  expect(refusal(reader, get, stream)).toBeUndefined();
  iam.setResourcePolicy(stream, undefined);
  expect(refusal(reader, get, stream)).toContain(noIdentity);
});

test("uses of keys: each once, by roles, and no object's of a bucket", () => {
  const actions = ["kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"];
  const { iam, refusal } = setUp({
    identity: { [reader]: [allow(actions, key)], [root]: [allow(actions, key)] },
    resource: { [key]: [allow("kms:*", "*", { Principal: { AWS: [reader, root] } })] },
  });
  const use = (principal: string, action: string, context?: ConditionContext): number => {
    expect(refusal(principal, action, key, context)).toBeUndefined();
    return iam.distinctKeyUses();
  };
  const ofTable = (name: string) => ({ "kms:EncryptionContext:aws:dynamodb:tableName": name });
  expect(use(reader, "kms:Decrypt", ofTable("a"))).toBe(1);
  expect(use(reader, "kms:Decrypt", ofTable("a"))).toBe(1);
  expect(use(reader, "kms:Decrypt", ofTable("b"))).toBe(2);
  expect(use(reader, "kms:GenerateDataKey", ofTable("b"))).toBe(3);
  expect(use(reader, "kms:DescribeKey")).toBe(3);
  expect(use(root, "kms:Decrypt", ofTable("a"))).toBe(3);
  expect(use(reader, "kms:GenerateDataKey", { "kms:EncryptionContext:aws:s3:arn": bucket })).toBe(4);
  expect(use(reader, "kms:GenerateDataKey", { "kms:EncryptionContext:aws:s3:arn": `${bucket}/a` })).toBe(4);
  expect(refusal(stranger, "kms:Decrypt", key, ofTable("a"))).toBeDefined();
  expect(iam.distinctKeyUses()).toBe(4);
});

test("a service takes a role only if the role trusts it, and on its conditions", () => {
  const { iam } = setUp();
  expect(assume(iam, "lambda.amazonaws.com", reader)).toEqual({ arn: reader, account: home });
  expect(() => assume(iam, "dms.amazonaws.com", reader)).toThrow("is not authorized to perform: sts:AssumeRole");
  expect(() => assume(iam, "lambda.amazonaws.com", `${reader}x`)).toThrow(
    expect.objectContaining({ code: "AccessDenied" }),
  );
  const trust = { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "dms.amazonaws.com" } };
  iam.setResourcePolicy(reader, document({ ...trust, Condition: { StringEquals: { "aws:SourceAccount": home } } }));
  expect(() => assume(iam, "dms.amazonaws.com", reader, { "aws:SourceAccount": away })).toThrow("sts:AssumeRole");
  expect(() => assume(iam, "dms.amazonaws.com", reader)).toThrow("sts:AssumeRole");
  expect(assume(iam, "dms.amazonaws.com", reader, { "aws:SourceAccount": home }).arn).toBe(reader);
});

test("a policy that names a role which does not exist is refused, as on AWS", () => {
  const { iam } = setUp();
  expect(() => iam.setResourcePolicy(stream, document(allow(get, stream, to(`${reader}x`))))).toThrow(
    `Invalid principal in policy: "AWS":"${reader}x"`,
  );
});

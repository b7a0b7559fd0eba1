import * as fs from "node:fs";
import { assume } from "../core/assume";
import { principalOf } from "../core/contracts";
import { PolicyAuthorizer } from "../core/iam/authorizer";
import { testContext, testSurroundings } from "../core/testing/surroundings";
import type { Created, LocalService } from "../core/service";
import { iamService } from "./iam";
import { kmsService } from "./kms";
import { monitoringService } from "./monitoring";

const account = "111111111111";
const document = (...statements: object[]) => JSON.stringify({ Version: "2012-10-17", Statement: statements });
const trust = document({ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } });
const mayList = document({ Effect: "Allow", Action: "kinesis:ListStreams", Resource: "*" });

/** The identity services over a real authorizer, and short ways to their providers. */
function bench() {
  const iam = new PolicyAuthorizer();
  const made = testSurroundings();
  fs.rmSync(made.folder, { recursive: true });
  const surroundings = { ...made, authorizer: iam, policies: iam };
  const services: LocalService[] = [iamService(surroundings), kmsService(surroundings, iam), monitoringService()];
  const provider = (type: string) => {
    const found = services.map(({ providers }) => providers[type]).find((candidate) => candidate);
    if (found === undefined) throw new Error(type);
    return found;
  };
  const create = async (type: string, inputs: Record<string, unknown>): Promise<Created> =>
    provider(type).create(inputs, testContext(type));
  const update = async (type: string, previous: Created, inputs: Record<string, unknown>) =>
    provider(type).update?.(previous.id, inputs, previous, testContext(type));
  const remove = async (type: string, previous: Created) =>
    provider(type).delete?.(previous.id, previous, testContext(type));
  const may = (who: string, action: string, what = "*"): boolean => {
    try {
      iam.check(principalOf(who), action, what);
      return true;
    } catch {
      return false;
    }
  };
  return { iam, create, update, remove, may };
}

const ROLE = "aws:iam/role:Role";
const INLINE = "aws:iam/rolePolicy:RolePolicy";
const ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment";
const POLICY = "aws:iam/policy:Policy";
const KEY = "aws:kms/key:Key";
const ALIAS = "aws:kms/alias:Alias";
const GROUP = "aws:cloudwatch/logGroup:LogGroup";
const STREAM = "aws:cloudwatch/logStream:LogStream";

describe("roles", () => {
  test("may do what their policies say for as long as they say it", async () => {
    const { iam, create, update, remove, may } = bench();
    const role = await create(ROLE, { assumeRolePolicy: trust });
    const arn = `arn:aws:iam::${account}:role/test-0123abc`;
    expect(role).toMatchObject({ id: "test-0123abc", outputs: { arn, name: "test-0123abc" } });
    expect(assume(iam, "lambda.amazonaws.com", arn).arn).toBe(arn);
    const inline = await create(INLINE, { role: role.id, policy: mayList });
    expect(inline.id).toBe("test-0123abc:test-0123abc");
    expect(may(arn, "kinesis:ListStreams")).toBe(true);
    await update(INLINE, inline, { role: role.id, policy: mayList.replace("List", "Describe") });
    expect(may(arn, "kinesis:ListStreams")).toBe(false);
    await expect(remove(ROLE, role)).rejects.toMatchObject({ code: "DeleteConflict" });
    await remove(INLINE, inline);
    await remove(ROLE, role);
    expect(() => assume(iam, "lambda.amazonaws.com", arn)).toThrow(expect.objectContaining({ code: "AccessDenied" }));
  });

  test("take policies of the program and those of AWS that are known", async () => {
    const { create, remove, may } = bench();
    const role = await create(ROLE, { name: "r", path: "/team/", assumeRolePolicy: trust });
    const arn = `arn:aws:iam::${account}:role/team/r`;
    const policy = await create(POLICY, { name: "p", policy: mayList });
    const own = await create(ATTACHMENT, { role: "r", policyArn: policy.outputs["arn"] });
    const managed = "arn:aws:iam::aws:policy/service-role/AmazonDMSVPCManagementRole";
    await create(ATTACHMENT, { role: "r", policyArn: managed });
    expect([role.outputs["arn"], may(arn, "kinesis:ListStreams"), may(arn, "ec2:DescribeVpcs")]).toEqual([
      arn,
      true,
      true,
    ]);
    await remove(ATTACHMENT, own);
    expect(may(arn, "kinesis:ListStreams")).toBe(false);
    const unknown = create(ATTACHMENT, { role: "r", policyArn: "arn:aws:iam::aws:policy/AdministratorAccess" });
    await expect(unknown).rejects.toThrow("AdministratorAccess (local iam knows few");
  });

  test("refused: a name twice, a role that is not there, an unknown argument, a malformed policy", async () => {
    const { create, update } = bench();
    const role = await create(ROLE, { name: "r", assumeRolePolicy: trust });
    await expect(create(ROLE, { name: "r", assumeRolePolicy: trust })).rejects.toMatchObject({
      code: "EntityAlreadyExists",
    });
    await expect(create(INLINE, { role: "s", policy: mayList })).rejects.toMatchObject({ code: "NoSuchEntity" });
    await expect(create(ROLE, { assumeRolePolicy: trust, permissionsBoundary: "x" })).rejects.toThrow(
      "permissionsBoundary",
    );
    await expect(create(INLINE, { role: "r", policy: "{}" })).rejects.toMatchObject({
      code: "MalformedPolicyDocument",
    });
    await expect(update(ROLE, role, { name: "t", assumeRolePolicy: trust })).rejects.toThrow("must be replaced");
  });
});

/** A policy of so many characters, and white space, which does not count. */
function sized(characters: number): string {
  const stream = "arn:aws:kinesis:eu-west-1:111111111111:stream/";
  const bare = (Resource: string): string => document({ Effect: "Allow", Action: "kinesis:ListShards", Resource });
  return bare(stream + "x".repeat(characters - bare(stream).length)).replace(/,/g, " ,\n\t");
}

/** A role's trust policy of so many characters. */
function trusting(characters: number): string {
  const role = `arn:aws:iam::${account}:role/`;
  const bare = (pattern: string): string =>
    document({
      Effect: "Allow",
      Action: "sts:AssumeRole",
      Principal: { AWS: account },
      Condition: { ArnLike: { "aws:PrincipalArn": pattern } },
    });
  return bare(role + "x".repeat(characters - bare(role).length));
}

describe("the sizes that IAM takes", () => {
  test("inline policies: 10,240 characters a role, all of them together", async () => {
    const { create, update, remove } = bench();
    await create(ROLE, { name: "r", assumeRolePolicy: trust });
    const first = await create(INLINE, { role: "r", name: "a", policy: sized(10_240) });
    const tooLarge = {
      code: "LimitExceeded",
      status: 409,
      message: "Maximum policy size of 10240 bytes exceeded for role r",
    };
    await expect(update(INLINE, first, { role: "r", name: "a", policy: sized(10_241) })).rejects.toMatchObject(
      tooLarge,
    );
    const second = { role: "r", name: "b", policy: mayList };
    await expect(create(INLINE, second)).rejects.toMatchObject(tooLarge);
    await update(INLINE, first, { role: "r", name: "a", policy: sized(10_240 - mayList.length) });
    await create(INLINE, second);
    await remove(INLINE, first);
    await create(INLINE, { role: "r", name: "c", policy: sized(10_240 - mayList.length) });
  });

  test("who may take a role: 2,048; a policy of the program: 6,144", async () => {
    const { create, update } = bench();
    const role = await create(ROLE, { name: "r", assumeRolePolicy: trusting(2_048) });
    const tooLarge = { code: "LimitExceeded", status: 409, message: "Cannot exceed quota for ACLSizePerRole: 2048" };
    await expect(create(ROLE, { name: "s", assumeRolePolicy: trusting(2_049) })).rejects.toMatchObject(tooLarge);
    await expect(update(ROLE, role, { name: "r", assumeRolePolicy: trusting(2_049) })).rejects.toMatchObject(tooLarge);
    await create(POLICY, { name: "p", policy: sized(6_144) });
    await expect(create(POLICY, { name: "q", policy: sized(6_145) })).rejects.toMatchObject({
      code: "LimitExceeded",
      message: "Cannot exceed quota for PolicySize: 6144",
    });
  });
});

describe("keys", () => {
  const root = `arn:aws:iam::${account}:root`;

  test("an alias stands for its key, also when it moves to another", async () => {
    const { create, update, remove, may } = bench();
    const [first, second] = [await create(KEY, {}), await create(KEY, { description: "another" })];
    expect(first.outputs["arn"]).toBe(`arn:aws:kms:eu-west-1:${account}:key/${first.id}`);
    const alias = await create(ALIAS, { name: "alias/lake", targetKeyId: first.id });
    const arn = `arn:aws:kms:eu-west-1:${account}:alias/lake`;
    expect(alias).toMatchObject({ id: "alias/lake", outputs: { arn, targetKeyArn: first.outputs["arn"] } });
    await update(ALIAS, alias, { name: "alias/lake", targetKeyId: second.outputs["arn"] });
    await remove(KEY, first);
    expect(may(root, "kms:Decrypt", arn)).toBe(true);
    expect(may(root, "kms:Decrypt", String(first.outputs["arn"]))).toBe(false);
    await expect(create(ALIAS, { name: "alias/lake", targetKeyId: second.id })).rejects.toMatchObject({
      code: "AlreadyExistsException",
    });
    await expect(create(ALIAS, { name: "alias/x", targetKeyId: first.id })).rejects.toMatchObject({
      code: "NotFoundException",
    });
    await remove(ALIAS, alias);
    expect(may(root, "kms:Decrypt", arn)).toBe(false);
  });

  test("a policy that would lock everybody out is refused, as on AWS", async () => {
    const { create } = bench();
    const statement = { Effect: "Allow", Action: "kms:Decrypt", Resource: "*", Principal: { AWS: account } };
    await expect(create(KEY, { policy: document(statement) })).rejects.toMatchObject({
      code: "MalformedPolicyDocumentException",
    });
    await expect(create(KEY, { keyUsage: "SIGN_VERIFY" })).rejects.toThrow("keyUsage");
  });
});

test("log groups and their streams have names and ARNs", async () => {
  const { create, remove } = bench();
  const group = await create(GROUP, { retentionInDays: 30 });
  const arn = `arn:aws:logs:eu-west-1:${account}:log-group:test-0123abc`;
  expect(group.outputs).toMatchObject({ name: "test-0123abc", arn });
  const stream = await create(STREAM, { name: "s", logGroupName: group.id });
  expect(stream.outputs["arn"]).toBe(`${arn}:log-stream:s`);
  await expect(create(GROUP, {})).rejects.toMatchObject({ code: "ResourceAlreadyExistsException" });
  await expect(create(GROUP, { name: "g", retentionInDays: 31 })).rejects.toThrow("retentionInDays is 31");
  await remove(GROUP, group);
  await expect(create(STREAM, { name: "t", logGroupName: group.id })).rejects.toMatchObject({
    code: "ResourceNotFoundException",
  });
});

/**
 * IAM: roles and their policies, laid down where the authorizer reads them. No API: nobody here asks IAM at run time.
 * Arguments: @pulumi/aws 7, `aws.iam`.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { readInputs } from "../core/inputs";
import {
  AwsError,
  type Created,
  type LocalService,
  type PolicyStore,
  type ResourceContext,
  type ResourceProvider,
  type Surroundings,
} from "../core/service";
import { checkInline, checkManaged, checkTrust } from "./iamLimits";
import { managedPolicies } from "./managedPolicies";

interface Role {
  readonly arn: string;
  readonly name: string;
  /** What hangs on it: documents by name, and ARNs. AWS deletes no role before they are gone. */
  readonly inline: Map<string, string>;
  readonly attached: Set<string>;
}

/** Of each account, by name. */
type Roles = Map<string, Role>;

const tags = { tags: z.unknown().optional(), region: z.string().optional() };
const name = z.string().regex(/^[\w+=,.@-]{1,64}$/, "Expected up to 64 letters, digits and any of _+=,.@-");
const path = z
  .string()
  .regex(/^\/([\w+=,.@-]+\/)*$/, "Expected / or a path between slashes")
  .default("/");

const roleShape = z.strictObject({
  ...tags,
  name: name.optional(),
  path,
  assumeRolePolicy: z.string(),
  description: z.string().default(""),
  maxSessionDuration: z.number().int().min(3600).max(43_200).default(3600),
  forceDetachPolicies: z.boolean().default(false),
});
const inlineShape = z.strictObject({ role: z.string(), name: name.optional(), policy: z.string() });
const attachmentShape = z.strictObject({ role: z.string(), policyArn: z.string() });
const policyShape = z.strictObject({
  ...tags,
  name: name.optional(),
  path,
  description: z.string().default(""),
  policy: z.string(),
});

const noSuch = (what: string): AwsError => new AwsError("NoSuchEntity", `${what} cannot be found.`, 404);
const exists = (what: string): AwsError => new AwsError("EntityAlreadyExists", `${what} already exists.`, 409);
const keeps = (context: ResourceContext, what: string): AwsError =>
  new AwsError("ValidationError", `${context.type} "${context.name}": ${what} cannot be changed; it must be replaced.`);

/** The unique id that AWS gives beside the name, e.g. of the principal in a session. */
const uniqueId = (prefix: string, seed: string): string =>
  prefix + createHash("sha256").update(seed).digest("hex").slice(0, 17).toUpperCase();

export function iamService({ policies }: Surroundings): LocalService {
  const accounts = new Map<string, Roles>();
  /** Documents of the policies that the program makes to attach them, by ARN. */
  const documents = new Map<string, string>();
  const rolesOf = (account: string): Roles => {
    const roles = accounts.get(account) ?? new Map<string, Role>();
    accounts.set(account, roles);
    return roles;
  };
  const roleOf = (account: string, roleName: string): Role => {
    const role = rolesOf(account).get(roleName);
    if (role === undefined) throw noSuch(`The role with name ${roleName}`);
    return role;
  };
  return {
    providers: {
      "aws:iam/role:Role": roleProvider(rolesOf, policies),
      "aws:iam/rolePolicy:RolePolicy": inlineProvider(roleOf, policies),
      "aws:iam/policy:Policy": policyProvider(documents),
      "aws:iam/rolePolicyAttachment:RolePolicyAttachment": attachmentProvider(roleOf, documents, policies),
    },
  };
}

function roleProvider(rolesOf: (account: string) => Roles, store: PolicyStore): ResourceProvider {
  const created = ({ arn, name: id }: Role, inputs: z.output<typeof roleShape>): Created => ({
    id,
    outputs: { ...inputs, name: id, arn, uniqueId: uniqueId("AROA", arn), tagsAll: inputs.tags ?? {} },
  });
  return {
    create(raw, context) {
      const inputs = readInputs(roleShape, raw, context);
      const roleName = inputs.name ?? context.autoName;
      const roles = rolesOf(context.account);
      if (roles.has(roleName)) throw exists(`Role with name ${roleName}`);
      const arn = `arn:aws:iam::${context.account}:role${inputs.path}${roleName}`;
      checkTrust(inputs.assumeRolePolicy);
      store.setResourcePolicy(arn, inputs.assumeRolePolicy);
      const role = { arn, name: roleName, inline: new Map<string, string>(), attached: new Set<string>() };
      roles.set(roleName, role);
      return created(role, inputs);
    },
    update(id, raw, previous, context) {
      const inputs = readInputs(roleShape, raw, context);
      if (inputs.name !== undefined && inputs.name !== id) throw keeps(context, "a role's name");
      if (inputs.path !== previous.outputs["path"]) throw keeps(context, "a role's path");
      const role = rolesOf(context.account).get(id);
      if (role === undefined) throw noSuch(`The role with name ${id}`);
      checkTrust(inputs.assumeRolePolicy);
      store.setResourcePolicy(role.arn, inputs.assumeRolePolicy);
      return created(role, inputs);
    },
    delete(id, _previous, context) {
      const roles = rolesOf(context.account);
      const role = roles.get(id);
      if (role === undefined) return;
      const left = [...role.inline.keys(), ...role.attached];
      if (left.length > 0) {
        throw new AwsError(
          "DeleteConflict",
          `Cannot delete entity, must remove its policies first: ${left.join(", ")}.`,
          409,
        );
      }
      store.setResourcePolicy(role.arn, undefined);
      roles.delete(id);
    },
  };
}

function inlineProvider(roleOf: (account: string, name: string) => Role, store: PolicyStore): ResourceProvider {
  const put = (inputs: z.output<typeof inlineShape>, policyName: string, context: ResourceContext): Created => {
    const role = roleOf(context.account, inputs.role);
    const others = [...role.inline].flatMap(([other, document]) => (other === policyName ? [] : [document]));
    checkInline(role.name, inputs.policy, others);
    store.setIdentityPolicy(role.arn, policyName, inputs.policy);
    role.inline.set(policyName, inputs.policy);
    return { id: `${role.name}:${policyName}`, outputs: { ...inputs, name: policyName } };
  };
  return {
    create(raw, context) {
      const inputs = readInputs(inlineShape, raw, context);
      return put(inputs, inputs.name ?? context.autoName, context);
    },
    update(id, raw, _previous, context) {
      const inputs = readInputs(inlineShape, raw, context);
      const policyName = inputs.name ?? id.slice(id.indexOf(":") + 1);
      if (id !== `${inputs.role}:${policyName}`) throw keeps(context, "the role or name of a policy");
      return put(inputs, policyName, context);
    },
    delete(id, _previous, context) {
      const [roleName = "", policyName = ""] = id.split(":");
      const role = roleOf(context.account, roleName);
      store.setIdentityPolicy(role.arn, policyName, undefined);
      role.inline.delete(policyName);
    },
  };
}

function policyProvider(documents: Map<string, string>): ResourceProvider {
  return {
    create(raw, context) {
      const inputs = readInputs(policyShape, raw, context);
      const policyName = inputs.name ?? context.autoName;
      const arn = `arn:aws:iam::${context.account}:policy${inputs.path}${policyName}`;
      if (documents.has(arn)) throw exists(`A policy called ${policyName}`);
      checkManaged(inputs.policy);
      documents.set(arn, inputs.policy);
      const policyId = uniqueId("ANPA", arn);
      return { id: arn, outputs: { ...inputs, name: policyName, arn, policyId, tagsAll: inputs.tags ?? {} } };
    },
    // Without `update`: those who attached the old document would have to be told.
    delete: (id) => void documents.delete(id),
  };
}

function attachmentProvider(
  roleOf: (account: string, name: string) => Role,
  documents: ReadonlyMap<string, string>,
  store: PolicyStore,
): ResourceProvider {
  return {
    create(raw, context) {
      const inputs = readInputs(attachmentShape, raw, context);
      const role = roleOf(context.account, inputs.role);
      const document = documents.get(inputs.policyArn) ?? managedPolicies[inputs.policyArn];
      if (document === undefined) {
        throw noSuch(`Policy ${inputs.policyArn} (local iam knows few of AWS's own policies: managedPolicies.ts)`);
      }
      store.setIdentityPolicy(role.arn, inputs.policyArn, document);
      role.attached.add(inputs.policyArn);
      return { id: `${role.name}/${inputs.policyArn}`, outputs: { ...inputs } };
    },
    delete(_id, { outputs }, context) {
      const role = roleOf(context.account, String(outputs["role"]));
      const policyArn = String(outputs["policyArn"]);
      store.setIdentityPolicy(role.arn, policyArn, undefined);
      role.attached.delete(policyArn);
    },
  };
}

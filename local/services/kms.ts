/**
 * KMS: keys, their aliases and policies. Nothing is encrypted: a key here is who may use it, which the services ask before
 * they read or write on a caller's behalf. No API. Arguments: @pulumi/aws 7, `aws.kms`.
 */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { readInputs } from "../core/inputs";
import {
  AwsError,
  type Created,
  type LocalService,
  type ResourceContext,
  type ResourceProvider,
  type Scope,
  type Surroundings,
} from "../core/service";

/** Where the authorizer learns which key an alias stands for. ARNs; undefined removes the alias. */
export interface KeyAliases {
  setKeyAlias(alias: string, key: string | undefined): void;
  distinctKeyUses(): number;
}

export interface KeyUsage {
  /** Different uses of keys so far; see `PolicyAuthorizer.distinctKeyUses`. */
  statistics(): { readonly uses: number };
}

const tags = { tags: z.unknown().optional() };
const keyShape = z.strictObject({
  ...tags,
  description: z.string().default(""),
  policy: z.string().optional(),
  keyUsage: z.literal("ENCRYPT_DECRYPT").default("ENCRYPT_DECRYPT"),
  customerMasterKeySpec: z.literal("SYMMETRIC_DEFAULT").default("SYMMETRIC_DEFAULT"),
  isEnabled: z.literal(true).default(true),
  multiRegion: z.literal(false).default(false),
  // Rotation and the waiting time before a deletion do not show while a cloud lives.
  enableKeyRotation: z.boolean().default(false),
  rotationPeriodInDays: z.number().int().optional(),
  deletionWindowInDays: z.number().int().min(7).max(30).optional(),
});
const aliasShape = z.strictObject({
  name: z.string().regex(/^alias\/(?!aws\/)[\w/-]+$/, 'Expected "alias/" and a name that does not begin with aws/'),
  targetKeyId: z.string(),
});

/** The policy of a key that is given none: the account decides. */
const defaultPolicy = (account: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "kms:*", Resource: "*" },
    ],
  });

const arnOf = ({ account, region }: Scope, resource: string): string => `arn:aws:kms:${region}:${account}:${resource}`;

export function kmsService(surroundings: Surroundings, aliases: KeyAliases): LocalService & KeyUsage {
  const keys = new Set<string>();
  return {
    providers: {
      "aws:kms/key:Key": keyProvider(keys, surroundings),
      "aws:kms/alias:Alias": aliasProvider(keys, aliases),
    },
    statistics: () => ({ uses: aliases.distinctKeyUses() }),
  };
}

function keyProvider(keys: Set<string>, { policies, authorizer }: Surroundings): ResourceProvider {
  const put = (keyId: string, raw: Record<string, unknown>, context: ResourceContext): Created => {
    const inputs = readInputs(keyShape, raw, context);
    const policy = inputs.policy ?? defaultPolicy(context.account);
    const arn = arnOf(context, `key/${keyId}`);
    policies.setResourcePolicy(arn, policy);
    const operator = { arn: `arn:aws:iam::${context.account}:root`, account: context.account };
    try {
      authorizer.check(operator, "kms:PutKeyPolicy", arn);
    } catch {
      // The lockout safety check of PutKeyPolicy.
      throw new AwsError(
        "MalformedPolicyDocumentException",
        "The new key policy will not allow you to update the key policy in the future.",
      );
    }
    keys.add(arn);
    return { id: keyId, outputs: { ...inputs, policy, arn, keyId, tagsAll: inputs.tags ?? {} } };
  };
  return {
    create: (raw, context) => put(randomUUID(), raw, context),
    update: (id, raw, _previous, context) => put(id, raw, context),
    delete(id, _previous, context) {
      const arn = arnOf(context, `key/${id}`);
      keys.delete(arn);
      policies.setResourcePolicy(arn, undefined);
    },
  };
}

function aliasProvider(keys: ReadonlySet<string>, aliases: KeyAliases): ResourceProvider {
  const taken = new Set<string>();
  const put = (raw: Record<string, unknown>, context: ResourceContext): Created => {
    const { name, targetKeyId } = readInputs(aliasShape, raw, context);
    const targetKeyArn = targetKeyId.startsWith("arn:") ? targetKeyId : arnOf(context, `key/${targetKeyId}`);
    if (!keys.has(targetKeyArn)) throw new AwsError("NotFoundException", `Key '${targetKeyArn}' does not exist.`);
    const arn = arnOf(context, name);
    aliases.setKeyAlias(arn, targetKeyArn);
    taken.add(arn);
    return { id: name, outputs: { name, targetKeyId, arn, targetKeyArn } };
  };
  return {
    create(raw, context) {
      const arn = arnOf(context, String(raw["name"]));
      if (taken.has(arn)) throw new AwsError("AlreadyExistsException", `An alias with the name ${arn} already exists`);
      return put(raw, context);
    },
    update(id, raw, _previous, context) {
      if (raw["name"] !== id) {
        throw new AwsError(
          "ValidationException",
          `${context.type} "${context.name}": an alias cannot be renamed; it must be replaced.`,
        );
      }
      return put(raw, context);
    },
    delete(id, _previous, context) {
      const arn = arnOf(context, id);
      taken.delete(arn);
      aliases.setKeyAlias(arn, undefined);
    },
  };
}

/**
 * Resources that a laptop needs nothing of: alarms, topics, networks. They are checked and kept, with the names and ARNs that
 * AWS would give, so that others may refer to them; nothing is measured, published or filtered. Arguments: @pulumi/aws 7.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { readInputs } from "../core/inputs";
import { AwsError, type Created, type ResourceContext, type ResourceProvider } from "../core/service";

/** What AWS adds to the inputs. `name` is the given one, or the one that Pulumi makes up. */
export interface Kind {
  readonly shape: z.ZodType<Record<string, unknown>>;
  /** Argument with the physical name; without it the resource has an id only. */
  readonly named?: string;
  readonly made: (
    named: { readonly name: string; readonly inputs: Record<string, unknown> },
    context: ResourceContext,
  ) => Created;
}

/** What every resource may have, and what changes nothing here. */
export const common = { tags: z.unknown().optional(), region: z.string().optional() };

/** An id as EC2 makes them, the same for the resource's life. */
export const ec2Id = (prefix: string, { urn }: ResourceContext): string =>
  `${prefix}-${createHash("sha256").update(urn).digest("hex").slice(0, 17)}`;

/** Providers of kinds that are only kept. Two of one name are refused, as AWS refuses most. */
export function declaredProviders(kinds: Readonly<Record<string, Kind>>): Record<string, ResourceProvider> {
  const taken = new Set<string>();
  const provider = (kind: Kind): ResourceProvider => {
    const keyOf = (name: string, { account, region, type }: ResourceContext): string =>
      [account, region, type, name].join(" ");
    const made = (name: string, raw: Record<string, unknown>, context: ResourceContext): Created => {
      const inputs = readInputs(kind.shape, raw, context);
      const { id, outputs } = kind.made({ name, inputs }, context);
      const named = kind.named === undefined ? {} : { [kind.named]: name };
      return { id, outputs: { ...inputs, ...named, tagsAll: inputs["tags"] ?? {}, ...outputs } };
    };
    const nameOf = (raw: Record<string, unknown>, context: ResourceContext): string => {
      const given = kind.named === undefined ? undefined : raw[kind.named];
      return given === undefined ? context.autoName : String(given);
    };
    return {
      create(raw, context) {
        const name = nameOf(raw, context);
        const created = made(name, raw, context);
        const key = keyOf(name, context);
        if (taken.has(key)) throw new AwsError("ResourceAlreadyExistsException", `${name} exists already.`);
        taken.add(key);
        return created;
      },
      update(_id, raw, previous, context) {
        const before = kind.named === undefined ? context.autoName : String(previous.outputs[kind.named]);
        const given = kind.named === undefined ? undefined : raw[kind.named];
        if (given !== undefined && given !== before) {
          const what = `${context.type} "${context.name}"`;
          throw new AwsError("ValidationException", `${what}: it cannot be renamed; it must be replaced.`);
        }
        return made(before, raw, context);
      },
      delete(_id, { outputs }, context) {
        taken.delete(keyOf(kind.named === undefined ? context.autoName : String(outputs[kind.named]), context));
      },
    };
  };
  return Object.fromEntries(Object.entries(kinds).map(([type, kind]) => [type, provider(kind)]));
}

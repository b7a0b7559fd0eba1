/** Policies of a plan as lines that people compare: `Allow s3:GetObject on arn:... if StringEquals aws:SourceAccount=1...`. */
import type { Plan, Planned } from "./plan";

export interface Allowed {
  /** Type and name of the resource that carries the policy. */
  readonly at: string;
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly principal: string;
  readonly condition: string;
}

interface Raw {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: string | Readonly<Record<string, string>>;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

const list = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === "string" ? [value] : value;

const DOCUMENTS = ["policy", "assumeRolePolicy"];

export function statementsOf(resource: Planned): Allowed[] {
  return DOCUMENTS.flatMap((name) => {
    const text = resource.inputs[name];
    if (typeof text !== "string") return [];
    // What we wrote ourselves, in the shape of IAM.
    const { Statement } = JSON.parse(text) as { readonly Statement: readonly Raw[] };
    return Statement.map(({ Effect, Action, Resource, Principal, Condition = {} }) => ({
      at: `${resource.type} ${resource.name}`,
      effect: Effect,
      actions: Action,
      resources: list(Resource),
      principal: typeof Principal === "string" ? Principal : Object.values(Principal ?? {}).join(" "),
      condition: Object.entries(Condition)
        .flatMap(([test, keys]) =>
          Object.entries(keys).map(([key, value]) => `${test} ${key}=${list(value).join("|")}`),
        )
        .join(" and "),
    }));
  });
}

export const statements = ({ resources }: Plan): Allowed[] => resources.flatMap(statementsOf);

const text = ({ effect, actions, resources, principal, condition }: Allowed): string =>
  [
    `${effect} ${actions.join(", ")}`,
    principal === "" ? "" : ` for ${principal}`,
    resources.length === 0 ? "" : ` on ${resources.join(", ")}`,
    condition === "" ? "" : ` if ${condition}`,
  ].join("");

export const policyText = (resource: Planned): string[] => statementsOf(resource).map(text);

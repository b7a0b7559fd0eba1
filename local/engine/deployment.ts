/**
 * One `up` of one stack: compares each resource that the program declares with what stands, makes them the same, and in the
 * end removes what the program no longer declares. After
 * https://www.pulumi.com/docs/iac/concepts/how-pulumi-works/ and .../options/ (protect, retainOnDelete, ...).
 */
import { isDeepStrictEqual } from "node:util";
import type { Created, ResourceProvider, Scope } from "../core/service";
import { contextOf, madeUpName, remove, type Progress } from "./lifecycle";
import { isDiffing, ResourceError, type FindProvider } from "./provider";
import type { Registered, Registration } from "./protocol";
import { urnOf, type ResourceState, type StackState } from "./state";
import { holdsSecret, plainObject, type Marked } from "./wire";

export interface DeploymentOptions extends Pick<
  StackState,
  "account" | "region" | "project" | "folder" | "stack" | "config"
> {
  readonly find: FindProvider;
  /** What the resource's provider gets in the place of an asset or archive. */
  readonly convert: (asset: Marked) => unknown;
  readonly onProgress: (progress: Progress) => void;
}

type Decision = "create" | "same" | "update" | "replace";

export class Deployment {
  private readonly old = new Map<string, ResourceState>();
  private readonly declared = new Set<string>();
  /** Old resources that the program has declared again, perhaps under another name, and those that are gone. */
  private readonly claimed = new Set<ResourceState>();
  private readonly current: ResourceState[] = [];
  private readonly leftovers: ResourceState[];
  private outputs: Record<string, unknown>;
  private secretOutputNames: readonly string[];

  constructor(
    private readonly options: DeploymentOptions,
    before: StackState | undefined,
  ) {
    for (const resource of before?.resources ?? []) this.old.set(resource.urn, resource);
    this.leftovers = [...(before?.leftovers ?? [])];
    this.outputs = before?.outputs ?? {};
    this.secretOutputNames = before?.secretOutputNames ?? [];
  }

  async register(declared: Registration): Promise<Registered> {
    const { type, name } = declared;
    const urn = urnOf(this.options.stack, this.options.project, declared.parent, type, name);
    if (this.declared.has(urn)) {
      throw new ResourceError(declared, `is declared twice (${urn}): give one of the two another name`);
    }
    this.declared.add(urn);
    if (declared.unsupported.length > 0) {
      throw new ResourceError(
        declared,
        `has options that the local engine does not know: ${declared.unsupported.join(", ")}`,
      );
    }
    const old = this.old.get(urn) ?? declared.aliases.map((alias) => this.old.get(alias)).find((found) => found);
    const state = await this.step(declared, urn, old);
    if (old !== undefined) this.claimed.add(old);
    this.current.push(state);
    return { urn, id: state.id, outputs: state.outputs };
  }

  /** What a component, or the stack itself, says it has in the end. */
  registerOutputs(urn: string, outputs: Record<string, unknown>): void {
    const at = this.current.findIndex((resource) => resource.urn === urn);
    const resource = this.current[at];
    if (resource === undefined) throw new Error(`Outputs of a resource that was never declared: ${urn}`);
    const values = plainObject(outputs, this.options.convert);
    this.current[at] = { ...resource, outputs: { ...resource.outputs, ...values } };
    if (resource.type !== "pulumi:pulumi:Stack") return;
    this.outputs = values;
    this.secretOutputNames = Object.keys(outputs).filter((name) => holdsSecret(outputs[name]));
  }

  /**
   * Deletes what the program declares no more, the latest first.
   * @throws ResourceError before anything is deleted, if one of them is protected
   */
  async finish(): Promise<void> {
    const gone = this.undeclared();
    const guarded = gone.find((resource) => resource.protect);
    if (guarded !== undefined) {
      throw new ResourceError(
        guarded,
        "is gone from the program, but protected: declare it again, or first deploy it with protect: false",
      );
    }
    // Leftovers of replacements may be what gone resources stand on.
    for (const resource of gone.reverse()) {
      await remove(resource, this.options);
      this.claimed.add(resource);
    }
    for (let last = this.leftovers.at(-1); last !== undefined; last = this.leftovers.at(-1)) {
      await remove(last, this.options);
      this.leftovers.pop();
    }
  }

  /** What stands now, whether the deployment went through or not. */
  state(): StackState {
    const { account, region, project, folder, stack, config } = this.options;
    const { outputs, secretOutputNames } = this;
    const resources = [...this.current, ...this.undeclared()];
    const leftovers = [...this.leftovers];
    return { account, region, project, folder, stack, config, outputs, secretOutputNames, resources, leftovers };
  }

  private undeclared(): ResourceState[] {
    return [...this.old.values()].filter((resource) => !this.claimed.has(resource));
  }

  private async step(declared: Registration, urn: string, old: ResourceState | undefined): Promise<ResourceState> {
    const { type, name, custom, parent, protect, retainOnDelete, dependencies } = declared;
    const inputs = plainObject(declared.inputs, this.options.convert);
    const scope = { account: this.options.account, region: this.regionOf(declared, inputs) };
    // The AWS provider takes a region for each resource, beside the settings of its type.
    if (type.startsWith("aws:")) delete inputs["region"];
    const base = { urn, type, name, custom, parent, dependencies, protect, retainOnDelete, ...scope };
    if (!custom && !declared.remote) {
      this.report(old === undefined ? "created" : "same", declared, urn);
      const unnamed = { id: "", autoName: "", autoNamed: false, generation: 0 };
      return { ...base, ...unnamed, inputs, outputs: old?.outputs ?? {} };
    }
    const provider = this.options.find(type);
    if (provider === undefined) throw new ResourceError(declared, "is of a type that the laptop cloud does not have");

    const kept = old === undefined ? inputs : ignoreChanges(declared, inputs, old.inputs);
    const decision = old === undefined ? "create" : await this.decide(declared, provider, kept, old, scope);
    if (old === undefined || decision === "replace")
      return this.make(declared, provider, { ...base, inputs: kept }, old);
    const { id, generation, autoName, autoNamed } = old;
    const now = { ...base, inputs: kept, id, generation, autoName, autoNamed };
    if (decision === "same") {
      this.report("same", declared, urn);
      return { ...now, outputs: old.outputs };
    }
    // `decide` says "update" only of a provider that has it.
    const updated = await attempt(declared, "could not be updated", () =>
      provider.update?.(id, kept, { id, outputs: old.outputs }, contextOf(now)),
    );
    if (updated === undefined) throw new ResourceError(declared, "cannot be updated");
    this.report("updated", declared, urn);
    return { ...now, id: updated.id, outputs: outputsOf(now, updated) };
  }

  private async decide(
    declared: Registration,
    provider: ResourceProvider,
    inputs: Record<string, unknown>,
    old: ResourceState,
    scope: Scope,
  ): Promise<Decision> {
    if (old.type !== declared.type || old.account !== scope.account || old.region !== scope.region) return "replace";
    const changed = Object.keys({ ...inputs, ...old.inputs }).filter(
      (key) => !isDeepStrictEqual(inputs[key], old.inputs[key]),
    );
    const forced = declared.replaceOnChanges.map((property) => property.split(/[.[]/)[0]);
    if (changed.some((key) => forced.includes(key) || forced.includes("*"))) return "replace";
    if (isDiffing(provider)) {
      return attempt(declared, "could not be compared", () => provider.diff(old.id, inputs, old, contextOf(old)));
    }
    if (changed.length === 0) return "same";
    return provider.update === undefined ? "replace" : "update";
  }

  private async make(
    declared: Registration,
    provider: ResourceProvider,
    base: Omit<ResourceState, "id" | "outputs" | "generation" | "autoName" | "autoNamed">,
    old: ResourceState | undefined,
  ): Promise<ResourceState> {
    if (old?.protect === true) {
      throw new ResourceError(
        declared,
        "would have to be replaced, but is protected: first deploy it with protect: false",
      );
    }
    const generation = old === undefined ? 0 : old.generation + 1;
    // Two with one name cannot stand side by side: as Pulumi's AWS provider does, then the old one goes first.
    const oldGoesFirst = declared.deleteBeforeReplace ?? old?.autoNamed === false;
    if (old !== undefined && oldGoesFirst) {
      await remove(old, { ...this.options, onProgress: () => undefined });
      this.claimed.add(old);
    }
    let autoNamed = false;
    const autoName = madeUpName(base, generation);
    const context = contextOf({ ...base, autoName }, () => (autoNamed = true));
    const created = await attempt(declared, "could not be created", () => provider.create(base.inputs, context));
    if (old !== undefined && !oldGoesFirst) this.leftovers.push(old);
    this.report(old === undefined ? "created" : "replaced", declared, base.urn);
    return { ...base, id: created.id, outputs: outputsOf(base, created), generation, autoName, autoNamed };
  }

  /** The region it names itself, or its explicit provider's, or the stack's. */
  private regionOf(declared: Registration, inputs: Record<string, unknown>): string {
    if (declared.type.startsWith("aws:") && typeof inputs["region"] === "string") return inputs["region"];
    const urn = declared.provider.slice(0, declared.provider.lastIndexOf("::"));
    const provider = this.current.find((resource) => resource.urn === urn);
    const region = provider?.inputs["region"];
    return typeof region === "string" ? region : this.options.region;
  }

  private report(action: Progress["action"], { type, name }: Registration, urn: string): void {
    this.options.onProgress({ action, type, name, urn, stack: this.options.stack });
  }
}

function outputsOf(
  { type, region, inputs }: Pick<ResourceState, "type" | "region" | "inputs">,
  created: Created,
): Record<string, unknown> {
  return { ...inputs, ...(type.startsWith("aws:") ? { region } : {}), ...created.outputs };
}

async function attempt<T>(resource: Registration, what: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof ResourceError ? error : new ResourceError(resource, what, error);
  }
}

/** The inputs, with those the program does not want to see changed as they were. */
function ignoreChanges(
  declared: Registration,
  inputs: Record<string, unknown>,
  old: Record<string, unknown>,
): Record<string, unknown> {
  const result = { ...inputs };
  for (const property of declared.ignoreChanges) {
    if (!/^\w+$/.test(property)) {
      throw new ResourceError(
        declared,
        `ignores changes of "${property}": the local engine knows whole properties only`,
      );
    }
    if (old[property] === undefined) delete result[property];
    else result[property] = old[property];
  }
  return result;
}

/** What creation and removal have in common: a resource's made-up name, its removal, and what is told of either. */
import { createHash } from "node:crypto";
import type { ResourceContext } from "../core/service";
import { isReading, ResourceError, type FindProvider } from "./provider";
import type { ResourceState } from "./state";

export interface Progress {
  readonly stack: string;
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** `retained`: no longer part of the stack, and left standing as the program asked. */
  readonly action: "created" | "same" | "updated" | "replaced" | "deleted" | "retained";
}

/** `generation` is how often the resource has been replaced: the new one can stand beside the old. */
export function madeUpName(
  { account, region, urn, name }: Omit<ResourceContext, "autoName">,
  generation: number,
): string {
  const hash = createHash("sha256").update(`${account} ${region} ${urn} ${generation}`).digest("hex");
  return `${name}-${hash.slice(0, 7)}`;
}

/** `onNamed` is called when the provider asks for the made-up name. */
export function contextOf(
  { account, region, type, name, urn, autoName }: ResourceContext,
  onNamed: () => void = () => undefined,
): ResourceContext {
  return {
    account,
    region,
    type,
    name,
    urn,
    get autoName() {
      onNamed();
      return autoName;
    },
  };
}

/** Deletes the resource, unless it is to be left standing. */
export async function remove(
  resource: ResourceState,
  { find, onProgress }: { readonly find: FindProvider; readonly onProgress: (progress: Progress) => void },
): Promise<void> {
  const { urn, type, name, id, outputs } = resource;
  const stack = urn.slice("urn:pulumi:".length).split("::")[0] ?? "";
  if (!resource.retainOnDelete) {
    try {
      await find(type)?.delete?.(id, { id, outputs }, contextOf(resource));
    } catch (error) {
      throw new ResourceError(resource, "could not be deleted", error);
    }
  }
  onProgress({ stack, type, name, urn, action: resource.retainOnDelete ? "retained" : "deleted" });
}

/** The resources as they stand now, without those that are gone. */
export async function refreshed(resources: readonly ResourceState[], find: FindProvider): Promise<ResourceState[]> {
  const standing: ResourceState[] = [];
  for (const resource of resources) {
    const provider = find(resource.type);
    if (provider === undefined || !isReading(provider)) {
      standing.push(resource);
      continue;
    }
    try {
      const outputs = await provider.read(resource.id, resource.outputs);
      if (outputs !== undefined) standing.push({ ...resource, outputs });
    } catch (error) {
      throw new ResourceError(resource, "could not be read", error);
    }
  }
  return standing;
}

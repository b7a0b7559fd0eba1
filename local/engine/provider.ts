/** Resource providers as the engine calls them: those of the services, and its own. */
import { AwsError, type ResourceContext, type ResourceProvider } from "../core/service";

/** A provider that also decides for itself what a difference means. */
export interface DiffingProvider extends ResourceProvider {
  /** Called whenever the resource is declared again, even when nothing has changed. */
  diff(
    id: string,
    inputs: Record<string, unknown>,
    previous: { readonly inputs: Record<string, unknown>; readonly outputs: Record<string, unknown> },
    context: ResourceContext,
  ): Promise<"same" | "update" | "replace">;
}

/** A provider that also looks what stands. */
export interface ReadingProvider extends DiffingProvider {
  /** @returns the outputs, in the place of those in the state; undefined if the resource is gone */
  read(id: string, outputs: Record<string, unknown>): Promise<Record<string, unknown> | undefined>;
}

export const isDiffing = (provider: ResourceProvider): provider is DiffingProvider => "diff" in provider;

export const isReading = (provider: ResourceProvider): provider is ReadingProvider => "read" in provider;

export type FindProvider = (type: string) => ResourceProvider | undefined;

/** One provider a type. Throws if two services claim the same one. */
export function registry(sources: readonly Readonly<Record<string, ResourceProvider>>[]): FindProvider {
  const providers = new Map<string, ResourceProvider>();
  for (const source of sources) {
    for (const [type, provider] of Object.entries(source)) {
      if (providers.has(type)) throw new Error(`Two services provide the resource type ${type}`);
      providers.set(type, provider);
    }
  }
  return (type) => providers.get(type);
}

/** An error about one resource, for people. */
export class ResourceError extends Error {
  constructor(resource: { readonly type: string; readonly name: string }, what: string, cause?: unknown) {
    super(`${resource.type} "${resource.name}" ${what}${cause === undefined ? "" : `: ${reasonOf(cause)}`}`, { cause });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AwsError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

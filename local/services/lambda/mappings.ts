/** All event source mappings of the cloud, and the provider that makes them. */
import type { ObjectStore } from "../../core/contracts";
import {
  AwsError,
  type Created,
  type ResourceContext,
  type ResourceProvider,
  type Scope,
  type Surroundings,
} from "../../core/service";
import type { EventStream, StreamSource } from "../../core/streams";
import { SharedFilters } from "./filters";
import type { Functions } from "./functions";
import { Mapping } from "./mapping";
import { type MappingSettings, mappingSettings } from "./mappingSettings";
import { invalid } from "./settings";

export interface MappingsParts {
  readonly surroundings: Surroundings;
  readonly functions: Functions;
  readonly streams: readonly StreamSource[];
  readonly objects: ObjectStore;
}

const sameScope = (arn: string, { account, region }: Scope): boolean =>
  arn.startsWith(`arn:aws:lambda:${region}:${account}:`);

export class Mappings {
  private readonly byId = new Map<string, Mapping>();
  private readonly filters = new WeakMap<EventStream, SharedFilters>();

  constructor(private readonly parts: MappingsParts) {}

  all(): Mapping[] {
    return [...this.byId.values()];
  }

  in(scope: Scope): Mapping[] {
    return this.all().filter(({ arn }) => sameScope(arn, scope));
  }

  /** Throws `ResourceNotFoundException`. */
  existing(uuid: string, scope: Scope): Mapping {
    const found = this.byId.get(uuid);
    if (found !== undefined && sameScope(found.arn, scope)) return found;
    throw new AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404);
  }

  create(settings: MappingSettings, scope: Scope): Mapping {
    const { functionArn, eventSourceArn } = settings;
    this.parts.functions.existing(functionArn);
    const stream = this.streamOf(eventSourceArn);
    const twin = this.all().find(
      (other) => other.settings.functionArn === functionArn && other.settings.eventSourceArn === eventSourceArn,
    );
    if (twin !== undefined) {
      throw new AwsError(
        "ResourceConflictException",
        `The event source arn (" ${eventSourceArn} ") and function (" ${functionArn} ") provided mapping already exists. ` +
          `Please update or delete the existing mapping with UUID ${twin.uuid}`,
        409,
      );
    }
    let filters = this.filters.get(stream);
    if (filters === undefined) this.filters.set(stream, (filters = new SharedFilters()));
    const { surroundings, objects, functions } = this.parts;
    const mapping: Mapping = new Mapping(scope, settings, {
      surroundings,
      objects,
      stream,
      filters,
      target: () => functions.existing(mapping.settings.functionArn),
    });
    this.byId.set(mapping.uuid, mapping);
    return mapping;
  }

  async remove(uuid: string): Promise<void> {
    const removed = this.byId.get(uuid);
    this.byId.delete(uuid);
    await removed?.close();
  }

  async close(): Promise<void> {
    await Promise.all(this.all().map((mapping) => mapping.close()));
  }

  private streamOf(arn: string): EventStream {
    for (const source of this.parts.streams) {
      const stream = source.stream(arn);
      if (stream !== undefined) return stream;
    }
    throw invalid(`Stream not found: ${arn}`);
  }
}

function created(mapping: Mapping): Created {
  const { settings, uuid, arn, lastModified, lastProcessingResult, progress } = mapping;
  return {
    id: uuid,
    outputs: {
      uuid,
      arn,
      functionArn: settings.functionArn,
      batchSize: settings.batchSize,
      lastModified: lastModified.toISOString(),
      lastProcessingResult,
      state: progress.state,
      stateTransitionReason: "User action",
    },
  };
}

/** What AWS fixes when a mapping is made. */
function refuseMove(mapping: Mapping, settings: MappingSettings, context: ResourceContext): void {
  for (const name of ["eventSourceArn", "startingPosition"] as const) {
    const [from, to] = [mapping.settings[name], settings[name]];
    if (from !== to)
      throw invalid(
        `${context.type} "${context.name}": ${name} cannot change (${from} to ${to}); it must be replaced.`,
      );
  }
}

export function mappingProvider(mappings: Mappings): ResourceProvider {
  return {
    create: (inputs, context) => created(mappings.create(mappingSettings(inputs, context), context)),

    async update(id, inputs, _previous, context) {
      const mapping = mappings.existing(id, context);
      const settings = mappingSettings(inputs, context);
      refuseMove(mapping, settings, context);
      await mapping.update(settings);
      return created(mapping);
    },

    delete: (id) => mappings.remove(id),
  };
}

/** Queries that are kept under a name. https://docs.aws.amazon.com/athena/latest/ug/saved-queries.html */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { readInputs } from "../../../core/inputs";
import type { ResourceProvider, Scope } from "../../../core/service";
import { invalidRequest, type Workgroups } from "./workgroups";

export interface NamedQuery {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly database: string;
  readonly query: string;
  readonly workgroup: string;
}

export class NamedQueries {
  private readonly byPlace = new Map<string, Map<string, NamedQuery>>();

  constructor(private readonly workgroups: Workgroups) {}

  private of({ account, region }: Scope): Map<string, NamedQuery> {
    const place = `${account}/${region}`;
    const found = this.byPlace.get(place) ?? new Map<string, NamedQuery>();
    this.byPlace.set(place, found);
    return found;
  }

  create(scope: Scope, query: Omit<NamedQuery, "id">, id: string = randomUUID()): NamedQuery {
    this.workgroups.find(scope, query.workgroup);
    const made = { ...query, id };
    this.of(scope).set(id, made);
    return made;
  }

  find(scope: Scope, id: string): NamedQuery | undefined {
    return this.of(scope).get(id);
  }

  existing(scope: Scope, id: string): NamedQuery {
    const found = this.find(scope, id);
    if (!found) throw invalidRequest(`NamedQuery ${id} was not found`);
    return found;
  }

  in(scope: Scope, workgroup: string): NamedQuery[] {
    return [...this.of(scope).values()].filter((query) => query.workgroup === workgroup);
  }

  remove(scope: Scope, id: string): void {
    this.of(scope).delete(id);
  }
}

export function describeNamedQuery(query: NamedQuery): Record<string, unknown> {
  return {
    NamedQueryId: query.id,
    Name: query.name,
    Description: query.description,
    Database: query.database,
    QueryString: query.query,
    WorkGroup: query.workgroup,
  };
}

const shape = z.strictObject({
  region: z.string().optional(),
  name: z.string().min(1).max(128).optional(),
  description: z.string().max(1024).optional(),
  database: z.string().min(1).max(255),
  query: z.string().min(1).max(262_144),
  workgroup: z.string().default("primary"),
});

/** A changed name, description or query is changed in place; another database or workgroup makes it another query. */
export function namedQueryProvider(queries: NamedQueries): ResourceProvider {
  return {
    create(raw, context) {
      const inputs = readInputs(shape, raw, context);
      const query = queries.create(context, { ...inputs, name: inputs.name ?? context.autoName });
      return { id: query.id, outputs: { ...inputs, name: query.name } };
    },
    update(id, raw, _previous, context) {
      const inputs = readInputs(shape, raw, context);
      const old = queries.existing(context, id);
      const query = queries.create(context, { ...inputs, name: inputs.name ?? old.name }, id);
      return { id, outputs: { ...inputs, name: query.name } };
    },
    delete(id, _previous, context) {
      queries.remove(context, id);
    },
  };
}

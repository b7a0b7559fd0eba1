/**
 * The columns of the lake's tables as they were deployed last. A column that is added does no harm: old files read as null.
 * One that is dropped hides its values, one that changes its type makes old files unreadable or, worse, read wrongly. So
 * each such loss stops the deployment, before anything is changed, until somebody decides on it in so many words
 * (`tributary:lakeDecisions`, docs/schema-changes.md).
 *
 * Pulumi serializes the provider below into the state and runs it from there: plain functions only.
 */
import * as pulumi from "@pulumi/pulumi";

/** Type by column, by table. */
export type Schemas = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface SchemaGuardArgs {
  readonly schemas: Schemas;
  readonly decisions: readonly string[];
}

/** `changes_users.badge: string -> dropped`, one for each loss. A decision is this text, so it fits no other loss. */
export function losses(before: Schemas, after: Schemas): string[] {
  return Object.entries(before).flatMap(([table, columns]) => {
    const now = after[table];
    if (now === undefined) return [`${table}: dropped`];
    return Object.entries(columns).flatMap(([column, type]) =>
      now[column] === type ? [] : [`${table}.${column}: ${type} -> ${now[column] ?? "dropped"}`],
    );
  });
}

const provider: pulumi.dynamic.ResourceProvider<SchemaGuardArgs, SchemaGuardArgs> = {
  async create(inputs) {
    return { id: "schemas", outs: inputs };
  },
  // In a preview too, and before anything else is touched.
  async diff(_id, olds, news) {
    const open = losses(olds.schemas, news.schemas).filter((loss) => !news.decisions.includes(loss));
    if (open.length > 0) {
      throw new Error(
        `The lake would lose columns that it has:\n${open.map((loss) => `  ${loss}`).join("\n")}\n` +
          "docs/schema-changes.md says what becomes of the values and what to do first. " +
          "Then add these lines to tributary:lakeDecisions in the stack's settings, or undo the change of the model.",
      );
    }
    return { changes: JSON.stringify([olds.schemas]) !== JSON.stringify([news.schemas]) };
  },
  async update(_id, _olds, news) {
    return { outs: news };
  },
};

export class SchemaGuard extends pulumi.dynamic.Resource {
  constructor(name: string, args: SchemaGuardArgs, options: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, options);
  }
}

/**
 * The columns of the lake's tables, as they are deployed and as they ever were: files outlive the columns they were written
 * with. A column that is added does no harm, old files read as null. One that is dropped hides its values; one that changes
 * its type or its meaning, or comes back with another, makes old files unreadable or, worse, read wrongly. So each such loss
 * stops the deployment, before anything is changed, until somebody decides on it in so many words (`tributary:lakeDecisions`,
 * docs/schema-changes.md).
 *
 * Pulumi serializes the provider below into the state and runs it from there: plain functions only.
 */
import * as pulumi from "@pulumi/pulumi";

/** By table, by column: such as `timestamp as string`, or `hashed text as string` of a pseudonym (`schemas.ts`). */
export type Schemas = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface SchemaGuardArgs {
  readonly schemas: Schemas;
  readonly decisions: readonly string[];
}

/** What is remembered of the deployments before. */
export interface Memory {
  /** As they were deployed last. */
  readonly schemas: Schemas;
  /** Every column that ever was, as it was last. */
  readonly seen: Schemas;
  /** Decisions that have had their effect: each is good for once. */
  readonly used: readonly string[];
}

export interface Loss {
  /** The decision that allows it: `changes_users.badge: text as string -> dropped`, for the second time with ` (2)` behind it. */
  readonly text: string;
  /** The column is not deployed, but files of it may be there. */
  readonly comesBack: boolean;
}

type State = SchemaGuardArgs & Memory;

/** A state from before the guard remembered has the last schemas, of lake types alone, and decisions that it may have used. */
const remembered = ({ schemas, decisions, seen, used }: SchemaGuardArgs & Partial<State>): Memory => ({
  schemas,
  seen: seen ?? schemas,
  used: used ?? decisions,
});

/** Whether what was written as `before` reads rightly as `now`. */
function reads(now: string, before: string): boolean {
  // The second: `before` is of a state that has lake types alone.
  if (now === before || now.endsWith(` as ${before}`)) return true;
  if (before === "real as string") return now === "double as string";
  const numbers = (text: string): number[] =>
    (/^decimal\((\d+),(\d+)\) as string$/.exec(text) ?? []).slice(1).map(Number);
  const [precision, scale] = numbers(before);
  const [wider, finer] = numbers(now);
  if (precision === undefined || scale === undefined || wider === undefined || finer === undefined) return false;
  return finer >= scale && wider - finer >= precision - scale;
}

export function losses({ schemas, seen, used }: Memory, after: Schemas): Loss[] {
  const loss = (said: string, comesBack = false): Loss => {
    let text = said;
    for (let time = 2; used.includes(text); time++) text = `${said} (${time})`;
    return { text, comesBack };
  };
  return Object.entries(seen).flatMap(([table, columns]) => {
    const [last, now] = [schemas[table], after[table]];
    if (now === undefined) return last === undefined ? [] : [loss(`${table}: dropped`)];
    return Object.entries(columns).flatMap(([column, before]) => {
      const [deployed, becomes] = [last?.[column] !== undefined, now[column]];
      if (becomes === undefined) return deployed ? [loss(`${table}.${column}: ${before} -> dropped`)] : [];
      return reads(becomes, before) ? [] : [loss(`${table}.${column}: ${before} -> ${becomes}`, !deployed)];
    });
  });
}

function refusal(open: readonly Loss[]): Error {
  const lines = (heading: string, some: readonly Loss[]): string[] =>
    some.length === 0 ? [] : [heading, ...some.map(({ text }) => `  ${text}`)];
  return new Error(
    [
      ...lines(
        "The lake would lose columns that it has:",
        open.filter(({ comesBack }) => !comesBack),
      ),
      ...lines(
        "Columns of these names were dropped once, and their files cannot be read as what they would be now:",
        open.filter(({ comesBack }) => comesBack),
      ),
      "docs/schema-changes.md says what becomes of the values and what to do first. " +
        "Then add these lines to tributary:lakeDecisions in the stack's settings, or undo the change of the model.",
      ...(open.some(({ text }) => / \(\d+\)$/.test(text))
        ? ["A number at the end: the same was decided on before, and a decision is good for once."]
        : []),
    ].join("\n"),
  );
}

const sorted = (schemas: Schemas): string =>
  JSON.stringify(
    Object.entries(schemas)
      .map(([table, columns]) => `${table} ${Object.entries(columns).sort().join()}`)
      .sort(),
  );

const provider: pulumi.dynamic.ResourceProvider<SchemaGuardArgs, State> = {
  async create(inputs) {
    return { id: "schemas", outs: { ...inputs, seen: inputs.schemas, used: [] } };
  },
  // In a preview too, and before anything else is touched.
  async diff(_id, olds: SchemaGuardArgs & Partial<State>, news) {
    const open = losses(remembered(olds), news.schemas).filter(({ text }) => !news.decisions.includes(text));
    if (open.length > 0) throw refusal(open);
    return { changes: olds.seen === undefined || sorted(olds.schemas) !== sorted(news.schemas) };
  },
  async update(_id, olds: SchemaGuardArgs & Partial<State>, news) {
    const memory = remembered(olds);
    const seen = { ...memory.seen };
    for (const [table, columns] of Object.entries(news.schemas)) seen[table] = { ...seen[table], ...columns };
    const used = [...memory.used, ...losses(memory, news.schemas).map(({ text }) => text)];
    return { outs: { ...news, seen, used } };
  },
};

export class SchemaGuard extends pulumi.dynamic.Resource {
  constructor(name: string, args: SchemaGuardArgs, options: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, options);
  }
}

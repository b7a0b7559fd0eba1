/**
 * A view in Athena, as a resource of ours: the provider has none, and its Glue form of a view goes stale by itself
 * (terraform-provider-aws #17363, #28517). Athena checks the statement before the old view goes.
 *
 * Pulumi serializes the provider below into the state and runs it from there: plain functions, the SDK required inside.
 * It finds its credentials as any SDK does; the workgroup's name and the owner of its result bucket keep it from running in
 * another account than the one meant.
 */
import type * as Crypto from "node:crypto";
import type * as Athena from "@aws-sdk/client-athena";
import type * as Glue from "@aws-sdk/client-glue";
import * as pulumi from "@pulumi/pulumi";
import { blank, fill, loadIn } from "../../functions/load";
import { runStatement, viewReader } from "../../functions/promoteClients";

export interface AthenaViewArgs {
  readonly region: string;
  readonly database: pulumi.Input<string>;
  readonly workgroup: pulumi.Input<string>;
  readonly view: string;
  /** The query alone. */
  readonly sql: string;
  /**
   * Of a view on full loads: its SQL on a load, a template (functions/load.ts). Once a load has been promoted the view names
   * it, and keeps it whenever the view is made anew.
   */
  readonly onLoad?: string;
  /** Where a person finds the SQL, for messages. */
  readonly origin: string;
  /** Changes with the columns of what it reads: the view must then be made anew. */
  readonly standsOn: string;
}

interface Inputs {
  readonly region: string;
  readonly database: string;
  readonly workgroup: string;
  readonly view: string;
  readonly sql: string;
  readonly onLoad?: string;
  readonly origin: string;
  readonly standsOn: string;
}

interface Properties extends Inputs {
  /** Digests of the view as Athena has written it down, formatted: by its form, which a promotion changes. */
  readonly written: { readonly plain?: string; readonly onLoad?: string };
}

/** A name in Trino's quotes. */
const quote = (name: string): string => `"${name.replace(/"/g, '""')}"`;

/** Everything before the query stands on one line, so that Athena's line numbers are the file's plus one. */
const createStatement = ({ view, sql }: Inputs): string => `CREATE OR REPLACE VIEW ${quote(view)} AS\n${sql}`;

/** `line 3:15: Column 'x' cannot be resolved` -> the file, the place in it and the line itself. */
function located(message: string, { view, sql, origin }: Inputs): string {
  const match = /line (\d+):(\d+)/.exec(message);
  const line = Number(match?.[1]) - 1;
  const column = Number(match?.[2]);
  const text = sql.split("\n")[line - 1];
  if (match === null || text === undefined) return `${origin}: Athena refused the view "${view}": ${message}`;
  return `${origin}:${line}:${column}: Athena refused the view "${view}": ${message}\n${text}\n${" ".repeat(column - 1)}^`;
}

/** @returns why the statement failed; undefined if it did not. */
async function run(statement: string, inputs: Inputs): Promise<string | undefined> {
  const sdk: typeof Athena = require("@aws-sdk/client-athena");
  const client = new sdk.AthenaClient({ region: inputs.region });
  try {
    return (await runStatement(sdk, client, statement, inputs)).problem;
  } catch (error) {
    // A syntax error comes at once, as an answer to the request.
    if (error instanceof Error && error.name === "InvalidRequestException") return error.message;
    throw error;
  } finally {
    client.destroy();
  }
}

/** The SQL of the view that stands, as Athena formatted it; undefined if there is none. */
async function standing({ region, database, view }: Inputs): Promise<string | undefined> {
  const sdk: typeof Glue = require("@aws-sdk/client-glue");
  const client = new sdk.GlueClient({ region });
  try {
    return await viewReader(sdk, client, database)(view);
  } finally {
    client.destroy();
  }
}

/** Which load is in force nobody but the view itself knows: a deployment must not undo a promotion. */
async function onPresentLoad(inputs: Inputs): Promise<string> {
  if (inputs.onLoad === undefined) return inputs.sql;
  const load = loadIn((await standing(inputs)) ?? "");
  return load === undefined ? inputs.sql : fill(inputs.onLoad, load);
}

/** What to know a view by that stands, whichever load it names. */
function formOf(sql: string): { readonly form: keyof Properties["written"]; readonly digest: string } {
  const { createHash }: typeof Crypto = require("node:crypto");
  const load = loadIn(sql);
  const digest = createHash("sha256")
    .update(load === undefined ? sql : blank(sql, load))
    .digest("hex");
  return { form: load === undefined ? "plain" : "onLoad", digest };
}

async function createOrReplace(inputs: Inputs): Promise<Properties> {
  const filled = { ...inputs, sql: await onPresentLoad(inputs) };
  const problem = await run(createStatement(filled), filled);
  if (problem !== undefined) throw new Error(located(problem, filled));
  const made = await standing(inputs);
  if (made === undefined) throw new Error(`Athena made the view "${inputs.view}", but the catalog does not have it`);
  const { form, digest } = formOf(made);
  return { ...inputs, written: { [form]: digest } };
}

const isSame = (a: Inputs, b: Inputs): boolean =>
  a.sql === b.sql &&
  a.onLoad === b.onLoad &&
  a.region === b.region &&
  a.workgroup === b.workgroup &&
  a.origin === b.origin &&
  a.standsOn === b.standsOn;

const provider: pulumi.dynamic.ResourceProvider<Inputs, Properties> = {
  async create(inputs) {
    return { id: `${inputs.database}.${inputs.view}`, outs: await createOrReplace(inputs) };
  },
  async diff(_id, olds, news) {
    const replaces = (["database", "view"] as const).filter((name) => olds[name] !== news[name]);
    return { changes: replaces.length > 0 || !isSame(olds, news), replaces };
  },
  async update(_id, _olds, news) {
    return { outs: await createOrReplace(news) };
  },
  /** What `pulumi refresh` finds: a view that somebody has dropped, or made anew by hand, is set right by the next `up`. */
  async read(id, properties) {
    if (properties === undefined) throw new Error("A view cannot be imported: let the program make it anew");
    const sql = await standing(properties);
    if (sql === undefined) return { id: "" };
    const { form, digest } = formOf(sql);
    // The first promotion gives a view its other form, which nobody has seen when the resource was made.
    const expected = properties.written[form] ?? (form === "onLoad" && properties.onLoad !== undefined ? digest : "");
    if (digest !== expected) return { id, props: { ...properties, sql } };
    return { id, props: { ...properties, written: { ...properties.written, [form]: digest } } };
  },
  async delete(_id, properties) {
    const problem = await run(`DROP VIEW IF EXISTS ${quote(properties.view)}`, properties);
    if (problem !== undefined) throw new Error(`Athena did not drop the view "${properties.view}": ${problem}`);
  },
};

export class AthenaView extends pulumi.dynamic.Resource {
  declare readonly view: pulumi.Output<string>;

  constructor(name: string, args: AthenaViewArgs, options?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, options);
  }
}

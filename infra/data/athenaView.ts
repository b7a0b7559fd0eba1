/**
 * A view in Athena, as a resource of ours: the provider has none, and its Glue form of a view goes stale by itself
 * (terraform-provider-aws #17363, #28517). Athena checks the statement before the old view goes.
 *
 * Pulumi serializes the provider below into the state and runs it from there: plain functions, the SDK required inside.
 * It finds its credentials as any SDK does; the workgroup's name and the owner of its result bucket keep it from running in
 * another account than the one meant.
 */
import type * as Athena from "@aws-sdk/client-athena";
import type * as Glue from "@aws-sdk/client-glue";
import * as pulumi from "@pulumi/pulumi";
import { fill, loadIn } from "../../functions/load";
import { viewReader } from "../../functions/promoteClients";

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

interface Properties {
  readonly region: string;
  readonly database: string;
  readonly workgroup: string;
  readonly view: string;
  readonly sql: string;
  readonly onLoad?: string;
  readonly origin: string;
  readonly standsOn: string;
}

/** Milliseconds between looks at a running statement. */
const FIRST_LOOK = 100;
const LAST_LOOK = 5_000;

/** A name in Trino's quotes. */
const quote = (name: string): string => `"${name.replace(/"/g, '""')}"`;

/** Everything before the query stands on one line, so that Athena's line numbers are the file's plus one. */
const createStatement = ({ view, sql }: Properties): string => `CREATE OR REPLACE VIEW ${quote(view)} AS\n${sql}`;

/** `line 3:15: Column 'x' cannot be resolved` -> the file, the place in it and the line itself. */
function located(message: string, { view, sql, origin }: Properties): string {
  const match = /line (\d+):(\d+)/.exec(message);
  const line = Number(match?.[1]) - 1;
  const column = Number(match?.[2]);
  const text = sql.split("\n")[line - 1];
  if (match === null || text === undefined) return `${origin}: Athena refused the view "${view}": ${message}`;
  return `${origin}:${line}:${column}: Athena refused the view "${view}": ${message}\n${text}\n${" ".repeat(column - 1)}^`;
}

/** @returns why the statement failed; undefined if it did not. */
async function run(statement: string, { region, database, workgroup }: Properties): Promise<string | undefined> {
  const sdk: typeof Athena = require("@aws-sdk/client-athena");
  const client = new sdk.AthenaClient({ region });
  try {
    const { QueryExecutionId } = await client.send(
      new sdk.StartQueryExecutionCommand({
        QueryString: statement,
        WorkGroup: workgroup,
        QueryExecutionContext: { Database: database },
      }),
    );
    for (let pause = FIRST_LOOK; ; pause = Math.min(pause * 2, LAST_LOOK)) {
      const { QueryExecution } = await client.send(new sdk.GetQueryExecutionCommand({ QueryExecutionId }));
      const { State, StateChangeReason, AthenaError } = QueryExecution?.Status ?? {};
      if (State === "SUCCEEDED") return undefined;
      if (State === "FAILED" || State === "CANCELLED")
        return AthenaError?.ErrorMessage ?? StateChangeReason ?? `the statement was ${State.toLowerCase()}`;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  } catch (error) {
    // A syntax error comes at once, as an answer to the request.
    if (error instanceof Error && error.name === "InvalidRequestException") return error.message;
    throw error;
  } finally {
    client.destroy();
  }
}

async function createOrReplace(given: Properties): Promise<void> {
  const properties = { ...given, sql: await onPresentLoad(given) };
  const problem = await run(createStatement(properties), properties);
  if (problem !== undefined) throw new Error(located(problem, properties));
}

/** Which load is in force nobody but the view itself knows: a deployment must not undo a promotion. */
async function onPresentLoad({ region, database, view, sql, onLoad }: Properties): Promise<string> {
  if (onLoad === undefined) return sql;
  const sdk: typeof Glue = require("@aws-sdk/client-glue");
  const client = new sdk.GlueClient({ region });
  try {
    const load = loadIn((await viewReader(sdk, client, database)(view)) ?? "");
    return load === undefined ? sql : fill(onLoad, load);
  } finally {
    client.destroy();
  }
}

const isSame = (a: Properties, b: Properties): boolean =>
  a.sql === b.sql &&
  a.onLoad === b.onLoad &&
  a.region === b.region &&
  a.workgroup === b.workgroup &&
  a.origin === b.origin &&
  a.standsOn === b.standsOn;

const provider: pulumi.dynamic.ResourceProvider<Properties, Properties> = {
  async create(inputs) {
    await createOrReplace(inputs);
    return { id: `${inputs.database}.${inputs.view}`, outs: inputs };
  },
  async diff(_id, olds, news) {
    const replaces = (["database", "view"] as const).filter((name) => olds[name] !== news[name]);
    return { changes: replaces.length > 0 || !isSame(olds, news), replaces };
  },
  async update(_id, _olds, news) {
    await createOrReplace(news);
    return { outs: news };
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

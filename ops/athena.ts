/** Running SQL through Athena's API: the same against AWS and against the laptop cloud. */
import {
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
  type AthenaClient,
  type QueryExecution,
} from "@aws-sdk/client-athena";
import { setTimeout as delay } from "node:timers/promises";

export interface QueryOptions {
  readonly client: AthenaClient;
  readonly workgroup: string;
  readonly database: string;
  /** Cancels the query on the server, too. */
  readonly signal?: AbortSignal;
}

export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Values as Athena prints them; null for NULL. */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly bytesScanned: number;
  readonly milliseconds: number;
}

/** A query that did not succeed; the message is Athena's, which names line and column where it knows them. */
export class QueryFailed extends Error {}

/** Between looks at a running query: short at first, since most are. Milliseconds. */
const FIRST_LOOK = 25;
const LAST_LOOK = 1_000;

/** @throws QueryFailed, or the SDK's error. */
export async function runQuery(sql: string, options: QueryOptions): Promise<QueryResult> {
  const { client, workgroup, database } = options;
  const started = await client.send(
    new StartQueryExecutionCommand({
      QueryString: sql,
      WorkGroup: workgroup,
      QueryExecutionContext: { Database: database },
    }),
  );
  const id = started.QueryExecutionId ?? "";
  const execution = await finished(id, options);
  const { State, StateChangeReason } = execution.Status ?? {};
  if (State !== "SUCCEEDED") throw new QueryFailed(StateChangeReason ?? `The query was ${State?.toLowerCase()}.`);
  const { columns, rows } = await results(id, client);
  return {
    columns,
    rows,
    bytesScanned: execution.Statistics?.DataScannedInBytes ?? 0,
    milliseconds: execution.Statistics?.TotalExecutionTimeInMillis ?? 0,
  };
}

async function finished(id: string, { client, signal }: QueryOptions): Promise<QueryExecution> {
  for (let pause = FIRST_LOOK; ; pause = Math.min(pause * 2, LAST_LOOK)) {
    const { QueryExecution: execution } = await client.send(new GetQueryExecutionCommand({ QueryExecutionId: id }));
    const state = execution?.Status?.State;
    if (execution !== undefined && state !== "QUEUED" && state !== "RUNNING") return execution;
    try {
      await delay(pause, undefined, { signal });
    } catch (error) {
      await client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
      throw error;
    }
  }
}

async function results(id: string, client: AthenaClient): Promise<Pick<QueryResult, "columns" | "rows">> {
  let columns: QueryResult["columns"] = [];
  const rows: (string | null)[][] = [];
  let token: string | undefined;
  do {
    const page = await client.send(new GetQueryResultsCommand({ QueryExecutionId: id, NextToken: token }));
    const isFirst = token === undefined;
    token = page.NextToken;
    if (isFirst) {
      const described = page.ResultSet?.ResultSetMetadata?.ColumnInfo ?? [];
      columns = described.map(({ Name = "", Type = "" }) => ({ name: Name, type: Type }));
    }
    // The first row of the first page repeats the columns' names.
    for (const { Data = [] } of page.ResultSet?.Rows?.slice(isFirst ? 1 : 0) ?? []) {
      rows.push(Data.map(({ VarCharValue }) => VarCharValue ?? null));
    }
  } while (token !== undefined);
  return { columns, rows };
}

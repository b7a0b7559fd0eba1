/** The lake's answers, through the workgroup of analysts: it limits what a query may read, and the analysts' role may use it. */
import { AthenaClient } from "@aws-sdk/client-athena";
import { runQuery, type QueryResult } from "../athena";
import type { Account, DataOutputs } from "../deployment";
import { Answers } from "./answers";

export interface AskedLake {
  readonly answers: Answers;
  /** After `signal`: until Athena has been told to stop what it works on. */
  close(): Promise<void>;
}

/**
 * @param keep milliseconds for which an answer is given again
 * @param signal cancels what Athena works on, and lets nothing else begin
 */
export function askLake(
  { outputs, settings }: Account<Pick<DataOutputs, "analystWorkgroup" | "database">>,
  keep: number,
  signal: AbortSignal,
): AskedLake {
  const client = new AthenaClient(settings);
  const { analystWorkgroup: workgroup, database } = outputs;
  const running = new Set<Promise<QueryResult>>();
  const ask = async (sql: string): Promise<QueryResult> => {
    signal.throwIfAborted();
    const query = runQuery(sql, { client, workgroup, database, signal });
    running.add(query);
    return query.finally(() => running.delete(query));
  };
  return {
    answers: new Answers({ ask, keep }),
    close: async () => {
      await Promise.allSettled([...running]);
      client.destroy();
    },
  };
}

/** Marks the rows of raw that are to be sent to the lake again (functions/emit.ts), all segments of a scan at a time. */
import { ScanCommand, UpdateItemCommand, type AttributeValue, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { emission, emissionScan, type Rows } from "../../functions/emit";
import { META } from "../../functions/statements";
import type { Pace } from "./pace";

/** What became of the rows of one table. */
export interface Counts {
  /** `<source>.<table>` */
  readonly table: string;
  /** Found in raw, tombstones among them; the sum of the others. */
  rows: number;
  emitted: number;
  /** They bear this mark or a later one already, or are tombstones that expired meanwhile. */
  passed: number;
  /** DynamoDB cannot hold the mark: the item is as large as an item may be. */
  refused: number;
}

export interface Run extends Rows {
  readonly client: Pick<DynamoDBClient, "send">;
  /** See `emissionMark`. */
  readonly mark: string;
  readonly pace: Pace;
  /** Called after each row; the counts are right then. */
  readonly progress: () => void;
  /** Called for a row that is refused. */
  readonly problem: (text: string) => void;
}

/** Together less than the 50 connections that the SDK opens; enough for 1,000 rows a second at 40 ms each. */
const SEGMENTS = 4;
const IN_FLIGHT = 12;

/**
 * @param counts of each table, which are counted up; they are right when the run fails, too, since what is under way is
 * waited for
 * @throws AbortError once the pace's signal is aborted, or the SDK's error
 */
export async function emitRows(run: Run, counts: readonly Counts[]): Promise<void> {
  const countOf = new Map(counts.map((count) => [count.table, count]));
  const others = { failed: false };
  const segment = async (index: number): Promise<void> => {
    let after: Record<string, AttributeValue> | undefined;
    do {
      const request = emissionScan(run, index, SEGMENTS, after);
      const page = await run.pace.patiently(() => run.client.send(new ScanCommand(request)));
      // One iterator for all: each takes the next row.
      const items = (page.Items ?? []).values();
      const worker = async (): Promise<void> => {
        for (const item of items) {
          if (others.failed) return;
          const count = countOf.get(item[META.table]?.S ?? "");
          if (count !== undefined) await emitRow(item, count, run);
        }
      };
      await all(Array.from({ length: IN_FLIGHT }, worker), others);
      after = page.LastEvaluatedKey;
    } while (after !== undefined && !others.failed);
  };
  await all(
    Array.from({ length: SEGMENTS }, (_, index) => segment(index)),
    others,
  );
}

/** Waits for each, and then fails if one has failed. */
async function all(work: readonly Promise<void>[], others: { failed: boolean }): Promise<void> {
  const ended = await Promise.allSettled(
    work.map((each) =>
      each.catch((error: unknown) => {
        others.failed = true;
        throw error;
      }),
    ),
  );
  const failure = ended.find((each) => each.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}

async function emitRow(item: Record<string, AttributeValue>, count: Counts, run: Run): Promise<void> {
  count[await outcomeOf(item, run)] += 1;
  count.rows += 1;
  run.progress();
}

async function outcomeOf(item: Record<string, AttributeValue>, run: Run): Promise<"emitted" | "passed" | "refused"> {
  const key = item[META.key]?.S ?? "";
  if ((item[META.emitted]?.S ?? "") >= run.mark) return "passed";
  await run.pace.turn();
  const request = emission(run.tableName, key, run.mark);
  try {
    await run.pace.patiently(() => run.client.send(new UpdateItemCommand(request)));
    return "emitted";
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === "ConditionalCheckFailedException") return "passed";
    if (error.name !== "ValidationException") throw error;
    run.problem(`${key} cannot be marked: ${error.message}`);
    return "refused";
  }
}

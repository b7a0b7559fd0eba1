/** What is kept costs month after month, however little changes: for each million of what there is. */
import type { Names } from "./names";
import { costOf, PRICES, type PriceName } from "./prices";
import type { Counters } from "./usage";

export interface Kept {
  readonly what: string;
  readonly of: "rows" | "changes";
  /** Bytes of a million of them. */
  readonly bytes: number;
  readonly prices: readonly PriceName[];
  /** Dollars a month, for a million. */
  readonly usd: number;
}

/** DynamoDB adds so much to every item. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
const ITEM_BYTES = 100;

const aMillion = (bytes: number, count: number): number => (count === 0 ? 0 : (bytes / count) * 1e6);

function kept(what: string, of: Kept["of"], bytes: number, prices: readonly PriceName[]): Kept {
  return { what, of, bytes, prices, usd: prices.reduce((sum, price) => sum + costOf(PRICES[price], bytes), 0) };
}

/** @param rows of the source that were loaded */
export function keptIn(services: Counters<"dynamodb" | "firehose" | "s3">, names: Names, rows: number): Kept[] {
  const tables = services.dynamodb
    .statistics()
    .map(({ arn, items, bytes }) =>
      kept(`DynamoDB ${names.of(arn)}`, "rows", aMillion(bytes + items * ITEM_BYTES, items), [
        "dynamodbStorage",
        "dynamodbBackup",
      ]),
    );
  const delivered = services.firehose.statistics().reduce((sum, stream) => sum + stream.rows, 0);
  const below = (...folders: string[]): number =>
    services.s3
      .statistics()
      .filter(({ folder }) => folders.includes(folder.split("/", 1)[0] ?? ""))
      .reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    ...tables,
    kept("Lake, changes", "changes", aMillion(below("changes"), delivered), ["s3Storage"]),
    kept("Lake, full loads (the latest, and as it was written)", "rows", aMillion(below("full", "landing"), rows), [
      "s3Storage",
    ]),
  ];
}

/** From what a run used to what a million changes cost, by hop and by table. */
import { costOf, PRICES, type PriceName } from "./prices";
import type { CostRun } from "./run";
import { summed, type Amount } from "./usage";

export interface HopLine {
  readonly hop: string;
  readonly price: PriceName;
  /** For a million changes, in the unit of the price's `unit`: GB, millions, ... */
  readonly quantity: number;
  /** For a million changes. */
  readonly usd: number;
}

export interface TableLine {
  /** Its id; undefined for what cannot be told apart. */
  readonly table: string | undefined;
  readonly changes: number;
  /** Dollars for a million changes of this table, by service. (Of none of the tables: for a million of all.) */
  readonly usd: Readonly<Record<string, number>>;
  readonly total: number;
  /** Of all that the run cost; 0 to 1. */
  readonly share: number;
}

const MILLION = 1e6;

export const usdOf = ({ price, amount }: Pick<Amount, "price" | "amount">): number => costOf(PRICES[price], amount);

export const totalOf = (amounts: readonly Amount[]): number => amounts.reduce((sum, one) => sum + usdOf(one), 0);

export const serviceOf = ({ hop }: Pick<Amount, "hop">): string => hop.split(" ", 1)[0] ?? hop;

const countOf = ({ counts }: Pick<CostRun["changes"], "counts">): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** In the order of the way. */
export function hopLines({ used, ...changes }: Pick<CostRun["changes"], "used" | "counts">): HopLine[] {
  const scale = MILLION / countOf(changes);
  const withoutTables = used.map(({ hop, price, amount }) => ({ hop, price, amount }));
  return summed(withoutTables).map(({ hop, price, amount }) => ({
    ...{ hop, price, quantity: (amount * scale) / PRICES[price].per },
    usd: usdOf({ price, amount: amount * scale }),
  }));
}

/** The dearest of the run first. */
export function tableLines({ used, counts }: Pick<CostRun["changes"], "used" | "counts">): TableLine[] {
  const whole = totalOf(used);
  const tables = [...new Set([...Object.keys(counts), ...used.map(({ table }) => table)])];
  const lines = tables.map((table): TableLine => {
    const of = used.filter((one) => one.table === table);
    const changes = table === undefined ? countOf({ counts }) : (counts[table] ?? 0);
    const scale = changes === 0 ? 0 : MILLION / changes;
    const usd: Record<string, number> = {};
    for (const one of of) usd[serviceOf(one)] = (usd[serviceOf(one)] ?? 0) + usdOf(one) * scale;
    return { table, changes, usd, total: totalOf(of) * scale, share: totalOf(of) / whole };
  });
  return lines.sort((a, b) => b.share - a.share);
}

/** What of a million changes follows from how full the batches are: invocations, and the lines that each writes. */
export interface Batches {
  /** Records a batch in the run. */
  readonly size: number;
  /** Dollars for a million changes: in the run, with a record a batch, and with a thousand, which is the most. */
  readonly usd: number;
  readonly single: number;
  readonly full: number;
}

const FULL = 1000;

export function batchesOf({ used, counts, batches }: CostRun["changes"]): Batches {
  const byBatch = used.filter(({ price }) => price === "lambdaRequest" || price === "logs");
  const usd = totalOf(byBatch) * (MILLION / countOf({ counts }));
  const size = batches.records / batches.invocations;
  return { size, usd, single: usd * size, full: (usd * size) / FULL };
}

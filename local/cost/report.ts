/** A cost run as a person reads it. */
import { renderTable } from "../../ops/table";
import { batchesOf, hopLines, serviceOf, tableLines, totalOf } from "./account";
import { PRICES, REGION, type Price } from "./prices";
import type { CostRun } from "./run";

const count = (value: number): string => Math.round(value).toLocaleString("en");
const money = (usd: number): string => (usd < 0.0005 ? "0.000" : usd.toFixed(3));
const cents = (usd: number): string => usd.toFixed(2);

const quantity = (value: number): string => value.toLocaleString("en", { maximumSignificantDigits: 4 });

/** `?` where nobody has confirmed it. */
const priceText = ({ usd, unit, from }: Price): string =>
  `${usd.toLocaleString("en", { maximumFractionDigits: 10 })} per ${unit}${from === "quoted" ? " ?" : ""}`;

function byHop({ changes }: CostRun): string {
  const lines = hopLines(changes);
  const total = lines.reduce((sum, { usd }) => sum + usd, 0);
  const rows = lines.map(({ hop, price, quantity: amount, usd }) => [
    ...[hop, PRICES[price].what, quantity(amount), priceText(PRICES[price]), money(usd)],
    `${Math.round((usd / total) * 100)}%`,
  ]);
  return renderTable(["hop", "", "quantity", "price, $", "$", "share"], [...rows, ["", "", "", "", money(total), ""]]);
}

function byTable({ changes }: CostRun): string {
  const lines = tableLines(changes);
  const names = [...new Set(changes.used.map(serviceOf))];
  const rows = lines.map(({ table, changes: made, usd, total, share }) => [
    ...[table ?? "of none alone", count(made)],
    ...names.map((name) => money(usd[name] ?? 0)),
    ...[money(total), `${Math.round(share * 100)}%`],
  ]);
  return renderTable(["table", "changes", ...names, "$", "share"], rows);
}

function fixed({ fixed: lines }: CostRun): string {
  const rows = lines.map(({ what, count: many, price, usd }) => [
    ...[what, count(many), price === undefined ? "no price known: local/cost/prices.ts" : priceText(price)],
    usd === undefined ? "?" : cents(usd),
  ]);
  const total = lines.reduce((sum, { usd = 0 }) => sum + usd, 0);
  const isWhole = lines.every(({ usd }) => usd !== undefined);
  return renderTable(
    ["", "count", "price, $", "$ a month"],
    [...rows, ["", "", "", `${cents(total)}${isWhole ? "" : " and what has no price"}`]],
  );
}

function kept({ kept: lines }: CostRun): string {
  const rows = lines.map(({ what, of, bytes, usd }) => [
    what,
    `a million ${of}`,
    (bytes / 2 ** 30).toFixed(2),
    money(usd),
  ]);
  return renderTable(["", "of", "GB", "$ a month"], rows);
}

function once({ load, fullLoad, kpis }: CostRun): string {
  const aMillion = (totalOf(load.used) / load.rows) * 1e6;
  return renderTable(
    ["", "$"],
    [
      ["The initial load through the stream, a million rows", money(aMillion)],
      [`A full load of ${count(fullLoad.rows)} rows, with its promotion`, money(totalOf(fullLoad.used))],
      [`${kpis.queries} KPIs, once each (Athena bills 10 MB a query at least)`, money(totalOf(kpis.used))],
    ],
  );
}

const NOT_COUNTED = `Not counted: the monolith's own database; traffic between zones and through VPC endpoints ($0.01 a GB); requests of Athena
and Firehose to S3 and Glue; log storage; e-mails; the promotion's look every quarter of an hour (cents a month); keys'
rotation ($1 a month for each of the first two); tax. No free tier, no discount.`;

export function renderRun(run: CostRun): string {
  const { changes } = run;
  const total = Object.values(changes.counts).reduce((sum, made) => sum + made, 0);
  const batches = batchesOf(changes);
  return `
${count(total)} changes, batched as ${quantity(changes.pace)} a second are on AWS. Prices of ${REGION} (local/cost/prices.ts, each with its
date and page); ? stands at those that are not confirmed. A million changes cost, hop by hop:

${byHop(run)}

By table, for a million changes of it. What tables share is shared out: streams by the bytes of their records, functions by
the number of records.

${byTable(run)}

Batches had ${quantity(batches.size)} records. Invocations and their log lines cost ${money(batches.usd)} of it: ${money(batches.single)} with one record each, as when
little happens, ${money(batches.full)} with a thousand. Durations are this machine's, taken for a whole CPU's (docs/cost.md).

Each month, whatever happens, with the settings of Pulumi.prod.yaml and Pulumi.data.yaml:

${fixed(run)}

Each month, for what is kept:

${kept(run)}

Now and then:

${once(run)}

${NOT_COUNTED}`;
}

/** The same for a program: all figures of the report, and the prices. */
export function renderRunJson(run: CostRun): string {
  const { changes, load, fullLoad, kpis, kept: stored, fixed: monthly } = run;
  return JSON.stringify(
    {
      region: REGION,
      prices: PRICES,
      changes: {
        ...{ counts: changes.counts, pace: changes.pace, batches: batchesOf(changes) },
        ...{ aMillionByHop: hopLines(changes), aMillionByTable: tableLines(changes) },
      },
      monthly,
      kept: stored,
      load: { ...load, usd: totalOf(load.used) },
      fullLoad: { ...fullLoad, usd: totalOf(fullLoad.used) },
      kpis: { ...kpis, usd: totalOf(kpis.used) },
    },
    undefined,
    2,
  );
}

/** A KPI on the page: what it asks, its chart, its rows, and when and at what cost Athena was asked. */
import type { Kpi } from "../../model/kpi";
import type { QueryResult } from "../athena";
import { KPI_FOLDER } from "../query/kpis";
import { markPlace } from "../query/place";
import { renderSummary } from "../query/render";
import { statement } from "../query/statement";
import type { Answer } from "./answers";
import { CannotDraw, drawChart } from "./charts";
import { markup, NOTHING, type Html } from "./markup";
import { tableOf } from "./table";

/** More would make the page heavy; all of them are for `npm run query`. */
const ROWS = 200;

/** @param now when the page is made */
export function cardOf(kpi: Kpi, answer: Answer, now: number): Html {
  const { name, title, question, unit, grain, owner, chart } = kpi;
  const cost = "failure" in answer ? "" : `${renderSummary(answer.result)}; `;
  return markup`<article class="card${chart === "table" ? " wide" : ""}" aria-labelledby="${name}">
<h2 id="${name}">${title}</h2>
<p>${question}</p>
<p class="facts">${unit} per ${grain}; owner: ${owner}</p>
${"failure" in answer ? failed(kpi, answer.failure) : answered(kpi, answer.result)}
<p class="asked">${cost}asked ${moment(answer.askedAt)}${before(answer.askedAt, now)}</p>
</article>
`;
}

function answered(kpi: Kpi, result: QueryResult): Html {
  const { rows } = result;
  if (rows.length === 0) return markup`<p>No rows: the lake has nothing to say about it yet.</p>`;
  const count = rows.length.toLocaleString("en");
  const cut = markup`<p class="facts">The first ${ROWS}; all of them: npm run query -- ${kpi.name} --csv</p>`;
  return markup`${drawn(kpi, result)}
<details><summary>${count} ${rows.length === 1 ? "row" : "rows"} of ${kpi.name}</summary>
${tableOf(`${kpi.title}: rows`, result, ROWS)}${rows.length > ROWS ? cut : NOTHING}</details>`;
}

function drawn(kpi: Kpi, result: QueryResult): Html {
  try {
    return drawChart(kpi, result);
  } catch (error) {
    if (!(error instanceof CannotDraw)) throw error;
    return markup`<p class="bad">${KPI_FOLDER}/${kpi.name}.sql cannot be drawn. ${error.message}</p>`;
  }
}

const failed = ({ name, sql }: Kpi, failure: string): Html =>
  markup`<p class="bad">No answer.</p><pre>${markPlace(failure, statement(sql, ""), `${KPI_FOLDER}/${name}.sql`)}</pre>`;

export function moment(time: number): Html {
  const iso = new Date(time).toISOString();
  return markup`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`;
}

/** How old an answer is that was kept. */
const before = (askedAt: number, now: number): string =>
  now - askedAt < 60_000 ? "" : `, ${duration((now - askedAt) / 1000)} before this page`;

/** In the largest unit that tells something: `95 s`, `12 min`, `30 h`, `3 days`. */
export function duration(seconds: number): string {
  const [minutes, hours] = [seconds / 60, seconds / 3600];
  if (minutes < 2) return `${Math.round(seconds)} s`;
  if (hours < 2) return `${Math.floor(minutes)} min`;
  return hours < 48 ? `${Math.floor(hours)} h` : `${Math.floor(hours / 24)} days`;
}

/** The page, piece by piece: a browser shows what is there while Athena works on the rest. */
import type { Kpi } from "../../model/kpi";
import { readKpis } from "../query/kpis";
import { statement } from "../query/statement";
import type { Answer, Answers } from "./answers";
import { cardOf, moment } from "./card";
import { ageOf, heartbeatQuestion } from "./heartbeat";
import { Html, markup, NOTHING } from "./markup";
import { POLICY, STYLE } from "./style";

export interface PageOptions {
  readonly kpis: readonly Kpi[];
  readonly answers: Answers;
  /** Of which lake: `the laptop cloud`. */
  readonly place: string;
  /** Another page of the same site, shown in the head of this one. */
  readonly frame?: { readonly path: string; readonly title: string };
  readonly now?: () => number;
  /** Told of each KPI that is on the page. */
  readonly progress?: (kpi: Kpi, answer: Answer) => void;
}

/** Of the KPIs as they stand in the project's folder right now: whoever writes one looks at this page. @throws CannotRun */
export async function* kpiPage(folder: string, options: Omit<PageOptions, "kpis">): AsyncGenerator<Html> {
  yield* page({ ...options, kpis: await readKpis(folder) });
}

export async function* page(options: PageOptions): AsyncGenerator<Html> {
  const { kpis, answers, place, frame, now = Date.now, progress } = options;
  const question = heartbeatQuestion();
  // Before all others, and always anew: it says how much the rest is worth.
  const age = question === undefined ? undefined : answers.fresh(question);
  const asked = kpis.map((kpi) => ({ kpi, answer: answers.to(statement(kpi.sql, "")) }));
  // Waited for below; until then a mistake of ours must not end the process.
  age?.catch(() => undefined);
  yield markup`${headOf(`KPIs of ${place}`)}<body>
<header>
<h1>KPIs of ${place}</h1>
`;
  if (age !== undefined) yield markup`${ageOf(await age)}\n`;
  yield markup`<p class="facts">${kpis.length} KPIs; page made ${moment(now())}</p>
${frame === undefined ? NOTHING : markup`<iframe src="${frame.path}" title="${frame.title}"></iframe>\n`}</header>
<main class="grid">
`;
  for (const { kpi, answer } of asked) {
    const given = await answer;
    yield cardOf(kpi, given, now());
    progress?.(kpi, given);
  }
  yield markup`</main>\n</body>\n</html>\n`;
}

/** Of every page of the site. @param refresh seconds after which it is loaded again */
export const headOf = (title: string, refresh?: number): Html => markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
${refresh === undefined ? NOTHING : markup`<meta http-equiv="refresh" content="${refresh}">\n`}<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
`;

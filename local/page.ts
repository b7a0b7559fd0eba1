/** The page of `npm start`: the dashboard of the operator's commands, and above it how the pipeline of this laptop cloud is. */
import { askLake } from "../ops/dashboard/lake";
import { markup, NOTHING, type Html } from "../ops/dashboard/markup";
import { headOf, kpiPage } from "../ops/dashboard/page";
import { KEEP, PORT } from "../ops/dashboard/run";
import { PortTaken, serve, type Pages, type Site } from "../ops/dashboard/server";
import type { Laptop } from "./laptop";

const PIPELINE = "/pipeline";
/** Seconds between two looks at the pipeline. */
const REFRESH = 2;

/** @param home the project's folder, where the KPIs are */
export async function openPage(laptop: Laptop, home: string): Promise<Site> {
  const abort = new AbortController();
  const { answers, close } = askLake(laptop.analyst, KEEP.local, abort.signal);
  const frame = { path: PIPELINE, title: "The pipeline, looked at every two seconds" };
  const pages: Pages = {
    "/": () => kpiPage(home, { answers, place: "the laptop cloud", frame }),
    [PIPELINE]: async function* () {
      yield pipelinePage(laptop);
    },
  };
  const site = await serve(PORT, pages).catch((error: unknown) => {
    if (error instanceof PortTaken) return serve(0, pages);
    throw error;
  });
  return {
    ...site,
    close: async () => {
      abort.abort();
      await site.close();
      await close();
    },
  };
}

interface Figure {
  readonly name: string;
  readonly count: number;
  readonly note: string;
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** In the order in which a change comes by. */
function figuresOf({ deployment, analyst, changes }: Laptop): Figure[] {
  const { kinesis, dynamodb, firehose, lambda } = deployment.cloud.services;
  const deliveries = firehose.statistics();
  const raw = dynamodb.statistics().find(({ name }) => name === analyst.outputs.rawTable);
  return [
    { name: "committed", count: changes(), note: "changes of the workload" },
    ...kinesis.statistics().map(({ name, records }) => ({ name: `stream ${name}`, count: records, note: "records" })),
    {
      name: "not yet read",
      count: sum(lambda.mappings().map(({ recordsBehind }) => recordsBehind)),
      note: "records, of all functions",
    },
    { name: "in raw", count: raw?.items ?? 0, note: "rows, deleted ones too" },
    { name: "with Firehose", count: sum(deliveries.map((each) => each.waitingRecords)), note: "records that wait" },
    { name: "in the lake", count: sum(deliveries.map(({ rows }) => rows)), note: "changes as Parquet" },
  ];
}

function pipelinePage(laptop: Laptop): Html {
  const figures = figuresOf(laptop).map(
    ({ name, count, note }) =>
      markup`<div><dt>${name}</dt><dd>${count.toLocaleString("en")}</dd><dd class="facts">${note}</dd></div>\n`,
  );
  const [problem] = laptop.deployment.cloud.services.lambda.problems();
  const bad = problem === undefined ? NOTHING : markup`<p class="bad">${problem.functionName}: ${problem.problem}</p>`;
  return markup`${headOf("Pipeline", REFRESH)}<body>
<dl class="numbers small">
${figures}</dl>
${bad}</body>
</html>
`;
}

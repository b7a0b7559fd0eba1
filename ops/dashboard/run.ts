/** `npm run dashboard`: the KPIs as a page, served on this machine or written to a file. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import * as path from "node:path";
import { CannotRun, type Code, type Surroundings } from "../command";
import { findDeployment, type Account, type DataOutputs } from "../deployment";
import { readOptions } from "../options";
import { readKpis } from "../query/kpis";
import { askLake } from "./lake";
import { kpiPage, page, type PageOptions } from "./page";
import { serve } from "./server";

export const PORT = 4747;

const HELP = `npm run dashboard -- [options]

Every KPI of queries/kpis as a card: its chart, its rows, what they cost to read. The page is served on this machine, and
to this machine only, until Ctrl-C; load it again for newer answers. An answer is kept for a quarter of an hour (of the
laptop cloud half a minute), and never more than four questions are with Athena at a time.

      --local        Of the laptop cloud that npm start keeps running, not of AWS. (npm start serves this page, too.)
      --port <n>     Default: ${PORT}; 0 for any that is free.
      --out <file>   Writes the page into one HTML file, to send or to put on an intranet, and ends.
  -h, --help         Prints this.

Exit code: 0 written, or ended by Ctrl-C; 1 written, but a KPI failed; 2 could not be done; 130 interrupted while writing.
docs/operations.md says more.`;

/** Milliseconds for which an answer is kept. On a laptop it costs nothing, and one works on the data. */
export const KEEP = { aws: 15 * 60_000, local: 30_000 } as const;

export async function dashboard(argv: readonly string[], surroundings: Surroundings): Promise<Code> {
  const { values, positionals } = readOptions(argv, { port: { type: "string" }, out: { type: "string" } });
  const { print, signal, folder } = surroundings;
  if (values.help) {
    print(HELP);
    return 0;
  }
  const [extra] = positionals;
  if (extra !== undefined) throw new CannotRun(`"${extra}" is too much: the page shows every KPI (--help).`);
  if (values.json) throw new CannotRun("The page is HTML; npm run query -- --json <kpi> gives a KPI's rows as JSON.");
  const { local, out } = values;
  if (out !== undefined && values.port !== undefined) throw new CannotRun("Choose one of --out and --port.");
  const port = portOf(values.port);
  if (out !== undefined && !existsSync(path.resolve(folder, path.dirname(out))))
    throw new CannotRun(`There is no folder ${path.dirname(out)}.`);
  // Whatever is wrong with them is said now, and not by an empty page.
  const kpis = await readKpis(folder);
  const account = await findDeployment({ ...surroundings, local }).data();
  const lake = askLake(account, local ? KEEP.local : KEEP.aws, signal);
  const { answers } = lake;
  const place = placeOf(account, local);
  try {
    if (out !== undefined) return await write(path.resolve(folder, out), { kpis, answers, place }, surroundings);
    const site = await serve(port, { "/": () => kpiPage(folder, { answers, place }) });
    const end = (): void => void site.close();
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    print(`${site.url}  (Ctrl-C ends it)`);
    await site.ended;
    return 0;
  } finally {
    await lake.close();
  }
}

/** @throws CannotRun */
function portOf(text = String(PORT)): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port < 65_536) return port;
  throw new CannotRun(`--port is "${text}", expected a number from 0 to 65535.`);
}

const placeOf = ({ outputs, settings }: Account<DataOutputs>, local: boolean): string =>
  local ? "the laptop cloud" : `${outputs.database} in ${settings.region}`;

type Written = Pick<PageOptions, "kpis" | "answers" | "place">;

/** Nothing is written if there is no answer at all: something is wrong that no KPI can help. */
async function write(file: string, { kpis, answers, place }: Written, surroundings: Surroundings): Promise<Code> {
  const { signal, status, print, note } = surroundings;
  const pieces: string[] = [];
  const failed: string[] = [];
  let done = 0;
  const progress: PageOptions["progress"] = ({ name }, answer) => {
    done += 1;
    status(`  ${done} of ${kpis.length} KPIs (Ctrl-C cancels)`);
    if ("failure" in answer) failed.push(`${name}: ${answer.failure}`);
  };
  for await (const { text } of page({ kpis, answers, place, progress })) pieces.push(text);
  signal.throwIfAborted();
  status("");
  if (failed.length === kpis.length) throw new CannotRun(`No KPI has an answer. ${failed[0] ?? "There is none."}`);
  await writeFile(file, pieces.join(""));
  print(`${file}: ${kpis.length} KPIs`);
  for (const each of failed) note(`  ${each}`);
  return failed.length === 0 ? 0 : 1;
}

/**
 * `npm run emit`: sends rows of raw to the lake again. A mark on a row makes a record on raw's stream, and *format* sends the row
 * as it then is; so nothing needs to be held still, and a change that comes meanwhile wins.
 */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { emissionMark } from "../../functions/emit";
import { lakeTables, tableId } from "../../model";
import { CannotRun, type Code, type Surroundings } from "../command";
import { findDeployment } from "../deployment";
import { readOptions } from "../options";
import { renderTable } from "../table";
import { emitRows, type Counts } from "./emit";
import { Pace } from "./pace";

/**
 * Rows a second. Firehose takes 1 MiB/s of a table in most regions (5 MiB/s in some), a row has half a kilobyte or so, and
 * the changes of the day need their share of raw, of *format* and of it.
 */
const RATE = 1_000;
/** As many as a new on-demand table takes; raw has changes to take besides. */
const MOST = 4_000;

/** Seconds before `--since`: clocks differ, and a change is dated a little before raw has it. */
const MARGIN = 15 * 60;

const HELP = `npm run emit -- [options] <table> ...
npm run emit -- [options] --all

Sends rows to the lake once more, as raw has them, deletions too: after an outage of format or of Firehose that was longer
than a day, once they work again; and after the model has learnt a column whose values waited in raw.

      --all           The rows of every table.
      --since <time>  Only rows that raw has accepted since then, such as 2026-11-24T06:00Z: when the outage began.
      --mark <mark>   Goes on with a run that was interrupted. Each run says its mark; rows that bear it are passed over.
      --rate <rows>   Rows a second at most, ${RATE} if left out.
      --local         Of the laptop cloud that npm start keeps running, not of AWS.
      --json          Prints one JSON object.
  -h, --help          Prints this.

The tables: ${lakeTables.map(({ name }) => name).join(", ")} (model/).
Exit code: 0 every row was emitted, 1 some could not be, 2 it could not be done to its end.
docs/operations.md says more.`;

export async function emit(argv: readonly string[], surroundings: Surroundings): Promise<Code> {
  const { values, positionals } = readOptions(argv, {
    all: { type: "boolean", default: false },
    since: { type: "string" },
    mark: { type: "string" },
    rate: { type: "string", default: String(RATE) },
  });
  const { print, note, status, signal } = surroundings;
  if (values.help) {
    print(HELP);
    return 0;
  }
  const now = Date.now();
  const tables = chooseTables(positionals, values.all);
  const since = values.since === undefined ? undefined : Math.floor(timeIn(values.since, now) / 1000) - MARGIN;
  const mark = values.mark === undefined ? emissionMark(now) : markIn(values.mark, now);
  const pace = new Pace(rateIn(values.rate), signal);
  const { outputs, settings } = await findDeployment({ ...surroundings, local: values.local }).data();

  const counts = tables.map((table): Counts => ({ table, rows: 0, emitted: 0, passed: 0, refused: 0 }));
  const from =
    since === undefined ? "All rows" : `Rows that raw has accepted since ${new Date(since * 1000).toISOString()}`;
  note(`${from} of ${tables.join(", ")}. The mark of this run: ${mark}`);
  const client = new DynamoDBClient(settings);
  try {
    await emitRows(
      {
        ...{ client, tableName: outputs.rawTable, tables, since, mark, pace },
        progress: watch(counts, status),
        problem: (text) => note(`emit: ${text}`),
      },
      counts,
    );
  } catch (error) {
    status("");
    note(`${totals(counts)} To go on, the same command with --mark ${mark}`);
    throw error;
  } finally {
    client.destroy();
  }
  status("");
  print(values.json ? JSON.stringify({ mark, ...sumOf(counts), tables: counts }, undefined, 2) : render(counts));
  return sumOf(counts).refused === 0 ? 0 : 1;
}

/** As ids. @throws CannotRun for a table that the lake does not have, or for none. */
function chooseTables(named: readonly string[], all: boolean): string[] {
  if (all !== (named.length === 0)) throw new CannotRun("Name the tables, or say --all.");
  if (all) return lakeTables.map(tableId);
  const chosen = named.map((name) => {
    const found = lakeTables.find((table) => table.name === name || tableId(table) === name);
    if (found === undefined) {
      throw new CannotRun(`The lake has no table ${name}; it has ${lakeTables.map((each) => each.name).join(", ")}.`);
    }
    return tableId(found);
  });
  return [...new Set(chosen)];
}

/** Epoch milliseconds. @throws CannotRun */
function timeIn(text: string, now: number): number {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) throw new CannotRun(`--since ${text} is no time with its zone, such as 2026-11-24T06:00Z.`);
  if (time > now) throw new CannotRun(`--since ${text} is still to come.`);
  return time;
}

/** @throws CannotRun; a mark from the future would keep rows from ever being emitted again until then */
function markIn(text: string, now: number): string {
  const time = Date.parse(text);
  if (Number.isNaN(time) || emissionMark(time) !== text || time > now) {
    throw new CannotRun(`--mark ${text} is no mark of a run, such as ${emissionMark(now)}.`);
  }
  return text;
}

function rateIn(text: string): number {
  const rate = Number(text);
  if (!Number.isInteger(rate) || rate < 1 || rate > MOST) {
    throw new CannotRun(`--rate ${text} is no number of rows a second from 1 to ${MOST}.`);
  }
  return rate;
}

const grouped = (count: number): string => count.toLocaleString("en");

function sumOf(counts: readonly Counts[]): Omit<Counts, "table"> {
  const of = (name: keyof Omit<Counts, "table">): number => counts.reduce((sum, each) => sum + each[name], 0);
  return { rows: of("rows"), emitted: of("emitted"), passed: of("passed"), refused: of("refused") };
}

function totals(counts: readonly Counts[]): string {
  const { emitted, passed, refused } = sumOf(counts);
  const more = refused === 0 ? "" : `, ${grouped(refused)} refused`;
  return `${grouped(emitted)} emitted, ${grouped(passed)} passed over${more}.`;
}

/** Between two looks at the counts; milliseconds. */
const LOOK = 200;

/** Shows the totals and the pace, not more often than somebody can read them. */
function watch(counts: readonly Counts[], status: (text: string) => void): () => void {
  const began = Date.now();
  let shown = began;
  return () => {
    const now = Date.now();
    if (now - shown < LOOK) return;
    shown = now;
    const pace = (sumOf(counts).emitted * 1_000) / (now - began);
    status(`  ${totals(counts)} ${grouped(Math.round(pace))} rows a second.`);
  };
}

function render(counts: readonly Counts[]): string {
  const lines = counts.map(({ table, rows, emitted, passed, refused }) => [
    table,
    ...[rows, emitted, passed, refused].map(grouped),
  ]);
  const table = renderTable(["table", "rows", "emitted", "passed over", "refused"], lines);
  return `${table}\n\n  ${totals(counts)}`;
}

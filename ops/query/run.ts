/** `npm run query`: asks the lake, by the name of a KPI or in SQL, and prints the answer. */
import { AthenaClient } from "@aws-sdk/client-athena";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { QueryFailed, runQuery } from "../athena";
import { CannotRun, type Code, type Surroundings } from "../command";
import { findDeployment } from "../deployment";
import { readOptions } from "../options";
import { renderTable } from "../table";
import { KPI_FOLDER, readKpis } from "./kpis";
import { markPlace } from "./place";
import { renderCsv, renderJson, renderSummary } from "./render";
import { statement } from "./statement";

const HELP = `npm run query -- [options] [kpi | sql | file.sql | -]

Asks the lake with Athena. What to ask is the name of a KPI, SQL in one pair of quotes, a file of SQL, or - for what is
piped in. Without any of them the KPIs are listed. Ctrl-C cancels the query.

      --local   Of the laptop cloud that npm start keeps running, not of AWS.
      --csv     Prints the rows as CSV: NULL is empty, the empty text "".
      --json    Prints one JSON object: columns, rows, bytesScanned, milliseconds.
      --workgroup <name>  Of Athena: analysts have one of their own. Default: the one of the data stack's outputs.
  -h, --help    Prints this.

Exit code: 0 answered, 1 the query failed, 2 it could not be asked, 130 cancelled.
docs/operations.md says more.`;

interface Question {
  readonly sql: string;
  /** What the caret's line is said to be in. */
  readonly file?: string;
  readonly title?: string;
}

export async function query(argv: readonly string[], surroundings: Surroundings): Promise<Code> {
  const { values, positionals } = readOptions(argv, {
    csv: { type: "boolean", default: false },
    workgroup: { type: "string" },
  });
  const { print, note, signal } = surroundings;
  if (values.help) {
    print(HELP);
    return 0;
  }
  if (values.csv && values.json) throw new CannotRun("Choose one of --csv and --json.");
  const [asked, ...more] = positionals;
  if (more.length > 0) throw new CannotRun(`"${asked}" and "${more[0]}": put SQL in one pair of quotes.`);
  if (asked === undefined) {
    print(await listKpis(surroundings.folder, values.json));
    return 0;
  }
  const question = await read(asked, surroundings);
  const { outputs, settings } = await findDeployment({ ...surroundings, local: values.local }).data();
  const { database } = outputs;
  const workgroup = values.workgroup ?? outputs.workgroup;
  const client = new AthenaClient(settings);
  try {
    surroundings.status("  Athena works on it (Ctrl-C cancels)");
    const result = await runQuery(question.sql, { client, workgroup, database, signal });
    surroundings.status("");
    if (values.json) print(renderJson(result));
    else if (values.csv) print(renderCsv(result));
    else {
      if (question.title !== undefined) print(question.title);
      const head = result.columns.map(({ name }) => name);
      print(renderTable(head, result.rows));
    }
    note(`  ${renderSummary(result)}`);
    return 0;
  } catch (error) {
    if (!(error instanceof QueryFailed) || signal.aborted) throw error;
    surroundings.status("");
    note(markPlace(error.message, question.sql, question.file));
    return 1;
  } finally {
    client.destroy();
  }
}

/** @throws CannotRun if it is neither the name of a KPI, nor a file, nor like SQL. */
async function read(asked: string, { folder, input }: Surroundings): Promise<Question> {
  if (asked === "-") return { sql: statement(await input(), "Nothing was piped in.") };
  if (/^\w+$/.test(asked)) {
    const kpis = await readKpis(folder);
    const kpi = kpis.find(({ name }) => name === asked);
    if (kpi === undefined) {
      const known = kpis.map(({ name }) => name).join(", ");
      throw new CannotRun(`There is no KPI ${asked}; there are ${known}. (SQL goes in one pair of quotes.)`);
    }
    const title = `${kpi.title} (${kpi.unit} per ${kpi.grain}). ${kpi.question}`;
    return { sql: statement(kpi.sql, ""), file: `${KPI_FOLDER}/${asked}.sql`, title };
  }
  if (asked.endsWith(".sql") && !/\s/.test(asked)) {
    const file = path.resolve(folder, asked);
    if (!existsSync(file)) throw new CannotRun(`There is no file ${asked}.`);
    return { sql: statement(await readFile(file, "utf8"), `${asked} is empty.`), file: asked };
  }
  return { sql: statement(asked, "An empty question.") };
}

async function listKpis(folder: string, json: boolean): Promise<string> {
  const kpis = await readKpis(folder);
  if (json) {
    const plain = kpis.map(({ name, title, question, owner, unit, grain, chart }) => ({
      ...{ name, title, question, owner, unit, grain, chart },
    }));
    return JSON.stringify(plain, undefined, 2);
  }
  const rows = kpis.map(({ name, question }) => [name, question]);
  return `${renderTable(["kpi", "question"], rows)}\n\n  npm run query -- ${kpis[0]?.name ?? "<kpi>"}`;
}

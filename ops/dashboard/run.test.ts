import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { runCommand, type Surroundings } from "../command";
import { dashboard } from "./run";

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "tributary-dashboard-"));
  fs.mkdirSync(path.join(folder, "queries/kpis"), { recursive: true });
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

async function run(...argv: string[]) {
  const out: string[] = [];
  const notes: string[] = [];
  const surroundings: Surroundings = {
    ...{ folder, environment: {}, signal: new AbortController().signal },
    print: (text) => out.push(text),
    note: (text) => notes.push(text),
    status: () => undefined,
    input: async () => "",
  };
  return { code: await runCommand("dashboard", dashboard, argv, surroundings), out: out.join("\n"), notes };
}

test("says what it can do", async () => {
  const { code, out } = await run("--help");
  expect(code).toBe(0);
  expect(out).toContain("--out <file>");
});

test.each([
  [["shifts"], '"shifts" is too much: the page shows every KPI (--help).'],
  [["--json"], "The page is HTML; npm run query -- --json <kpi> gives a KPI's rows as JSON."],
  [["--out", "a.html", "--port", "80"], "Choose one of --out and --port."],
  [["--port", "http"], '--port is "http", expected a number from 0 to 65535.'],
  [["--port", "65536"], '--port is "65536", expected a number from 0 to 65535.'],
  [["--out", "none/a.html"], "There is no folder none."],
  [["--local"], "No laptop cloud is running here: start one with npm start, and leave it running."],
])("refuses %j and says why", async (argv, message) => {
  const { code, notes } = await run(...argv);
  expect(code).toBe(2);
  expect(notes).toEqual([`dashboard: ${message}`]);
});

test("names a KPI's file that is none, before anything is asked", async () => {
  fs.writeFileSync(path.join(folder, "queries/kpis/x.sql"), "select 1\n");
  expect((await run("--local")).notes).toEqual([
    'dashboard: queries/kpis/x.sql: the header has no line "-- chart: ...".',
  ]);
});

/** `npm run demo`: the whole pipeline on this machine, and the proof that nothing was lost or changed. */
import * as path from "node:path";
import { renderTable } from "../../ops/table";
import { projectFolder } from "../project";
import { isSame, type Comparison } from "./compare";
import { terminalProgress } from "./progress";
import { isGood, runDemo, type DemoResult } from "./run";

const SIZE = { shops: 400, users: 12_000, shifts: 64_000 };
/** KPIs have more rows than a terminal wants. */
const ROWS = 5;

const grouped = (count: number): string => count.toLocaleString("en");

function comparisonTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map((found) => [
    found.store,
    found.table,
    ...[found.rows, found.values, found.missing, found.extra, found.different].map(grouped),
    isSame(found) ? "same" : "DIFFERENT",
  ]);
  return renderTable(["store", "table", "rows", "values", "missing", "extra", "different", ""], rows);
}

function print({ comparisons, problems, kpis }: DemoResult, write: (text: string) => void): void {
  write("\nThe source against every store, row by row and value by value:\n");
  write(comparisonTable(comparisons));
  for (const { store, table, examples } of comparisons)
    for (const text of examples) write(`  ${store} ${table}: ${text}`);
  for (const problem of problems) write(`  PROBLEM: ${problem}`);
  for (const { kpi, result } of kpis) {
    const more = result.rows.length > ROWS ? `\n  ... ${grouped(result.rows.length - ROWS)} more rows` : "";
    const head = result.columns.map(({ name }) => name);
    write(`\n${kpi.title} (${kpi.unit} per ${kpi.grain}). ${kpi.question}`);
    write(renderTable(head, result.rows.slice(0, ROWS)) + more);
  }
}

async function main(): Promise<void> {
  // The SDK's notice that it will want Node 22 one day is not for those who try this.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
  const progress = terminalProgress(process.stdout);
  let close: (() => Promise<void>) | undefined;
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      interrupted = true;
      progress.print("Stopping ...");
      void (close?.() ?? Promise.resolve()).finally(() => process.exit(130));
    });
  }
  try {
    const result = await runDemo(
      {
        folder: path.join(projectFolder(), ".local", "demo"),
        size: SIZE,
        changes: 20_500,
        over: 25_000,
        workedShifts: 1_000,
        seed: 2026,
        progress,
      },
      (end) => (close = end),
    );
    print(result, progress.print);
    const good = isGood(result);
    progress.print(good ? "\nNothing differs." : "\nSomething differs: see above.");
    process.exitCode = good ? 0 : 1;
  } catch (error) {
    // Whatever was under way fails when the cloud goes.
    if (interrupted) return;
    progress.print(`\n${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

void main();

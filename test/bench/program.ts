/** How long the production stack's program runs, from the start of its process to its last resource, with nothing created. */
import * as path from "node:path";
import { plan } from "../graph/plan";
import { median, type Figure } from "./figures";

/** As in largeProgram.ts, which cannot be imported: it is a program. */
const TABLES = "TRIBUTARY_BENCH_TABLES";
const ROUNDS = 3;

async function seconds(tables: number): Promise<number> {
  const before = performance.now();
  const { resources } = await plan("prod", {
    program: path.join(__dirname, "largeProgram"),
    environment: { [TABLES]: String(tables) },
  });
  const elapsed = (performance.now() - before) / 1000;
  const task = resources.find(({ type, name }) => type.endsWith(":ReplicationTask") && name === "changes");
  const { rules } = JSON.parse(String(task?.inputs["tableMappings"])) as { readonly rules: readonly unknown[] };
  // A selection and a mapping each: a figure counts only for the model that was asked for.
  if (rules.length !== 2 * tables) throw new Error(`${rules.length / 2} of ${tables} tables are replicated`);
  return elapsed;
}

export async function benchProgram(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [tables, goal] of [
    [10, 5],
    [300, 10],
  ] as const) {
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await seconds(tables));
    figures.push({ name: `program of prod, ${tables} tables`, value: median(rounds), unit: "s", goal });
  }
  return figures;
}

/** `npm run bench`: every figure with its goal. Exit code 1 if a goal is missed that does not depend on the machine. */
import { renderTable } from "../../ops/table";
import type { Figure } from "./figures";
import { benchIngest } from "./ingest";
import { benchProgram } from "./program";
import { benchScan } from "./scan";

/** Of time: a slower or busier machine than ours misses the goal without being wrong. */
const isOfTime = ({ unit }: Figure): boolean => /^m?s\b/.test(unit);

const isMissed = ({ value, goal }: Figure): boolean => goal !== undefined && !(value <= goal);

function verdict(figure: Figure): string {
  if (figure.goal === undefined) return "";
  if (!isMissed(figure)) return "good";
  return isOfTime(figure) ? "slow here" : "missed";
}

const number = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: value < 1000 ? 1 : 0 });

async function main(): Promise<void> {
  const figures: Figure[] = [];
  for (const bench of [benchScan, benchIngest, benchProgram]) figures.push(...(await bench()));
  const rows = figures.map((figure) => [
    figure.name,
    number(figure.value),
    figure.unit,
    figure.goal === undefined ? "" : `at most ${number(figure.goal)}`,
    verdict(figure),
  ]);
  process.stdout.write(`${renderTable(["figure", "value", "unit", "goal", ""], rows)}\n`);
  if (figures.some((figure) => isMissed(figure) && !isOfTime(figure))) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 2;
});

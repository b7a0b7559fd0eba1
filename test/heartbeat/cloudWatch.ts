/** What CloudWatch would make of a stack: its metric filters and alarms, as they are declared, over what happened. */
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { z } from "zod";

const state = z.object({
  resources: z.array(z.object({ type: z.string(), name: z.string(), inputs: z.record(z.string(), z.unknown()) })),
});
const filter = z.object({ pattern: z.string(), metricTransformation: z.object({ value: z.string() }) });
const alarm = z.object({
  statistic: z.enum(["Sum", "Minimum"]),
  comparisonOperator: z.enum(["GreaterThanThreshold", "LessThanThreshold"]),
  threshold: z.number(),
  treatMissingData: z.enum(["breaching", "notBreaching"]),
});
export type Alarm = z.output<typeof alarm>;

/** One condition of a pattern: `($.member = "text")` or `($.member >= number)`. */
const CONDITION = /^\(\$\.(\w+) (=|>=) ("[^"]*"|\d+)\)$/;

/** @throws Error for patterns of another form than `{ (...) && (...) }`: they would need more of CloudWatch than is here. */
function matches(pattern: string, event: Readonly<Record<string, unknown>>): boolean {
  const conditions = /^\{ (.*) \}$/.exec(pattern)?.[1]?.split(" && ") ?? [pattern];
  return conditions.every((text) => {
    const [, member = "", operator, operand = ""] = CONDITION.exec(text) ?? [];
    if (operator === undefined) throw new Error(`no condition that is understood here: ${text}`);
    const value = event[member];
    const wanted: unknown = JSON.parse(operand);
    if (operator === "=") return value === wanted;
    return typeof value === "number" && typeof wanted === "number" && value >= wanted;
  });
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const event: unknown = JSON.parse(line);
    return typeof event === "object" && event !== null ? { ...event } : undefined;
  } catch {
    return undefined;
  }
}

export interface Watching {
  /** Values that a metric filter takes from lines of a log. */
  values(filterName: string, lines: readonly string[]): number[];
  alarm(name: string): Alarm;
}

/** @param folder the cloud's */
export function watching(folder: string, stack: string): Watching {
  const file = path.join(folder, "engine", "stacks", `${stack}.json`);
  const { resources } = state.parse(JSON.parse(readFileSync(file, "utf8")));
  const inputsOf = (kind: string, name: string): unknown =>
    resources.find((resource) => resource.type.endsWith(`:${kind}`) && resource.name === name)?.inputs;
  return {
    values(filterName, lines) {
      const { pattern, metricTransformation } = filter.parse(inputsOf("LogMetricFilter", filterName));
      const member = metricTransformation.value.replace(/^\$\./, "");
      return lines.flatMap((line) => {
        const event = parsed(line);
        return event !== undefined && matches(pattern, event) ? [z.number().parse(event[member])] : [];
      });
    },
    alarm: (name) => alarm.parse(inputsOf("MetricAlarm", name)),
  };
}

/** Whether a period with these values counts against the alarm. */
export function breaches(
  { statistic, comparisonOperator, threshold, treatMissingData }: Alarm,
  values: number[],
): boolean {
  if (values.length === 0) return treatMissingData === "breaching";
  const value = statistic === "Minimum" ? Math.min(...values) : values.reduce((sum, each) => sum + each, 0);
  return comparisonOperator === "GreaterThanThreshold" ? value > threshold : value < threshold;
}

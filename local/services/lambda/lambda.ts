/**
 * Lambda: functions in Node processes of their own, and event source mappings on Kinesis and DynamoDB streams.
 * README.md beside this file says what is imitated and what is not.
 */
import type { ObjectStore } from "../../core/contracts";
import type { LocalService, Surroundings } from "../../core/service";
import type { StreamSource } from "../../core/streams";
import { lambdaApi } from "./api";
import type { FunctionStatistics } from "./function";
import { functionProvider, Functions } from "./functions";
import { invokeConfigProvider } from "./invokeConfig";
import type { MappingProgress } from "./mapping";
import { mappingProvider, Mappings } from "./mappings";

export type { FunctionStatistics, MappingProgress };

/** Something that does not work, and whose it is. */
export interface LambdaProblem {
  /** ARN of a mapping or a function. */
  readonly arn: string;
  readonly functionName: string;
  readonly problem: string;
}

/** What the demo and the operator's page see of Lambda beside its API. */
export interface LambdaMonitor {
  /** Of every function since it was made. */
  statistics(): FunctionStatistics[];
  /** All have caught up when no enabled one is behind: a batch under way counts as behind. */
  mappings(): MappingProgress[];
  /** What stands in the way now; empty when all is well. */
  problems(): LambdaProblem[];
}

export function lambdaService(
  surroundings: Surroundings,
  { streams, objects }: { readonly streams: readonly StreamSource[]; readonly objects: ObjectStore },
): LocalService & LambdaMonitor {
  const functions = new Functions(surroundings);
  const mappings = new Mappings({ surroundings, functions, streams, objects });
  return {
    apis: [lambdaApi(functions, mappings)],
    providers: {
      "aws:lambda/function:Function": functionProvider(functions),
      "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": invokeConfigProvider(functions),
      "aws:lambda/eventSourceMapping:EventSourceMapping": mappingProvider(mappings),
    },
    statistics: () => functions.all().map(({ statistics }) => statistics),
    mappings: () => mappings.all().map(({ progress }) => progress),
    problems: () => [
      ...mappings
        .all()
        .filter(({ lastProcessingResult }) => lastProcessingResult.startsWith("PROBLEM"))
        .map(({ arn, progress: { functionName, lastProcessingResult: problem } }) => ({ arn, functionName, problem })),
      ...functions
        .all()
        .flatMap(({ settings: { arn, name: functionName }, logProblem: problem }) =>
          problem === undefined ? [] : [{ arn, functionName, problem }],
        ),
    ],
    async close() {
      // The functions first: nobody waits for what is under way.
      await Promise.all([functions.close(), mappings.close()]);
    },
  };
}

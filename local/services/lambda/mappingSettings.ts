/** An event source mapping as the Pulumi program declares it. Arguments: @pulumi/aws 7, `aws.lambda.EventSourceMapping`. */
import { z } from "zod";
import { readInputs } from "../../core/inputs";
import type { JsonObject, ResourceContext } from "../../core/service";
import { compileFilter, type Filter } from "./filters";
import { resolveFunction } from "./functions";

const INFINITE = -1;

const shape = z.strictObject({
  eventSourceArn: z
    .string()
    .regex(/^arn:aws:(kinesis:[a-z0-9-]+:\d{12}:stream\/|dynamodb:[a-z0-9-]+:\d{12}:table\/[^/]+\/stream\/)/, {
      error: "Expected the ARN of a Kinesis or DynamoDB stream",
    }),
  functionName: z.string(),
  startingPosition: z.enum(["TRIM_HORIZON", "LATEST"], {
    error: "Expected TRIM_HORIZON or LATEST (AT_TIMESTAMP is not supported locally)",
  }),
  batchSize: z.number().int().min(1).max(10_000).default(100),
  maximumBatchingWindowInSeconds: z.number().int().min(0).max(300).default(0),
  parallelizationFactor: z.number().int().min(1).max(10).default(1),
  bisectBatchOnFunctionError: z.boolean().default(false),
  maximumRetryAttempts: z.number().int().min(INFINITE).max(10_000).default(INFINITE),
  maximumRecordAgeInSeconds: z.union([z.literal(INFINITE), z.number().int().min(60).max(604_800)]).default(INFINITE),
  tumblingWindowInSeconds: z.literal(0, { error: "Tumbling windows are not supported locally" }).default(0),
  functionResponseTypes: z.array(z.literal("ReportBatchItemFailures")).max(1).default([]),
  destinationConfig: z
    .strictObject({
      onFailure: z.strictObject({
        destinationArn: z
          .string()
          .regex(/^arn:aws:s3:::[a-z0-9.-]+$/, "Only the ARN of an S3 bucket is supported locally"),
      }),
    })
    .optional(),
  filterCriteria: z.strictObject({ filters: z.array(z.strictObject({ pattern: z.string() })).default([]) }).optional(),
  enabled: z.boolean().default(true),
  region: z.string().optional(),
  // What follows changes nothing on one machine.
  metricsConfig: z.unknown().optional(),
  tags: z.unknown().optional(),
});

export interface MappingSettings {
  readonly eventSourceArn: string;
  readonly functionArn: string;
  readonly startingPosition: "TRIM_HORIZON" | "LATEST";
  readonly batchSize: number;
  /** Seconds. */
  readonly batchingWindow: number;
  readonly parallelizationFactor: number;
  readonly bisect: boolean;
  /** Infinity for -1. */
  readonly maximumRetries: number;
  /** Seconds; infinity for -1. */
  readonly maximumAge: number;
  readonly reportsItemFailures: boolean;
  /** The failure destination: name of a bucket. */
  readonly bucket: string | undefined;
  readonly patterns: readonly string[];
  /** Undefined where every record is handed over. */
  readonly filter: Filter | undefined;
  readonly enabled: boolean;
}

export const kindOf = (arn: string): "kinesis" | "dynamodb" =>
  arn.startsWith("arn:aws:kinesis:") ? "kinesis" : "dynamodb";

/** @throws an `AwsError` that names what is wrong. */
export function mappingSettings(raw: Record<string, unknown>, context: ResourceContext): MappingSettings {
  const inputs = readInputs(shape, raw, context);
  const { eventSourceArn } = inputs;
  const patterns = inputs.filterCriteria?.filters.map(({ pattern }) => pattern) ?? [];
  return {
    eventSourceArn,
    functionArn: resolveFunction(inputs.functionName, context),
    startingPosition: inputs.startingPosition,
    batchSize: inputs.batchSize,
    batchingWindow: inputs.maximumBatchingWindowInSeconds,
    parallelizationFactor: inputs.parallelizationFactor,
    bisect: inputs.bisectBatchOnFunctionError,
    maximumRetries: inputs.maximumRetryAttempts === INFINITE ? Infinity : inputs.maximumRetryAttempts,
    maximumAge: inputs.maximumRecordAgeInSeconds === INFINITE ? Infinity : inputs.maximumRecordAgeInSeconds,
    reportsItemFailures: inputs.functionResponseTypes.length > 0,
    bucket: inputs.destinationConfig?.onFailure.destinationArn.slice("arn:aws:s3:::".length),
    patterns,
    filter: patterns.length === 0 ? undefined : compileFilter(patterns, kindOf(eventSourceArn)),
    enabled: inputs.enabled,
  };
}

const finite = (value: number): number => (value === Infinity ? INFINITE : value);

/** The settings as `EventSourceMappingConfiguration` has them. */
export const describeSettings = (settings: MappingSettings): JsonObject => ({
  EventSourceArn: settings.eventSourceArn,
  FunctionArn: settings.functionArn,
  StartingPosition: settings.startingPosition,
  BatchSize: settings.batchSize,
  MaximumBatchingWindowInSeconds: settings.batchingWindow,
  ParallelizationFactor: settings.parallelizationFactor,
  BisectBatchOnFunctionError: settings.bisect,
  MaximumRetryAttempts: finite(settings.maximumRetries),
  MaximumRecordAgeInSeconds: finite(settings.maximumAge),
  TumblingWindowInSeconds: 0,
  FunctionResponseTypes: settings.reportsItemFailures ? ["ReportBatchItemFailures"] : [],
  DestinationConfig:
    settings.bucket === undefined ? {} : { OnFailure: { Destination: `arn:aws:s3:::${settings.bucket}` } },
  ...(settings.patterns.length === 0
    ? {}
    : { FilterCriteria: { Filters: settings.patterns.map((Pattern) => ({ Pattern })) } }),
});

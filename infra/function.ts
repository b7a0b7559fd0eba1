/** A Lambda function with a role of its own that may do what it is told here, and nothing else. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { callbackCode, HANDLER } from "./closure";
import type { Statement } from "./policy";
import { document, trust } from "./policy";

/** What Lambda tells a handler of its call. */
export interface CallContext {
  /** Milliseconds until the call is ended by its timeout. */
  getRemainingTimeInMillis(): number;
}

export interface StreamFunctionArgs<Event, Result> {
  /** Name of the role, where another account must know it. */
  readonly roleName?: string;
  /** Made once per execution environment; its `require`s stand inside. */
  readonly callbackFactory: () => (event: Event, context: CallContext) => Promise<Result>;
  /** Settings that are known only once resources exist. */
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  readonly permissions: readonly Statement[];
  /** Seconds; `TIMEOUT`, if left out. */
  readonly timeout?: number;
  /** How many calls of it there may be at a time; as many as come, if left out. */
  readonly concurrency?: number;
}

/** Long enough for a full batch while DynamoDB throttles; seconds. */
export const TIMEOUT = 120;
/** Megabytes; the share of a CPU grows with it. */
const MEMORY = 512;
/**
 * Megabytes for what is young. A batch of 1,000 outgrows Node's default of 16, so that half of it is copied to the old
 * generation before it dies: a quarter of a projection's CPU.
 */
export const NODE_OPTIONS = "--max-semi-space-size=32";

export class StreamFunction<Event, Result> extends pulumi.ComponentResource {
  readonly role: aws.iam.Role;
  readonly logs: aws.cloudwatch.LogGroup;
  readonly lambda: aws.lambda.Function;

  constructor(name: string, args: StreamFunctionArgs<Event, Result>, options?: pulumi.ComponentResourceOptions) {
    super("tributary:index:StreamFunction", name, {}, options);
    const parent = { parent: this };
    this.logs = new aws.cloudwatch.LogGroup(name, { retentionInDays: 30 }, parent);
    this.role = new aws.iam.Role(
      name,
      {
        ...(args.roleName === undefined ? {} : { name: args.roleName }),
        assumeRolePolicy: trust("lambda.amazonaws.com"),
      },
      parent,
    );
    const policy = new aws.iam.RolePolicy(
      name,
      {
        role: this.role.id,
        policy: document([
          ...args.permissions,
          {
            Effect: "Allow",
            Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
            Resource: pulumi.interpolate`${this.logs.arn}:*`,
          },
        ]),
      },
      parent,
    );
    this.lambda = new aws.lambda.Function(
      name,
      {
        code: callbackCode(args.callbackFactory),
        handler: HANDLER,
        role: this.role.arn,
        runtime: "nodejs22.x",
        architectures: ["arm64"],
        memorySize: MEMORY,
        timeout: args.timeout ?? TIMEOUT,
        ...(args.concurrency === undefined ? {} : { reservedConcurrentExecutions: args.concurrency }),
        environment: { variables: { ...args.environment, NODE_OPTIONS } },
        loggingConfig: { logFormat: "JSON", logGroup: this.logs.name },
      },
      { ...parent, dependsOn: [policy] },
    );
    this.registerOutputs({});
  }
}

export interface StreamMappingArgs {
  readonly function: { readonly lambda: aws.lambda.Function };
  readonly streamArn: pulumi.Input<string>;
  readonly failures: aws.s3.Bucket;
  /** Lambda skips, for good, what matches none; it reads them as JSON, so what is no JSON is skipped, too. */
  readonly filters?: readonly object[];
  /** Seconds to wait for a fuller batch. */
  readonly window: number;
}

/** How Lambda reads a stream here; nothing of it may be left at its default (docs, "When something fails"). */
export const streamMapping = (
  name: string,
  args: StreamMappingArgs,
  options: pulumi.CustomResourceOptions,
): aws.lambda.EventSourceMapping =>
  new aws.lambda.EventSourceMapping(
    name,
    {
      functionName: args.function.lambda.arn,
      eventSourceArn: args.streamArn,
      ...(args.filters === undefined
        ? {}
        : { filterCriteria: { filters: args.filters.map((pattern) => ({ pattern: JSON.stringify(pattern) })) } }),
      enabled: true,
      startingPosition: "TRIM_HORIZON",
      batchSize: 1000,
      maximumBatchingWindowInSeconds: args.window,
      // One batch a shard at a time keeps up with what a shard can take.
      parallelizationFactor: 1,
      functionResponseTypes: ["ReportBatchItemFailures"],
      bisectBatchOnFunctionError: true,
      // By default Lambda tries for ever, and one bad record blocks its shard until it expires.
      maximumRetryAttempts: 10,
      // Whatever the stream still keeps: a mapping that was switched off over a weekend, or a retention that was raised to win
      // time, must not skip what waited.
      maximumRecordAgeInSeconds: -1,
      destinationConfig: { onFailure: { destinationArn: args.failures.arn } },
      // What was given up and what was lost is counted for the alarms.
      metricsConfig: { metrics: ["EventCount"] },
    },
    options,
  );

/** A Lambda function with a role of its own that may do what it is told here, and nothing else. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Statement } from "./policy";
import { document, trust } from "./policy";

export interface StreamFunctionArgs<Event, Result> {
  /** Name of the role, where another account must know it. */
  readonly roleName?: string;
  /** Made once per execution environment; its `require`s stand inside. */
  readonly callbackFactory: () => (event: Event) => Promise<Result>;
  /** Settings that are known only once resources exist. */
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  readonly permissions: readonly Statement[];
  /** Megabytes; the share of a CPU grows with it. Default 512. */
  readonly memorySize?: number;
}

/** Long enough for a full batch while DynamoDB throttles; seconds. */
const TIMEOUT = 120;

export class StreamFunction<Event, Result> extends pulumi.ComponentResource {
  readonly role: aws.iam.Role;
  readonly lambda: aws.lambda.CallbackFunction<Event, Result>;

  constructor(name: string, args: StreamFunctionArgs<Event, Result>, options?: pulumi.ComponentResourceOptions) {
    super("tributary:index:StreamFunction", name, {}, options);
    const parent = { parent: this };
    const logs = new aws.cloudwatch.LogGroup(name, { retentionInDays: 30 }, parent);
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
            Resource: pulumi.interpolate`${logs.arn}:*`,
          },
        ]),
      },
      parent,
    );
    this.lambda = new aws.lambda.CallbackFunction(
      name,
      {
        callbackFactory: args.callbackFactory,
        role: this.role,
        runtime: "nodejs22.x",
        architectures: ["arm64"],
        memorySize: args.memorySize ?? 512,
        timeout: TIMEOUT,
        environment: { variables: { ...args.environment } },
        loggingConfig: { logFormat: "JSON", logGroup: logs.name },
      },
      { ...parent, dependsOn: [policy] },
    );
    this.registerOutputs({});
  }
}

/** How Lambda reads a stream here; nothing of it may be left at its default (docs, "When something fails"). */
export const streamReading = (failures: aws.s3.Bucket) => ({
  startingPosition: "TRIM_HORIZON",
  batchSize: 1000,
  maximumBatchingWindowInSeconds: 1,
  functionResponseTypes: ["ReportBatchItemFailures"],
  bisectBatchOnFunctionError: true,
  // By default Lambda tries for ever, and one bad record blocks its shard until it expires.
  maximumRetryAttempts: 10,
  maximumRecordAgeInSeconds: 86_400,
  destinationConfig: { onFailure: { destinationArn: failures.arn } },
});

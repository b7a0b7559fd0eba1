/**
 * That the task runs, as a resource of ours: every `up` looks at the task itself, and one that stands still goes on from where
 * it was. The provider starts a task only together with a change of it, waits five minutes at most, and then no later `up`
 * finds anything to do (terraform-provider-aws, replication_task.go). A task that it pauses for a change of an endpoint stays
 * stopped while the endpoint is being tested, which the change itself begins (#46139).
 *
 * Before a start, and after a change of an endpoint, DMS tests both connections: a wrong secret, host or authority shows here
 * and not as a task that tries for ever, and so does an endpoint that the provider has sent without its database (#36866) or
 * without its settings (#35834).
 *
 * Pulumi serializes the provider below into the state and runs it from there: plain functions, the SDK required inside. It
 * finds its credentials as any SDK does; the ARN of the task keeps it from acting in another account than the one meant.
 */
import { createHash } from "node:crypto";
import type * as Dms from "@aws-sdk/client-database-migration-service";
import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface RunningArgs {
  readonly region: string;
  readonly taskArn: pulumi.Input<string>;
  readonly instanceArn: pulumi.Input<string>;
  readonly endpoints: readonly pulumi.Input<Tested>[];
  /** False: the task is to stand still, and is stopped if it runs. */
  readonly start: boolean;
}

/** An endpoint whose connection is tested. */
export interface Tested {
  readonly id: string;
  readonly arn: string;
  /** Of what is declared: another one is tested. */
  readonly digest: string;
  /** For people: what to look at when DMS does not reach it. */
  readonly lookAt: string;
}

export const tested = (
  endpoint: aws.dms.Endpoint,
  declared: aws.dms.EndpointArgs,
  lookAt: string,
): pulumi.Output<Tested> =>
  pulumi
    .all([endpoint.endpointId, endpoint.endpointArn, pulumi.jsonStringify(declared)])
    .apply(([id, arn, text]) => ({ id, arn, digest: createHash("sha256").update(text).digest("hex"), lookAt }));

interface Inputs {
  readonly region: string;
  readonly taskArn: string;
  readonly instanceArn: string;
  readonly endpoints: readonly Tested[];
  readonly start: boolean;
}

/** Milliseconds between looks at what DMS is doing. */
const FIRST_LOOK = 100;
const LAST_LOOK = 10_000;
/** Minutes until DMS must be done: a task that follows many tables takes its time to stop and to start. */
const PATIENCE = 30;
/** Statuses of a task that pass by themselves. DMS API reference, "ReplicationTask". */
const PASSING: readonly (string | undefined)[] = ["creating", "starting", "stopping", "modifying", "moving", "testing"];
/** Statuses of a task that does its work, or is about to. */
const AT_WORK: readonly (string | undefined)[] = ["starting", "running"];

/** @param what for the message, e.g. `the task is` */
async function once<T extends { readonly Status?: string } | undefined>(
  look: () => Promise<T>,
  passing: readonly (string | undefined)[],
  what: string,
): Promise<T> {
  const end = Date.now() + PATIENCE * 60_000;
  for (let pause = FIRST_LOOK; ; pause = Math.min(pause * 2, LAST_LOOK)) {
    const found = await look();
    if (!passing.includes(found?.Status)) return found;
    if (Date.now() > end)
      throw new Error(`after ${PATIENCE} minutes ${what} still "${found?.Status}": run pulumi up again later`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** What DMS answers when a filter finds nothing. */
const isNotFound = (error: unknown): boolean => error instanceof Error && error.name === "ResourceNotFoundFault";

/** The task, or undefined if the account has none of this ARN. */
async function taskOf(sdk: typeof Dms, client: Dms.DatabaseMigrationServiceClient, arn: string) {
  try {
    const { ReplicationTasks } = await client.send(
      new sdk.DescribeReplicationTasksCommand({
        Filters: [{ Name: "replication-task-arn", Values: [arn] }],
        WithoutSettings: true,
      }),
    );
    return ReplicationTasks?.[0];
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function connectionOf(
  sdk: typeof Dms,
  client: Dms.DatabaseMigrationServiceClient,
  instance: string,
  arn: string,
) {
  try {
    const { Connections } = await client.send(
      new sdk.DescribeConnectionsCommand({
        Filters: [
          { Name: "replication-instance-arn", Values: [instance] },
          { Name: "endpoint-arn", Values: [arn] },
        ],
      }),
    );
    return Connections?.[0];
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** @throws Error if DMS does not reach the endpoint */
async function reach(
  sdk: typeof Dms,
  client: Dms.DatabaseMigrationServiceClient,
  instanceArn: string,
  { id, arn, lookAt }: Tested,
): Promise<void> {
  const over = () => once(() => connectionOf(sdk, client, instanceArn, arn), ["testing"], `the connection to ${id} is`);
  // A change of the endpoint has begun a test of its own.
  await over();
  await client.send(new sdk.TestConnectionCommand({ ReplicationInstanceArn: instanceArn, EndpointArn: arn }));
  const connection = await over();
  if (connection?.Status === "successful") return;
  const why = connection?.LastFailureMessage ?? `the test ended as "${connection?.Status}"`;
  throw new Error(`DMS does not reach the endpoint ${id}: ${why}\nLook at ${lookAt}.`);
}

const howItEnded = ({
  ReplicationTaskIdentifier,
  Status,
  StopReason,
  LastFailureMessage,
}: Dms.ReplicationTask): string =>
  `The task ${ReplicationTaskIdentifier} is "${Status}": ${LastFailureMessage ?? "DMS says no more"}` +
  (StopReason === undefined ? "" : ` (${StopReason})`);

/** What a person is to do: whatever made it fail would do so again. */
const byHand = (task: Dms.ReplicationTask): Error =>
  new Error(
    `${howItEnded(task)}\nMeanwhile the database keeps its log. Remove the cause (docs/runbook.md#replication-stopped), then ` +
      "start the task from where it was:\naws dms start-replication-task --start-replication-task-type resume-processing " +
      `--replication-task-arn ${task.ReplicationTaskArn}`,
  );

/** @throws Error that says why the task is not as it is to be, and what to do */
async function settle(inputs: Inputs): Promise<Inputs> {
  const { region, taskArn, instanceArn, endpoints, start } = inputs;
  const sdk: typeof Dms = require("@aws-sdk/client-database-migration-service");
  const client = new sdk.DatabaseMigrationServiceClient({ region });
  const settled = async (passing: readonly (string | undefined)[]): Promise<Dms.ReplicationTask> => {
    const task = await once(() => taskOf(sdk, client, taskArn), passing, "the task is");
    if (task === undefined)
      throw new Error(
        `DMS has no task ${taskArn}: the credentials are of another account, or it was deleted (pulumi refresh)`,
      );
    return task;
  };
  try {
    if (start) for (const endpoint of endpoints) await reach(sdk, client, instanceArn, endpoint);
    const task = await settled(PASSING);
    if (start && task.Status !== "running") {
      if (task.Status !== "ready" && task.Status !== "stopped") throw byHand(task);
      // Never reload-target, which forgets the position. DMS takes start-replication of a new task only.
      const hasRun = task.Status !== "ready" || task.ReplicationTaskStartDate !== undefined;
      await client.send(
        new sdk.StartReplicationTaskCommand({
          ReplicationTaskArn: taskArn,
          StartReplicationTaskType: hasRun ? "resume-processing" : "start-replication",
        }),
      );
      const started = await settled(PASSING);
      if (started.Status !== "running") throw byHand(started);
    }
    if (!start && task.Status === "running") {
      await client.send(new sdk.StopReplicationTaskCommand({ ReplicationTaskArn: taskArn }));
      await settled([...PASSING, "running"]);
    }
    return inputs;
  } finally {
    client.destroy();
  }
}

const textOf = ({ region, taskArn, instanceArn, endpoints, start }: Inputs): string =>
  JSON.stringify([region, taskArn, instanceArn, start, endpoints.map(({ id, arn, digest }) => [id, arn, digest])]);

const provider: pulumi.dynamic.ResourceProvider<Inputs, Inputs> = {
  async create(inputs) {
    return { id: "running", outs: await settle(inputs) };
  },
  /** Only looks; a preview does so, too. A failed task is a difference: what this very `up` changes may come before. */
  async diff(_id, olds, news) {
    // In a preview an ARN may not be known yet: then it is another one, too.
    if (textOf(olds) !== textOf(news)) return { changes: true };
    const sdk: typeof Dms = require("@aws-sdk/client-database-migration-service");
    const client = new sdk.DatabaseMigrationServiceClient({ region: news.region });
    try {
      const task = await taskOf(sdk, client, news.taskArn);
      return { changes: task === undefined || AT_WORK.includes(task.Status) !== news.start };
    } finally {
      client.destroy();
    }
  },
  async update(_id, _olds, news) {
    return { outs: await settle(news) };
  },
};

export class Running extends pulumi.dynamic.Resource {
  constructor(name: string, args: RunningArgs, options?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, options);
  }
}

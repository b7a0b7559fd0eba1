/** aws.dms.ReplicationTask, as the provider handles it: terraform-provider-aws, internal/service/dms/replication_task.go. */
import { isDeepStrictEqual } from "node:util";
import { readInputs } from "../../core/inputs";
import { AwsError, type Created, type ResourceContext } from "../../core/service";
import { compare, type ComparingProvider } from "./diff";
import { taskShape, type TaskInputs } from "./inputs";
import { readMappings } from "./mappings";
import { dmsArn, requireFree, resourceId, type Registry } from "./registry";
import { ReplicationTask, type TaskDefinition, type TaskDeps } from "./replicationTask";
import { parseObject, readTaskSettings } from "./settings";
import { deleteTask } from "./tasks";
import type { SpecDeps } from "./specs";

export interface TaskProviderDeps {
  readonly registry: Registry;
  readonly task: TaskDeps;
  readonly specs: SpecDeps;
}

/** Whose task it is, and what asks for it, for messages. */
type Asked = Pick<ResourceContext, "account" | "region" | "type" | "name">;

const refuse = (context: Asked, message: string): AwsError =>
  new AwsError("InvalidParameterCombinationException", `${context.type} "${context.name}": ${message}`);

/** @throws AwsError that says which argument is wrong. */
export function definitionOf(
  inputs: TaskInputs,
  context: Asked,
  registry: Registry,
  known?: TaskDefinition,
): TaskDefinition {
  const { account, region } = context;
  registry.instance(inputs.replicationInstanceArn);
  registry.source(inputs.sourceEndpointArn);
  const { to } = registry.target(inputs.targetEndpointArn);
  const hasChanges = inputs.migrationType !== "full-load";
  if (hasChanges && to.engine === "s3") {
    throw refuse(context, "local dms: changes to S3 are not supported; the migrationType must be full-load.");
  }
  const id = known?.resourceId ?? resourceId(inputs.resourceIdentifier);
  const settings = inputs.replicationTaskSettings;
  if (settings !== undefined && /CloudWatchLog(Group|Stream)/.test(settings)) {
    throw refuse(context, "CloudWatchLogGroup and CloudWatchLogStream are read only and must not be set.");
  }
  return {
    ...{ account, region, id: inputs.replicationTaskId, resourceId: id, arn: dmsArn(context, "task", id) },
    migrationType: inputs.migrationType,
    instanceArn: inputs.replicationInstanceArn,
    sourceArn: inputs.sourceEndpointArn,
    targetArn: inputs.targetEndpointArn,
    mapping: readMappings(inputs.tableMappings, to.engine),
    mappingText: inputs.tableMappings,
    settings: readTaskSettings(settings, hasChanges),
  };
}

function created(task: ReplicationTask, inputs: TaskInputs): Created {
  const { arn, id } = task.definition;
  return {
    id,
    outputs: {
      ...inputs,
      ...{ replicationTaskId: id, replicationTaskArn: arn, status: task.status, cdcStartPosition: "" },
      replicationTaskSettings: inputs.replicationTaskSettings ?? "",
      tagsAll: inputs.tags ?? {},
    },
  };
}

/** Waits as the provider does. A load that is over by the time it looks is no failure. */
async function started(task: ReplicationTask): Promise<void> {
  await task.until(() => task.status !== "starting" || task.lastFailure !== undefined);
  if (task.status === "running" || task.stopReason === "Stop Reason FULL_LOAD_ONLY_FINISHED") return;
  throw new AwsError(
    "InvalidResourceStateFault",
    `starting DMS Replication Task (${task.definition.id}): unexpected state '${task.status}', wanted target 'running'. ` +
      `Last error: ${task.lastFailure ?? "none"}`,
  );
}

/** Equal whatever the order and spacing of the JSON. */
function sameJson(left: unknown, right: unknown): boolean {
  if (typeof left !== "string" || typeof right !== "string") return left === right;
  return left === right || isDeepStrictEqual(parseObject(left, "The settings"), parseObject(right, "The settings"));
}

export function taskProvider({ registry, task: deps, specs }: TaskProviderDeps): ComparingProvider {
  const find = (previous: Created): ReplicationTask => registry.task(String(previous.outputs["replicationTaskArn"]));
  const replacing = compare("replicationTaskId", "resourceIdentifier", "sourceEndpointArn", "targetEndpointArn");
  return {
    async create(raw, context) {
      const inputs = readInputs(taskShape, raw, context);
      const definition = definitionOf(inputs, context, registry);
      const others = new Map([...registry.tasks].map(([arn, other]) => [arn, other.definition]));
      requireFree(others, context, definition.id, "Replication task");
      const task = new ReplicationTask(definition, deps);
      registry.tasks.set(definition.arn, task);
      if (inputs.startReplicationTask) {
        try {
          task.start("start-replication");
          await started(task);
        } catch (error) {
          // Not to stand in the way of the next deployment, which makes it anew.
          await deleteTask(task, registry, specs);
          throw error;
        }
      }
      return created(task, inputs);
    },

    /** Stops it if it runs, and starts it again only if it is declared started. */
    async update(_id, raw, previous, context) {
      const inputs = readInputs(taskShape, raw, context);
      const task = find(previous);
      const definition = definitionOf(inputs, context, registry, task.definition);
      const isChanged = !isDeepStrictEqual(definition, task.definition);
      if (isChanged && task.isActive) await task.stopped();
      if (isChanged) task.modify(definition);
      if (inputs.startReplicationTask && !task.isActive) {
        task.start(task.freshStarted === undefined ? "start-replication" : "resume-processing");
        await started(task);
      } else if (!inputs.startReplicationTask && task.isActive) {
        await task.stopped();
      }
      return created(task, inputs);
    },

    async delete(_id, previous) {
      await deleteTask(find(previous), registry, specs);
    },

    async diff(id, inputs, previous) {
      const settings = inputs["replicationTaskSettings"];
      const sameSettings = sameJson(settings, previous.inputs["replicationTaskSettings"]);
      const compared = sameSettings
        ? { ...inputs, replicationTaskSettings: previous.inputs["replicationTaskSettings"] }
        : inputs;
      return replacing(id, settings === undefined ? inputs : compared, previous);
    },
  };
}

/** The API's part that makes tasks and removes them. https://docs.aws.amazon.com/dms/latest/APIReference/API_Operations.html */
import { z } from "zod";
import { readRequest } from "../../core/requests";
import { AwsError, type Call, type JsonApi } from "../../core/service";
import { describeTask } from "./describe";
import { identifier } from "./inputs";
import { requireFree } from "./registry";
import { ReplicationTask } from "./replicationTask";
import { definitionOf, type TaskProviderDeps } from "./taskProvider";
import { deleteTask } from "./tasks";

const createShape = z.strictObject({
  ReplicationTaskIdentifier: identifier,
  MigrationType: z.enum(["full-load", "cdc", "full-load-and-cdc"]),
  ReplicationInstanceArn: z.string(),
  SourceEndpointArn: z.string(),
  TargetEndpointArn: z.string(),
  TableMappings: z.string(),
  ReplicationTaskSettings: z.string().optional(),
});
const deleteShape = z.strictObject({ ReplicationTaskArn: z.string() });

export function taskOperations({ registry, task: deps, specs }: TaskProviderDeps): JsonApi["operations"] {
  const read = <Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> =>
    readRequest(schema, input, "dms", "InvalidParameterValueException");
  return {
    /** The task is ready at once; on AWS it is `creating` for about a minute. */
    CreateReplicationTask(input: unknown, call: Call) {
      const asked = read(createShape, input);
      const { account, region } = call;
      const { ReplicationTaskIdentifier: id, SourceEndpointArn, TargetEndpointArn, ReplicationInstanceArn } = asked;
      for (const arn of [SourceEndpointArn, TargetEndpointArn, ReplicationInstanceArn]) {
        call.authorize("dms:CreateReplicationTask", arn);
      }
      const definition = definitionOf(
        {
          replicationTaskId: id,
          migrationType: asked.MigrationType,
          replicationInstanceArn: ReplicationInstanceArn,
          sourceEndpointArn: SourceEndpointArn,
          targetEndpointArn: TargetEndpointArn,
          tableMappings: asked.TableMappings,
          replicationTaskSettings: asked.ReplicationTaskSettings,
          startReplicationTask: false,
        },
        { account, region, type: "CreateReplicationTask", name: id },
        registry,
      );
      const others = new Map([...registry.tasks].map(([arn, other]) => [arn, other.definition]));
      requireFree(others, call, id, "Replication task");
      const task = new ReplicationTask(definition, deps);
      registry.tasks.set(definition.arn, task);
      return { ReplicationTask: describeTask(task) };
    },

    async DeleteReplicationTask(input: unknown, call: Call) {
      const { ReplicationTaskArn } = read(deleteShape, input);
      call.authorize("dms:DeleteReplicationTask", ReplicationTaskArn);
      const task = registry.task(ReplicationTaskArn);
      if (task.isActive) {
        throw new AwsError(
          "InvalidResourceStateFault",
          `Replication task must be stopped to be deleted; its state is ${task.status}.`,
        );
      }
      await deleteTask(task, registry, specs);
      return { ReplicationTask: describeTask(task) };
    },
  };
}

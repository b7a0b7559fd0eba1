/**
 * Database Migration Service: tasks that load tables of a PostgreSQL source and follow its log, onto a Kinesis stream or as
 * Parquet to S3. What it imitates, from where, and what it does not: README.md.
 */
import * as path from "node:path";
import type { SecretReader } from "../../core/contracts";
import type { LocalService, Surroundings } from "../../core/service";
import { dmsApi } from "./api";
import {
  certificateProvider,
  endpointProvider,
  eventSubscriptionProvider,
  instanceProvider,
  s3EndpointProvider,
  subnetGroupProvider,
} from "./providers";
import { Registry } from "./registry";
import type { TaskDeps, TaskStatus } from "./replicationTask";
import type { TableStatistics } from "./spec";
import { taskSpec, type SpecDeps } from "./specs";
import { taskOperations } from "./taskApi";
import { taskProvider } from "./taskProvider";

export interface TaskReport {
  readonly arn: string;
  readonly id: string;
  readonly status: TaskStatus;
  readonly lastFailure: string | undefined;
  readonly tables: readonly TableStatistics[];
  /** Of the task's process, while it runs. */
  readonly processId: number | undefined;
}

export interface ReplicationReports {
  tasks(): TaskReport[];
}

export function dmsService(
  surroundings: Surroundings,
  { secrets }: { secrets: SecretReader },
): LocalService & ReplicationReports {
  const registry = new Registry();
  const specs: SpecDeps = { surroundings, secrets, registry };
  const deps = { surroundings, registry };
  const task: TaskDeps = {
    folder: path.join(surroundings.folder, "dms"),
    spec: (definition, folder, start) => taskSpec(definition, folder, start, specs),
  };
  const tasks = { registry, task, specs };
  const api = dmsApi(registry, specs);
  return {
    apis: [{ ...api, operations: { ...api.operations, ...taskOperations(tasks) } }],
    providers: {
      "aws:dms/replicationSubnetGroup:ReplicationSubnetGroup": subnetGroupProvider(deps),
      "aws:dms/replicationInstance:ReplicationInstance": instanceProvider(deps),
      "aws:dms/endpoint:Endpoint": endpointProvider(deps),
      "aws:dms/s3Endpoint:S3Endpoint": s3EndpointProvider(deps),
      "aws:dms/certificate:Certificate": certificateProvider(deps),
      "aws:dms/eventSubscription:EventSubscription": eventSubscriptionProvider(),
      "aws:dms/replicationTask:ReplicationTask": taskProvider(tasks),
    },
    tasks: () =>
      [...registry.tasks.values()].map(({ definition, status, lastFailure, tables, processId }) => ({
        ...{ arn: definition.arn, id: definition.id },
        ...{ status, lastFailure, tables, processId },
      })),
    async close() {
      await Promise.all([...registry.tasks.values()].map((each) => each.close()));
    },
  };
}

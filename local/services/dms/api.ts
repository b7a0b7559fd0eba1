/**
 * The API: what describes, starts, stops and changes tasks, and what tests connections.
 * https://docs.aws.amazon.com/dms/latest/APIReference/API_Operations.html
 */
import { z } from "zod";
import { readRequest } from "../../core/requests";
import { AwsError, type Call, type JsonApi } from "../../core/service";
import { testConnection } from "./connectionTest";
import { describeConnection, describeTable, describeTask } from "./describe";
import { readMappings } from "./mappings";
import type { Connection, Registry } from "./registry";
import type { ReplicationTask } from "./replicationTask";
import { readTaskSettings } from "./settings";
import type { SpecDeps } from "./specs";
import { tableName } from "./spec";

const filters = z.array(z.strictObject({ Name: z.string(), Values: z.array(z.string()).min(1) })).default([]);
const page = {
  Filters: filters,
  MaxRecords: z.number().int().min(20).max(500).optional(),
  Marker: z.string().optional(),
};

const taskArn = { ReplicationTaskArn: z.string() };
const shapes = {
  page: z.strictObject(page),
  tasks: z.strictObject({ ...page, WithoutSettings: z.boolean().default(false) }),
  statistics: z.strictObject({ ...page, ...taskArn }),
  start: z.strictObject({
    ...taskArn,
    StartReplicationTaskType: z.enum(["start-replication", "resume-processing", "reload-target"]),
  }),
  task: z.strictObject(taskArn),
  modify: z.strictObject({
    ...taskArn,
    ReplicationTaskIdentifier: z.string().optional(),
    MigrationType: z.enum(["full-load", "cdc", "full-load-and-cdc"]).optional(),
    TableMappings: z.string().optional(),
    ReplicationTaskSettings: z.string().optional(),
  }),
  reload: z.strictObject({
    ...taskArn,
    TablesToReload: z.array(z.strictObject({ SchemaName: z.string(), TableName: z.string() })).min(1),
    ReloadOption: z.literal("data-reload", "Only data-reload is supported").default("data-reload"),
  }),
  test: z.strictObject({ ReplicationInstanceArn: z.string(), EndpointArn: z.string() }),
};

type Filters = z.output<typeof filters>;

/** Each filter must hold; a name that DMS does not know is refused. */
function matching<T>(
  items: readonly T[],
  asked: Filters,
  known: Readonly<Record<string, (item: T) => unknown>>,
): readonly T[] {
  return asked.reduce<readonly T[]>((kept, { Name, Values }) => {
    const valueOf = known[Name];
    if (valueOf === undefined) {
      throw new AwsError(
        "InvalidParameterValueException",
        `The filter ${Name} is not one of: ${Object.keys(known).join(", ")}.`,
      );
    }
    return kept.filter((item) => Values.includes(String(valueOf(item))));
  }, items);
}

/** Nothing found by filters is an error, and nothing found without is an empty list. */
function requireFound(kept: readonly unknown[], { length }: Filters, what: string): void {
  if (kept.length === 0 && length > 0) {
    throw new AwsError("ResourceNotFoundFault", `No ${what} found matching provided filters`);
  }
}

/** One page of a list; the marker is where the next begins. */
function paged<T>(
  items: readonly T[],
  { MaxRecords = 100, Marker = "0" }: { MaxRecords?: number | undefined; Marker?: string | undefined },
) {
  const from = Number(Marker);
  if (!Number.isInteger(from)) throw new AwsError("InvalidParameterValueException", "The Marker is invalid.");
  const rest = items.length > from + MaxRecords ? { Marker: String(from + MaxRecords) } : {};
  return { items: items.slice(from, from + MaxRecords), rest };
}

const MOST_TABLES = 10;

export function dmsApi(registry: Registry, deps: SpecDeps): JsonApi {
  const read = <Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> =>
    readRequest(schema, input, "dms", "InvalidParameterValueException");
  const mine = <T extends { account: string; region: string }>(items: Iterable<T>, { account, region }: Call): T[] =>
    [...items].filter((item) => item.account === account && item.region === region);
  /** Authorizes first: whoever may not ask does not learn whether it exists. */
  const task = (call: Call, action: string, arn: string): ReplicationTask => {
    call.authorize(`dms:${action}`, arn);
    return registry.task(arn);
  };
  const described = (changed: ReplicationTask) => ({ ReplicationTask: describeTask(changed) });

  return {
    protocol: "json",
    signingName: "dms",
    targetPrefix: "AmazonDMSv20160101",
    jsonVersion: "1.1",
    operations: {
      DescribeReplicationTasks(input: unknown, call: Call) {
        const asked = read(shapes.tasks, input);
        call.authorize("dms:DescribeReplicationTasks", "*");
        const all = [...registry.tasks.values()].filter(
          ({ definition }) => definition.account === call.account && definition.region === call.region,
        );
        const kept = matching(all, asked.Filters, {
          "replication-task-arn": ({ definition }) => definition.arn,
          "replication-task-id": ({ definition }) => definition.id,
          "migration-type": ({ definition }) => definition.migrationType,
          "replication-instance-arn": ({ definition }) => definition.instanceArn,
        });
        requireFound(kept, asked.Filters, "Tasks");
        const { items, rest } = paged(kept, asked);
        return { ReplicationTasks: items.map((item) => describeTask(item, asked.WithoutSettings)), ...rest };
      },

      StartReplicationTask(input: unknown, call: Call) {
        const asked = read(shapes.start, input);
        const started = task(call, "StartReplicationTask", asked.ReplicationTaskArn);
        started.start(asked.StartReplicationTaskType);
        return described(started);
      },

      StopReplicationTask(input: unknown, call: Call) {
        const stopped = task(call, "StopReplicationTask", read(shapes.task, input).ReplicationTaskArn);
        stopped.stop();
        return described(stopped);
      },

      ModifyReplicationTask(input: unknown, call: Call) {
        const asked = read(shapes.modify, input);
        const modified = task(call, "ModifyReplicationTask", asked.ReplicationTaskArn);
        const { definition } = modified;
        const { to } = registry.target(definition.targetArn);
        const migrationType = asked.MigrationType ?? definition.migrationType;
        if (migrationType !== "full-load" && to.engine === "s3") {
          throw new AwsError("InvalidParameterValueException", "local dms: changes to S3 are not supported.");
        }
        modified.modify({
          ...definition,
          migrationType,
          ...(asked.ReplicationTaskIdentifier === undefined ? {} : { id: asked.ReplicationTaskIdentifier }),
          ...(asked.TableMappings === undefined
            ? {}
            : { mapping: readMappings(asked.TableMappings, to.engine), mappingText: asked.TableMappings }),
          ...(asked.ReplicationTaskSettings === undefined
            ? {}
            : { settings: readTaskSettings(asked.ReplicationTaskSettings, migrationType !== "full-load") }),
        });
        return described(modified);
      },

      ReloadTables(input: unknown, call: Call) {
        const asked = read(shapes.reload, input);
        const reloaded = task(call, "ReloadTables", asked.ReplicationTaskArn);
        if (asked.TablesToReload.length > MOST_TABLES) {
          throw new AwsError(
            "InvalidParameterValueException",
            `At most ${MOST_TABLES} tables can be reloaded at a time.`,
          );
        }
        const tables = asked.TablesToReload.map(({ SchemaName: schema, TableName: table }) => ({ schema, table }));
        if (reloaded.definition.migrationType === "cdc") {
          throw new AwsError(
            "InvalidParameterCombinationException",
            "A task that replicates changes only loads no tables.",
          );
        }
        for (const table of tables) {
          if (!reloaded.tables.some((known) => tableName(known) === tableName(table))) {
            throw new AwsError("ResourceNotFoundFault", `The task has no table ${tableName(table)}.`);
          }
        }
        reloaded.reload(tables);
        return { ReplicationTaskArn: asked.ReplicationTaskArn };
      },

      DescribeTableStatistics(input: unknown, call: Call) {
        const asked = read(shapes.statistics, input);
        const { tables } = task(call, "DescribeTableStatistics", asked.ReplicationTaskArn);
        const kept = matching(tables, asked.Filters, {
          "schema-name": ({ schema }) => schema,
          "table-name": ({ table }) => table,
          "table-state": ({ state }) => state,
        });
        const { items, rest } = paged(kept, { MaxRecords: 500, ...asked });
        return {
          ReplicationTaskArn: asked.ReplicationTaskArn,
          TableStatistics: items.map(describeTable),
          ...rest,
        };
      },

      DescribeEndpoints(input: unknown, call: Call) {
        const asked = read(shapes.page, input);
        call.authorize("dms:DescribeEndpoints", "*");
        const kept = matching(mine(registry.endpoints.values(), call), asked.Filters, {
          "endpoint-arn": ({ arn }) => arn,
          "endpoint-id": ({ id }) => id,
          "endpoint-type": ({ is }) => is.side,
          "engine-name": ({ described: { EngineName } }) => EngineName,
        });
        requireFound(kept, asked.Filters, "Endpoints");
        const { items, rest } = paged(kept, asked);
        return { Endpoints: items.map((item) => item.described), ...rest };
      },

      DescribeReplicationInstances(input: unknown, call: Call) {
        const asked = read(shapes.page, input);
        call.authorize("dms:DescribeReplicationInstances", "*");
        const kept = matching(mine(registry.instances.values(), call), asked.Filters, {
          "replication-instance-arn": ({ arn }) => arn,
          "replication-instance-id": ({ id }) => id,
          "replication-instance-class": ({ described: { ReplicationInstanceClass } }) => ReplicationInstanceClass,
          "engine-version": ({ described: { EngineVersion } }) => EngineVersion,
        });
        requireFound(kept, asked.Filters, "Instances");
        const { items, rest } = paged(kept, asked);
        return { ReplicationInstances: items.map((item) => item.described), ...rest };
      },

      TestConnection(input: unknown, call: Call) {
        const { ReplicationInstanceArn, EndpointArn } = read(shapes.test, input);
        call.authorize("dms:TestConnection", ReplicationInstanceArn);
        call.authorize("dms:TestConnection", EndpointArn);
        const connection: Connection = {
          instance: registry.instance(ReplicationInstanceArn),
          endpoint: registry.endpoint(EndpointArn),
          status: "testing",
        };
        registry.connections.set(`${ReplicationInstanceArn} ${EndpointArn}`, connection);
        void testConnection(connection, deps);
        return { Connection: describeConnection(connection) };
      },

      DescribeConnections(input: unknown, call: Call) {
        const asked = read(shapes.page, input);
        call.authorize("dms:DescribeConnections", "*");
        const all = [...registry.connections.values()].filter(
          ({ endpoint }) => endpoint.account === call.account && endpoint.region === call.region,
        );
        const kept = matching(all, asked.Filters, {
          "endpoint-arn": ({ endpoint }) => endpoint.arn,
          "replication-instance-arn": ({ instance }) => instance.arn,
        });
        const { items, rest } = paged(kept, asked);
        return { Connections: items.map(describeConnection), ...rest };
      },
    },
  };
}

/** A DMS for each suite: on a real PostgreSQL, in front of a stream and a bucket that only remember what they are given. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DatabaseMigrationServiceClient } from "@aws-sdk/client-database-migration-service";
import { Client } from "pg";
import { startEndpoint } from "../../core/http";
import type { Created, HttpApi, HttpRequest, JsonApi, LocalService } from "../../core/service";
import { testContext, testSurroundings, type TestSurroundings } from "../../core/testing/surroundings";
import { startPostgres, type Postgres } from "../../postgres";
import { dmsService, type ReplicationReports, type TaskReport } from "./dms";

export const ACCOUNT = "111111111111";
export const STREAM = `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/changes`;
export const BUCKET = "lake";
const ROLE = `arn:aws:iam::${ACCOUNT}:role`;
const SECRET = `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:monolith-Ab12Cd`;

export interface StreamRecord {
  readonly key: string;
  readonly text: string;
}

/** A stream that keeps records in the order in which they came. */
export class TestStream {
  readonly records: StreamRecord[] = [];
  /** Which entries of a request fail; called for each request. */
  fails: (keys: readonly string[]) => readonly boolean[] = () => [];
  requests = 0;
  private watchers: (() => void)[] = [];
  /** Records that have been read into `byTable`. */
  private read = 0;
  private readonly byTable = new Map<string, Message[]>();

  readonly api: JsonApi = {
    protocol: "json",
    signingName: "kinesis",
    targetPrefix: "Kinesis_20131202",
    jsonVersion: "1.1",
    operations: {
      PutRecords: ({ Records }: { Records: { PartitionKey: string; Data: string }[] }) => {
        this.requests += 1;
        const failed = this.fails(Records.map(({ PartitionKey }) => PartitionKey));
        const answers = Records.map(({ PartitionKey: key, Data }, index) => {
          if (failed[index] === true)
            return { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "slow" };
          this.records.push({ key, text: Buffer.from(Data, "base64").toString() });
          return { ShardId: "shardId-000000000000", SequenceNumber: String(this.records.length) };
        });
        for (const watcher of this.watchers.splice(0)) watcher();
        return { FailedRecordCount: failed.filter(Boolean).length, Records: answers };
      },
      DescribeStream: () => ({ StreamDescription: { StreamStatus: "ACTIVE" } }),
    },
  };

  /** The messages about a table, once `condition` holds for them. */
  async until(table: string, condition: (messages: Message[]) => boolean): Promise<Message[]> {
    for (;;) {
      const messages = this.about(table);
      if (condition(messages)) return messages;
      await new Promise<void>((resolve) => this.watchers.push(resolve));
    }
  }

  /** Once there are so many. */
  many(table: string, count: number): Promise<Message[]> {
    return this.until(table, ({ length }) => length >= count);
  }

  about(table: string): Message[] {
    for (const { key, text } of this.records.slice(this.read)) {
      const message = { key, text, ...(JSON.parse(text) as Omit<Message, "key" | "text">) };
      const name = String(message.metadata["table-name"]);
      const known = this.byTable.get(name);
      if (known === undefined) this.byTable.set(name, [message]);
      else known.push(message);
    }
    this.read = this.records.length;
    return [...(this.byTable.get(table) ?? [])];
  }
}

/** A message as a consumer sees it; numbers as JSON.parse makes them. */
export interface Message {
  /** Partition key of the record. */
  readonly key: string;
  readonly text: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly control?: unknown;
  readonly "before-image"?: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, string | number>>;
}

/** Objects by key. */
export class TestBucket {
  readonly objects = new Map<string, Buffer>();
  readonly requests: HttpRequest[] = [];

  readonly api: HttpApi = {
    protocol: "http",
    signingName: "s3",
    handle: async (request) => {
      this.requests.push(request);
      const key = request.path.slice(`/${BUCKET}/`.length);
      if (request.method === "PUT") {
        this.objects.set(key, request.body);
        return { status: 200, headers: { etag: '"1"' } };
      }
      if (request.method === "GET") {
        const prefix = request.query.get("prefix") ?? "";
        const keys = [...this.objects.keys()].filter((each) => each.startsWith(prefix));
        const contents = keys.map((each) => `<Contents><Key>${each}</Key></Contents>`).join("");
        return {
          status: 200,
          body: `<ListBucketResult><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>`,
        };
      }
      for (const [, each = ""] of request.body.toString().matchAll(/<Key>(.*?)<\/Key>/g)) this.objects.delete(each);
      return { status: 200, body: "<DeleteResult/>" };
    },
    renderError: ({ status, message }) => ({ status, body: message }),
  };
}

export interface TaskOptions {
  readonly tables?: readonly string[];
  readonly rules?: readonly object[];
  readonly migrationType?: string;
  readonly settings?: Record<string, unknown>;
  readonly postgresSettings?: Record<string, unknown>;
  readonly kinesisSettings?: Record<string, unknown>;
  readonly s3?: Record<string, unknown>;
  readonly start?: boolean;
}

export interface TestDms extends TestSurroundings {
  readonly service: LocalService & ReplicationReports;
  readonly client: DatabaseMigrationServiceClient;
  readonly postgres: Postgres;
  readonly database: Client;
  readonly stream: TestStream;
  readonly bucket: TestBucket;
  create(type: string, inputs: Record<string, unknown>): Promise<Created>;
  update(type: string, created: Created, inputs: Record<string, unknown>): Promise<Created>;
  remove(type: string, created: Created): Promise<void>;
  /** The arguments of a task with endpoints of its own. */
  taskInputs(options: TaskOptions): Promise<Record<string, unknown>>;
  /** A task with endpoints of its own. @returns its ARN */
  task(options: TaskOptions): Promise<{ arn: string; created: Created; inputs: Record<string, unknown> }>;
  /** Looks at a task until `condition` holds. */
  until(arn: string, condition: (task: TaskReport) => boolean): Promise<TaskReport>;
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export const TASK = "aws:dms/replicationTask:ReplicationTask";
export const ENDPOINT = "aws:dms/endpoint:Endpoint";
export const S3_ENDPOINT = "aws:dms/s3Endpoint:S3Endpoint";

export const selections = (tables: readonly string[]): object[] =>
  tables.map((table, index) => ({
    "rule-type": "selection",
    "rule-id": String(index + 1),
    "rule-name": `select-${table}`,
    "rule-action": "include",
    "object-locator": { "schema-name": "public", "table-name": table },
    filters: [],
  }));

export const byPrimaryKey = (tables: readonly string[]): object[] =>
  tables.map((table, index) => ({
    "rule-type": "object-mapping",
    "rule-id": String(1000 + index),
    "rule-name": `map-${table}`,
    "rule-action": "map-record-to-record",
    "object-locator": { "schema-name": "public", "table-name": table },
    "mapping-parameters": { "partition-key-type": "primary-key" },
  }));

/** What the example in infra/ declares of the target, everything on. */
export const ALL_DETAILS = {
  messageFormat: "json-unformatted",
  includeTransactionDetails: true,
  includePartitionValue: true,
  partitionIncludeSchemaTable: true,
  includeTableAlterOperations: true,
  includeControlDetails: true,
  includeNullAndEmpty: true,
  useLargeIntegerValue: true,
};

export async function testDms(): Promise<TestDms> {
  const folder = mkdtempSync(path.join(tmpdir(), "tributary-dms-"));
  const postgres = await startPostgres({ folder });
  const database = new Client({ connectionString: postgres.url });
  await database.connect();
  const stream = new TestStream();
  const bucket = new TestBucket();
  const base = testSurroundings();
  let url = "";
  const surroundings: TestSurroundings = { ...base, endpointUrl: () => url };
  const { host, port, user: username, password } = postgres;
  const service = dmsService(surroundings, {
    secrets: { secretString: () => JSON.stringify({ host, port, username, password, dbname: "other" }) },
  });
  const endpoint = await startEndpoint([...(service.apis ?? []), stream.api, bucket.api], surroundings);
  url = endpoint.url;
  const client = new DatabaseMigrationServiceClient({
    endpoint: url,
    region: "eu-west-1",
    credentials: surroundings.principals.mint(`${ROLE}/operator`),
    maxAttempts: 1,
  });

  const providerOf = (type: string) => {
    const provider = service.providers[type];
    if (provider === undefined) throw new Error(`No provider of ${type}`);
    return provider;
  };
  const create = async (type: string, inputs: Record<string, unknown>): Promise<Created> =>
    providerOf(type).create(inputs, testContext(type, ACCOUNT));
  const instance = await create("aws:dms/replicationInstance:ReplicationInstance", {
    replicationInstanceId: "test",
    replicationInstanceClass: "dms.t3.medium",
  });

  let count = 0;
  const taskInputs = async (options: TaskOptions): Promise<Record<string, unknown>> => {
    count += 1;
    const { tables = [], rules, settings = {}, migrationType = "full-load-and-cdc" } = options;
    const source = await create(ENDPOINT, {
      endpointId: `source-${count}`,
      endpointType: "source",
      engineName: "postgres",
      databaseName: postgres.database,
      secretsManagerArn: SECRET,
      secretsManagerAccessRoleArn: `${ROLE}/secret`,
      sslMode: "require",
      pauseReplicationTasks: true,
      postgresSettings: { pluginName: "test-decoding", ...options.postgresSettings },
    });
    const target =
      options.s3 === undefined
        ? await create(ENDPOINT, {
            endpointId: `target-${count}`,
            endpointType: "target",
            engineName: "kinesis",
            pauseReplicationTasks: true,
            kinesisSettings: {
              streamArn: STREAM,
              serviceAccessRoleArn: `${ROLE}/writer`,
              ...(options.kinesisSettings ?? ALL_DETAILS),
            },
          })
        : await create(S3_ENDPOINT, {
            endpointId: `target-${count}`,
            endpointType: "target",
            bucketName: BUCKET,
            serviceAccessRoleArn: `${ROLE}/writer`,
            dataFormat: "parquet",
            ...options.s3,
          });
    return {
      replicationTaskId: `task-${count}`,
      migrationType,
      replicationInstanceArn: instance.outputs["replicationInstanceArn"],
      sourceEndpointArn: source.outputs["endpointArn"],
      targetEndpointArn: target.outputs["endpointArn"],
      tableMappings: JSON.stringify({ rules: rules ?? [...selections(tables), ...byPrimaryKey(tables)] }),
      replicationTaskSettings: JSON.stringify({
        Logging: { EnableLogging: true },
        ...settings,
        FullLoadSettings: { TargetTablePrepMode: "DO_NOTHING", ...Object(settings["FullLoadSettings"]) },
        // A test must not wait for the next attempt.
        ErrorBehavior: { RecoverableErrorInterval: 0, ...Object(settings["ErrorBehavior"]) },
      }),
      startReplicationTask: options.start ?? true,
    };
  };

  return {
    ...surroundings,
    ...{ service, client, postgres, database, stream, bucket, create, taskInputs },
    update: async (type, created, inputs) => {
      const updated = await providerOf(type).update?.(created.id, inputs, created, testContext(type, ACCOUNT));
      if (updated === undefined) throw new Error(`${type} cannot be updated`);
      return updated;
    },
    remove: async (type, created) => providerOf(type).delete?.(created.id, created, testContext(type, ACCOUNT)),
    task: async (options) => {
      const inputs = await taskInputs(options);
      const created = await create(TASK, inputs);
      return { arn: String(created.outputs["replicationTaskArn"]), created, inputs };
    },
    until: async (arn, condition) => {
      for (;;) {
        const report = service.tasks().find((task) => task.arn === arn);
        if (report === undefined) throw new Error(`No task ${arn}`);
        if (condition(report)) return report;
        if (report.status === "failed") throw new Error(`The task failed: ${report.lastFailure}`);
        await delay(10);
      }
    },
    sql: async (text, values) => (await database.query<Record<string, unknown>>(text, values)).rows,
    close: async () => {
      client.destroy();
      await service.close?.();
      await endpoint.close();
      await database.end();
      await postgres.stop();
      for (const each of [folder, surroundings.folder]) rmSync(each, { recursive: true, force: true });
    },
  };
}

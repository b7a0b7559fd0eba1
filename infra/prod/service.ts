/** Everything of one microservice: its projection of the monolith's tables and the tables of its own. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from "aws-lambda";
import { ingest } from "../../functions/ingest";
import { META } from "../../functions/statements";
import { decodeDms } from "../../model/decode";
import type { Service as ServiceModel, Table } from "../../model";
import { layoutsOf, MONOLITH, tableId } from "../../model";
import { dynamoDbSdk, logLine, objectWriter, setting } from "../clients";
import { ownTable, PREFIX, projectionTable, RETENTION_HOURS, SCHEMA } from "../contract";
import { StreamFunction, streamMapping } from "../function";
import type { Failures } from "../permissions";
import { leavesFailures, readsConsumer, readsKinesis, writesTable } from "../permissions";
import type { Watch } from "../watch";
import { watchFunction } from "../functionAlarms";
import { watchTable } from "../tableAlarms";
import { protectedTable } from "../table";
import { itemKeys } from "./itemKeys";
import type { Streams } from "./streams";
import { tableFilters } from "./tableFilters";

export interface ServiceArgs {
  readonly service: ServiceModel;
  /** The monolith's tables, of which the service follows some. */
  readonly monolith: readonly Table[];
  readonly region: string;
  readonly streams: Streams;
  /** Key of the services' tables. */
  readonly key: aws.kms.Key;
  readonly failures: Omit<Failures, "prefix">;
  /** Enhanced fan-out: a consumer of its own, with 2 MB/s of every shard for it alone. */
  readonly enhanced: boolean;
}

type Reader = StreamFunction<KinesisStreamEvent, KinesisStreamBatchResponse>;

export class Service extends pulumi.ComponentResource {
  readonly serviceName: string;
  readonly functionName: pulumi.Output<string>;
  /** The followed rows. */
  readonly table: aws.dynamodb.Table;
  /** Name of the table, by table id, of those that the service owns. */
  readonly ownTables: Readonly<Record<string, pulumi.Output<string>>>;
  private readonly tables: aws.dynamodb.Table[];
  private readonly reader: Reader;
  private readonly mapping: aws.lambda.EventSourceMapping;

  constructor(name: string, args: ServiceArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:prod:Service", name, {}, options);
    this.serviceName = args.service.name;
    this.table = protectedTable(
      name,
      {
        tableName: projectionTable(args.service.name),
        hash: { name: META.key, type: "S" },
        key: args.key,
        expires: META.expires,
      },
      { parent: this },
    );
    const consumer = args.enhanced ? this.consumer(name, args) : undefined;
    this.reader = this.projection(name, args, consumer);
    this.functionName = this.reader.lambda.name;
    this.mapping = this.reading(name, args, consumer);
    const own = args.service.owns.map((table) => ({ id: tableId(table), table: this.ownTable(table, args) }));
    this.ownTables = Object.fromEntries(own.map(({ id, table }) => [id, table.name]));
    this.tables = [this.table, ...own.map(({ table }) => table)];
    this.registerOutputs({});
  }

  private consumer(name: string, { streams }: ServiceArgs): aws.kinesis.StreamConsumer {
    return new aws.kinesis.StreamConsumer(
      name,
      { name: `${PREFIX}-${name}`, streamArn: streams.changes.arn },
      { parent: this },
    );
  }

  private projection(
    name: string,
    { service, monolith, region, streams, key, failures }: ServiceArgs,
    consumer: aws.kinesis.StreamConsumer | undefined,
  ): Reader {
    const { table } = this;
    // Plain data, made here: a closure cannot carry drizzle's objects, and none of the whole model is needed.
    const layouts = layoutsOf(
      service.follows.flatMap(({ table: followed, columns }) =>
        monolith.filter((candidate) => candidate.name === followed).map((found) => ({ table: found, columns })),
      ),
    );
    const source = MONOLITH;
    const schema = SCHEMA;
    const prefix = `${name}/`;
    return new StreamFunction(
      name,
      {
        environment: { TABLE: table.name, FAILURES_BUCKET: failures.bucket.bucket },
        permissions: [
          ...(consumer === undefined
            ? readsKinesis([streams.changes.arn], streams.key.arn, region)
            : readsConsumer(streams.changes.arn, consumer.arn, streams.key.arn, region)),
          ...writesTable(table, key, region),
          ...leavesFailures({ ...failures, prefix }, region),
        ],
        callbackFactory: () => {
          const tableName = setting("TABLE");
          const put = objectWriter(setting("FAILURES_BUCKET"), prefix);
          const sdk = dynamoDbSdk();
          return (event: KinesisStreamEvent) =>
            ingest(event, {
              // For a while after a table was taken out of the model the old filter still lets it through.
              decode: (text, sequence) => decodeDms(text, sequence, { layouts, source, schema, ignoresOthers: true }),
              put,
              log: logLine,
              store: {
                sdk,
                now: () => Date.now(),
                place: (change) => {
                  const layout = layouts[`${change.source}.${change.table}`];
                  if (layout === undefined) return undefined;
                  return { tableName, keyPrefix: `${change.table}#`, layout, keepsUnknown: false };
                },
              },
            });
        },
      },
      { parent: this },
    );
  }

  private reading(
    name: string,
    { service, streams, failures }: ServiceArgs,
    consumer: aws.kinesis.StreamConsumer | undefined,
  ): aws.lambda.EventSourceMapping {
    return streamMapping(
      name,
      {
        function: this.reader,
        streamArn: consumer?.arn ?? streams.changes.arn,
        failures: failures.bucket,
        window: 1,
        filters: tableFilters(service),
      },
      { parent: this },
    );
  }

  /** A table that the service writes itself; its changes go on to the lake. */
  private ownTable(table: Table, { key, streams }: ServiceArgs): aws.dynamodb.Table {
    const name = tableId(table);
    const created = protectedTable(name, { tableName: ownTable(table), ...itemKeys(table), key }, { parent: this });
    new aws.dynamodb.KinesisStreamingDestination(
      name,
      {
        tableName: created.name,
        streamArn: streams.serviceChanges.arn,
        // DynamoDB's records may come twice and out of order: their time is the order, and milliseconds are too coarse.
        approximateCreationDateTimePrecision: "MICROSECOND",
      },
      { parent: this },
    );
    return created;
  }

  /** Alarms on the function and the tables. */
  watchedBy(watch: Watch): void {
    watchFunction(
      watch,
      {
        name: this.serviceName,
        function: this.reader,
        mappings: [this.mapping],
        retention: RETENTION_HOURS * 3600,
        counts: ["parked"],
      },
      { parent: this },
    );
    for (const [index, table] of this.tables.entries()) {
      watchTable(watch, index === 0 ? this.serviceName : `${this.serviceName}-own-${index}`, table.name);
    }
  }
}

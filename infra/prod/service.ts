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
import { ownTable, projectionTable, RETENTION_HOURS, SCHEMA } from "../contract";
import { StreamFunction, streamMapping } from "../function";
import type { Failures } from "../permissions";
import { leavesFailures, readsKinesis, writesTable } from "../permissions";
import { protectedTable } from "../table";
import { itemKeys } from "./itemKeys";
import type { Streams } from "./streams";

export interface ServiceArgs {
  readonly service: ServiceModel;
  /** The monolith's tables, of which the service follows some. */
  readonly monolith: readonly Table[];
  readonly region: string;
  readonly streams: Streams;
  /** Key of the services' tables. */
  readonly key: aws.kms.Key;
  readonly failures: Omit<Failures, "prefix">;
}

type Reader = StreamFunction<KinesisStreamEvent, KinesisStreamBatchResponse>;

export class Service extends pulumi.ComponentResource {
  readonly serviceName: string;
  readonly functionName: pulumi.Output<string>;
  /** The followed rows. */
  readonly table: aws.dynamodb.Table;
  /** Name of the table, by table id, of those that the service owns. */
  readonly ownTables: Readonly<Record<string, pulumi.Output<string>>>;

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
    const projection = this.projection(name, args);
    this.functionName = projection.lambda.name;
    this.reading(name, args, projection);
    this.ownTables = Object.fromEntries(
      args.service.owns.map((table) => [tableId(table), this.ownTable(table, args).name]),
    );
    this.registerOutputs({});
  }

  private projection(name: string, { service, monolith, region, streams, key, failures }: ServiceArgs): Reader {
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
          ...readsKinesis([streams.changes.arn], streams.key.arn, region),
          ...writesTable(table, key, region),
          ...leavesFailures({ ...failures, prefix }, region),
        ],
        callbackFactory: () => {
          const tableName = setting("TABLE");
          const put = objectWriter(setting("FAILURES_BUCKET"), prefix);
          const sdk = dynamoDbSdk();
          return (event: KinesisStreamEvent) =>
            ingest(event, {
              decode: (text, sequence) => decodeDms(text, sequence, { layouts, source, schema }),
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

  private reading(name: string, { service, streams, failures }: ServiceArgs, projection: Reader): void {
    streamMapping(
      name,
      {
        function: projection,
        streamArn: streams.changes.arn,
        failures: failures.bucket,
        window: 1,
        retention: RETENTION_HOURS * 3600,
        // So that the function is not even invoked for the rest. Control records are capture's to keep.
        filters: [
          {
            data: {
              metadata: {
                "record-type": ["data"],
                "schema-name": [SCHEMA],
                "table-name": service.follows.map(({ table }) => table),
              },
            },
          },
        ],
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
}

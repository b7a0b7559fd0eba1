/** *capture*: the two streams of the production account -> raw. */
import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from "aws-lambda";
import { ingest } from "../../functions/ingest";
import type { Table } from "../../model";
import { layoutsOf, MONOLITH, tableId } from "../../model";
import { decodeDms } from "../../model/decode";
import { decodeItem } from "../../model/decodeItem";
import { dynamoDbSdk, logLine, objectWriter, overflowBucket, setting } from "../clients";
import type { Accounts } from "../contract";
import { names, ownTable, RETENTION_HOURS, SCHEMA } from "../contract";
import { StreamFunction, streamMapping } from "../function";
import { watchFunction } from "../functionAlarms";
import { fillsOverflow, leavesFailures, readsKinesis, writesTable } from "../permissions";
import type { ProdArns } from "../prodOutputs";
import type { Watch } from "../watch";
import type { Format } from "./format";
import type { Raw } from "./raw";

export interface CaptureArgs {
  readonly accounts: Accounts;
  /** Every table that goes to the lake. */
  readonly tables: readonly Table[];
  readonly prod: ProdArns;
  readonly raw: Raw;
  /** Learns of a table first: a row that raw accepts and *format* does not know would never get to the lake. */
  readonly format: Format;
}

type Reader = StreamFunction<KinesisStreamEvent, KinesisStreamBatchResponse>;

export class Capture extends pulumi.ComponentResource {
  readonly functionName: pulumi.Output<string>;
  private readonly reader: Reader;
  private readonly mappings: readonly aws.lambda.EventSourceMapping[];

  constructor(name: string, args: CaptureArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:data:Capture", name, {}, options);
    this.reader = this.capturing(name, args);
    this.functionName = this.reader.lambda.name;
    this.mappings = [
      this.reading("capture-changes", args.prod.changesStreamArn, args),
      this.reading("capture-service-changes", args.prod.serviceChangesStreamArn, args),
    ];
    this.registerOutputs({});
  }

  private capturing(name: string, { accounts, tables, prod, raw, format }: CaptureArgs): Reader {
    // Plain data, made here: a closure cannot carry drizzle's objects.
    const layouts = layoutsOf(tables.map((table) => ({ table })));
    const owned = tables.filter(({ source }) => source !== MONOLITH);
    const ownTables = Object.fromEntries(owned.map((table) => [ownTable(table), tableId(table)]));
    const source = MONOLITH;
    const schema = SCHEMA;
    const prefix = "capture/";
    const { changesStreamArn, serviceChangesStreamArn, streamsKeyArn } = prod;
    return new StreamFunction<KinesisStreamEvent, KinesisStreamBatchResponse>(
      name,
      {
        // The production account admits the role by this name.
        roleName: names.captureRole,
        environment: {
          // Known, and with it this function changed, once *format* has been.
          TABLE: pulumi.all([raw.table.name, format.functionName]).apply(([table]) => table),
          FAILURES_BUCKET: raw.failures.bucket,
          OVERFLOW_BUCKET: raw.overflow.bucket,
          CHANGES_STREAM_ARN: changesStreamArn,
        },
        permissions: [
          ...readsKinesis([changesStreamArn, serviceChangesStreamArn], streamsKeyArn, accounts.region),
          ...writesTable(raw.table, raw.key, accounts.region),
          ...fillsOverflow(raw.overflow, raw.key, accounts.region),
          ...leavesFailures({ bucket: raw.failures, key: raw.key, prefix }, accounts.region),
        ],
        callbackFactory: () => {
          const tableName = setting("TABLE");
          const changesStream = setting("CHANGES_STREAM_ARN");
          const put = objectWriter(setting("FAILURES_BUCKET"), prefix);
          const sdk = dynamoDbSdk();
          const overflow = overflowBucket(setting("OVERFLOW_BUCKET"));
          return (event: KinesisStreamEvent) =>
            ingest(event, {
              decode: (text, sequence, stream) =>
                stream === changesStream
                  ? decodeDms(text, sequence, { layouts, source, schema })
                  : decodeItem(text, layouts, ownTables),
              put,
              log: logLine,
              store: {
                sdk,
                overflow,
                now: () => Date.now(),
                place: (change) => {
                  const id = `${change.source}.${change.table}`;
                  const layout = layouts[id];
                  return layout === undefined
                    ? undefined
                    : { tableName, keyPrefix: `${id}#`, layout, keepsUnknown: true };
                },
              },
            });
        },
      },
      { parent: this },
    );
  }

  /** No filter: also what is no JSON, and every control record, is capture's to keep. */
  private reading(name: string, streamArn: string, { raw }: CaptureArgs): aws.lambda.EventSourceMapping {
    return streamMapping(
      name,
      { function: this.reader, streamArn, failures: raw.failures, window: 1 },
      { parent: this },
    );
  }

  watchedBy(watch: Watch): void {
    watchFunction(
      watch,
      {
        name: "capture",
        function: this.reader,
        mappings: this.mappings,
        retention: RETENTION_HOURS * 3600,
        counts: ["parked"],
      },
      { parent: this },
    );
    watch.alarm({
      name: "capture-silent",
      means: "Nothing has arrived from production for six hours.",
      metric: {
        ...{ namespace: "AWS/Lambda", name: "Invocations", dimensions: { FunctionName: this.functionName } },
        ...{ statistic: "Sum", period: 6 * 3600, label: "capture" },
      },
      limit: { below: 1 },
      // No data is the very thing: a replication that stands still makes no noise here.
      missing: "bad",
      runbook: "nothing-arrives",
      panel: { row: "Freshness", title: "Batches from production" },
    });
  }
}

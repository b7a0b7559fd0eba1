/** *format*: what raw accepted -> rows for Firehose, one delivery stream a table. */
import type * as Firehose from "@aws-sdk/client-firehose";
import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { format } from "../../functions/format";
import { pseudonymWith } from "../../functions/pseudonym";
import type { Table } from "../../model";
import { layoutsOf, tableId } from "../../model";
import { logLine, objectWriter, overflowBucket, secretReader, setting } from "../clients";
import { deliveryStream } from "../contract";
import { StreamFunction, streamMapping } from "../function";
import { watchFunction } from "../functionAlarms";
import { emptiesOverflow, leavesFailures, usesKey } from "../permissions";
import type { Statement } from "../policy";
import type { Watch } from "../watch";
import { isPseudonym } from "./columns";
import type { Delivery } from "./delivery";
import { PseudonymKey } from "./pseudonyms";
import type { Raw } from "./raw";

export interface FormatArgs {
  readonly region: string;
  readonly tables: readonly Table[];
  readonly raw: Raw;
  readonly delivery: Delivery;
}

/** A DynamoDB stream keeps its records for a day, whatever one sets: the shortest buffer of the whole way. */
const STREAM_SECONDS = 86_400;
/** Firehose bills each record rounded up to 5 KB: a fuller batch packs better, and Firehose waits longer anyway. Seconds. */
const WINDOW = 5;

type Reader = StreamFunction<DynamoDBStreamEvent, DynamoDBBatchResponse>;

export class Format extends pulumi.ComponentResource {
  readonly functionName: pulumi.Output<string>;
  /** Holds a line a table and batch: how old its newest change was when Firehose had it. */
  readonly logs: aws.cloudwatch.LogGroup;
  readonly reader: Reader;
  private readonly mapping: aws.lambda.EventSourceMapping;

  constructor(name: string, args: FormatArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:data:Format", name, {}, options);
    this.reader = this.formatting(name, args);
    this.functionName = this.reader.lambda.name;
    this.logs = this.reader.logs;
    const { raw } = args;
    this.mapping = streamMapping(
      name,
      {
        function: this.reader,
        streamArn: raw.table.streamArn,
        failures: raw.failures,
        window: WINDOW,
      },
      { parent: this },
    );
    this.registerOutputs({});
  }

  private formatting(name: string, { region, tables, raw, delivery }: FormatArgs): Reader {
    const layouts = layoutsOf(tables.map((table) => ({ table })));
    // By name and not through the environment, which holds 4 KB in all.
    const deliveryStreams = Object.fromEntries(tables.map((table) => [tableId(table), deliveryStream(table.name)]));
    const key = tables.some(({ columns }) => columns.some(isPseudonym))
      ? // With raw's key: who may read the one may make the other.
        new PseudonymKey("pseudonyms", { region, keyArn: raw.key.arn }, { parent: this })
      : undefined;
    const hasPseudonyms = key !== undefined;
    const prefix = "format/";
    return new StreamFunction<DynamoDBStreamEvent, DynamoDBBatchResponse>(
      name,
      {
        environment: {
          FAILURES_BUCKET: raw.failures.bucket,
          OVERFLOW_BUCKET: raw.overflow.bucket,
          ...(key === undefined ? {} : { PSEUDONYM_SECRET: key.arn }),
        },
        permissions: [
          {
            Effect: "Allow",
            Action: ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
            Resource: raw.table.streamArn,
          },
          {
            Effect: "Allow",
            Action: ["dynamodb:ListStreams"],
            // The action knows no narrower resource (service authorization reference, DynamoDB).
            Resource: "*",
          },
          usesKey(raw.key.arn, "dynamodb", region, ["kms:Decrypt"]),
          { Effect: "Allow", Action: ["firehose:PutRecordBatch"], Resource: delivery.arns },
          ...emptiesOverflow(raw.overflow, raw.key, region),
          ...leavesFailures({ bucket: raw.failures, key: raw.key, prefix }, region),
          ...(key === undefined ? [] : readsSecret(key, raw, region)),
        ],
        callbackFactory: () => {
          const sdk: typeof Firehose = require("@aws-sdk/client-firehose");
          const firehose = new sdk.FirehoseClient();
          const { PutRecordBatchCommand } = sdk;
          const now = (): number => Date.now();
          const overflow = overflowBucket(setting("OVERFLOW_BUCKET"));
          const put = objectWriter(setting("FAILURES_BUCKET"), prefix);
          const sink = { firehose, PutRecordBatchCommand, deliveryStreams };
          const options = { ...sink, layouts, overflow, put, log: logLine, now };
          if (!hasPseudonyms) return (event: DynamoDBStreamEvent) => format(event, options);
          const secret = secretReader(setting("PSEUDONYM_SECRET"));
          return async (event: DynamoDBStreamEvent) =>
            format(event, { ...options, pseudonym: pseudonymWith(await secret()) });
        },
      },
      { parent: this },
    );
  }

  watchedBy(watch: Watch): void {
    watchFunction(
      watch,
      {
        name: "format",
        function: this.reader,
        mappings: [this.mapping],
        retention: STREAM_SECONDS,
        counts: ["failedPacks", "unknown", "parked"],
      },
      { parent: this },
    );
  }
}

const readsSecret = (key: PseudonymKey, raw: Raw, region: string): Statement[] => [
  { Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: key.arn },
  usesKey(raw.key.arn, "secretsmanager", region, ["kms:Decrypt"]),
];

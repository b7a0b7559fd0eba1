/** What the API tells about tables. */
import type { Call } from "../../core/service";
import { integerIn, onlyKnown, type Input } from "./request";
import { keyAttributes } from "./keys";
import type { Table } from "./table";
import { Access, type Tables } from "./tables";
import { validation } from "./errors";

const seconds = (milliseconds: number): number => Math.round(milliseconds) / 1000;

function describeTable(table: Table): object {
  const { settings, schema, stream, items } = table;
  const streamOn = settings.streamView !== undefined;
  return {
    Table: {
      TableName: table.name,
      TableArn: table.arn,
      TableId: table.id,
      TableStatus: "ACTIVE",
      CreationDateTime: seconds(table.createdAt),
      AttributeDefinitions: keyAttributes(schema).map(({ name, type }) => ({
        AttributeName: name,
        AttributeType: type,
      })),
      KeySchema: keyAttributes(schema).map(({ name }, index) => ({
        AttributeName: name,
        KeyType: index === 0 ? "HASH" : "RANGE",
      })),
      ItemCount: items.count,
      TableSizeBytes: items.bytes,
      BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
      ProvisionedThroughput: { NumberOfDecreasesToday: 0, ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
      DeletionProtectionEnabled: settings.deletionProtection,
      TableClassSummary: { TableClass: settings.tableClass },
      ...(streamOn && { StreamSpecification: { StreamEnabled: true, StreamViewType: settings.streamView } }),
      ...(stream && { LatestStreamArn: stream.arn, LatestStreamLabel: stream.options.label }),
      ...(settings.keyArn !== undefined && {
        SSEDescription: { Status: "ENABLED", SSEType: "KMS", KMSMasterKeyArn: settings.keyArn },
      }),
    },
  };
}

function describeTimeToLive({ settings: { timeToLive } }: Table): object {
  return {
    TimeToLiveDescription:
      timeToLive === undefined
        ? { TimeToLiveStatus: "DISABLED" }
        : { TimeToLiveStatus: "ENABLED", AttributeName: timeToLive },
  };
}

function describeBackups({ settings: { pointInTimeRecovery: recovery }, createdAt }: Table): object {
  return {
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: "ENABLED",
      PointInTimeRecoveryDescription:
        recovery === undefined
          ? { PointInTimeRecoveryStatus: "DISABLED" }
          : {
              PointInTimeRecoveryStatus: "ENABLED",
              RecoveryPeriodInDays: recovery.days,
              EarliestRestorableDateTime: seconds(Math.max(createdAt, Date.now() - recovery.days * 86_400_000)),
              LatestRestorableDateTime: seconds(Date.now()),
            },
    },
  };
}

function describeDestination({ name, destination }: Table): object {
  if (destination === undefined) return { TableName: name, KinesisDataStreamDestinations: [] };
  const { problem, options } = destination;
  return {
    TableName: name,
    KinesisDataStreamDestinations: [
      {
        StreamArn: options.streamArn,
        DestinationStatus: "ACTIVE",
        ApproximateCreationDateTimePrecision: options.precision,
        ...(problem !== undefined && { DestinationStatusDescription: problem }),
      },
    ],
  };
}

function listTables(tables: Tables, input: Input, call: Call): object {
  onlyKnown(input, "ListTables", ["ExclusiveStartTableName", "Limit"]);
  call.authorize("dynamodb:ListTables", "*");
  const start = input["ExclusiveStartTableName"] ?? "";
  if (typeof start !== "string") throw validation("ExclusiveStartTableName is no text");
  const limit = integerIn(input, "Limit", 1, 100) ?? 100;
  const names = tables
    .in(call)
    .map(({ name }) => name)
    .filter((name) => name > start)
    .sort();
  const page = names.slice(0, limit);
  return { TableNames: page, ...(page.length < names.length ? { LastEvaluatedTableName: page.at(-1) } : {}) };
}

export function describeOperations(tables: Tables): Record<string, (input: Input, call: Call) => object> {
  const about =
    (name: string, describe: (table: Table) => object) =>
    (input: Input, call: Call): object => {
      onlyKnown(input, name, ["TableName"]);
      return describe(new Access(tables, call).described(input["TableName"], name));
    };
  return {
    DescribeTable: about("DescribeTable", describeTable),
    DescribeTimeToLive: about("DescribeTimeToLive", describeTimeToLive),
    DescribeContinuousBackups: about("DescribeContinuousBackups", describeBackups),
    DescribeKinesisStreamingDestination: about("DescribeKinesisStreamingDestination", describeDestination),
    ListTables: (input, call) => listTables(tables, input, call),
  };
}

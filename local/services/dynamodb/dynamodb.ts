/** DynamoDB: tables in memory, their streams and their Kinesis destinations. The README says what it leaves out. */
import type { RecordSink } from "../../core/contracts";
import type { JsonApi, LocalService, Surroundings } from "../../core/service";
import type { StreamSource } from "../../core/streams";
import { describeOperations } from "./describe";
import { providers } from "./providers";
import { readOperations } from "./reads";
import { statementOperations } from "./statements";
import { streamOperations } from "./streamsApi";
import { Tables } from "./tables";
import { transactionOperations } from "./transactions";
import { writeOperations } from "./writes";

/** DynamoDB promises to remove expired items within days; here it takes up to a minute. */
const EXPIRY_MS = 60_000;

export interface TableStatistics {
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly items: number;
  readonly bytes: number;
  /**
   * Request units used since the cloud started, those of failed conditions included: those of writes by the kind of the item,
   * which is what stands before the first # of its partition key.
   */
  readonly writeUnits: Readonly<Record<string, number>>;
  readonly readUnits: number;
  /** Records of the table's present stream, and change data capture units of its Kinesis destination. */
  readonly streamRecords: number;
  readonly kinesisUnits: number;
}

export interface DynamoDb extends LocalService, StreamSource {
  /** Removes items whose time to live has passed, without waiting for the timer; returns how many. */
  expire(): number;
  /** What the tables hold and have cost, for a report. */
  statistics(): readonly TableStatistics[];
}

export function dynamodbService({ policies }: Surroundings, { sink }: { readonly sink: RecordSink }): DynamoDb {
  const tables = new Tables();
  const expire = (): number => {
    const now = Math.floor(Date.now() / 1000);
    return tables.all().reduce((total, table) => total + table.expire(now), 0);
  };
  const timer = setInterval(expire, EXPIRY_MS).unref();
  const api = (targetPrefix: string, operations: JsonApi["operations"]): JsonApi => ({
    protocol: "json",
    signingName: "dynamodb",
    targetPrefix,
    jsonVersion: "1.0",
    operations,
  });
  return {
    apis: [
      api("DynamoDB_20120810", {
        ...readOperations(tables),
        ...writeOperations(tables),
        ...statementOperations(tables),
        ...transactionOperations(tables),
        ...describeOperations(tables),
      }),
      api("DynamoDBStreams_20120810", streamOperations(tables)),
    ],
    providers: providers(tables, sink, policies),
    stream: (arn) => tables.stream(arn),
    expire,
    statistics: () =>
      tables.all().map((table) => ({
        arn: table.arn,
        name: table.name,
        ...table.scope,
        items: table.items.count,
        bytes: table.items.bytes,
        writeUnits: Object.fromEntries(table.writeUnits),
        readUnits: table.readUnits,
        streamRecords: table.stream?.count ?? 0,
        kinesisUnits: table.kinesisUnits,
      })),
    close: async () => {
      clearInterval(timer);
      for (const table of tables.all()) table.close();
    },
  };
}

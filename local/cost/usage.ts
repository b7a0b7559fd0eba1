/**
 * What a laptop cloud has used of all that AWS bills by use, since it started, as its services counted it. Differences between
 * two moments are what the time between them cost.
 */
import { readFileSync } from "node:fs";
import type { Cloud } from "../cloud";
import type { FunctionStatistics } from "../services/lambda/lambda";
import { tableOfFolder, tableOfItems, tableOfDelivery, type Names } from "./names";
import { HOURS_A_MONTH, type PriceName } from "./prices";

export interface Amount {
  /** Service and resource: `DynamoDB raw`. */
  readonly hop: string;
  readonly price: PriceName;
  /** In what the price counts: bytes, units, requests. */
  readonly amount: number;
  /** Id of the table it is of; left out of what several tables share. */
  readonly table?: string;
}

type Service<Name extends keyof Cloud["services"]> = Pick<
  Cloud["services"][Name],
  Extract<"statistics", keyof Cloud["services"][Name]>
>;

/** The services that count, by name. */
export type Counters<Name extends keyof Cloud["services"]> = { readonly [Each in Name]: Service<Each> };

function ofKinesis(kinesis: Service<"kinesis">, names: Names): Amount[] {
  return kinesis.statistics().flatMap(({ arn, putBytes, polledBytes, pushedBytes }): Amount[] => {
    const hop = `Kinesis ${names.of(arn)}`;
    return [
      { hop, price: "kinesisPut", amount: putBytes },
      { hop, price: "kinesisPolled", amount: polledBytes },
      { hop, price: "kinesisPushed", amount: pushedBytes },
      { hop, price: "kinesisRetention", amount: putBytes * extraMonths(names.retentionHours(arn)) },
    ];
  });
}

/** For how many months a record is kept beyond the first day, which is free. @throws Error beyond a week: other prices. */
function extraMonths(retentionHours: number): number {
  if (retentionHours > 168) throw new Error(`A retention of ${retentionHours} hours has no price here: 168 at most`);
  return Math.max(0, retentionHours - 24) / HOURS_A_MONTH;
}

/** Megabytes at which a function has a whole CPU. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const WHOLE_CPU_MB = 1769;

/**
 * A function here has a whole core, and on AWS the part of one that its memory buys: taken to compute all the time, it would
 * take so much longer there. (What it waits for would not; so this is rather too much.)
 */
export const gbSeconds = ({
  billedDuration,
  memorySize,
}: Pick<FunctionStatistics, "billedDuration" | "memorySize">): number =>
  (billedDuration / 1000) * (Math.max(memorySize, WHOLE_CPU_MB) / 1024);

/** CloudWatch adds so much to every line. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutLogEvents.html */
const LINE_BYTES = 26;
/** What Lambda itself writes for each invocation in JSON: `platform.start` and `platform.report`. */
const PLATFORM = [
  '{"time":"2026-08-31T10:15:00.123Z","type":"platform.start","record":{"requestId":"8f2a1c3e-67a3-4159-97f2-ce364a0cb7a8","version":"$LATEST"}}',
  '{"time":"2026-08-31T10:15:00.123Z","type":"platform.report","record":{"requestId":"8f2a1c3e-67a3-4159-97f2-ce364a0cb7a8","metrics":{"durationMs":18.593,"billedDurationMs":19,"memorySizeMB":512,"maxMemoryUsedMB":146},"status":"success"}}',
];

export function logBytes(text: string, invocations: number): number {
  const lines = text.split("\n").filter((line) => line !== "");
  const own = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + LINE_BYTES, 0);
  return own + invocations * PLATFORM.reduce((sum, line) => sum + line.length + LINE_BYTES, 0);
}

function ofLambda(lambda: Service<"lambda">, names: Names): Amount[] {
  return lambda.statistics().flatMap((statistics): Amount[] => {
    const { functionArn, invocations, logFile } = statistics;
    const hop = `Lambda ${names.of(functionArn)}`;
    return [
      { hop, price: "lambdaRequest", amount: invocations },
      { hop, price: "lambdaDuration", amount: gbSeconds(statistics) },
      { hop, price: "logs", amount: logBytes(readFileSync(logFile, "utf8"), invocations) },
    ];
  });
}

function ofDynamodb(dynamodb: Service<"dynamodb">, names: Names): Amount[] {
  return dynamodb.statistics().flatMap(({ arn, writeUnits, readUnits, kinesisUnits }): Amount[] => {
    const name = names.of(arn);
    const hop = `DynamoDB ${name}`;
    const own = tableOfItems(name, "");
    return [
      ...Object.entries(writeUnits).map(([kind, amount]): Amount => {
        const table = tableOfItems(name, kind);
        return { hop, price: "dynamodbWrite", amount, ...(table === undefined ? {} : { table }) };
      }),
      { hop, price: "dynamodbRead", amount: readUnits },
      { hop, price: "dynamodbCapture", amount: kinesisUnits, ...(own === undefined ? {} : { table: own }) },
    ];
  });
}

function ofFirehose(firehose: Service<"firehose">): Amount[] {
  return firehose.statistics().flatMap(({ name, billedBytes: amount }): Amount[] => {
    const table = tableOfDelivery(name);
    const of = { hop: "Firehose", amount, ...(table === undefined ? {} : { table }) };
    return [
      { ...of, price: "firehosePut" },
      { ...of, price: "firehoseConversion" },
    ];
  });
}

function ofS3(s3: Service<"s3">, names: Names): Amount[] {
  return s3.statistics().flatMap(({ bucket, folder, puts, gets }): Amount[] => {
    const table = tableOfFolder(folder);
    const of = { hop: `S3 ${names.of(bucket)}`, ...(table === undefined ? {} : { table }) };
    return [
      { ...of, price: "s3Put", amount: puts },
      { ...of, price: "s3Get", amount: gets },
    ];
  });
}

export function usageOf(
  {
    kinesis,
    lambda,
    dynamodb,
    firehose,
    s3,
    athena,
  }: Counters<"kinesis" | "lambda" | "dynamodb" | "firehose" | "s3" | "athena">,
  names: Names,
): Amount[] {
  return [
    ...ofKinesis(kinesis, names),
    ...ofLambda(lambda, names),
    ...ofDynamodb(dynamodb, names),
    ...ofFirehose(firehose),
    ...ofS3(s3, names),
    { hop: "Athena", price: "athenaScan", amount: athena.statistics().bytesBilled },
  ];
}

const markOf = ({ hop, price, table = "" }: Amount): string => `${hop}\n${price}\n${table}`;

/** Of the same hop, price and table as one. */
export function summed(amounts: readonly Amount[]): Amount[] {
  const sums = new Map<string, Amount>();
  for (const one of amounts) {
    const mark = markOf(one);
    sums.set(mark, { ...one, amount: one.amount + (sums.get(mark)?.amount ?? 0) });
  }
  return [...sums.values()];
}

/** What was used between two moments; nothing of what did not change. */
export function usedBetween(before: readonly Amount[], after: readonly Amount[]): Amount[] {
  const negated = before.map((one) => ({ ...one, amount: -one.amount }));
  return summed([...after, ...negated]).filter(({ amount }) => amount > 0);
}

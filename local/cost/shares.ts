/**
 * How what several tables share is shared out among them: a stream by the bytes that are billed of its records, a function by
 * the number of those it was given, reads of a DynamoDB table by its writes.
 */
import { services } from "../../model";
import type { EventStream, StreamEvent, StreamSource } from "../core/streams";
import type { MappingProgress } from "../services/lambda/lambda";
import { tableOfItems, tableOfMonolith, tableOfOwn, type Names } from "./names";
import type { Amount } from "./usage";

/** How far every shard of every stream had come, by the stream's ARN. */
export type Positions = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Of one table in a stream, between two moments. */
export interface Weight {
  readonly records: number;
  /** Rounded up for each record, as Kinesis bills them. */
  readonly bytes: number;
  /** The records of changes: neither of a load, nor of no row. */
  readonly changes: number;
}
export type Weights = Readonly<Record<string, Weight>>;

/** The part of a cloud that is looked at. */
export interface Streams {
  readonly kinesis: StreamSource;
  readonly dynamodb: StreamSource;
  readonly lambda: {
    mappings(): readonly Pick<MappingProgress, "functionArn" | "eventSourceArn">[];
  };
}

const streamOf = ({ kinesis, dynamodb }: Streams, arn: string): EventStream => {
  const stream = kinesis.stream(arn) ?? dynamodb.stream(arn);
  if (stream === undefined) throw new Error(`There is no stream ${arn}`);
  return stream;
};

/** The streams that functions read. */
const streamsOf = (cloud: Streams): EventStream[] => {
  const arns = cloud.lambda.mappings().map(({ eventSourceArn }) => eventSourceArn.split("/consumer/")[0] ?? "");
  return [...new Set(arns)].map((arn) => streamOf(cloud, arn));
};

export const positionsOf = (cloud: Streams): Positions =>
  Object.fromEntries(
    streamsOf(cloud).map((stream) => [
      stream.arn,
      Object.fromEntries(stream.shardIds().map((id) => [id, stream.bounds(id).end])),
    ]),
  );

/** What DMS, or DynamoDB, wrote on a stream of Kinesis, as far as it matters here. */
interface Message {
  readonly metadata?: { readonly "record-type"?: string; readonly operation?: string; readonly "table-name"?: string };
  readonly tableName?: string;
}

interface Read {
  readonly table: string | undefined;
  readonly isChange: boolean;
  readonly bytes: number;
}

function read(event: StreamEvent, source: string): Read {
  if (event.kind === "dynamodb") {
    const [key] = Object.values(event.record.dynamodb?.Keys ?? {});
    return { table: tableOfItems(source, key?.S?.split("#", 1)[0] ?? ""), isChange: true, bytes: 0 };
  }
  const { partitionKey, data } = event.kinesis;
  const content = Buffer.from(data, "base64");
  const bytes = Math.ceil((Buffer.byteLength(partitionKey) + content.length) / 1024) * 1024;
  const { metadata, tableName = "" }: Message = JSON.parse(content.toString("utf8"));
  if (metadata === undefined) return { table: tableOfOwn(tableName), isChange: true, bytes };
  const isRow = metadata["record-type"] === "data";
  const table = isRow ? tableOfMonolith(metadata["table-name"] ?? "") : undefined;
  return { table, isChange: metadata.operation !== "load", bytes };
}

/**
 * What the streams were given between two moments, by their ARN. Records of no table of the model are left out. (Reading is
 * counted as use: what was used must have been noted before.)
 */
export function weightsBetween(
  cloud: Streams,
  from: Positions,
  to: Positions,
  names: Names,
): Readonly<Record<string, Weights>> {
  const ofStream = (stream: EventStream): Weights => {
    const weights: Record<string, Weight> = {};
    const source = names.of(stream.arn.split("/stream/")[0] ?? "");
    for (const [shardId, end] of Object.entries(to[stream.arn] ?? {})) {
      const start = from[stream.arn]?.[shardId] ?? 0;
      for (const { event } of stream.read(shardId, start, end - start)) {
        const { table, isChange, bytes } = read(event, source);
        if (table === undefined) continue;
        const so = weights[table] ?? { records: 0, bytes: 0, changes: 0 };
        weights[table] = {
          records: so.records + 1,
          bytes: so.bytes + bytes,
          changes: so.changes + (isChange ? 1 : 0),
        };
      }
    }
    return weights;
  };
  return Object.fromEntries(streamsOf(cloud).map((stream) => [stream.arn, ofStream(stream)]));
}

const ofKinesis = (weights: Readonly<Record<string, Weights>>): [string, Weights][] =>
  Object.entries(weights).filter(([arn]) => arn.startsWith("arn:aws:kinesis:"));

/** Changes by table: of the streams of Kinesis, for raw's own tells of them once more. */
export const changesIn = (weights: Readonly<Record<string, Weights>>): Record<string, number> =>
  added(
    ofKinesis(weights).map(([, of]) =>
      Object.fromEntries(Object.entries(of).map(([table, { changes }]) => [table, changes])),
    ),
  );

/** Parts of a whole by table, as numbers that need not come to one. */
type Parts = Readonly<Record<string, number>>;

const partsBy = (weights: Weights, by: "records" | "bytes", only?: readonly string[]): Parts =>
  Object.fromEntries(
    Object.entries(weights)
      .filter(([table]) => only?.includes(table) !== false)
      .map(([table, weight]) => [table, weight[by]]),
  );

const added = (all: readonly Parts[]): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const [table, part] of all.flatMap((parts) => Object.entries(parts))) sums[table] = (sums[table] ?? 0) + part;
  return sums;
};

/** The tables that a projection is given; everything, if no service is called so. */
const followedBy = (functionName: string): readonly string[] | undefined =>
  services.find(({ name }) => name === functionName)?.follows.flatMap(({ table }) => tableOfMonolith(table) ?? []);

/** By hop. */
export function partsOf(
  cloud: Streams,
  weights: Readonly<Record<string, Weights>>,
  amounts: readonly Amount[],
  names: Names,
): Readonly<Record<string, Parts>> {
  const ofFunctions = cloud.lambda.mappings().map(({ functionArn, eventSourceArn }): [string, Parts] => {
    const name = names.of(functionArn);
    const of = weights[eventSourceArn.split("/consumer/")[0] ?? ""] ?? {};
    return [`Lambda ${name}`, partsBy(of, "records", followedBy(name))];
  });
  const ofStreams = ofKinesis(weights).map(([arn, of]): [string, Parts] => [
    `Kinesis ${names.of(arn)}`,
    partsBy(of, "bytes"),
  ]);
  const ofTables = amounts.flatMap(({ hop, table, amount }): [string, Parts][] =>
    table === undefined || !hop.startsWith("DynamoDB ") ? [] : [[hop, { [table]: amount }]],
  );
  const all = [...ofFunctions, ...ofStreams, ...ofTables];
  return Object.fromEntries(
    all.map(([hop]) => [hop, added(all.filter(([other]) => other === hop).map(([, parts]) => parts))]),
  );
}

/** Every amount as amounts of single tables, as far as there is a way to tell. They come to the same sum. */
export function sharedOut(amounts: readonly Amount[], parts: Readonly<Record<string, Parts>>): Amount[] {
  return amounts.flatMap((one): Amount[] => {
    const of = one.table === undefined ? Object.entries(parts[one.hop] ?? {}) : [];
    const whole = of.reduce((sum, [, part]) => sum + part, 0);
    return whole === 0 ? [one] : of.map(([table, part]) => ({ ...one, table, amount: (one.amount * part) / whole }));
  });
}

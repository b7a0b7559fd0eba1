/** The operations that tell of streams, shards and consumers. https://docs.aws.amazon.com/kinesis/latest/APIReference/ */
import { AwsError, type Call } from "../../core/service";
import {
  count,
  type Input,
  invalidArgument,
  only,
  optionalNumber,
  optionalText,
  requiredText,
  structure,
} from "./request";
import type { Consumer, KinesisStream, Shard } from "./stream";
import { existingShard, type Streams } from "./streams";
import type { Tokens } from "./tokens";

/** Shards never close here (no split, no merge), so that each of these means all of them. */
const ALL_SHARDS = ["AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP", "FROM_TIMESTAMP"];

const shardShape = (shard: Shard) => ({
  ShardId: shard.id,
  HashKeyRange: {
    StartingHashKey: shard.startingHashKey.toString(),
    EndingHashKey: shard.endingHashKey.toString(),
  },
  SequenceNumberRange: { StartingSequenceNumber: shard.sequences.first },
});

const consumerShape = ({ name, arn, createdAt }: Consumer) => ({
  ConsumerName: name,
  ConsumerARN: arn,
  ConsumerStatus: "ACTIVE",
  ConsumerCreationTimestamp: createdAt,
});

/** What DescribeStream and DescribeStreamSummary both say. */
function commonShape(stream: KinesisStream) {
  const { mode, retentionHours, shardLevelMetrics, encryption } = stream.settings;
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    StreamStatus: "ACTIVE",
    StreamModeDetails: { StreamMode: mode },
    RetentionPeriodHours: retentionHours,
    StreamCreationTimestamp: stream.createdAt / 1000,
    EnhancedMonitoring: [{ ShardLevelMetrics: shardLevelMetrics }],
    EncryptionType: encryption === undefined ? "NONE" : "KMS",
    ...(encryption === undefined ? {} : { KeyId: encryption.keyId }),
  };
}

/** The first `limit` of what comes after `after`, in order. */
function page<T>(all: readonly T[], nameOf: (one: T) => string, after: string | undefined, limit: number) {
  const left = after === undefined ? all : all.filter((one) => nameOf(one) > after);
  const items = left.slice(0, limit);
  const last = items.at(-1);
  return { items, next: left.length > items.length && last !== undefined ? nameOf(last) : undefined };
}

export function describeOperations(streams: Streams, tokens: Tokens) {
  /** Where a page begins: after the name in the token, if there is one. Throws `InvalidArgumentException`. */
  const opened = (token: string | undefined): readonly string[] | undefined => {
    if (token === undefined) return undefined;
    const content = tokens.open("page", token);
    if (content === undefined) throw invalidArgument("Invalid NextToken.");
    return content.map(String);
  };
  const nextToken = (...content: (string | undefined)[]) =>
    content.includes(undefined) ? {} : { NextToken: tokens.seal("page", content) };

  return {
    DescribeStream(input: Input, call: Call) {
      only(input, ["StreamName", "StreamARN", "Limit", "ExclusiveStartShardId"]);
      const stream = streams.authorized(input, call, "kinesis:DescribeStream");
      const after = optionalText(input, "ExclusiveStartShardId");
      const { items, next } = page(stream.shards, ({ id }) => id, after, count(input, "Limit", 10_000, 100));
      return {
        StreamDescription: {
          ...commonShape(stream),
          Shards: items.map(shardShape),
          HasMoreShards: next !== undefined,
        },
      };
    },

    DescribeStreamSummary(input: Input, call: Call) {
      only(input, ["StreamName", "StreamARN"]);
      const stream = streams.authorized(input, call, "kinesis:DescribeStreamSummary");
      return {
        StreamDescriptionSummary: {
          ...commonShape(stream),
          OpenShardCount: stream.shards.length,
          ConsumerCount: stream.consumers.size,
          MaxRecordSizeInKiB: stream.settings.maxRecordKib,
        },
      };
    },

    ListShards(input: Input, call: Call) {
      only(input, ["StreamName", "StreamARN", "NextToken", "ExclusiveStartShardId", "MaxResults", "ShardFilter"]);
      const continued = opened(optionalText(input, "NextToken"));
      const given = ["StreamName", "ExclusiveStartShardId", "ShardFilter"].find(
        (member) => input[member] !== undefined,
      );
      if (continued !== undefined && given !== undefined) {
        throw invalidArgument(`NextToken and ${given} cannot be provided together.`);
      }
      // The token holds the stream's ARN.
      const [arn, from] = continued ?? [];
      const target = continued === undefined ? input : { StreamARN: arn };
      const stream = streams.authorized(target, call, "kinesis:ListShards");
      const after = from ?? optionalText(input, "ExclusiveStartShardId") ?? filteredFrom(stream, input["ShardFilter"]);
      const { items, next } = page(stream.shards, ({ id }) => id, after, count(input, "MaxResults", 10_000, 1000));
      return { Shards: items.map(shardShape), ...nextToken(stream.arn, next) };
    },

    ListStreams(input: Input, call: Call) {
      only(input, ["Limit", "ExclusiveStartStreamName", "NextToken"]);
      call.authorize("kinesis:ListStreams", "*");
      const own = `arn:aws:kinesis:${call.region}:${call.account}:`;
      const all = streams
        .all()
        .filter(({ arn }) => arn.startsWith(own))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const [from] = opened(optionalText(input, "NextToken")) ?? [];
      const after = from ?? optionalText(input, "ExclusiveStartStreamName");
      const { items, next } = page(all, ({ name }) => name, after, count(input, "Limit", 10_000, 100));
      return {
        StreamNames: items.map(({ name }) => name),
        StreamSummaries: items.map((stream) => {
          const { StreamName, StreamARN, StreamStatus, StreamModeDetails, StreamCreationTimestamp } =
            commonShape(stream);
          return { StreamName, StreamARN, StreamStatus, StreamModeDetails, StreamCreationTimestamp };
        }),
        HasMoreStreams: next !== undefined,
        ...nextToken(next),
      };
    },

    DescribeStreamConsumer(input: Input, call: Call) {
      only(input, ["StreamARN", "ConsumerName", "ConsumerARN"]);
      const named = optionalText(input, "ConsumerARN");
      const streamArn = named?.split("/consumer/")[0] ?? requiredText(input, "StreamARN");
      const name = named === undefined ? requiredText(input, "ConsumerName") : named.split("/")[3]?.split(":")[0];
      const consumer = streams.find(streamArn)?.consumers.get(name ?? "");
      call.authorize("kinesis:DescribeStreamConsumer", consumer?.arn ?? named ?? `${streamArn}/consumer/${name ?? ""}`);
      if (consumer === undefined || (named !== undefined && consumer.arn !== named)) {
        throw new AwsError("ResourceNotFoundException", `Consumer ${named ?? name ?? ""} of ${streamArn} not found.`);
      }
      return { ConsumerDescription: { ...consumerShape(consumer), StreamARN: streamArn } };
    },
  };
}

/** The shard after which a filter begins; undefined for all. Throws `InvalidArgumentException`. */
function filteredFrom(stream: KinesisStream, filter: unknown): string | undefined {
  if (filter === undefined || filter === null) return undefined;
  const members = structure(filter, "ShardFilter");
  const type = requiredText(members, "Type");
  if (type === "AFTER_SHARD_ID") return existingShard(stream, requiredText(members, "ShardId")).id;
  if (!ALL_SHARDS.includes(type)) throw invalidArgument(`Unknown type of ShardFilter: ${type}.`);
  if (type.endsWith("_TIMESTAMP") && optionalNumber(members, "Timestamp") === undefined) {
    throw invalidArgument(`A ShardFilter of type ${type} needs a Timestamp.`);
  }
  return undefined;
}

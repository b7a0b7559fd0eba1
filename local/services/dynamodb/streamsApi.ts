/**
 * The API of DynamoDB Streams, for readers other than event source mappings.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
 */
import { AwsError, type Call } from "../../core/service";
import type { StreamRecord } from "../../core/streams";
import type { ChangeStream } from "./changeStream";
import { keyAttributes } from "./keys";
import { choiceIn, integerIn, onlyKnown, type Input } from "./request";
import type { Tables } from "./tables";
import { validation } from "./errors";

const MAX_BYTES = 1024 * 1024;

function streamOf(tables: Tables, arn: unknown, call: Call, action: string): ChangeStream {
  if (typeof arn !== "string" || !arn.startsWith("arn:aws:dynamodb:")) throw validation("Invalid StreamArn");
  call.authorize(`dynamodb:${action}`, arn);
  const stream = tables.changeStream(arn);
  if (stream !== undefined) return stream;
  throw new AwsError("ResourceNotFoundException", `Requested resource not found: Stream: ${arn} not found`);
}

function shardIn(stream: ChangeStream, shardId: unknown): string {
  const known = stream.shardIds().find((id) => id === shardId);
  if (known !== undefined) return known;
  throw new AwsError(
    "ResourceNotFoundException",
    `Requested resource not found: Shard does not exist: ${String(shardId)}`,
  );
}

function describeStream(tables: Tables, input: Input, call: Call): object {
  onlyKnown(input, "DescribeStream", ["StreamArn", "Limit", "ExclusiveStartShardId"]);
  const stream = streamOf(tables, input["StreamArn"], call, "DescribeStream");
  const { options } = stream;
  const start = input["ExclusiveStartShardId"];
  const ids = stream.shardIds();
  return {
    StreamDescription: {
      StreamArn: stream.arn,
      StreamLabel: options.label,
      StreamStatus: stream.isEnabled ? "ENABLED" : "DISABLED",
      StreamViewType: options.view,
      TableName: options.tableName,
      CreationRequestDateTime: Date.parse(`${options.label}Z`) / 1000,
      KeySchema: keyAttributes(options.schema).map(({ name }, index) => ({
        AttributeName: name,
        KeyType: index === 0 ? "HASH" : "RANGE",
      })),
      // Shards here live as long as the stream; on AWS they are closed and followed by others after some hours.
      Shards: ids
        .slice(start === undefined ? 0 : ids.indexOf(shardIn(stream, start)) + 1)
        .map((id) => ({ ShardId: id, SequenceNumberRange: { StartingSequenceNumber: stream.firstSequence(id) } })),
    },
  };
}

/** Where a reader stands: shard and offset. The ARN comes first, so that the iterator is of no use elsewhere. */
const iteratorOf = (arn: string, shard: string, offset: number): string => `${arn}|${shard}|${offset}`;

function getShardIterator(tables: Tables, input: Input, call: Call): object {
  onlyKnown(input, "GetShardIterator", ["StreamArn", "ShardId", "ShardIteratorType", "SequenceNumber"]);
  const stream = streamOf(tables, input["StreamArn"], call, "GetShardIterator");
  const shard = shardIn(stream, input["ShardId"]);
  const types = ["TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"] as const;
  const type = choiceIn(input, "ShardIteratorType", types);
  if (type === undefined) throw validation("ShardIteratorType must not be null");
  const { oldest, end } = stream.bounds(shard);
  const offset =
    type === "TRIM_HORIZON"
      ? oldest
      : type === "LATEST"
        ? end
        : stream.offsetOf(shard, String(input["SequenceNumber"])) + (type === "AFTER_SEQUENCE_NUMBER" ? 1 : 0);
  return { ShardIterator: iteratorOf(stream.arn, shard, offset) };
}

function getRecords(tables: Tables, input: Input, call: Call): object {
  onlyKnown(input, "GetRecords", ["ShardIterator", "Limit"]);
  const [arn, shardId, from] = String(input["ShardIterator"]).split("|");
  const stream = streamOf(tables, arn, call, "GetRecords");
  const shard = shardIn(stream, shardId);
  const offset = Number(from);
  if (!Number.isSafeInteger(offset) || offset < 0) throw validation("Invalid ShardIterator");
  if (offset < stream.bounds(shard).oldest) {
    throw new AwsError("TrimmedDataAccessException", "The records after this iterator have expired");
  }
  const records: StreamRecord[] = [];
  let bytes = 0;
  for (const record of stream.read(shard, offset, integerIn(input, "Limit", 1, 1000) ?? 1000)) {
    if (bytes > 0 && bytes + record.bytes > MAX_BYTES) break;
    records.push(record);
    bytes += record.bytes;
  }
  const next = offset + records.length;
  const isEnd = !stream.isEnabled && next >= stream.bounds(shard).end;
  return {
    Records: records.flatMap(({ event }) => (event.kind === "dynamodb" ? [event.record] : [])),
    ...(isEnd ? {} : { NextShardIterator: iteratorOf(stream.arn, shard, next) }),
  };
}

function listStreams(tables: Tables, input: Input, call: Call): object {
  onlyKnown(input, "ListStreams", ["TableName", "Limit", "ExclusiveStartStreamArn"]);
  const { TableName: tableName, ExclusiveStartStreamArn: start } = input;
  call.authorize("dynamodb:ListStreams", "*");
  const limit = integerIn(input, "Limit", 1, 100) ?? 100;
  const streams = tables
    .changeStreams(call)
    .filter(({ options, arn }) => (tableName ?? options.tableName) === options.tableName && arn > String(start ?? ""))
    .sort((a, b) => (a.arn < b.arn ? -1 : 1));
  const page = streams.slice(0, limit);
  return {
    Streams: page.map(({ arn, options }) => ({
      StreamArn: arn,
      TableName: options.tableName,
      StreamLabel: options.label,
    })),
    ...(page.length < streams.length ? { LastEvaluatedStreamArn: page.at(-1)?.arn } : {}),
  };
}

export function streamOperations(tables: Tables): Record<string, (input: Input, call: Call) => object> {
  return {
    DescribeStream: (input, call) => describeStream(tables, input, call),
    GetShardIterator: (input, call) => getShardIterator(tables, input, call),
    GetRecords: (input, call) => getRecords(tables, input, call),
    ListStreams: (input, call) => listStreams(tables, input, call),
  };
}

/**
 * GetShardIterator and GetRecords.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
 */
import type { Call } from "../../core/service";
import { count, type Input, invalidArgument, only, optionalNumber, optionalText, requiredText } from "./request";
import { parseSequence } from "./sequence";
import type { KinesisStream, Shard } from "./stream";
import { authorizeKey, existingShard, streamArn, type Streams } from "./streams";
import type { Tokens } from "./tokens";

const MAX_RECORDS = 10_000;
const MAX_BYTES = 10 * 1024 * 1024;

/** The offset that a sequence number stands for, -1 for the shard's own first one. */
function offsetOf(stream: KinesisStream, shard: Shard, text: string): number {
  const where =
    `StartingSequenceNumber ${text} used in GetShardIterator on shard ${shard.id} ` +
    `in stream ${stream.name} under account ${stream.account} is invalid`;
  const parsed = parseSequence(text);
  if (parsed === undefined) throw invalidArgument(`${where}.`);
  if (parsed.shardIndex !== shard.index) {
    const encoded = `shardId-${String(parsed.shardIndex).padStart(12, "0")}`;
    throw invalidArgument(
      `Invalid StartingSequenceNumber. It encodes ${encoded}, while it was used in a call to a shard with ${shard.id}`,
    );
  }
  const { offset } = parsed;
  const known = offset < shard.log.end && parsed.shardCreatedSecond === Math.floor(shard.createdAt / 1000);
  if (!known) throw invalidArgument(`${where} because it did not come from this stream.`);
  return offset;
}

function startingOffset(stream: KinesisStream, shard: Shard, input: Input): number {
  const type = requiredText(input, "ShardIteratorType");
  const sequence = optionalText(input, "StartingSequenceNumber");
  const timestamp = optionalNumber(input, "Timestamp");
  const misused = (member: string, given: boolean) =>
    invalidArgument(
      "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber, (2) AT_TIMESTAMP " +
        `and Timestamp, or (3) TRIM_HORIZON or LATEST and neither. Request specified ${type} and ${given ? "also a" : "no"} ${member}.`,
    );
  const bySequence = type === "AT_SEQUENCE_NUMBER" || type === "AFTER_SEQUENCE_NUMBER";
  if (bySequence !== (sequence !== undefined)) throw misused("StartingSequenceNumber", !bySequence);
  if ((type === "AT_TIMESTAMP") !== (timestamp !== undefined)) throw misused("Timestamp", timestamp !== undefined);
  switch (type) {
    case "TRIM_HORIZON":
      return stream.oldest(shard);
    case "LATEST":
      return shard.log.end;
    case "AT_TIMESTAMP": {
      const time = Math.round((timestamp ?? 0) * 1000);
      const now = Date.now();
      if (time <= now) return shard.log.firstFrom(time);
      throw invalidArgument(
        "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. " +
          `timestampInMillis: ${time}, currentTimestampInMillis: ${now}`,
      );
    }
    case "AT_SEQUENCE_NUMBER":
    case "AFTER_SEQUENCE_NUMBER": {
      const offset = offsetOf(stream, shard, sequence ?? "");
      return Math.max(0, type === "AT_SEQUENCE_NUMBER" ? offset : offset + 1);
    }
    default:
      throw invalidArgument(`Unknown ShardIteratorType ${type}.`);
  }
}

export function readOperations(streams: Streams, tokens: Tokens) {
  return {
    GetShardIterator(input: Input, call: Call) {
      const members = [
        "StreamName",
        "StreamARN",
        "ShardId",
        "ShardIteratorType",
        "StartingSequenceNumber",
        "Timestamp",
      ];
      only(input, members);
      const stream = streams.authorized(input, call, "kinesis:GetShardIterator");
      const shard = existingShard(stream, requiredText(input, "ShardId"));
      const offset = startingOffset(stream, shard, input);
      const position = { streamArn: stream.arn, streamId: stream.id, shardId: shard.id, offset };
      return { ShardIterator: tokens.iterator(position) };
    },

    GetRecords(input: Input, call: Call) {
      only(input, ["ShardIterator", "Limit", "StreamARN"]);
      const position = tokens.position(requiredText(input, "ShardIterator"));
      const limit = count(input, "Limit", MAX_RECORDS);
      const given = optionalText(input, "StreamARN");
      if (given !== undefined && given !== position.streamArn) {
        throw invalidArgument(`The ShardIterator is not one of the stream ${given}.`);
      }
      // Without its ARN the stream is looked for, by the iterator's name, in the account of the caller.
      const name = position.streamArn.split("/")[1] ?? "";
      const arn = given ?? streamArn(call.region, call.account, name);
      call.authorize("kinesis:GetRecords", arn);
      const stream = streams.existing(arn);
      if (stream.id !== position.streamId) throw invalidArgument("Invalid ShardIterator.");
      authorizeKey(call, stream, "kms:Decrypt");
      const shard = existingShard(stream, position.shardId);

      const records = [];
      let bytes = 0;
      let offset = Math.max(position.offset, stream.oldest(shard));
      for (; offset < shard.log.end && records.length < limit; offset += 1) {
        const stored = shard.log.at(offset);
        const { partitionKey, data, arrivedAt } = stored;
        bytes += data.length;
        if (bytes > MAX_BYTES && records.length > 0) break;
        stream.meter.read(stored, "polled");
        records.push({
          SequenceNumber: shard.sequences.of(offset, arrivedAt),
          ApproximateArrivalTimestamp: arrivedAt / 1000,
          Data: data.toString("base64"),
          PartitionKey: partitionKey,
          ...(stream.settings.encryption === undefined ? {} : { EncryptionType: "KMS" }),
        });
      }
      const behind = offset < shard.log.end ? Date.now() - shard.log.at(offset).arrivedAt : 0;
      return {
        Records: records,
        NextShardIterator: tokens.iterator({ ...position, offset }),
        MillisBehindLatest: behind,
      };
    },
  };
}

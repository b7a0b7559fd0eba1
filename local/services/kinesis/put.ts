/**
 * PutRecord, PutRecords, and the same from within.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
import type { RecordSink } from "../../core/contracts";
import { AwsError, type Authorizer, type Call } from "../../core/service";
import { constraint, type Input, invalidArgument, only, optionalText, requiredText, structure } from "./request";
import type { KinesisStream } from "./stream";
import { authorizeKey, type Caller, type Streams } from "./streams";

const MAX_RECORDS = 500;
const MAX_REQUEST_BYTES = 10 * 1024 * 1024;
const KIB = 1024;
const MAX_HASH_KEY = (1n << 128n) - 1n;

interface NewRecord {
  readonly partitionKey: string;
  readonly explicitHashKey?: bigint;
  readonly data: Buffer;
}

function decodeBase64(text: string): Buffer {
  const data = Buffer.from(text, "base64");
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  // Node skips what is not base64, so that a spoiled text comes out shorter.
  if (data.length !== (text.length / 4) * 3 - padding) {
    throw new AwsError("SerializationException", "Data is not valid base64.");
  }
  return data;
}

function hashKey(input: Input): bigint | undefined {
  const text = optionalText(input, "ExplicitHashKey");
  if (text === undefined) return undefined;
  if (!/^(0|[1-9]\d{0,38})$/.test(text)) {
    throw constraint("ExplicitHashKey", "satisfy regular expression pattern: 0|([1-9]\\d{0,38})");
  }
  const key = BigInt(text);
  if (key <= MAX_HASH_KEY) return key;
  throw invalidArgument(
    `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${text}`,
  );
}

function newRecord(input: Input): NewRecord {
  const partitionKey = requiredText(input, "PartitionKey");
  const data = decodeBase64(requiredText(input, "Data"));
  const explicitHashKey = hashKey(input);
  return { partitionKey, data, ...(explicitHashKey === undefined ? {} : { explicitHashKey }) };
}

const sizeOf = ({ partitionKey, data }: NewRecord): number => Buffer.byteLength(partitionKey) + data.length;

/** A request is taken whole or not at all; only throttling, which is not imitated, fails single records. */
function check(stream: KinesisStream, records: readonly NewRecord[]): void {
  const most = stream.settings.maxRecordKib * KIB;
  let total = 0;
  for (const record of records) {
    // In characters, as DynamoDB's and DMS's long keys meet the limit too.
    if (record.partitionKey.length < 1) throw constraint("PartitionKey", "have length greater than or equal to 1");
    if (record.partitionKey.length > 256) throw constraint("PartitionKey", "have length less than or equal to 256");
    const size = sizeOf(record);
    if (size > most) {
      throw invalidArgument(
        `The record with partition key ${record.partitionKey} has ${size} bytes, key and data together; ` +
          `the stream ${stream.name} takes at most ${most} (MaxRecordSizeInKiB ${stream.settings.maxRecordKib}).`,
      );
    }
    total += size;
  }
  if (total > MAX_REQUEST_BYTES) {
    throw invalidArgument(`Records have ${total} bytes; a request takes at most ${MAX_REQUEST_BYTES} (10 MiB).`);
  }
}

interface Put {
  readonly ShardId: string;
  readonly SequenceNumber: string;
}

function append(stream: KinesisStream, records: readonly NewRecord[]): Put[] {
  const results = records.map(({ partitionKey, explicitHashKey, data }) => {
    const shard = stream.shardOf(partitionKey, explicitHashKey);
    return { ShardId: shard.id, SequenceNumber: stream.append(shard, partitionKey, data) };
  });
  stream.announce();
  return results;
}

const encryptionOf = (stream: KinesisStream): { EncryptionType: "KMS" | "NONE" } => ({
  EncryptionType: stream.settings.encryption === undefined ? "NONE" : "KMS",
});

export function putOperations(streams: Streams) {
  const authorized = (input: Input, call: Call, action: string): KinesisStream => {
    const stream = streams.authorized(input, call, action);
    authorizeKey(call, stream, "kms:GenerateDataKey");
    return stream;
  };

  return {
    PutRecord(input: Input, call: Call) {
      // SequenceNumberForOrdering only promises what is so here anyway: sequence numbers rise within a shard.
      only(input, ["StreamName", "StreamARN", "Data", "PartitionKey", "ExplicitHashKey", "SequenceNumberForOrdering"]);
      const stream = authorized(input, call, "kinesis:PutRecord");
      const record = newRecord(input);
      check(stream, [record]);
      return { ...append(stream, [record])[0], ...encryptionOf(stream) };
    },

    PutRecords(input: Input, call: Call) {
      only(input, ["StreamName", "StreamARN", "Records"]);
      const stream = authorized(input, call, "kinesis:PutRecords");
      const entries = input["Records"];
      if (!Array.isArray(entries)) throw constraint("Records", "not be null");
      if (entries.length < 1) throw constraint("Records", "have length greater than or equal to 1");
      if (entries.length > MAX_RECORDS) throw constraint("Records", `have length less than or equal to ${MAX_RECORDS}`);
      const records = entries.map((entry) => newRecord(structure(entry, "Records")));
      check(stream, records);
      return { FailedRecordCount: 0, Records: append(stream, records), ...encryptionOf(stream) };
    },
  };
}

export function recordSink(streams: Streams, authorizer: Authorizer): RecordSink {
  return {
    append(principal, streamArn, records) {
      const caller: Caller = {
        principal,
        authorize: (action, resource, context) => authorizer.check(principal, action, resource, context),
      };
      caller.authorize("kinesis:PutRecords", streamArn);
      const stream = streams.existing(streamArn);
      authorizeKey(caller, stream, "kms:GenerateDataKey");
      check(stream, records);
      append(stream, records);
    },
  };
}

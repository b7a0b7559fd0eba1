/** The operations of Firehose's API: https://docs.aws.amazon.com/firehose/latest/APIReference/API_Operations.html */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { readRequest } from "../../core/requests";
import { AwsError, type Call, type JsonApi } from "../../core/service";
import { description } from "./describe";
import type { DeliveryStream } from "./stream";
import { streamArn, type Streams } from "./streams";

const MIB = 1024 * 1024;
/** Before base64. */
const RECORD_BYTES = 1000 * 1024;
const BATCH_BYTES = 4 * MIB;
const BATCH_RECORDS = 500;

const name = z.string().min(1).max(64);
const record = z.strictObject({ Data: z.string() });
const shapes = {
  record: z.strictObject({ DeliveryStreamName: name, Record: record }),
  batch: z.strictObject({ DeliveryStreamName: name, Records: z.array(record).min(1).max(BATCH_RECORDS) }),
  describe: z.strictObject({
    DeliveryStreamName: name,
    Limit: z.number().int().min(1).max(10_000).optional(),
    ExclusiveStartDestinationId: z.string().optional(),
  }),
  list: z.strictObject({
    Limit: z.number().int().min(1).max(10_000).default(10),
    ExclusiveStartDeliveryStreamName: z.string().optional(),
    DeliveryStreamType: z.string().optional(),
  }),
};

function decoded(data: string, place: string): Buffer {
  const bytes = Buffer.from(data, "base64");
  if (bytes.length <= RECORD_BYTES) return bytes;
  throw new AwsError(
    "ValidationException",
    `1 validation error detected: Value at '${place}.data' failed to satisfy constraint: ` +
      `Member must have length less than or equal to ${RECORD_BYTES}`,
  );
}

export function firehoseOperations(streams: Streams): JsonApi["operations"] {
  const read = <Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> =>
    readRequest(schema, input, "firehose", "ValidationException");
  const asked = (action: string, stream: string, call: Call): DeliveryStream => {
    const arn = streamArn(call, stream);
    call.authorize(`firehose:${action}`, arn);
    return streams.existing(arn);
  };
  const isEncrypted = ({ settings }: DeliveryStream): boolean => settings.encryption !== undefined;

  return {
    PutRecord(raw, call) {
      const input = read(shapes.record, raw);
      const stream = asked("PutRecord", input.DeliveryStreamName, call);
      stream.put(decoded(input.Record.Data, "record"));
      return { RecordId: randomUUID(), Encrypted: isEncrypted(stream) };
    },

    /** Each record has an answer of its own; those that were not taken are to be sent again. */
    PutRecordBatch(raw, call) {
      const input = read(shapes.batch, raw);
      const stream = asked("PutRecordBatch", input.DeliveryStreamName, call);
      const records = input.Records.map(({ Data }, index) => decoded(Data, `records.${index + 1}.member`));
      if (records.reduce((sum, { length }) => sum + length, 0) > BATCH_BYTES) {
        throw new AwsError("InvalidArgumentException", "Records size exceeds 4 MB limit");
      }
      const answers = records.map((data) => {
        try {
          stream.put(data);
          return { RecordId: randomUUID() };
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          return { ErrorCode: error.code, ErrorMessage: error.message };
        }
      });
      return {
        FailedPutCount: answers.filter((answer) => "ErrorCode" in answer).length,
        Encrypted: isEncrypted(stream),
        RequestResponses: answers,
      };
    },

    DescribeDeliveryStream(raw, call) {
      const input = read(shapes.describe, raw);
      const stream = asked("DescribeDeliveryStream", input.DeliveryStreamName, call);
      return { DeliveryStreamDescription: description(stream) };
    },

    ListDeliveryStreams(raw, call) {
      const input = read(shapes.list, raw);
      call.authorize("firehose:ListDeliveryStreams", "*");
      const { Limit: limit, ExclusiveStartDeliveryStreamName: after = "", DeliveryStreamType: type } = input;
      const names = streams.of(call).map(({ settings }) => settings.name);
      const left = type === undefined || type === "DirectPut" ? names.filter((each) => each > after) : [];
      return { DeliveryStreamNames: left.slice(0, limit), HasMoreDeliveryStreams: left.length > limit };
    },
  };
}

/** Stream records as the function sees them, and the record of an invocation that Lambda keeps of a batch it gave up. */
import { randomUUID } from "node:crypto";
import type { EventStream, StreamRecord } from "../../core/streams";
import type { Discard } from "./batch";

/** The same for all records of a mapping. */
export interface Origin {
  readonly sourceArn: string;
  readonly awsRegion: string;
  readonly roleArn: string;
}

/**
 * A record as JSON, in the shape of `KinesisStreamRecord` or `DynamoDBRecord` of @types/aws-lambda.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html, https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 */
export function recordJson(
  { event, sequenceNumber }: StreamRecord,
  shardId: string,
  { sourceArn, awsRegion, roleArn }: Origin,
): string {
  if (event.kind === "dynamodb") {
    return JSON.stringify({ ...event.record, eventSource: "aws:dynamodb", awsRegion, eventSourceARN: sourceArn });
  }
  // By hand, because it is done for every record and JSON.stringify takes seven times as long: only the partition key may hold
  // what JSON must escape.
  const { kinesisSchemaVersion, partitionKey, data, approximateArrivalTimestamp } = event.kinesis;
  return (
    `{"kinesis":{"kinesisSchemaVersion":"${kinesisSchemaVersion}","partitionKey":${JSON.stringify(partitionKey)},` +
    `"sequenceNumber":"${sequenceNumber}","data":"${data}","approximateArrivalTimestamp":${approximateArrivalTimestamp}},` +
    `"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"${shardId}:${sequenceNumber}",` +
    `"eventName":"aws:kinesis:record","invokeIdentityArn":"${roleArn}","awsRegion":"${awsRegion}",` +
    `"eventSourceARN":"${sourceArn}"}`
  );
}

/** By which records are kept in order: the partition key, or the item's key. */
export const orderingKey = ({ event }: StreamRecord): string =>
  event.kind === "kinesis" ? event.kinesis.partitionKey : JSON.stringify(event.record.dynamodb?.Keys);

/** `aws/lambda/<mapping>/`: where all objects of a mapping lie. */
export const failurePrefix = (uuid: string): string => `aws/lambda/${uuid}/`;

/** Key and body of the object for S3. https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html */
export function failureObject(
  { batch, condition, invokeCount, invocation }: Discard,
  where: { uuid: string; shardId: string; functionArn: string; stream: EventStream },
): { key: string; body: string } {
  const { uuid, shardId, functionArn, stream } = where;
  const { entries } = batch;
  const timestamp = new Date().toISOString();
  const day = timestamp.slice(0, 10);
  const time = timestamp.slice(11, 19).replaceAll(":", ".");
  // Kinesis knows milliseconds, DynamoDB seconds.
  const arrival = (index: number): string => {
    const iso = new Date(entries.at(index)?.arrivedAt ?? 0).toISOString();
    return stream.kind === "kinesis" ? iso : iso.replace(/\.\d+Z$/, "Z");
  };
  const record = {
    requestContext: {
      requestId: invocation?.requestId ?? randomUUID(),
      functionArn,
      condition,
      approximateInvokeCount: invokeCount,
    },
    ...(invocation === undefined
      ? {}
      : {
          responseContext: {
            statusCode: 200,
            executedVersion: "$LATEST",
            ...(invocation.failed ? { functionError: "Unhandled" } : {}),
          },
        }),
    version: "1.0",
    timestamp,
    [stream.kind === "kinesis" ? "KinesisBatchInfo" : "DDBStreamBatchInfo"]: {
      shardId,
      startSequenceNumber: entries.at(0)?.sequenceNumber,
      endSequenceNumber: entries.at(-1)?.sequenceNumber,
      approximateArrivalOfFirstRecord: arrival(0),
      approximateArrivalOfLastRecord: arrival(-1),
      batchSize: entries.length,
      streamArn: stream.arn,
    },
    payload: Buffer.concat(batch.event).toString("utf8"),
  };
  return {
    key: `${failurePrefix(uuid)}${shardId}/${day.replaceAll("-", "/")}/${day}T${time}-${randomUUID()}`,
    body: JSON.stringify(record),
  };
}

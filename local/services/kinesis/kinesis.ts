/**
 * Kinesis Data Streams in memory. README.md beside this file says what is imitated and what is not.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/
 */
import type { RecordSink } from "../../core/contracts";
import type { JsonApi, LocalService, Surroundings } from "../../core/service";
import type { StreamSource } from "../../core/streams";
import { describeOperations } from "./describe";
import { policyOperations, StreamPolicies } from "./policies";
import { consumerProvider, policyProvider, streamProvider } from "./providers";
import { putOperations, recordSink } from "./put";
import { readOperations } from "./read";
import { Streams } from "./streams";
import { Tokens } from "./tokens";
import type { StreamUsage } from "./usage";

export interface StreamStatistics extends StreamUsage {
  readonly arn: string;
  readonly name: string;
}

/** What the streams would be billed for. */
export interface KinesisUsage {
  statistics(): readonly StreamStatistics[];
}

export function kinesisService({
  authorizer,
  policies,
}: Surroundings): LocalService & StreamSource & RecordSink & KinesisUsage {
  const streams = new Streams();
  const tokens = new Tokens();
  const streamPolicies = new StreamPolicies(streams, policies);
  const api: JsonApi = {
    protocol: "json",
    signingName: "kinesis",
    targetPrefix: "Kinesis_20131202",
    jsonVersion: "1.1",
    operations: {
      ...putOperations(streams),
      ...readOperations(streams, tokens),
      ...describeOperations(streams, tokens),
      ...policyOperations(streamPolicies),
    },
  };
  return {
    apis: [api],
    providers: {
      "aws:kinesis/stream:Stream": streamProvider(streams, streamPolicies),
      "aws:kinesis/resourcePolicy:ResourcePolicy": policyProvider(streamPolicies),
      "aws:kinesis/streamConsumer:StreamConsumer": consumerProvider(streams, streamPolicies),
    },
    // A mapping on a consumer's ARN (enhanced fan-out) reads the same records.
    stream: (arn) => {
      const [streamArn = arn, consumer] = arn.split("/consumer/");
      const stream = streams.find(streamArn);
      return consumer === undefined ? stream : stream?.fanOut;
    },
    statistics: () => streams.all().map(({ arn, name, meter }) => ({ arn, name, ...meter.usage })),
    ...recordSink(streams, authorizer),
  };
}

/** Creates what the Pulumi program declares of Kinesis. Arguments: @pulumi/aws 7, `aws.kinesis`. */
import { z } from "zod";
import { readInputs } from "../../core/inputs";
import { keyArn } from "../../core/keys";
import { AwsError, type Created, type ResourceContext, type ResourceProvider } from "../../core/service";
import type { StreamPolicies } from "./policies";
import { KinesisStream, type StreamSettings } from "./stream";
import { NAME, streamArn, type Streams } from "./streams";

/** New on-demand streams take 4 MB/s: four shards. AWS guide, "Choose the data stream capacity mode". */
const ON_DEMAND_SHARDS = 4;

const tags = { tags: z.unknown().optional() };
const region = { region: z.string().optional() };

const streamShape = z.strictObject({
  ...tags,
  ...region,
  name: z.string().regex(NAME, "Expected 1 to 128 letters, digits, and any of _ . -").optional(),
  streamModeDetails: z.strictObject({ streamMode: z.enum(["ON_DEMAND", "PROVISIONED"]) }).optional(),
  shardCount: z.number().int().min(1).optional(),
  /** Hours. */
  retentionPeriod: z.number().int().min(24).max(8760).default(24),
  encryptionType: z.enum(["NONE", "KMS"]).default("NONE"),
  kmsKeyId: z.string().min(1).optional(),
  shardLevelMetrics: z.array(z.string()).default([]),
  enforceConsumerDeletion: z.boolean().default(false),
  maxRecordSizeInKib: z.number().int().min(1024).max(10_240).default(1024),
  // Throughput is not limited here.
  warmThroughputMibPs: z.number().optional(),
});
type StreamInputs = z.output<typeof streamShape>;

const policyShape = z.strictObject({ ...region, resourceArn: z.string(), policy: z.string() });
const consumerShape = z.strictObject({ ...tags, ...region, name: z.string().optional(), streamArn: z.string() });

const refuse = (context: ResourceContext, message: string): AwsError =>
  new AwsError("InvalidArgumentException", `${context.type} "${context.name}": ${message}`);

function settingsOf(inputs: StreamInputs, context: ResourceContext): StreamSettings {
  const encrypted = inputs.encryptionType === "KMS";
  if (encrypted && inputs.kmsKeyId === undefined) throw refuse(context, "encryptionType KMS needs a kmsKeyId.");
  const keyId = encrypted ? inputs.kmsKeyId : undefined;
  return {
    mode: inputs.streamModeDetails?.streamMode ?? "PROVISIONED",
    retentionHours: inputs.retentionPeriod,
    maxRecordKib: inputs.maxRecordSizeInKib,
    shardLevelMetrics: inputs.shardLevelMetrics,
    enforceConsumerDeletion: inputs.enforceConsumerDeletion,
    ...(keyId === undefined ? {} : { encryption: { keyId, keyArn: keyArn(keyId, context) } }),
  };
}

function shardCountOf({ shardCount, streamModeDetails }: StreamInputs, context: ResourceContext): number {
  if (streamModeDetails?.streamMode === "ON_DEMAND") {
    if (shardCount === undefined) return ON_DEMAND_SHARDS;
    throw refuse(context, "an ON_DEMAND stream takes no shardCount.");
  }
  if (shardCount === undefined) throw refuse(context, "a PROVISIONED stream needs a shardCount.");
  return shardCount;
}

function streamCreated(stream: KinesisStream, inputs: StreamInputs, context: ResourceContext): Created {
  return {
    id: stream.arn,
    outputs: {
      ...inputs,
      arn: stream.arn,
      name: stream.name,
      region: context.region,
      streamModeDetails: { streamMode: stream.settings.mode },
      tagsAll: inputs.tags ?? {},
    },
  };
}

export function streamProvider(streams: Streams, policies: StreamPolicies): ResourceProvider {
  const provider: Required<ResourceProvider> = {
    create(raw, context) {
      const inputs = readInputs(streamShape, raw, context);
      const name = inputs.name ?? context.autoName;
      const arn = streamArn(context.region, context.account, name);
      if (streams.find(arn) !== undefined) {
        throw new AwsError("ResourceInUseException", `Stream ${name} under account ${context.account} already exists.`);
      }
      const settings = settingsOf(inputs, context);
      const stream = new KinesisStream(arn, name, context.account, shardCountOf(inputs, context), settings);
      streams.add(stream);
      return streamCreated(stream, inputs, context);
    },

    update(id, raw, _previous, context) {
      const inputs = readInputs(streamShape, raw, context);
      const stream = streams.existing(id);
      if (inputs.name !== undefined && inputs.name !== stream.name) {
        throw refuse(context, `a stream cannot be renamed (${stream.name} to ${inputs.name}); it must be replaced.`);
      }
      const settings = settingsOf(inputs, context);
      const { mode } = stream.settings;
      // An on-demand stream keeps the shards it had when it was provisioned, and the other way round.
      const wanted =
        settings.mode === "ON_DEMAND" || mode !== settings.mode ? undefined : shardCountOf(inputs, context);
      if (wanted !== undefined && wanted !== stream.shards.length) {
        throw refuse(
          context,
          `local kinesis: resharding is not supported (shardCount ${stream.shards.length} to ${wanted}).`,
        );
      }
      stream.settings = settings;
      return streamCreated(stream, inputs, context);
    },

    delete(id) {
      const stream = streams.existing(id);
      if (stream.consumers.size > 0 && !stream.settings.enforceConsumerDeletion) {
        throw new AwsError(
          "ResourceInUseException",
          `Stream ${stream.name} under account ${stream.account} has ${stream.consumers.size} registered consumers; ` +
            "remove them first or set enforceConsumerDeletion.",
        );
      }
      for (const { arn } of stream.consumers.values()) policies.forget(arn);
      policies.forget(id);
      streams.remove(id);
    },
  };
  return provider;
}

export function policyProvider(policies: StreamPolicies): ResourceProvider {
  const put = (raw: Record<string, unknown>, context: ResourceContext): Created => {
    const inputs = readInputs(policyShape, raw, context);
    policies.set(inputs.resourceArn, inputs.policy);
    return { id: inputs.resourceArn, outputs: { ...inputs, region: context.region } };
  };
  return {
    create: put,
    update(id, raw, _previous, context) {
      const created = put(raw, context);
      if (created.id !== id) policies.forget(id);
      return created;
    },
    delete: (id) => policies.forget(id),
  };
}

export function consumerProvider(streams: Streams, policies: StreamPolicies): ResourceProvider {
  return {
    create(raw, context) {
      const inputs = readInputs(consumerShape, raw, context);
      const stream = streams.existing(inputs.streamArn);
      const name = inputs.name ?? context.autoName;
      if (stream.consumers.has(name)) {
        throw new AwsError("ResourceInUseException", `Consumer ${name} of stream ${stream.name} already exists.`);
      }
      const createdAt = Math.floor(Date.now() / 1000);
      const arn = `${stream.arn}/consumer/${name}:${createdAt}`;
      stream.consumers.set(name, { name, arn, createdAt });
      const creationTimestamp = new Date(createdAt * 1000).toISOString().replace(".000Z", "Z");
      return {
        id: arn,
        outputs: { ...inputs, arn, name, creationTimestamp, region: context.region, tagsAll: inputs.tags ?? {} },
      };
    },
    delete(id) {
      const [streamArn = "", consumer = ""] = id.split("/consumer/");
      // A stream takes its consumers with it.
      streams.find(streamArn)?.consumers.delete(consumer.split(":")[0] ?? "");
      policies.forget(id);
    },
  };
}

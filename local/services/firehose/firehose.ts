/**
 * Data Firehose: delivery streams with direct PUT that convert JSON to Parquet on S3, by the schema of a Glue table.
 * README.md beside this file says what is imitated and what is not.
 * https://docs.aws.amazon.com/firehose/latest/dev/what-is-this-service.html
 */
import type { Catalog, ObjectStore } from "../../core/contracts";
import {
  AwsError,
  type Created,
  type LocalService,
  type ResourceProvider,
  type Surroundings,
} from "../../core/service";
import { firehoseOperations } from "./api";
import { ParquetConverter } from "./converter";
import { checkRoles, type DeliveryDeps } from "./delivery";
import { DESTINATION_ID } from "./describe";
import { readSettings } from "./settings";
import { DeliveryStream, type DeliveryStatistics } from "./stream";
import { streamArn, Streams } from "./streams";

export type { DeliveryStatistics } from "./stream";

export interface Delivery {
  /** Delivers all that waits, without waiting for size or interval. @throws what stands in the way of a stream. */
  flush(): Promise<void>;
  statistics(): DeliveryStatistics[];
}

export function firehoseService(
  surroundings: Surroundings,
  { objects, catalog }: { objects: ObjectStore; catalog: Catalog },
): LocalService & Delivery {
  const streams = new Streams();
  const converter = new ParquetConverter();
  const deps: DeliveryDeps = { surroundings, objects, catalog, converter };
  return {
    apis: [
      {
        protocol: "json",
        signingName: "firehose",
        targetPrefix: "Firehose_20150804",
        jsonVersion: "1.1",
        operations: firehoseOperations(streams),
      },
    ],
    providers: {
      "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": streamProvider(streams, deps),
    },
    async flush() {
      const done = await Promise.allSettled(streams.all().map((stream) => stream.flush()));
      const failed = done.find((result) => result.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
    statistics: () => streams.all().map((stream) => stream.statistics()),
    async close() {
      await Promise.all(streams.all().map((stream) => stream.close()));
      await converter.close();
    },
  };
}

function streamProvider(streams: Streams, deps: DeliveryDeps): ResourceProvider {
  const made = (stream: DeliveryStream, inputs: Record<string, unknown>): Created => ({
    id: stream.arn,
    outputs: {
      ...inputs,
      arn: stream.arn,
      name: stream.settings.name,
      destinationId: DESTINATION_ID,
      versionId: String(stream.version),
      region: stream.scope.region,
      tagsAll: inputs["tags"] ?? {},
    },
  });
  return {
    create(inputs, context) {
      const { account, region } = context;
      const scope = { account, region };
      const settings = readSettings(inputs, context);
      const arn = streamArn(scope, settings.name);
      if (streams.find(arn) !== undefined) {
        throw new AwsError(
          "ResourceInUseException",
          `Firehose ${settings.name} is already present under account ${account}.`,
        );
      }
      checkRoles({ arn, scope, settings }, deps);
      const stream = new DeliveryStream(arn, scope, settings, deps);
      streams.add(stream);
      return made(stream, inputs);
    },

    update(id, inputs, _previous, context) {
      const stream = streams.existing(id);
      const settings = readSettings(inputs, context);
      if (settings.name !== stream.settings.name) {
        throw new AwsError(
          "InvalidArgumentException",
          `${context.type} "${context.name}": a delivery stream cannot be renamed (${stream.settings.name} to ${settings.name}); it must be replaced.`,
        );
      }
      checkRoles({ arn: id, scope: stream.scope, settings }, deps);
      stream.settings = settings;
      stream.version += 1;
      stream.updatedAt = Date.now();
      return made(stream, inputs);
    },

    async delete(id) {
      await streams.existing(id).close();
      streams.remove(id);
    },
  };
}

/** A Kinesis for each suite: clients of two accounts, and a clock that can be moved. */
import { rmSync } from "node:fs";
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordsCommand,
  type GetShardIteratorCommandInput,
  type PutRecordsCommandOutput,
  type PutRecordsRequestEntry,
} from "@aws-sdk/client-kinesis";
import { startEndpoint } from "../../core/http";
import type { Created, LocalService } from "../../core/service";
import type { RecordSink } from "../../core/contracts";
import type { StreamSource } from "../../core/streams";
import { testContext, testSurroundings, type TestSurroundings } from "../../core/testing/surroundings";
import { kinesisService, type KinesisUsage } from "./kinesis";

export const STREAM = "aws:kinesis/stream:Stream";
export const KEY = "arn:aws:kms:eu-west-1:111111111111:key/0b1f";
export const PROD = "arn:aws:iam::111111111111:role/dms";
export const DATA = "arn:aws:iam::222222222222:role/capture";
export const FIRST = "shardId-000000000000";
export const onDemand = { streamModeDetails: { streamMode: "ON_DEMAND" } };

type Start = Omit<GetShardIteratorCommandInput, "StreamName" | "ShardId" | "ShardIteratorType">;

export interface TestKinesis extends TestSurroundings {
  readonly service: LocalService & StreamSource & RecordSink & KinesisUsage;
  /** Of account 111111111111, which owns the streams. */
  readonly prod: KinesisClient;
  /** Of account 222222222222. */
  readonly data: KinesisClient;
  create(type: string, inputs: Record<string, unknown>, account?: string): Created;
  /** A stream with a name of its own and one shard, unless told otherwise. */
  stream(inputs?: Record<string, unknown>): { StreamName: string; StreamARN: string };
  put(StreamName: string, ...Records: PutRecordsRequestEntry[]): Promise<PutRecordsCommandOutput>;
  /** On the first shard. */
  iterator(StreamName: string, type: GetShardIteratorCommandInput["ShardIteratorType"], start?: Start): Promise<string>;
  /** The data of what GetRecords answers. */
  texts(ShardIterator: string, Limit?: number): Promise<string[]>;
  close(): Promise<void>;
}

export const record = (PartitionKey: string, text = "x"): PutRecordsRequestEntry => ({
  PartitionKey,
  Data: Buffer.from(text),
});

/** Moves the clock that both the clients and the service read; timers go on as they are. */
export function later(milliseconds: number): void {
  const timers = [
    "setTimeout",
    "clearTimeout",
    "setInterval",
    "clearInterval",
    "setImmediate",
    "clearImmediate",
  ] as const;
  const others = ["hrtime", "nextTick", "performance", "queueMicrotask"] as const;
  jest.useFakeTimers({ now: Date.now() + milliseconds, doNotFake: [...timers, ...others] });
}

export async function testKinesis(): Promise<TestKinesis> {
  const surroundings = testSurroundings();
  const service = kinesisService(surroundings);
  const endpoint = await startEndpoint(service.apis ?? [], surroundings);
  const clientOf = (role: string): KinesisClient => {
    const credentials = surroundings.principals.mint(role);
    const client = new KinesisClient({ endpoint: endpoint.url, region: "eu-west-1", credentials, maxAttempts: 1 });
    // The SDK would follow the Date of the answers, which Node caches, and not the clock that is moved.
    Object.defineProperty(client.config, "systemClockOffset", { get: () => 0, set: () => undefined });
    return client;
  };
  const [prod, data] = [clientOf(PROD), clientOf(DATA)];
  const create = (type: string, inputs: Record<string, unknown>, account?: string): Created =>
    service.providers[type]!.create(inputs, testContext(type, account)) as Created;
  let made = 0;
  return {
    ...surroundings,
    service,
    prod,
    data,
    create,
    stream: (inputs = { shardCount: 1 }) => {
      const { outputs } = create(STREAM, { name: `s${(made += 1)}`, ...inputs });
      return { StreamName: String(outputs["name"]), StreamARN: String(outputs["arn"]) };
    },
    put: (StreamName, ...Records) => prod.send(new PutRecordsCommand({ StreamName, Records })),
    iterator: async (StreamName, ShardIteratorType, start = {}) => {
      const command = new GetShardIteratorCommand({ StreamName, ShardId: FIRST, ShardIteratorType, ...start });
      return (await prod.send(command)).ShardIterator!;
    },
    texts: async (ShardIterator, Limit) => {
      const { Records } = await prod.send(new GetRecordsCommand({ ShardIterator, ...(Limit ? { Limit } : {}) }));
      return Records!.map(({ Data }) => Buffer.from(Data!).toString());
    },
    close: async () => {
      prod.destroy();
      data.destroy();
      await endpoint.close();
      rmSync(surroundings.folder, { recursive: true });
    },
  };
}

/** For tests: streams in memory, tiny functions in a temporary folder, and a cloud that has nothing else. */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { ObjectStore } from "../../../core/contracts";
import { Principals } from "../../../core/principals";
import { AwsError, type Authorizer, type ResourceContext, type Surroundings } from "../../../core/service";
import type { EventStream, StreamEvent, StreamRecord } from "../../../core/streams";
import { lambdaService } from "../lambda";

export const ROLE = "arn:aws:iam::222222222222:role/capture";
/** Of another account than the functions. */
export const STREAM = "arn:aws:kinesis:eu-west-1:111111111111:stream/changes";
export const TABLE_STREAM = "arn:aws:dynamodb:eu-west-1:222222222222:table/raw/stream/2026-11-24T00:00:00.000";

export class FakeStream implements EventStream {
  readonly kind: "kinesis" | "dynamodb";
  readonly log = new Map<string, StreamRecord[]>();
  readonly listeners = new Set<() => void>();
  oldest = 0;

  constructor(
    readonly arn = STREAM,
    readonly keyArn?: string,
    shards = ["shardId-000000000000"],
  ) {
    this.kind = arn.includes(":dynamodb:") ? "dynamodb" : "kinesis";
    for (const id of shards) this.log.set(id, []);
  }

  /** Text is data as it is, anything else becomes JSON. Sequence numbers count from 1. */
  put(values: readonly unknown[], { key = "k", shard = "shardId-000000000000", arrivedAt = Date.now() } = {}): void {
    const records = this.log.get(shard) ?? [];
    this.log.set(shard, records);
    for (const value of values) {
      const sequenceNumber = String(records.length + 1);
      const text = typeof value === "string" ? value : JSON.stringify(value);
      const event: StreamEvent =
        this.kind === "kinesis"
          ? {
              kind: "kinesis",
              kinesis: {
                kinesisSchemaVersion: "1.0",
                partitionKey: key,
                sequenceNumber,
                data: Buffer.from(text).toString("base64"),
                approximateArrivalTimestamp: arrivedAt / 1000,
              },
            }
          : {
              kind: "dynamodb",
              record: {
                eventID: sequenceNumber,
                eventName: "INSERT",
                eventVersion: "1.1",
                dynamodb: { Keys: { id: { S: key } }, NewImage: { v: { S: text } }, SequenceNumber: sequenceNumber },
              },
            };
      records.push({ sequenceNumber, bytes: text.length, arrivedAt, event });
    }
    for (const listener of this.listeners) listener();
  }

  shardIds = (): string[] => [...this.log.keys()];

  bounds = (id: string): { oldest: number; end: number } => ({
    oldest: this.oldest,
    end: this.log.get(id)?.length ?? 0,
  });

  read = (id: string, offset: number, limit: number): StreamRecord[] =>
    (this.log.get(id) ?? []).slice(Math.max(offset, this.oldest), offset + limit);

  onAppend(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

export const context = (type: string, name = "capture"): ResourceContext => ({
  account: "222222222222",
  region: "eu-west-1",
  type,
  name,
  urn: `urn:pulumi:data::tributary::${type}::${name}`,
  autoName: `${name}-1234567`,
});

/** Comes back as soon as something holds, and fails if it never does. */
export async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 4000; !holds();) {
    if (Date.now() > end) throw new Error(`It never came to this: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export interface Stored {
  readonly bucket: string;
  readonly key: string;
  readonly body: string;
}

/** A cloud with Lambda and the given streams. `denied` holds IAM actions that nobody may do. */
export class World {
  readonly folder = fs.mkdtempSync(path.join(tmpdir(), "lambda-"));
  readonly denied = new Set<string>();
  readonly asked: { principal: string; action: string; resource: string }[] = [];
  readonly stored: Stored[] = [];
  readonly principals = new Principals();
  readonly authorizer: Authorizer = {
    check: (principal, action, resource) => {
      this.asked.push({ principal: principal.arn, action, resource });
      if (!this.denied.has(action)) return;
      throw new AwsError(
        "AccessDeniedException",
        `${principal.arn} is not authorized to perform: ${action} on ${resource}`,
      );
    },
  };
  readonly service: ReturnType<typeof lambdaService>;
  private archives = 0;

  constructor(...streams: FakeStream[]) {
    const surroundings: Surroundings = {
      folder: this.folder,
      authorizer: this.authorizer,
      policies: { setIdentityPolicy: () => undefined, setResourcePolicy: () => undefined },
      principals: this.principals,
      endpointUrl: () => "http://127.0.0.1:4566",
      haste: 1000,
    };
    const unused = (): never => {
      throw new Error("Lambda only writes objects");
    };
    const objects: ObjectStore = {
      put: async (principal, bucket, key, body) => {
        this.authorizer.check(principal, "s3:PutObject", `arn:aws:s3:::${bucket}/${key}`);
        this.stored.push({ bucket, key, body: body.toString() });
      },
      folder: unused,
      putFile: unused,
      keys: unused,
      authorizeRead: unused,
    };
    const source = { stream: (arn: string) => streams.find((stream) => stream.arn === arn.split("/consumer/")[0]) };
    this.service = lambdaService(surroundings, { streams: [source], objects });
  }

  /** The code as it arrives from the engine; `source` is the module `__index.js`. */
  archive(source: string): { folder: string; zipBytes: number; hash: string } {
    const folder = path.join(this.folder, `archive-${(this.archives += 1)}`);
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, "__index.js"), source);
    return { folder, zipBytes: source.length, hash: "00ff" };
  }

  inputs(source: string, more: Record<string, unknown> = {}): Record<string, unknown> {
    return { role: ROLE, handler: "__index.handler", runtime: "nodejs22.x", code: this.archive(source), ...more };
  }

  async function(source: string, more: Record<string, unknown> = {}, name = "capture"): Promise<string> {
    const type = "aws:lambda/function:Function";
    const created = await this.provider(type).create(this.inputs(source, { name, ...more }), context(type, name));
    return String(created.outputs["arn"]);
  }

  async mapping(more: Record<string, unknown> = {}): Promise<string> {
    const type = "aws:lambda/eventSourceMapping:EventSourceMapping";
    const inputs = { eventSourceArn: STREAM, functionName: "capture", startingPosition: "TRIM_HORIZON", ...more };
    return (await this.provider(type).create(inputs, context(type))).id;
  }

  provider(type: string) {
    const provider = this.service.providers[type];
    if (provider === undefined) throw new Error(`No provider for ${type}`);
    return provider;
  }

  /** Lines that functions wrote into the file that `SEEN` names. */
  get seenFile(): string {
    return path.join(this.folder, "seen");
  }

  seen(): unknown[] {
    if (!fs.existsSync(this.seenFile)) return [];
    return fs
      .readFileSync(this.seenFile, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line): unknown => JSON.parse(line));
  }

  log(name = "capture"): string {
    return fs.readFileSync(path.join(this.folder, "lambda/222222222222/eu-west-1", `${name}.log`), "utf8");
  }

  drained(): Promise<void> {
    return until(() => this.service.mappings().every(({ recordsBehind }) => recordsBehind === 0));
  }

  async close(): Promise<void> {
    await this.service.close?.();
    fs.rmSync(this.folder, { recursive: true });
  }
}

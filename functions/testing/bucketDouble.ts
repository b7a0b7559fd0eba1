/** A bucket that keeps versions, for unit tests: the requests that `overflow.ts` makes, and no others. */
import { DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { overflowIn, type Overflow, type S3Sdk } from "../overflow";

interface Stored {
  readonly name: string;
  readonly version: string;
  readonly body: Uint8Array;
}

export interface BucketDouble {
  readonly overflow: Overflow;
  readonly sdk: S3Sdk;
  /** What a reader without a version finds, by name. */
  readonly current: ReadonlyMap<string, Stored>;
  /** Every version that was ever written. */
  readonly versions: readonly Stored[];
  /** How many requests of each command were sent. */
  readonly requests: Record<string, number>;
  /** Takes a version away for good. */
  readonly expire: (version: string) => void;
  /** Called before each request; may throw. */
  intercept?: (command: object) => void;
}

const failed = (name: string): Error => Object.assign(new Error(name), { name });

export function bucketDouble(): BucketDouble {
  const current = new Map<string, Stored>();
  const versions: Stored[] = [];
  const requests: Record<string, number> = {};
  const answer = (command: object): object => {
    requests[command.constructor.name] = (requests[command.constructor.name] ?? 0) + 1;
    double.intercept?.(command);
    if (command instanceof PutObjectCommand) {
      const { Key: name = "", Body: body, IfNoneMatch } = command.input;
      if (IfNoneMatch !== "*") throw new Error("a value is written once and under its own name");
      if (!(body instanceof Uint8Array)) throw new Error("no bytes");
      if (current.has(name)) throw failed("PreconditionFailed");
      const stored = { name, version: `v${versions.length + 1}`, body };
      versions.push(stored);
      current.set(name, stored);
      return { VersionId: stored.version };
    }
    if (command instanceof HeadObjectCommand) {
      const stored = current.get(command.input.Key ?? "");
      if (stored === undefined) throw failed("NotFound");
      return { VersionId: stored.version };
    }
    if (command instanceof GetObjectCommand) {
      const { Key: name, VersionId: version } = command.input;
      const stored = versions.find((each) => each.name === name && each.version === version);
      if (stored === undefined) throw failed("NoSuchVersion");
      return { Body: { transformToByteArray: async () => stored.body } };
    }
    if (command instanceof DeleteObjectsCommand) {
      const { Objects = [] } = command.input.Delete ?? {};
      if (Objects.length > 1000) throw failed("MalformedXML");
      for (const { Key = "" } of Objects) current.delete(Key);
      return {};
    }
    throw new Error(`no ${command.constructor.name} here`);
  };
  const sdk: S3Sdk = {
    client: { send: async (command: object) => answer(command) },
    PutObjectCommand,
    HeadObjectCommand,
    GetObjectCommand,
    DeleteObjectsCommand,
  };
  const expire = (version: string): void =>
    void versions.splice(
      versions.findIndex((each) => each.version === version),
      1,
    );
  const double: BucketDouble = { overflow: overflowIn("overflow", sdk), sdk, current, versions, requests, expire };
  return double;
}

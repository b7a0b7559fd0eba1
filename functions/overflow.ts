/**
 * Raw's overflow. An item of DynamoDB has at most 400 KB; of a larger row the largest values lie in a bucket beside the table,
 * and the item says where (a claim check). An object belongs to one state of one item:
 *
 * - Its name is made of the item's key, its version and the value. So whoever finds an object of that name has the value that
 *   he was going to write, and a retry makes no second version of it.
 * - A value that goes on to another item, in a change of the key, is put again under that item's name.
 * - So what an image of an item mentions and the live row does not may be deleted, and nobody has to be asked (`format.ts`).
 *
 * The bucket keeps what was deleted for 30 days, to be read by its version: a record that comes again finds what it refers to.
 */
import type * as S3 from "@aws-sdk/client-s3";
import type { Attribute } from "../model/values";
import { deleteObjects } from "./deleteObjects";
import { META } from "./statements";

/** An attribute as the SDK and the streams show it. */
export interface Held extends Attribute {
  readonly M?: Readonly<Record<string, Held>>;
}
export type Image = Readonly<Record<string, Held>>;

/** The bucket. */
export interface Overflow {
  /** @returns the version: that of the object which is there already, if there is one of this name. */
  readonly put: (name: string, body: Uint8Array) => Promise<string>;
  /** Undefined if the version is gone for good. */
  readonly get: (name: string, version: string) => Promise<Uint8Array | undefined>;
  /** Deleting what is not there does no harm. */
  readonly remove: (names: readonly string[]) => Promise<void>;
}

export interface S3Sdk {
  readonly client: Pick<S3.S3Client, "send">;
  readonly PutObjectCommand: typeof S3.PutObjectCommand;
  readonly HeadObjectCommand: typeof S3.HeadObjectCommand;
  readonly GetObjectCommand: typeof S3.GetObjectCommand;
  readonly DeleteObjectsCommand: typeof S3.DeleteObjectsCommand;
}

export function overflowIn(bucket: string, sdk: S3Sdk): Overflow {
  const { client, PutObjectCommand, HeadObjectCommand, GetObjectCommand } = sdk;
  const isOneOf = (error: unknown, ...names: string[]): boolean => error instanceof Error && names.includes(error.name);
  const versionOf = (name: string, { VersionId }: { readonly VersionId?: string | undefined }): string => {
    if (VersionId !== undefined) return VersionId;
    throw new Error(`The bucket ${bucket} keeps no versions: ${name} could be lost to whoever still refers to it.`);
  };
  return {
    put: async (name, body) => {
      const at = { Bucket: bucket, Key: name };
      try {
        return versionOf(name, await client.send(new PutObjectCommand({ ...at, Body: body, IfNoneMatch: "*" })));
      } catch (error) {
        if (!isOneOf(error, "PreconditionFailed")) throw error;
        return versionOf(name, await client.send(new HeadObjectCommand(at)));
      }
    },
    get: async (name, version) => {
      try {
        const at = { Bucket: bucket, Key: name, VersionId: version };
        return await (await client.send(new GetObjectCommand(at))).Body?.transformToByteArray();
      } catch (error) {
        if (isOneOf(error, "NoSuchVersion", "NoSuchKey")) return undefined;
        throw error;
      }
    },
    remove: (names) => deleteObjects(sdk, bucket, names),
  };
}

/** Where a value lies. */
export interface Pointer {
  readonly name: string;
  readonly version: string;
  readonly bytes: number;
  /** Of DynamoDB, that the value had. */
  readonly type: "S" | "B";
}

/** Undefined of a value: no column is stored as a map (`toStored`). */
export function pointerOf(attribute: Held | undefined): Pointer | undefined {
  const map = attribute?.M;
  if (map === undefined) return undefined;
  const { object, version, bytes, type } = map;
  return {
    name: object?.S ?? "",
    version: version?.S ?? "",
    bytes: Number(bytes?.N),
    type: type?.S === "B" ? "B" : "S",
  };
}

/** The value that a pointer stands for. */
export const restored = ({ type }: Pointer, body: Uint8Array): { S: string } | { B: Uint8Array } =>
  type === "B" ? { B: body } : { S: Buffer.from(body).toString("utf8") };

/** Whether it may hold pointers; all but a few need not be searched. */
export const hasOverflowed = (image: Image | undefined): image is Image => image?.[META.overflow] !== undefined;

/** The names of the objects that an image refers to. */
export const mentioned = (image: Image | undefined): string[] =>
  hasOverflowed(image) ? Object.values(image).flatMap((attribute) => pointerOf(attribute)?.name ?? []) : [];

/**
 * The objects that nobody needs after a change of an item: what its images refer to, and the live row does not. A tombstone
 * owns nothing: what it keeps for a change that comes late (`move.ts`) is read by its version.
 */
export function dropped(old: Image | undefined, now: Image | undefined): string[] {
  const live = now?.[META.deleted]?.BOOL === true ? [] : mentioned(now);
  return [...mentioned(old), ...mentioned(now)].filter((name) => !live.includes(name));
}

/** What AWS would bill of buckets: requests in two classes, and what is kept. https://aws.amazon.com/s3/pricing/ */
import type { Bucket, Buckets } from "./buckets";
import type { StoredObject } from "./objects";
import type { S3Request } from "./request";

/** Of one folder of a bucket; the empty one holds what has no slash in its key. */
export interface FolderUsage {
  readonly bucket: string;
  /** Of keys, without the slash at its end. */
  readonly folder: string;
  /** PUT, COPY, POST and LIST requests. */
  readonly puts: number;
  /** GET and HEAD requests. Those that Athena makes for itself are not among them. */
  readonly gets: number;
  /** Of the objects that it holds now, earlier versions among them. */
  readonly objects: number;
  readonly bytes: number;
}

const folderOf = (key: string): string => key.slice(0, Math.max(0, key.lastIndexOf("/")));

/** DELETE is free, of one object or of many. */
function classOf({ method, query, key }: S3Request): "puts" | "gets" | undefined {
  if (method === "DELETE" || query.has("delete")) return undefined;
  const isList = key === "" ? query.has("list-type") : query.has("uploadId");
  return method === "GET" || method === "HEAD" ? (isList ? "puts" : "gets") : "puts";
}

export class RequestMeter {
  private readonly byFolder = new Map<string, { puts: number; gets: number }>();

  request(request: S3Request): void {
    const kind = classOf(request);
    const { bucket, key, query } = request;
    if (kind !== undefined) this.of(bucket, key === "" ? (query.get("prefix") ?? "") : key)[kind] += 1;
  }

  /** A put from within the process. */
  put(bucket: string, key: string): void {
    this.of(bucket, key).puts += 1;
  }

  usage(buckets: Buckets): FolderUsage[] {
    const kept = new Map(buckets.all().flatMap(keptIn));
    const folders = new Set([...this.byFolder.keys(), ...kept.keys()]);
    return [...folders].sort().map((name) => {
      const slash = name.indexOf("/");
      const requests = this.byFolder.get(name) ?? { puts: 0, gets: 0 };
      const { objects, bytes } = kept.get(name) ?? { objects: 0, bytes: 0 };
      return { bucket: name.slice(0, slash), folder: name.slice(slash + 1), ...requests, objects, bytes };
    });
  }

  private of(bucket: string, key: string): { puts: number; gets: number } {
    const name = `${bucket}/${folderOf(key)}`;
    let counts = this.byFolder.get(name);
    if (counts === undefined) this.byFolder.set(name, (counts = { puts: 0, gets: 0 }));
    return counts;
  }
}

function keptIn({ name, objects, history }: Bucket): [string, { objects: number; bytes: number }][] {
  const kept = new Map<string, { objects: number; bytes: number }>();
  const add = (object: StoredObject | undefined): void => {
    if (object === undefined) return;
    const folder = `${name}/${folderOf(object.key)}`;
    const { objects: count, bytes } = kept.get(folder) ?? { objects: 0, bytes: 0 };
    kept.set(folder, { objects: count + 1, bytes: bytes + object.size });
  };
  for (const key of objects.keys("")) add(objects.get(key));
  for (const versions of history.values()) for (const { object } of versions) add(object);
  return [...kept];
}

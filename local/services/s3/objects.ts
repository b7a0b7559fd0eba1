/** What is known of a bucket's objects beside their content, in the order of their keys. */
import type { Checksum } from "./body";

export interface Encryption {
  readonly algorithm: "AES256" | "aws:kms";
  /** With aws:kms. */
  readonly keyArn?: string;
  /** Whether the bucket has a data key of its own, which changes what KMS is asked for. */
  readonly bucketKey?: boolean;
}

export interface StoredObject {
  readonly key: string;
  /** Of an object that was written before its bucket kept versions: `null`. */
  readonly version: string;
  readonly size: number;
  /** MD5 in hex and quotes, or `"<MD5 of the parts' MD5s>-<parts>"`. (Under a KMS key AWS's is none; nobody can tell.) */
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly modified: number;
  /** What the writer set: content type and the like, and `x-amz-meta-...`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly encryption: Encryption;
  readonly checksum?: Checksum;
}

/** A version that is not current, or a delete marker. */
export interface Version {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly modified: number;
  /** Of a delete marker none. */
  readonly object?: StoredObject;
}

/** UTF-8's order, which is that of code points; JavaScript compares UTF-16, where surrogates stand too low. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const isPair = (unit: number): boolean => unit >= 0xd800 && unit < 0xe000;
    return isPair(x) === isPair(y) ? x - y : isPair(x) ? 1 : -1;
  }
  return a.length - b.length;
}

export class ObjectIndex {
  private readonly byKey = new Map<string, StoredObject>();
  private readonly sorted: string[] = [];

  get size(): number {
    return this.byKey.size;
  }

  get(key: string): StoredObject | undefined {
    return this.byKey.get(key);
  }

  set(object: StoredObject): void {
    if (!this.byKey.has(object.key)) this.sorted.splice(this.from(object.key), 0, object.key);
    this.byKey.set(object.key, object);
  }

  delete(key: string): void {
    if (this.byKey.delete(key)) this.sorted.splice(this.from(key), 1);
  }

  /** Index of the first key that is not below another. */
  from(key: string): number {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareKeys(this.sorted[middle] ?? "", key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  keyAt(index: number): string | undefined {
    return this.sorted[index];
  }

  /** Keys under a prefix, in order. */
  keys(prefix: string): string[] {
    const first = this.from(prefix);
    let end = first;
    while (this.sorted[end]?.startsWith(prefix)) end += 1;
    return this.sorted.slice(first, end);
  }
}

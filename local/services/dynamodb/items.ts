/**
 * The items of a table, in buckets by the hash of their partition key. A scan goes through the buckets in order, so that a
 * page's last key says where the next begins whatever has been written in between.
 */
import { compare } from "./attribute";
import { attributeOf, type Item } from "./item";
import type { Key, KeySchema } from "./keys";
import { keyOfItem } from "./keys";

const BUCKET_BITS = 12;
const BUCKETS = 1 << BUCKET_BITS;

/** Items of one partition key, in the order of the sort key; one item where the table has no sort key. */
type Partition = Item[];

export class Items {
  private readonly buckets: (Map<string, Partition> | undefined)[] = new Array<undefined>(BUCKETS);
  count = 0;
  bytes = 0;

  constructor(private readonly schema: KeySchema) {}

  private bucketOf(place: number): number {
    return place >>> (32 - BUCKET_BITS);
  }

  /** Index of the first item whose sort key is not below that of `key`. */
  private position(partition: Partition, key: Key): number {
    const { range } = this.schema;
    if (range === undefined || key.range === undefined) return 0;
    let [low, high] = [0, partition.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const item = partition[middle];
      const sort = item && attributeOf(item, range.name);
      if (sort !== undefined && (compare(sort, key.range) ?? 0) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private isAt(item: Item | undefined, key: Key): item is Item {
    const { range } = this.schema;
    if (item === undefined) return false;
    if (range === undefined || key.range === undefined) return true;
    const sort = attributeOf(item, range.name);
    return sort !== undefined && compare(sort, key.range) === 0;
  }

  get(key: Key): Item | undefined {
    const partition = this.buckets[this.bucketOf(key.place)]?.get(key.hash);
    if (partition === undefined) return undefined;
    const item = partition[this.position(partition, key)];
    return this.isAt(item, key) ? item : undefined;
  }

  /** Puts `next` in the place of `old`; undefined for no item. */
  replace(key: Key, old: Item | undefined, next: Item | undefined): void {
    const at = this.bucketOf(key.place);
    const bucket = (this.buckets[at] ??= new Map<string, Partition>());
    const partition = bucket.get(key.hash);
    if (partition === undefined) {
      if (next !== undefined) bucket.set(key.hash, [next]);
    } else {
      const position = this.position(partition, key);
      if (next === undefined) partition.splice(position, old === undefined ? 0 : 1);
      else if (old !== undefined) partition[position] = next;
      else partition.splice(position, 0, next);
      if (partition.length === 0) bucket.delete(key.hash);
    }
    this.count += (next === undefined ? 0 : 1) - (old === undefined ? 0 : 1);
    this.bytes += (next?.bytes ?? 0) - (old?.bytes ?? 0);
  }

  /** All items of a partition key, by sort key. */
  partition({ hash, place }: Pick<Key, "hash" | "place">): readonly Item[] {
    return this.buckets[this.bucketOf(place)]?.get(hash) ?? [];
  }

  /** Where `key` is, or would be, in its partition. */
  positionOf(key: Key): number {
    return this.position(this.buckets[this.bucketOf(key.place)]?.get(key.hash) ?? [], key);
  }

  /** The items of one of `segments` equal parts, those after `after` only. Writes in between do no harm. */
  *scan(segment = 0, segments = 1, after?: Key): Generator<Item> {
    const end = Math.floor(((segment + 1) * BUCKETS) / segments);
    let start = Math.floor((segment * BUCKETS) / segments);
    if (after !== undefined) start = Math.max(start, this.bucketOf(after.place));
    for (let at = start; at < end; at += 1) {
      const bucket = this.buckets[at];
      if (bucket === undefined) continue;
      const isFirst = after !== undefined && at === this.bucketOf(after.place);
      const hashes = [...bucket.keys()].filter((hash) => !isFirst || hash >= after.hash).sort();
      for (const hash of hashes) {
        const partition = bucket.get(hash) ?? [];
        const from = isFirst && hash === after.hash ? this.position(partition, after) : 0;
        const rest = partition.slice(from);
        if (isFirst && hash === after.hash && this.isAt(rest[0], after)) rest.shift();
        yield* rest;
      }
    }
  }

  /** In which of the parallel logs an item's changes stand: by the partition key, so that they stay in order. */
  static shardOf(key: Key, shards: number): number {
    return Math.floor((key.place / 2 ** 32) * shards);
  }

  keyOf(item: Item): Key {
    return keyOfItem(this.schema, item);
  }
}

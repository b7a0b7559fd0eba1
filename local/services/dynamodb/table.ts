/** A table: its items, its settings, and where its changes go. */
import { randomUUID } from "node:crypto";
import { isAwsManaged } from "../../core/keys";
import type { Scope } from "../../core/service";
import { ChangeStream } from "./changeStream";
import type { ViewType } from "./change";
import type { Destination } from "./destination";
import { invalidValue, validation } from "./errors";
import { attributeOf, sameItem, type Item } from "./item";
import { Items } from "./items";
import type { Key, KeySchema } from "./keys";

export const MAX_ITEM_BYTES = 400 * 1024;
/** What expired longer ago than this is a mistake, and stays (DynamoDB guide, "Using time to live"). */
const MAX_EXPIRED_SECONDS = 5 * 365 * 86_400;

export interface TableSettings {
  readonly streamView?: ViewType;
  readonly timeToLive?: string;
  /** ARN of the customer's key that encrypts the table. */
  readonly keyArn?: string;
  readonly pointInTimeRecovery?: { readonly days: number };
  readonly deletionProtection: boolean;
  readonly tableClass: "STANDARD" | "STANDARD_INFREQUENT_ACCESS";
}

export class Table {
  readonly arn: string;
  readonly id = randomUUID();
  readonly createdAt = Date.now();
  readonly items: Items;
  settings: TableSettings;
  stream: ChangeStream | undefined;
  destination: Destination | undefined;
  /** Request units used so far: those of writes by the kind of the item (capacity.ts). */
  readonly writeUnits = new Map<string, number>();
  readUnits = 0;
  /** Kilobytes of changes, each rounded up, that went to Kinesis: what DynamoDB bills for them. */
  kinesisUnits = 0;
  private lastMicros = 0;
  /** No item expires before this; seconds. */
  private nextExpiry = Infinity;

  constructor(
    readonly name: string,
    readonly scope: Scope,
    readonly schema: KeySchema,
    settings: TableSettings,
  ) {
    this.arn = `arn:aws:dynamodb:${scope.region}:${scope.account}:table/${name}`;
    this.items = new Items(schema);
    this.settings = settings;
    this.startStream();
    this.encryptStream();
  }

  /** Gives the table a stream if its settings ask for one. */
  private startStream(): void {
    const { streamView } = this.settings;
    if (streamView === undefined) return;
    // The label is the stream's name: two streams of a table must not have the same.
    const after = this.stream === undefined ? 0 : Date.parse(`${this.stream.options.label}Z`);
    const label = new Date(Math.max(Date.now(), after + 1)).toISOString().slice(0, -1);
    const { name, arn, schema, scope } = this;
    this.stream = new ChangeStream({ ...scope, tableName: name, tableArn: arn, label, view: streamView, schema });
  }

  private encryptStream(): void {
    const { keyArn } = this.settings;
    if (this.stream === undefined) return;
    if (keyArn === undefined || isAwsManaged(keyArn)) delete this.stream.keyArn;
    else this.stream.keyArn = keyArn;
  }

  /** Takes new settings; a changed view makes a new stream, as DynamoDB does. */
  change(settings: TableSettings): void {
    const before = this.settings;
    this.settings = settings;
    if (settings.timeToLive !== before.timeToLive) this.nextExpiry = 0;
    if (settings.streamView !== before.streamView) {
      if (this.stream !== undefined) this.stream.isEnabled = false;
      this.startStream();
    }
    this.encryptStream();
  }

  /** Refuses an item that is too large. */
  static checkSize(item: Item, isUpdate: boolean): void {
    if (item.bytes <= MAX_ITEM_BYTES) return;
    throw validation(`Item size ${isUpdate ? "to update " : ""}has exceeded the maximum allowed size`);
  }

  /** Puts `next` in the place of `old`, the present item; undefined stands for none. No change is no event. */
  write(key: Key, old: Item | undefined, next: Item | undefined, byTimeToLive = false): void {
    if (old === next || sameItem(old, next)) return;
    this.items.replace(key, old, next);
    const micros = Math.max(this.lastMicros + 1, Date.now() * 1000);
    this.lastMicros = micros;
    const change = { old, next, micros, byTimeToLive };
    if (this.stream?.isEnabled === true) this.stream.append(change, key.place);
    if (this.destination !== undefined) {
      this.kinesisUnits += Math.max(1, Math.ceil(Math.max(old?.bytes ?? 0, next?.bytes ?? 0) / 1024));
      this.destination.append(change, key.text);
    }
    const expiry = next && this.expiryOf(next);
    if (expiry !== undefined) this.nextExpiry = Math.min(this.nextExpiry, expiry);
  }

  private expiryOf(item: Item): number | undefined {
    const { timeToLive } = this.settings;
    const value = timeToLive === undefined ? undefined : attributeOf(item, timeToLive)?.N;
    return value === undefined ? undefined : Number(value);
  }

  /** Removes the items whose time to live has passed; returns how many. */
  expire(nowSeconds: number): number {
    if (this.settings.timeToLive === undefined || this.nextExpiry > nowSeconds) return 0;
    this.nextExpiry = Infinity;
    const expired: Item[] = [];
    for (const item of this.items.scan()) {
      const expiry = this.expiryOf(item);
      if (expiry === undefined || expiry < nowSeconds - MAX_EXPIRED_SECONDS) continue;
      if (expiry <= nowSeconds) expired.push(item);
      else this.nextExpiry = Math.min(this.nextExpiry, expiry);
    }
    for (const item of expired) this.write(this.items.keyOf(item), item, undefined, true);
    return expired.length;
  }

  close(): void {
    this.destination?.close();
  }
}

/** 3 to 255 letters, digits, underscores, hyphens and dots. */
export function checkTableName(name: unknown): string {
  if (typeof name !== "string" || !/^[A-Za-z0-9_.-]{3,255}$/.test(name)) {
    throw invalidValue(`"${String(name)}" is no table name: it has 3 to 255 of a-z, A-Z, 0-9, '_', '-' and '.'`);
  }
  return name;
}

/** A change of an item, as both kinds of stream tell it. */
import { sizeOf, utf8Length } from "./attribute";
import { attributeOf, written, type Attributes, type Item } from "./item";
import { keyAttributes, keyPart, type KeySchema } from "./keys";

export interface ItemChange {
  readonly old: Item | undefined;
  readonly next: Item | undefined;
  /** Microseconds since the epoch; each change of a table has a later one than those before it. */
  readonly micros: number;
  /** Whether DynamoDB itself removed the item because its time to live had passed. */
  readonly byTimeToLive: boolean;
}

export type ViewType = "KEYS_ONLY" | "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES";

export type EventName = "INSERT" | "MODIFY" | "REMOVE";

export const eventName = ({ old, next }: ItemChange): EventName =>
  old === undefined ? "INSERT" : next === undefined ? "REMOVE" : "MODIFY";

export interface Images {
  readonly Keys: Attributes;
  readonly NewImage?: Attributes;
  readonly OldImage?: Attributes;
}

const showsNew = (view: ViewType): boolean => view === "NEW_IMAGE" || view === "NEW_AND_OLD_IMAGES";
const showsOld = (view: ViewType): boolean => view === "OLD_IMAGE" || view === "NEW_AND_OLD_IMAGES";

function keyedItem({ old, next }: ItemChange): Item {
  const item = next ?? old;
  if (item === undefined) throw new Error("a change of no item");
  return item;
}

export function imagesOf(change: ItemChange, schema: KeySchema, view: ViewType): Images {
  return {
    Keys: keyPart(schema, keyedItem(change)),
    ...(change.next !== undefined && showsNew(view) ? { NewImage: written(change.next) } : {}),
    ...(change.old !== undefined && showsOld(view) ? { OldImage: written(change.old) } : {}),
  };
}

/** `SizeBytes` of a record: its keys and images, each counted like an item. */
export function recordSize(change: ItemChange, schema: KeySchema, view: ViewType): number {
  const item = keyedItem(change);
  const keys = keyAttributes(schema).reduce((total, { name }) => {
    const value = attributeOf(item, name);
    return total + (value === undefined ? 0 : utf8Length(name) + sizeOf(value));
  }, 0);
  return keys + (showsNew(view) ? (change.next?.bytes ?? 0) : 0) + (showsOld(view) ? (change.old?.bytes ?? 0) : 0);
}

/** Who made the change, where it was not a caller. */
export const TIME_TO_LIVE = { type: "Service", principalId: "dynamodb.amazonaws.com" } as const;

/** Runs `task` once after the operation that asked for it, however often it asked: its changes then go on together. */
export function afterwards(task: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      task();
    });
  };
}

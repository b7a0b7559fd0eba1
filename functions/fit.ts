/** Makes an item fit DynamoDB: its largest values go to the overflow (`overflow.ts`). */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type * as Crypto from "node:crypto";
import { ORDER } from "../model/change";
import type { Held, Image, Overflow } from "./overflow";
import { pointerOf } from "./overflow";
import type { Item } from "./sdk";
import { META, REST_PREFIX } from "./statements";

/** Bytes. */
const LIMITS = {
  /** DynamoDB guide, "DynamoDB item sizes and formats": 400 KB, names included. */
  max: 400 * 1024,
  /** About what is left of an item that did not fit: its next changes are small and cheap. */
  kept: 64 * 1024,
  /** Less is not worth an object. A key has no more, so no part of one is ever moved. */
  worth: 2048,
};

/** At least what DynamoDB counts. */
function bytesOf({ S, N, B, M }: Held): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return N.length + 1;
  if (B !== undefined) return B.length;
  return M === undefined ? 1 : itemBytes(M) + 3;
}

const itemBytes = (item: Image): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + bytesOf(value) + 1, 0);

/** A column's: our own attributes have a leading underscore. */
const isMovable = (name: string, value: Held): boolean =>
  (value.S !== undefined || value.B !== undefined) && (!name.startsWith("_") || name.startsWith(REST_PREFIX));

function digest(...parts: readonly (string | Uint8Array)[]): string {
  const { createHash }: typeof Crypto = require("node:crypto");
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
}

/** `<source>.<table>/<row>/<state of the row and value>`. No value can be read from it. */
function nameOf(item: Item, attribute: string, body: Uint8Array): string {
  const text = (name: string): string => item[name]?.S ?? "";
  const state = [ORDER.sequence, ORDER.position, META.forwarded].map(text).join("/");
  return `${text(META.table)}/${digest(text(META.key))}/${digest(state, attribute, body)}`;
}

/** @returns the pointer in the value's place. */
async function move(
  item: Item,
  attribute: string,
  overflow: Overflow,
  made: Set<string>,
): Promise<[string, AttributeValue]> {
  const { S: text, B: bytes } = item[attribute] ?? {};
  const body = bytes ?? Buffer.from(text ?? "", "utf8");
  const name = nameOf(item, attribute, body);
  made.add(name);
  const version = await overflow.put(name, body);
  const type = bytes === undefined ? "S" : "B";
  const M = { object: { S: name }, version: { S: version }, bytes: { N: String(body.length) }, type: { S: type } };
  return [attribute, { M }];
}

/**
 * The item as DynamoDB can hold it. One that would be too large even without its large values comes back as it is.
 * @param made the names of the objects that were put for it are added
 */
export async function fitted(item: Item, overflow: Overflow, made: Set<string>, limits = LIMITS): Promise<Item> {
  const isMarked = Object.values(item).some((value) => pointerOf(value) !== undefined);
  const marked: Item = isMarked ? { ...item, [META.overflow]: { BOOL: true } } : item;
  let bytes = itemBytes(marked);
  if (bytes <= limits.max) return marked;
  const movable = Object.entries(item)
    .filter(([name, value]) => isMovable(name, value) && bytesOf(value) > limits.worth)
    .sort(([, left], [, right]) => bytesOf(right) - bytesOf(left));
  const chosen: string[] = [];
  for (const [attribute, value] of movable) {
    if (bytes <= limits.kept) break;
    bytes -= bytesOf(value);
    chosen.push(attribute);
  }
  if (bytes > limits.max) return marked;
  const moved = await Promise.all(chosen.map((attribute) => move(item, attribute, overflow, made)));
  return { ...marked, ...Object.fromEntries(moved), [META.overflow]: { BOOL: true } };
}

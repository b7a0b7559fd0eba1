/** Rows whose large values lie in raw's overflow: they are read before *format* makes rows for the lake of them. */
import type { TableLayout } from "../model/layout";
import type { Image, Overflow, Pointer } from "./overflow";
import { pointerOf, restored } from "./overflow";
import { META, REST_PREFIX } from "./statements";

/** Bytes of large values that are held at a time. */
const HELD_BYTES = 8 * 1024 * 1024;

export interface Unread {
  /** Of the table. */
  readonly id: string;
  /** Of the stream record. */
  readonly index: number;
  readonly image: Image;
  readonly layout: TableLayout;
  readonly pointers: readonly (readonly [attribute: string, pointer: Pointer])[];
}

/** Those that the lake's row shows: no private column, and of a tombstone none, for a key never overflows (`fit.ts`). */
export function pointersIn(image: Image, layout: TableLayout): [string, Pointer][] {
  if (image[META.deleted]?.BOOL === true) return [];
  return Object.keys(layout.columns).flatMap((column): [string, Pointer][] => {
    const name = image[column] === undefined ? REST_PREFIX + column : column;
    const pointer = layout.columns[column]?.private === true ? undefined : pointerOf(image[name]);
    return pointer === undefined ? [] : [[name, pointer]];
  });
}

/** In their order, as many together as may be held. */
export function groups(unread: readonly Unread[]): Unread[][] {
  const result: Unread[][] = [];
  let held = 0;
  for (const entry of unread) {
    const bytes = entry.pointers.reduce((sum, [, pointer]) => sum + pointer.bytes, 0);
    const last = result[result.length - 1];
    if (last === undefined || held + bytes > HELD_BYTES) {
      result.push([entry]);
      held = bytes;
    } else {
      last.push(entry);
      held += bytes;
    }
  }
  return result;
}

/** The image with its values; undefined if one of them is gone. */
export async function read({ image, pointers }: Unread, overflow: Overflow): Promise<Image | undefined> {
  const values = await Promise.all(
    pointers.map(async ([name, pointer]) => {
      const body = await overflow.get(pointer.name, pointer.version);
      return body === undefined ? undefined : ([name, restored(pointer, body)] as const);
    }),
  );
  const found = values.filter((value) => value !== undefined);
  return found.length < values.length ? undefined : { ...image, ...Object.fromEntries(found) };
}

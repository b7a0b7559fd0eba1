/** An item of raw -> a row of a `changes` table in the lake, as one JSON object. */
import { ORDER } from "../model/change";
import { parseExact } from "../model/exactJson";
import type { TableLayout } from "../model/layout";
import { attributeJson, canonical, toLakeJson } from "../model/values";
import type { Image } from "./overflow";
import type { Pseudonym } from "./pseudonym";
import { META, REST_PREFIX } from "./statements";

const text = (image: Image, name: string): string => image[name]?.S ?? "";

/**
 * Greater for each change that raw accepts of a row, so that the greatest is the row's state. The separator is below every
 * digit: a row that has no sequence yet comes before one that has. A row that is emitted again is above itself, and below
 * the next change.
 */
export const versionOf = (image: Image): string =>
  [ORDER.sequence, ORDER.position, META.forwarded, META.emitted].map((name) => text(image, name)).join("/");

/**
 * The value of a column as JSON text; a value from before the model knew the column waits under its rest name.
 * @returns undefined for a value that is none of the column's form: the model took the column for another one.
 */
function columnJson(
  name: string,
  layout: TableLayout,
  image: Image,
  pseudonym: Pseudonym | undefined,
): string | undefined {
  const column = layout.columns[name];
  const attribute = image[name];
  if (column === undefined) return "null";
  const rest = attribute === undefined ? image[REST_PREFIX + name]?.S : undefined;
  const value = attribute === undefined ? (rest === undefined ? null : parseExact(rest)) : attributeJson(attribute);
  if (value === undefined && attribute?.M !== undefined) throw new Error(`${layout.table}.${name} was not read`);
  if (value === null) return "null";
  const plain = value === undefined ? undefined : canonical(column.form, value);
  if (plain === undefined) return undefined;
  if (column.pseudonym !== true) return toLakeJson(column.form, plain);
  if (pseudonym === undefined) throw new Error(`${layout.table}.${name} is a pseudonym, and format was given no key`);
  return JSON.stringify(pseudonym(plain));
}

export interface Unfit {
  readonly column: string;
  /** That the model gives it. */
  readonly form: string;
}

/**
 * Private columns are left out, and so are those that the model does not know: nobody has said whether they are private.
 * They wait in raw; once the model knows one, `emit.ts` has the row come again.
 * @param image with its values in the place of pointers (`unread.ts`)
 * @param pseudonym needed where the layout has a pseudonym
 * @returns the row, or the column whose value does not fit the model
 * @throws Error if the pseudonym is missing
 */
export function lakeRow(image: Image, layout: TableLayout, pseudonym?: Pseudonym): string | Unfit {
  const isDeleted = image[META.deleted]?.BOOL === true;
  const members: string[] = [];
  for (const [name, column] of Object.entries(layout.columns)) {
    if (column.private || (isDeleted && !layout.key.includes(name))) continue;
    const json = columnJson(name, layout, image, pseudonym);
    if (json === undefined) return { column: name, form: column.form };
    members.push(`${JSON.stringify(name)}:${json}`);
  }
  members.push(
    `"_op":${JSON.stringify(isDeleted ? "delete" : text(image, META.operation))}`,
    `"_version":${JSON.stringify(versionOf(image))}`,
    `"_position":${JSON.stringify(text(image, ORDER.position))}`,
    `"_committed_at":${JSON.stringify(text(image, META.committedAt))}`,
  );
  return `{${members.join(",")}}`;
}

/** An item of raw -> a row of a `changes` table in the lake, as one JSON object. */
import type { AttributeValue } from "aws-lambda";
import { ORDER } from "../model/change";
import { parseExact } from "../model/exactJson";
import type { TableLayout } from "../model/layout";
import { attributeJson, canonical, toLakeJson } from "../model/values";
import { META, REST_PREFIX } from "./statements";

export type Image = Readonly<Record<string, AttributeValue>>;

const text = (image: Image, name: string): string => image[name]?.S ?? "";

/**
 * Greater for each change that raw accepts of a row, so that the greatest is the row's state. The separator is below every
 * digit: a row that has no sequence yet comes before one that has.
 */
export const versionOf = (image: Image): string =>
  [ORDER.sequence, ORDER.position, META.forwarded].map((name) => text(image, name)).join("/");

/** The value of a column as JSON text; a value from before the model knew the column waits under its rest name. */
function columnJson(name: string, layout: TableLayout, image: Image): string {
  const column = layout.columns[name];
  const attribute = image[name];
  if (column === undefined) return "null";
  const rest = attribute === undefined ? image[REST_PREFIX + name]?.S : undefined;
  const value = attribute === undefined ? (rest === undefined ? null : parseExact(rest)) : attributeJson(attribute);
  const plain = value === null || value === undefined ? null : canonical(column.form, value);
  return toLakeJson(column.form, plain ?? null);
}

/** Private columns are left out; unknown ones stand in `_rest`, a JSON object as text. */
export function lakeRow(image: Image, layout: TableLayout): string {
  const isDeleted = image[META.deleted]?.BOOL === true;
  const members: string[] = [];
  for (const [name, column] of Object.entries(layout.columns)) {
    if (column.private || (isDeleted && !layout.key.includes(name))) continue;
    members.push(`${JSON.stringify(name)}:${columnJson(name, layout, image)}`);
  }
  const rest = Object.keys(image)
    .filter((name) => name.startsWith(REST_PREFIX) && !(name.slice(REST_PREFIX.length) in layout.columns))
    .map((name) => `${JSON.stringify(name.slice(REST_PREFIX.length))}:${text(image, name)}`);
  members.push(
    `"_op":${JSON.stringify(isDeleted ? "delete" : text(image, META.operation))}`,
    `"_version":${JSON.stringify(versionOf(image))}`,
    `"_position":${JSON.stringify(text(image, ORDER.position))}`,
    `"_committed_at":${JSON.stringify(text(image, META.committedAt))}`,
    `"_rest":${rest.length === 0 ? "null" : JSON.stringify(`{${rest.join(",")}}`)}`,
  );
  return `{${members.join(",")}}`;
}

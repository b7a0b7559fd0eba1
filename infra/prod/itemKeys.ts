/** The keys of a service's own table: the model's primary key, as `model/values.ts` lays its columns down in DynamoDB. */
import type { Table } from "../../model";
import { formOf, ModelError, tableId } from "../../model";
import type { ItemKey, ItemKeys } from "../table";

/** @throws ModelError for a key of more than two columns. */
export function itemKeys(table: Table): ItemKeys {
  const [hash, range, ...more] = table.key.map((name): ItemKey => ({ name, type: attributeType(table, name) }));
  if (hash === undefined || more.length > 0) {
    throw new ModelError(
      `model: table "${tableId(table)}" has a key of ${table.key.length} columns, but a DynamoDB table has one or two.`,
    );
  }
  return range === undefined ? { hash } : { hash, range };
}

function attributeType(table: Table, name: string): ItemKey["type"] {
  const column = table.columns.find((candidate) => candidate.name === name);
  const form = column === undefined ? undefined : formOf(column);
  return form === "integer" ? "N" : form === "bytes" ? "B" : "S";
}

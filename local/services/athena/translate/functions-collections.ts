/** https://trino.io/docs/current/functions/array.html and json.html */
import { QueryError, unsupported, type Position } from "../sql/errors";
import { BIGINT, BOOLEAN, coerces, isInteger, JSON_TYPE, typeName, VARCHAR, type Type } from "../sql/types";
import { coerce } from "./casts";
import { integerSequences } from "./functions-numbers";
import { dateSequences } from "./functions-times";
import { argument, built, plain, type Functions } from "./overload";
import { fail, guarded, literalText, mismatch, quote, type Typed } from "./typed";

function array(type: Type): boolean {
  return type.kind === "array";
}
function any(type: Type): boolean {
  return type.kind !== "unreadable";
}
function json(type: Type): boolean {
  return type.kind === "json" || type.kind === "varchar";
}

export function elementType(value: Typed): Type {
  if (value.type.kind !== "array") throw mismatch(value, `Cannot unnest or index type: ${typeName(value.type)}`);
  return value.type.element;
}

/** `array[index]`: outside the array it ends the query. */
export function subscript(list: Typed, index: Typed, position: Position): { sql: string; type: Type } {
  const type = elementType(list);
  if (!coerces(index.type, BIGINT))
    throw mismatch(position, `Cannot use ${typeName(index.type)} for subscript of array`);
  const inside = `${index.sql} BETWEEN 1 AND len(${list.sql})`;
  const message = "'Array subscript must be between 1 and the size of the array'";
  const sql = guarded(
    inside,
    `list_extract(${list.sql}, ${index.sql})`,
    `(${index.sql} + len(${list.sql}))`,
    "INVALID_FUNCTION_ARGUMENT",
    message,
  );
  return { sql, type };
}

/** A path of members and indexes, as DuckDB writes it. */
function jsonPath(path: Typed): string {
  const text = literalText(path, "a JSON path");
  const parts = /^\$((?:\.[A-Za-z_][A-Za-z0-9_]*|\["[^"\\]+"\]|\['[^'"\\]+'\]|\[[0-9]+\])*)$/.exec(text);
  if (!parts) throw unsupported(path, `the JSON path ${text}`);
  const steps = (parts[1] ?? "").matchAll(/\.([A-Za-z_][A-Za-z0-9_]*)|\["([^"]+)"\]|\['([^']+)'\]|(\[[0-9]+\])/g);
  return quote(`$${[...steps].map(([, a, b, c, index]) => index ?? `."${a ?? b ?? c}"`).join("")}`);
}

const FRACTION = fail(
  "NOT_SUPPORTED",
  "'local athena: a JSON number with a fraction or an exponent is not supported (its digits may be lost)'",
);

/** Text that is not JSON has no members (Trino answers NULL). */
function extractScalar(args: readonly Typed[]): { sql: string; type: Type } {
  const [value, path] = [argument(args, 0), jsonPath(argument(args, 1))];
  const kind = `json_type(${value.sql}, ${path})`;
  const scalar = `WHEN ${kind} IN ('VARCHAR', 'BIGINT', 'UBIGINT', 'HUGEINT', 'BOOLEAN') THEN json_extract_string(${value.sql}, ${path})`;
  const sql = `CASE WHEN NOT json_valid(${value.sql}) THEN NULL WHEN ${kind} = 'DOUBLE' THEN ${FRACTION} ${scalar} END`;
  return { sql, type: value.type.kind === "varchar" ? value.type : VARCHAR };
}

export const COLLECTION_FUNCTIONS: Functions = {
  cardinality: [plain([array], BIGINT, (list) => `len(${list})`)],
  contains: [
    built([array, any], (args) => {
      const list = argument(args, 0);
      const element = coerce(argument(args, 1), elementType(list));
      const unknown = `len(${list.sql}) <> list_aggregate(${list.sql}, 'count')`;
      const found = `list_contains(${list.sql}, ${element.sql})`;
      return {
        sql: `CASE WHEN ${element.sql} IS NULL THEN NULL WHEN ${found} THEN true WHEN ${unknown} THEN NULL ELSE ${found} END`,
        type: BOOLEAN,
      };
    }),
  ],
  element_at: [
    built([array, BIGINT], (args, position) => {
      const [list, index] = [argument(args, 0), argument(args, 1)];
      if (index.literal === 0)
        throw new QueryError("INVALID_FUNCTION_ARGUMENT", "SQL array indices start at 1", position);
      const found = `list_extract(${list.sql}, ${index.sql})`;
      const message = "'SQL array indices start at 1'";
      const sql =
        typeof index.literal === "number"
          ? found
          : guarded(`${index.sql} <> 0`, found, index.sql, "INVALID_FUNCTION_ARGUMENT", message);
      return { sql, type: elementType(list) };
    }),
  ],
  array_join: [
    built([array, VARCHAR], (args) => {
      const list = argument(args, 0);
      const element = elementType(list);
      if (element.kind !== "varchar" && !isInteger(element))
        throw unsupported(list, `array_join of ${typeName(list.type)}`);
      return { sql: `array_to_string(${list.sql}, ${argument(args, 1).sql})`, type: VARCHAR };
    }),
  ],
  sequence: [...integerSequences, ...dateSequences],
  json_extract_scalar: [built([json, VARCHAR], extractScalar)],
  json_extract: [
    built([json, VARCHAR], (args) => {
      const [value, path] = [argument(args, 0), jsonPath(argument(args, 1))];
      return {
        sql: `CASE WHEN json_valid(${value.sql}) THEN json_extract(${value.sql}, ${path}) END`,
        type: JSON_TYPE,
      };
    }),
  ],
};

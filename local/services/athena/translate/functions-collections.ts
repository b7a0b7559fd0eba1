/** https://trino.io/docs/current/functions/array.html */
import { QueryError, unsupported, type Position } from "../sql/errors";
import { BIGINT, BOOLEAN, coerces, isInteger, typeName, VARCHAR, type Type } from "../sql/types";
import { coerce } from "./casts";
import { integerSequences } from "./functions-numbers";
import { dateSequences } from "./functions-times";
import { unify } from "./operators";
import { argument, built, plain, typeOf, type Functions, type Overload } from "./overload";
import { guarded, mismatch, type Typed } from "./typed";

function array(type: Type): boolean {
  return type.kind === "array";
}
/** NaN would be found and sorted otherwise. */
function comparableArray(type: Type): boolean {
  return type.kind === "array" && !/^(double|real|json|array|unknown|interval.*)$/.test(type.element.kind);
}
function any(type: Type): boolean {
  return type.kind !== "unreadable";
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

/** NULL elements are left out, or stand as the third argument says. */
function joined(args: readonly Typed[]): { sql: string; type: Type } {
  const [list, delimiter, missing] = [argument(args, 0), argument(args, 1), args[2]];
  const element = elementType(list);
  if (element.kind !== "varchar" && !isInteger(element)) {
    throw unsupported(list, `array_join of ${typeName(list.type)}`);
  }
  const texts = missing
    ? `list_transform(${list.sql}, lambda item: coalesce(CAST(item AS VARCHAR), ${missing.sql}))`
    : list.sql;
  return { sql: `array_to_string(${texts}, ${delimiter.sql})`, type: VARCHAR };
}

/** NULL if an element is NULL. */
function extreme(name: "list_max" | "list_min"): readonly Overload[] {
  return [
    built([comparableArray], (args) => {
      const list = argument(args, 0);
      const unknown = `len(${list.sql}) <> list_aggregate(${list.sql}, 'count')`;
      return { sql: `CASE WHEN ${unknown} THEN NULL ELSE ${name}(${list.sql}) END`, type: elementType(list) };
    }),
  ];
}

/** NULL if one of them is NULL. */
export const concatenatedArrays: readonly Overload[] = [
  built(
    [array, array],
    (args) => {
      const { values, type } = unify(args, "Arguments of concat");
      const missing = values.map(({ sql }) => `${sql} IS NULL`).join(" OR ");
      const whole = values.map(({ sql }) => sql).reduce((left, right) => `list_concat(${left}, ${right})`);
      return { sql: `CASE WHEN ${missing} THEN NULL ELSE ${whole} END`, type };
    },
    true,
  ),
];

export const COLLECTION_FUNCTIONS: Functions = {
  cardinality: [plain([array], BIGINT, (list) => `len(${list})`)],
  contains: [
    built([comparableArray, any], (args) => {
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
  array_join: [built([array, VARCHAR], joined), built([array, VARCHAR, VARCHAR], joined)],
  array_distinct: [
    plain(
      [comparableArray],
      typeOf(0),
      (list) => `list_filter(${list}, lambda item, place: list_position(${list}, item) = place)`,
    ),
  ],
  array_sort: [plain([comparableArray], typeOf(0), (list) => `list_sort(${list}, 'ASC', 'NULLS LAST')`)],
  array_max: extreme("list_max"),
  array_min: extreme("list_min"),
  array_position: [
    built([comparableArray, any], (args) => {
      const list = argument(args, 0);
      const element = coerce(argument(args, 1), elementType(list));
      const known = `${list.sql} IS NOT NULL AND ${element.sql} IS NOT NULL`;
      return {
        sql: `CASE WHEN ${known} THEN coalesce(list_position(${list.sql}, ${element.sql}), 0) END`,
        type: BIGINT,
      };
    }),
  ],
  sequence: [...integerSequences, ...dateSequences],
};

/** https://trino.io/docs/current/functions/conditional.html and comparison.html */
import { BOOLEAN, isFloating, type Type } from "../sql/types";
import { compare, requireComparable, unify } from "./operators";
import { argument, built, type Functions, type Overload } from "./overload";
import { fail, type Typed } from "./typed";
import type { Position } from "../sql/errors";

function any(type: Type): boolean {
  return type.kind !== "unreadable";
}

/** NULL if any is: DuckDB would pass over it. NaN ends the query in Trino. */
function extreme(name: "greatest" | "least"): readonly Overload[] {
  const build = (args: readonly Typed[], position: Position): { sql: string; type: Type } => {
    const { values, type } = unify(args, `All ${name} arguments`);
    requireComparable(type, position);
    const missing = values.map(({ sql }) => `${sql} IS NULL`).join(" OR ");
    const nan = isFloating(type) ? `WHEN ${values.map(({ sql }) => `isnan(${sql})`).join(" OR ")} THEN ` : "";
    const refused = nan && `${nan}${fail("INVALID_FUNCTION_ARGUMENT", `'Invalid argument to ${name}(): NaN'`)} `;
    return {
      sql: `CASE WHEN ${missing} THEN NULL ${refused}ELSE ${name}(${values.map(({ sql }) => sql).join(", ")}) END`,
      type,
    };
  };
  return [built([any], build, true)];
}

export const CONDITIONAL_FUNCTIONS: Functions = {
  coalesce: [
    built(
      [any, any],
      (args) => {
        const { values, type } = unify(args, "All COALESCE operands");
        return { sql: `coalesce(${values.map(({ sql }) => sql).join(", ")})`, type };
      },
      true,
    ),
  ],
  nullif: [
    built([any, any], (args, position) => {
      const [first, second] = [argument(args, 0), argument(args, 1)];
      const equal = compare("=", first, second, position);
      return { sql: `CASE WHEN ${equal.sql} THEN NULL ELSE ${first.sql} END`, type: first.type };
    }),
  ],
  if: [
    built([BOOLEAN, any], (args) => {
      const [condition, value] = [argument(args, 0), argument(args, 1)];
      return { sql: `CASE WHEN ${condition.sql} THEN ${value.sql} END`, type: value.type };
    }),
    built([BOOLEAN, any, any], (args) => {
      const { values, type } = unify(args.slice(1), "Result types for IF");
      return {
        sql: `CASE WHEN ${argument(args, 0).sql} THEN ${argument(values, 0).sql} ELSE ${argument(values, 1).sql} END`,
        type,
      };
    }),
  ],
  greatest: extreme("greatest"),
  least: extreme("least"),
};

/**
 * JSON values. They are answered as far as DuckDB keeps them as Trino does: it keeps the order of an object's members, which
 * Trino sorts, and reads a number with a fraction into a double, whose digits may differ.
 * https://trino.io/docs/current/functions/json.html
 */
import { unsupported } from "../sql/errors";
import { typeName, type Type } from "../sql/types";
import { fail, literalText, quote, type Typed } from "./typed";

/** A path of members and indexes, as DuckDB writes it. */
export function jsonPath(path: Typed): string {
  const text = literalText(path, "a JSON path");
  const parts = /^\$((?:\.[A-Za-z_][A-Za-z0-9_]*|\["[^"\\]+"\]|\['[^'"\\]+'\]|\[[0-9]+\])*)$/.exec(text);
  if (!parts) throw unsupported(path, `the JSON path ${text}`);
  const steps = (parts[1] ?? "").matchAll(/\.([A-Za-z_][A-Za-z0-9_]*)|\["([^"]+)"\]|\['([^']+)'\]|(\[[0-9]+\])/g);
  return quote(`$${[...steps].map(([, a, b, c, index]) => index ?? `."${a ?? b ?? c}"`).join("")}`);
}

const refuse = (what: string): string => fail("NOT_SUPPORTED", quote(`local athena: ${what} is not supported`));

export const FRACTION = refuse("a JSON number with a fraction or an exponent (its digits may be lost)");

/** The text of a JSON value, where both write the same. */
export function jsonText(sql: string): string {
  const text = `CAST(${sql} AS VARCHAR)`;
  const differs = `regexp_matches(${text}, '^\\{|^\\[.*\\{|^-?[0-9]+[.eE]|^\\[.*[0-9][.eE][0-9+-]')`;
  const other = refuse("the text of a JSON object, or of a JSON number with a fraction,");
  return `CASE WHEN ${differs} THEN ${other} ELSE CAST(json(${text}) AS VARCHAR) END`;
}

const WHOLE = "('BIGINT', 'UBIGINT', 'HUGEINT')";

/** CAST of a JSON value; NULL of JSON's null. */
export function fromJson(value: Typed, to: Type, safe: boolean): string {
  const { sql } = value;
  if (safe) throw unsupported(value, "TRY_CAST of json");
  const kind = `json_type(${sql})`;
  const text = `json_extract_string(${sql}, '$')`;
  const cannot = fail("INVALID_CAST_ARGUMENT", `'Cannot cast to ${typeName(to)}: ' || ${sql}`);
  const cases = (branches: string): string =>
    `CASE WHEN ${sql} IS NULL OR ${kind} = 'NULL' THEN NULL ${branches} ELSE ${cannot} END`;
  switch (to.kind) {
    case "varchar":
      if (to.length !== undefined) break;
      return cases(
        `WHEN ${kind} = 'DOUBLE' THEN ${FRACTION} WHEN ${kind} IN ('VARCHAR', 'BOOLEAN', ${WHOLE.slice(1)} THEN ${text}`,
      );
    case "boolean":
      return cases(`WHEN ${kind} = 'BOOLEAN' THEN ${text} = 'true'`);
    case "integer":
    case "bigint":
      return cases(`WHEN ${kind} IN ${WHOLE} THEN CAST(${text} AS ${to.kind.toUpperCase()})`);
    case "double":
      return cases(`WHEN ${kind} = 'DOUBLE' OR ${kind} IN ${WHOLE} THEN CAST(${text} AS DOUBLE)`);
    case "array": {
      const item = fromJson({ ...value, sql: "item" }, to.element, safe);
      return cases(`WHEN ${kind} = 'ARRAY' THEN list_transform(CAST(${sql} AS JSON[]), lambda item: ${item})`);
    }
  }
  throw unsupported(value, `a cast from json to ${typeName(to)}`);
}

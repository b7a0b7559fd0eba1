/** https://trino.io/docs/current/functions/json.html; what differs is refused in `json.ts`. */
import { BIGINT, JSON_TYPE, VARCHAR, type Type } from "../sql/types";
import { FRACTION, jsonPath, jsonText } from "./json";
import { argument, built, plain, type Functions } from "./overload";
import { guarded, type Typed } from "./typed";

function json(type: Type): boolean {
  return type.kind === "json" || type.kind === "varchar";
}

/** Text that is not JSON has no members (Trino answers NULL). */
function extractScalar(args: readonly Typed[]): { sql: string; type: Type } {
  const [value, path] = [argument(args, 0), jsonPath(argument(args, 1))];
  const kind = `json_type(${value.sql}, ${path})`;
  const scalar = `WHEN ${kind} IN ('VARCHAR', 'BIGINT', 'UBIGINT', 'HUGEINT', 'BOOLEAN') THEN json_extract_string(${value.sql}, ${path})`;
  const sql = `CASE WHEN NOT json_valid(${value.sql}) THEN NULL WHEN ${kind} = 'DOUBLE' THEN ${FRACTION} ${scalar} END`;
  return { sql, type: value.type.kind === "varchar" ? value.type : VARCHAR };
}

export const JSON_FUNCTIONS: Functions = {
  json_extract_scalar: [built([json, VARCHAR], extractScalar)],
  json_extract: [
    built([json, VARCHAR], (args) => {
      const [{ sql }, path] = [argument(args, 0), jsonPath(argument(args, 1))];
      return { sql: `CASE WHEN json_valid(${sql}) THEN json_extract(${sql}, ${path}) END`, type: JSON_TYPE };
    }),
  ],
  json_array_length: [
    plain(
      [json],
      BIGINT,
      (text) =>
        `CASE WHEN json_valid(${text}) AND json_type(${text}) = 'ARRAY' THEN CAST(json_array_length(${text}) AS BIGINT) END`,
    ),
  ],
  json_parse: [
    plain([VARCHAR], JSON_TYPE, (text) =>
      guarded(
        `json_valid(${text})`,
        `CAST(${text} AS JSON)`,
        text,
        "INVALID_FUNCTION_ARGUMENT",
        `'Cannot convert value to JSON: ''' || ${text} || ''''`,
      ),
    ),
  ],
  json_format: [plain([JSON_TYPE], VARCHAR, jsonText)],
};

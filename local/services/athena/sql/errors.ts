/** Why a statement cannot run, as Athena words it: `COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved`. */

/** Both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Names of `StandardErrorCode` in Trino, plus Athena's `PERMISSION_DENIED`. */
export type QueryErrorCode =
  | "SYNTAX_ERROR"
  | "NOT_SUPPORTED"
  | "COLUMN_NOT_FOUND"
  | "COLUMN_TYPE_UNKNOWN"
  | "AMBIGUOUS_NAME"
  | "TABLE_NOT_FOUND"
  | "SCHEMA_NOT_FOUND"
  | "CATALOG_NOT_FOUND"
  | "TYPE_MISMATCH"
  | "TYPE_NOT_FOUND"
  | "FUNCTION_NOT_FOUND"
  | "INVALID_FUNCTION_ARGUMENT"
  | "INVALID_PARAMETER_USAGE"
  | "INVALID_LITERAL"
  | "INVALID_COLUMN_REFERENCE"
  | "MISMATCHED_COLUMN_ALIASES"
  | "DUPLICATE_NAMED_QUERY"
  | "DUPLICATE_COLUMN_NAME"
  | "MISSING_COLUMN_NAME"
  | "EXPRESSION_NOT_AGGREGATE"
  | "EXPRESSION_NOT_SCALAR"
  | "EXPRESSION_NOT_IN_DISTINCT"
  | "NESTED_AGGREGATION"
  | "NESTED_WINDOW"
  | "MISSING_OVER"
  | "NUMERIC_VALUE_OUT_OF_RANGE"
  | "VIEW_IS_STALE"
  | "INVALID_VIEW"
  | "ALREADY_EXISTS"
  | "HIVE_BAD_DATA"
  | "HIVE_INVALID_METADATA"
  | "HIVE_METASTORE_ERROR"
  | "HIVE_PATH_ALREADY_EXISTS"
  | "CONSTRAINT_VIOLATION"
  | "DIVISION_BY_ZERO"
  | "INVALID_CAST_ARGUMENT"
  | "SUBQUERY_MULTIPLE_ROWS"
  | "PERMISSION_DENIED"
  | "USER_CANCELED"
  | "GENERIC_INSUFFICIENT_RESOURCES"
  | "GENERIC_USER_ERROR"
  | "GENERIC_INTERNAL_ERROR";

export class QueryError extends Error {
  constructor(
    readonly code: QueryErrorCode,
    readonly detail: string,
    readonly position?: Position,
  ) {
    super(`${code}: ${position ? `line ${position.line}:${position.column}: ` : ""}${detail}`);
    this.name = code;
  }
}

export function syntaxError(position: Position, detail: string): QueryError {
  return new QueryError("SYNTAX_ERROR", detail, position);
}

/** For what Trino knows and this emulation does not. */
export function unsupported(position: Position | undefined, what: string): QueryError {
  return new QueryError("NOT_SUPPORTED", `local athena: ${what} is not supported`, position);
}

/** What DuckDB says, as Trino says it. */
import { AwsError } from "../../../core/service";
import { QueryError, type QueryErrorCode } from "../sql/errors";

const KNOWN: readonly (readonly [RegExp, QueryErrorCode, string?])[] = [
  [/^INTERRUPT Error/, "USER_CANCELED", "Query canceled"],
  [/More than one row returned by a subquery/, "SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows"],
  [/^Out of Range Error/, "NUMERIC_VALUE_OUT_OF_RANGE"],
  [/^Conversion Error.*(out of range|overflow)/is, "NUMERIC_VALUE_OUT_OF_RANGE"],
  [/^Conversion Error/, "INVALID_CAST_ARGUMENT"],
  [/^Out of Memory Error/, "GENERIC_INSUFFICIENT_RESOURCES", "Query exhausted resources at this scale factor"],
];

/** What an error says; one of a native addon is no `Error` of this realm in a test. */
export function messageOf(error: unknown): string {
  const message = typeof error === "object" && error !== null && "message" in error ? error.message : error;
  return String(message);
}

/** An error of DuckDB as one of the query. What is not known to come from the data is a fault of this emulation. */
export function unmade(error: unknown): QueryError {
  if (error instanceof QueryError) return error;
  // Of another service, e.g. that a bucket does not exist.
  if (error instanceof AwsError) return new QueryError("GENERIC_USER_ERROR", `${error.message} (${error.code})`);
  const message = messageOf(error);
  // What the translation has put there itself (`fail`).
  const own = /^(?:Invalid Input Error: )?([A-Z][A-Z_]+): ([^]*)$/.exec(message);
  if (own?.[1] !== undefined) return new QueryError(own[1] as QueryErrorCode, own[2] ?? "");
  const [first = ""] = message.split("\n");
  for (const [pattern, code, text] of KNOWN) {
    if (pattern.test(message)) return new QueryError(code, text ?? first.replace(/^[A-Za-z ]+Error: /, ""));
  }
  return new QueryError("GENERIC_INTERNAL_ERROR", `local athena: DuckDB did not take the translation: ${message}`);
}

/**
 * Category and type of Athena's error catalog: https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
 * The types are those of a query engine's errors; which one Athena gives for which code of Trino is not documented.
 */
export function athenaError(error: QueryError): Record<string, unknown> {
  const isOurs = error.code === "GENERIC_INTERNAL_ERROR" || error.code === "GENERIC_INSUFFICIENT_RESOURCES";
  const category = isOurs ? 1 : 2;
  const type = error.code === "GENERIC_INSUFFICIENT_RESOURCES" ? 0 : isOurs ? 200 : 1000;
  return { ErrorCategory: category, ErrorType: type, Retryable: false, ErrorMessage: error.message };
}

/** Checks the members of an API request, so that one a local service does not understand is refused and not ignored. */
import type { z } from "zod";
import { AwsError } from "./service";

/**
 * The request as the schema (a `z.strictObject`) reads it.
 * @param service for the message, e.g. `glue`
 * @param code of the `AwsError` that is thrown, as the service names an invalid request
 */
export function readRequest<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  service: string,
  code: string,
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue === undefined) throw parsed.error;
  const at = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const names = issue.keys.map((key) => (at === "" ? key : `${at}.${key}`)).join(", ");
    throw new AwsError(code, `local ${service}: the parameter ${names} is not supported.`);
  }
  throw new AwsError(code, `${at}: ${issue.message}.`);
}

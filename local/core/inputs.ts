/** Checks the arguments of a resource, so that a setting the laptop cloud does not know is refused and not ignored. */
import type { z } from "zod";
import { AwsError, type ResourceContext } from "./service";

/**
 * The inputs as the schema (a `z.strictObject`) reads them.
 * @throws an `AwsError` that names resource, argument, what was found and what is expected.
 */
export function readInputs<Schema extends z.ZodType>(
  schema: Schema,
  inputs: Record<string, unknown>,
  context: ResourceContext,
): z.output<Schema> {
  const parsed = schema.safeParse(inputs);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue === undefined) throw parsed.error;
  const resource = `${context.type} "${context.name}"`;
  const at = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const names = issue.keys.map((key) => (at === "" ? key : `${at}.${key}`)).join(", ");
    throw new AwsError("ValidationException", `local ${resource}: the argument ${names} is not supported.`);
  }
  const found = issue.path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    inputs,
  );
  const said = found === undefined ? "nothing" : JSON.stringify(found);
  throw new AwsError("ValidationException", `local ${resource}: ${at} is ${said}. ${issue.message}.`);
}

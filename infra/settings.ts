/** How a stack's settings are read: strictly, and with one message that names file, key, what was found and what is expected. */
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

/** `expected` completes the message "found ..., expected ...". */
export const text = (expected: string, pattern = /./): z.ZodString =>
  z.string({ error: expected }).regex(pattern, { error: expected });
export const list = <Item extends z.ZodType>(item: Item, atLeast: number, expected: string): z.ZodArray<Item> =>
  z.array(item, { error: expected }).min(atLeast, { error: expected });
export const flag = z.boolean({ error: "true or false" });
/** A whole number. */
export const whole = (from: number, to: number): z.ZodInt => {
  const error = `a whole number from ${from} to ${to}`;
  return z.int({ error }).min(from, { error }).max(to, { error });
};
export const settings = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape, { error: expectedOfMap });
const expectedOfMap = (issue: { readonly code: string }): string =>
  issue.code === "unrecognized_keys" ? "no such key" : "a map of settings";

export const accountId = text("the 12 digits of an AWS account, in quotes", /^\d{12}$/);
export const arn = (service: string): z.ZodString =>
  text(`an ARN that begins with arn:aws:${service}:`, new RegExp(`^arn:aws:${service}:`));
export const id = (prefix: string): z.ZodString =>
  text(`an id such as ${prefix}-0123456789abcdef0`, new RegExp(`^${prefix}-[0-9a-f]+$`));

export function complain(key: string, found: unknown, expected: string): never {
  const value = found === undefined ? "nothing" : JSON.stringify(found);
  throw new pulumi.RunError(`Pulumi.${pulumi.getStack()}.yaml, ${key}: found ${value}, expected ${expected}.`);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    root,
  );
}

/**
 * The settings `tributary:*`, with their defaults.
 * @throws RunError for the first that is wrong, or that nobody reads
 */
export function read<Shape extends z.ZodRawShape>(shape: Shape): z.output<z.ZodObject<Shape>> {
  const config = new pulumi.Config();
  // A setting that nobody reads is most likely a misspelt one, which would leave its default in force.
  for (const [key, found] of Object.entries(pulumi.runtime.allConfig())) {
    const [owner, name = ""] = key.split(":");
    if (owner === config.name && !Object.hasOwn(shape, name)) complain(key, found, "no such key");
  }
  const given: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(shape)) {
    const isText = (schema instanceof z.ZodOptional ? schema.unwrap() : schema) instanceof z.ZodString;
    const found = config.get(key);
    if (found === undefined) continue;
    try {
      given[key] = isText ? found : JSON.parse(found);
    } catch {
      complain(`${config.name}:${key}`, found, "a map of settings");
    }
  }
  const parsed = z.object(shape).safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue === undefined) throw parsed.error;
  const unknownKey = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  const path = unknownKey === undefined ? issue.path : [...issue.path, unknownKey];
  const found = valueAt(given, path);
  return complain(`${config.name}:${path.map(String).join(".")}`, found, issue.message);
}

export function region(): string {
  const found = new pulumi.Config("aws").get("region");
  if (found === undefined || !/^[a-z]{2}(-[a-z]+)+-\d$/.test(found))
    complain("aws:region", found, "a region such as eu-west-1");
  return found;
}

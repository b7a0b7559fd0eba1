/** Wildcards as IAM reads them: `*` any characters, `?` one. */

const compiled = new Map<string, RegExp>();

/** Matches a whole text. */
export function wildcard(pattern: string, ignoreCase = false): RegExp {
  const key = (ignoreCase ? "i" : "c") + pattern;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, "[^]*")
    .replace(/\?/g, "[^]");
  const expression = new RegExp(`^${source}$`, ignoreCase ? "i" : "");
  compiled.set(key, expression);
  return expression;
}

/** partition, service, region, account, and the resource, which may have colons of its own; undefined if it is no ARN. */
export function arnParts(arn: string): string[] | undefined {
  const parts = arn.split(":");
  if (parts.length < 6 || parts[0] !== "arn") return undefined;
  return [...parts.slice(1, 5), parts.slice(5).join(":")];
}

/** A wildcard stays within its part of the ARN; `*` alone is everything. */
export function arnMatcher(pattern: string): ((arn: string) => boolean) | undefined {
  if (pattern === "*") return () => true;
  const expressions = arnParts(pattern)?.map((part) => wildcard(part));
  if (expressions === undefined) return undefined;
  return (arn) => {
    const parts = arnParts(arn);
    return parts !== undefined && expressions.every((expression, at) => expression.test(parts[at] ?? ""));
  };
}

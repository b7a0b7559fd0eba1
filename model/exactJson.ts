/**
 * JSON that keeps every digit. `JSON.parse` turns 9007199254740993 into ...992 and 1.10 into 1.1, so numbers are kept as
 * text: a number comes back as a string that begins with NUL, a character no PostgreSQL text and no JSON from DMS can hold
 * (RFC 8259 allows it only escaped, and PostgreSQL refuses it).
 */
export type ExactJson = null | boolean | string | ExactJson[] | { [key: string]: ExactJson };

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** @throws SyntaxError if `text` is not JSON. */
export function parseExact(text: string): ExactJson {
  // A string is passed over whole, so that digits inside it stay as they are.
  return JSON.parse(text.replace(STRING_OR_NUMBER, (token) => (token[0] === '"' ? token : `"\\u0000${token}"`)));
}

/** The digits of a number that `parseExact` returned; undefined if the value is no number. */
export function numberText(value: ExactJson | undefined): string | undefined {
  return typeof value === "string" && value.charCodeAt(0) === 0 ? value.slice(1) : undefined;
}

/** The text of a string that `parseExact` returned; undefined if the value is no string. */
export function stringText(value: ExactJson | undefined): string | undefined {
  return typeof value === "string" && value.charCodeAt(0) !== 0 ? value : undefined;
}

export function isObject(value: ExactJson | undefined): value is { [key: string]: ExactJson } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The inverse of `parseExact`, on one line. */
export function writeExact(value: ExactJson): string {
  if (Array.isArray(value)) return `[${value.map(writeExact).join(",")}]`;
  if (isObject(value)) {
    return `{${Object.keys(value)
      .map((key) => `${JSON.stringify(key)}:${writeExact(value[key] ?? null)}`)
      .join(",")}}`;
  }
  return numberText(value) ?? JSON.stringify(value);
}

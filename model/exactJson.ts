/**
 * JSON that keeps every digit. `JSON.parse` turns 9007199254740993 into ...992 and 1.10 into 1.1, so numbers are kept as
 * text: a number comes back as a string that begins with NUL, a character no PostgreSQL text and no JSON from DMS can hold
 * (RFC 8259 allows it only escaped, and PostgreSQL refuses it).
 */
export type ExactJson = null | boolean | string | ExactJson[] | { [key: string]: ExactJson };

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** `+`, `-`, `.`, digits, `E` and `e`: what a number is made of. */
const isOfNumber = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e || code === 0x2b || code === 0x45 || code === 0x65;

/** Where the string that opens at `open` closes; the text's end if it does not. */
function closingQuote(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return at;
  }
  return text.length;
}

/**
 * Strings are jumped over, so that digits inside them stay as they are; a regular expression that reads every token takes
 * three times as long, and this runs for every message.
 * @throws SyntaxError if `text` is not JSON.
 */
export function parseExact(text: string): ExactJson {
  let marked = "";
  let copied = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = closingQuote(text, at);
    } else if ((code >= 0x30 && code <= 0x39) || code === 0x2d) {
      let end = at + 1;
      while (isOfNumber(text.charCodeAt(end))) end += 1;
      const number = text.slice(at, end);
      // What only looks like a number stays, for JSON.parse to refuse.
      if (NUMBER.test(number)) {
        marked += `${text.slice(copied, at)}"\\u0000${number}"`;
        copied = end;
      }
      at = end - 1;
    }
  }
  return JSON.parse(marked + text.slice(copied));
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

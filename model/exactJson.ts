/**
 * JSON that keeps every digit. `JSON.parse` turns 9007199254740993 into ...992 and 1.10 into 1.1, so numbers are kept as
 * text: a number comes back as a string that begins with NUL, a character no PostgreSQL text and no JSON from DMS can hold
 * (RFC 8259 allows it only escaped, and PostgreSQL refuses it).
 */
export type ExactJson = null | boolean | string | ExactJson[] | { [key: string]: ExactJson };

/**
 * Strings are jumped over, so that digits inside them stay as they are; a regular expression that reads every token takes
 * three times as long, and this runs for every message.
 * @throws SyntaxError if `text` is not JSON.
 */
export function parseExact(text: string): ExactJson {
  const isNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
  let marked = "";
  let copied = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      // To the quote that closes the string: one with an even number of backslashes before it.
      for (at = text.indexOf('"', at + 1); at >= 0; at = text.indexOf('"', at + 1)) {
        let before = at - 1;
        while (text.charCodeAt(before) === 0x5c) before -= 1;
        if ((at - 1 - before) % 2 === 0) break;
      }
      if (at < 0) break;
    } else if ((code >= 0x30 && code <= 0x39) || code === 0x2d) {
      let end = at + 1;
      // Digits, `+`, `-`, `.`, `E` and `e`: what a number is made of.
      for (let next = text.charCodeAt(end); ; next = text.charCodeAt(end)) {
        const isDigit = next >= 0x30 && next <= 0x39;
        if (!isDigit && next !== 0x2d && next !== 0x2e && next !== 0x2b && next !== 0x45 && next !== 0x65) break;
        end += 1;
      }
      const number = text.slice(at, end);
      // What only looks like a number stays, for JSON.parse to refuse.
      if (isNumber.test(number)) {
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

/** Reads JSON from bytes, token by token and strictly (RFC 8259), so that a value keeps the digits it was sent with. */
import type { Token } from "./values";

/** Why a record does not convert, in Firehose's codes. */
export class RecordFault extends Error {
  constructor(
    readonly code: "DataFormatConversion.ParseError" | "DataFormatConversion.MalformedData",
    message: string,
  ) {
    super(message);
  }
}

export const BYTE = {
  quote: 0x22,
  comma: 0x2c,
  minus: 0x2d,
  point: 0x2e,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  openArray: 0x5b,
  backslash: 0x5c,
  closeArray: 0x5d,
  f: 0x66,
  n: 0x6e,
  t: 0x74,
  u: 0x75,
  open: 0x7b,
  close: 0x7d,
} as const;

const NEWLINE = 0x0a;
const SPACES = new Set(Buffer.from(" \n\r\t"));
const ESCAPES = new Set(Buffer.from('"\\/bfnrtu'));
const SIGNS = new Set(Buffer.from("+-"));
const EXPONENTS = new Set(Buffer.from("eE"));

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= BYTE.zero && byte <= BYTE.nine;

export class JsonReader {
  at = 0;

  constructor(readonly bytes: Buffer) {}

  malformed(what: string): RecordFault {
    return new RecordFault(
      "DataFormatConversion.ParseError",
      `Encountered malformed JSON. At byte ${this.at}: ${what}.`,
    );
  }

  text(from: number, to: number): string {
    return this.bytes.toString("utf8", from, to);
  }

  /** Passes white space. @returns whether there was a line's end in it. */
  space(): boolean {
    let hasNewline = false;
    for (let byte = this.bytes[this.at]; byte !== undefined && SPACES.has(byte); byte = this.bytes[this.at]) {
      if (byte === NEWLINE) hasNewline = true;
      this.at += 1;
    }
    return hasNewline;
  }

  value(): Token {
    const byte = this.bytes[this.at];
    if (byte === BYTE.quote) {
      this.string();
      return "string";
    }
    if (isDigit(byte) || byte === BYTE.minus) return this.number();
    if (byte === BYTE.n) return this.literal("null");
    if (byte === BYTE.t) return this.literal("true");
    if (byte === BYTE.f) return this.literal("false");
    if (byte === BYTE.open || byte === BYTE.openArray) return this.nested();
    throw this.malformed("expected a value");
  }

  /** @returns whether the string has escapes. */
  string(): boolean {
    const { bytes } = this;
    if (bytes[this.at] !== BYTE.quote) throw this.malformed("expected a string");
    let at = this.at + 1;
    let hasEscapes = false;
    for (; ; at += 1) {
      const byte = bytes[at];
      if (byte === BYTE.quote) break;
      if (byte === undefined || byte < 0x20) {
        this.at = at;
        throw this.malformed(byte === undefined ? "a string without end" : "a control character in a string");
      }
      if (byte === BYTE.backslash) {
        hasEscapes = true;
        at = this.escape(at + 1);
      }
    }
    this.at = at + 1;
    return hasEscapes;
  }

  /** @returns the place of the escape's last byte. */
  private escape(at: number): number {
    const kind = this.bytes[at];
    if (kind === undefined || !ESCAPES.has(kind)) {
      this.at = at;
      throw this.malformed("no such escape");
    }
    if (kind !== BYTE.u) return at;
    const unit = this.unit(at + 1);
    if (unit < 0xd800 || unit > 0xdfff) return at + 4;
    const isFollowed = this.bytes[at + 5] === BYTE.backslash && this.bytes[at + 6] === BYTE.u;
    const low = unit < 0xdc00 && isFollowed ? this.unit(at + 7) : 0;
    if (low >= 0xdc00 && low <= 0xdfff) return at + 10;
    throw new RecordFault(
      "DataFormatConversion.MalformedData",
      "local firehose: what Firehose makes of half a surrogate pair is not known, so it is refused.",
    );
  }

  private unit(at: number): number {
    const hex = this.bytes.toString("latin1", at, at + 4);
    if (/^[0-9a-fA-F]{4}$/.test(hex)) return parseInt(hex, 16);
    this.at = at;
    throw this.malformed("four hexadecimal digits must follow \\u");
  }

  private literal<Word extends Token>(word: Word): Word {
    for (let index = 0; index < word.length; index += 1) {
      if (this.bytes[this.at + index] !== word.charCodeAt(index)) throw this.malformed(`expected ${word}`);
    }
    this.at += word.length;
    return word;
  }

  private number(): Token {
    if (this.bytes[this.at] === BYTE.minus) this.at += 1;
    if (this.bytes[this.at] === BYTE.zero && isDigit(this.bytes[this.at + 1])) {
      throw this.malformed("a number may not begin with 0");
    }
    this.digits();
    if (this.bytes[this.at] === BYTE.point) {
      this.at += 1;
      this.digits();
    }
    if (EXPONENTS.has(this.bytes[this.at] ?? 0)) {
      this.at += 1;
      if (SIGNS.has(this.bytes[this.at] ?? 0)) this.at += 1;
      this.digits();
    }
    return "number";
  }

  private digits(): void {
    if (!isDigit(this.bytes[this.at])) throw this.malformed("expected a digit");
    while (isDigit(this.bytes[this.at])) this.at += 1;
  }

  /** An object or array: its end is found here, the rest is left to JSON.parse. */
  private nested(): Token {
    const start = this.at;
    let depth = 0;
    do {
      const byte = this.bytes[this.at];
      if (byte === undefined) throw this.malformed("an object or array without end");
      if (byte === BYTE.quote) {
        this.string();
        continue;
      }
      if (byte === BYTE.open || byte === BYTE.openArray) depth += 1;
      if (byte === BYTE.close || byte === BYTE.closeArray) depth -= 1;
      this.at += 1;
    } while (depth > 0);
    try {
      JSON.parse(this.text(start, this.at));
    } catch (error) {
      throw this.malformed(error instanceof Error ? error.message : String(error));
    }
    return this.bytes[start] === BYTE.open ? "object" : "array";
  }
}

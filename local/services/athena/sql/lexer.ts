/**
 * The words of a Trino statement, with their places.
 * Grammar: https://trino.io/docs/current/language/reserved.html and `SqlBase.g4` of the Trino parser.
 */
import { syntaxError, unsupported, type Position } from "./errors";

export type TokenKind =
  "word" | "quoted" | "backquoted" | "string" | "binary" | "integer" | "decimal" | "double" | "symbol" | "end";

export interface Token extends Position {
  readonly kind: TokenKind;
  /** Words and symbols as written; quoted identifiers and strings without their quotes. */
  readonly text: string;
  /** Offsets in the statement, for the text of a view. */
  readonly start: number;
  readonly end: number;
}

const WHITESPACE = /[ \t\r\n]+|--[^\r\n]*|\/\*[\s\S]*?\*\//y;
const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ["binary", /[xX]'((?:[^']|'')*)'/y],
  ["string", /'((?:[^']|'')*)'/y],
  ["quoted", /"((?:[^"]|"")*)"/y],
  ["backquoted", /`((?:[^`]|``)*)`/y],
  ["double", /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+/y],
  ["decimal", /[0-9]+\.[0-9]*|\.[0-9]+/y],
  ["integer", /[0-9]+/y],
  ["word", /[A-Za-z_][A-Za-z0-9_]*/y],
  ["symbol", /<>|!=|<=|>=|\|\||->|=>|[-+*/%=<>(),.;?[\]]/y],
];

/** Splits a statement into tokens; the last is always `end`. Throws what Trino's lexer would refuse. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  let line = 1;
  let lineStart = 0;
  const skip = (length: number): void => {
    for (let index = offset; index < offset + length; index++) {
      if (sql[index] === "\n") {
        line++;
        lineStart = index + 1;
      }
    }
    offset += length;
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = offset;
    return pattern.exec(sql);
  };
  for (;;) {
    const blank = match(WHITESPACE);
    if (blank) {
      skip(blank[0].length);
      continue;
    }
    const place = { line, column: offset - lineStart + 1 };
    if (offset >= sql.length) {
      tokens.push({ kind: "end", text: "<EOF>", ...place, start: offset, end: offset });
      return tokens;
    }
    const token = readToken(match, place);
    const start = offset;
    skip(token.length);
    tokens.push({ kind: token.kind, text: token.text, ...place, start, end: offset });
  }
}

function readToken(
  match: (pattern: RegExp) => RegExpExecArray | null,
  place: Position,
): { kind: TokenKind; text: string; length: number } {
  for (const [kind, pattern] of PATTERNS) {
    const found = match(pattern);
    if (!found) continue;
    const whole = found[0];
    if (/^[0-9]/.test(whole) && match(new RegExp(`.{${whole.length}}[A-Za-z_]`, "y"))) {
      throw syntaxError(place, "identifiers must not start with a digit; surround the identifier with double quotes");
    }
    const quoted = found[1];
    const quote = whole[whole.length - 1] ?? "";
    const text = quoted === undefined ? whole : quoted.replaceAll(quote + quote, quote);
    return { kind, text, length: whole.length };
  }
  if (match(/['"`]|\/\*/y)) throw syntaxError(place, "a quote or comment that begins here is not closed");
  if (match(/\|/y)) throw unsupported(place, "pattern syntax");
  throw syntaxError(place, `mismatched input '${match(/[^]/y)?.[0] ?? ""}'`);
}

/** Tokens of an expression or a statement, and the reading of conditions, which both write alike. */
import type { AwsError } from "../../core/service";
import type { Comparator, Condition, Operand } from "./condition";

export interface Token {
  /** `word`: bare; `quoted`: a name in double quotes; `text`: a string in single quotes; `end`: after the last. */
  readonly kind: "word" | "quoted" | "text" | "number" | "name" | "value" | "parameter" | "symbol" | "end";
  /** Without its quotes. */
  readonly text: string;
  /** As written. */
  readonly raw: string;
  /** Where it begins. */
  readonly at: number;
}

/** Walks through tokens. */
export class Cursor {
  private index = 0;
  constructor(
    private readonly tokens: readonly Token[],
    private readonly error: (token: Token, near: string) => AwsError,
  ) {}

  get token(): Token {
    return this.at(0);
  }

  at(ahead: number): Token {
    const last = this.tokens.at(-1);
    const token = this.tokens[this.index + ahead] ?? last;
    if (token === undefined) throw new Error("no tokens");
    return token;
  }

  take(): Token {
    const token = this.token;
    this.index += 1;
    return token;
  }

  isWord(word: string, ahead = 0): boolean {
    const token = this.at(ahead);
    return token.kind === "word" && token.text.toUpperCase() === word;
  }

  takeWord(word: string): boolean {
    const found = this.isWord(word);
    if (found) this.index += 1;
    return found;
  }

  takeSymbol(symbol: string): boolean {
    const found = this.token.kind === "symbol" && this.token.text === symbol;
    if (found) this.index += 1;
    return found;
  }

  needWord(word: string): void {
    if (!this.takeWord(word)) throw this.unexpected();
  }

  needSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.unexpected();
  }

  /** The error for a token that cannot stand here. */
  unexpected(): AwsError {
    const before = this.tokens[this.index - 1];
    const after = this.tokens[this.index + 1];
    const near = [before, this.token, after]
      .flatMap((token) => (token === undefined || token.kind === "end" ? [] : [token.raw]))
      .join(" ");
    return this.error(this.token, near);
  }

  /** `element` once or more, with commas in between. */
  list<T>(element: () => T): T[] {
    const elements = [element()];
    while (this.takeSymbol(",")) elements.push(element());
    return elements;
  }

  needEnd(): void {
    if (this.token.kind !== "end") throw this.unexpected();
  }
}

/** What the two languages write differently. */
export interface Dialect {
  /** PartiQL knows `NOT BETWEEN`, `NOT IN` and lists in brackets. */
  readonly isPartiql: boolean;
  operand(cursor: Cursor): Operand;
  /** A condition that begins with a function. */
  functionCall(cursor: Cursor): Condition | undefined;
  /** A condition whose first operand has been read, beyond the common ones. */
  suffix?(cursor: Cursor, operand: Operand): Condition | undefined;
}

const COMPARATORS: readonly string[] = ["=", "<>", "<", "<=", ">", ">="];
const isComparator = (text: string): text is Comparator => COMPARATORS.includes(text);

export function readCondition(cursor: Cursor, dialect: Dialect): Condition {
  return joined(cursor, "OR", () => joined(cursor, "AND", () => readNot(cursor, dialect)));
}

function joined(cursor: Cursor, word: "AND" | "OR", part: () => Condition): Condition {
  const first = part();
  const parts = [first];
  while (cursor.takeWord(word)) parts.push(part());
  return parts.length === 1 ? first : { kind: word === "AND" ? "and" : "or", parts };
}

function readNot(cursor: Cursor, dialect: Dialect): Condition {
  if (cursor.takeWord("NOT")) return { kind: "not", part: readNot(cursor, dialect) };
  if (cursor.takeSymbol("(")) {
    const inner = readCondition(cursor, dialect);
    cursor.needSymbol(")");
    return inner;
  }
  return dialect.functionCall(cursor) ?? readComparison(cursor, dialect);
}

function readComparison(cursor: Cursor, dialect: Dialect): Condition {
  const operand = dialect.operand(cursor);
  const isNot = cursor.isWord("NOT") && (cursor.isWord("BETWEEN", 1) || cursor.isWord("IN", 1));
  if (isNot && dialect.isPartiql) {
    cursor.take();
    return { kind: "not", part: readRange(cursor, dialect, operand) };
  }
  const special = dialect.suffix?.(cursor, operand);
  if (special !== undefined) return special;
  if (cursor.token.kind === "symbol" && isComparator(cursor.token.text)) {
    const by = cursor.token.text;
    cursor.take();
    return { kind: "compare", by, left: operand, right: dialect.operand(cursor) };
  }
  return readRange(cursor, dialect, operand);
}

function readRange(cursor: Cursor, dialect: Dialect, value: Operand): Condition {
  if (cursor.takeWord("BETWEEN")) {
    const low = dialect.operand(cursor);
    cursor.needWord("AND");
    return { kind: "between", value, low, high: dialect.operand(cursor) };
  }
  if (!cursor.takeWord("IN")) throw cursor.unexpected();
  const closing = dialect.isPartiql && cursor.takeSymbol("[") ? "]" : ")";
  if (closing === ")") cursor.needSymbol("(");
  const list = cursor.list(() => dialect.operand(cursor));
  cursor.needSymbol(closing);
  return { kind: "in", value, list };
}

/** Reading a statement token by token. */
import type { Expression, Name } from "./ast";
import { QueryError, syntaxError, unsupported } from "./errors";
import { tokenize, type Token } from "./lexer";

/** Cannot be identifiers without quotes: https://trino.io/docs/current/language/reserved.html */
const RESERVED = new Set(
  (
    "ALTER AND AS BETWEEN BY CASE CAST CONSTRAINT CREATE CROSS CUBE CURRENT_CATALOG CURRENT_DATE CURRENT_PATH CURRENT_ROLE " +
    "CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEALLOCATE DELETE DESCRIBE DISTINCT DROP ELSE END ESCAPE " +
    "EXCEPT EXECUTE EXISTS EXTRACT FALSE FOR FROM FULL GROUP GROUPING HAVING IN INNER INSERT INTERSECT INTO IS JOIN " +
    "JSON_ARRAY JSON_EXISTS JSON_OBJECT JSON_QUERY JSON_TABLE JSON_VALUE LEFT LIKE LISTAGG LOCALTIME LOCALTIMESTAMP NATURAL " +
    "NORMALIZE NOT NULL ON OR ORDER OUTER PREPARE RECURSIVE RIGHT ROLLUP SELECT SKIP TABLE THEN TRIM TRUE UESCAPE UNION " +
    "UNNEST USING VALUES WHEN WHERE WITH"
  ).split(" "),
);

export class Cursor {
  private readonly tokens: readonly Token[];
  private index = 0;
  private parameter = 0;

  /** `parameters`: what stands for each `?`, in their order. */
  constructor(
    readonly sql: string,
    private readonly parameters: readonly Expression[] = [],
  ) {
    this.tokens = tokenize(sql);
    const places = this.tokens.filter(({ kind, text }) => kind === "symbol" && text === "?").length;
    if (places !== parameters.length) {
      throw new QueryError(
        "INVALID_PARAMETER_USAGE",
        `Incorrect number of parameters: expected ${places} but found ${parameters.length}`,
        { line: 1, column: 1 },
      );
    }
  }

  peek(ahead = 0): Token {
    const token = this.tokens[Math.min(this.index + ahead, this.tokens.length - 1)];
    if (!token) throw new Error("a statement has at least its end");
    return token;
  }

  next(): Token {
    const token = this.peek();
    this.index++;
    return token;
  }

  /** Whether the coming words are these (in upper case). */
  sees(...words: readonly string[]): boolean {
    return words.every((word, ahead) => {
      const token = this.peek(ahead);
      return token.kind === "word" && token.text.toUpperCase() === word;
    });
  }

  /** Takes the words if they come. */
  accept(...words: readonly string[]): boolean {
    if (!this.sees(...words)) return false;
    this.index += words.length;
    return true;
  }

  expect(...words: readonly string[]): void {
    for (const word of words) if (!this.accept(word)) throw this.mismatch(word);
  }

  seesSymbol(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === "symbol" && token.text === symbol;
  }

  acceptSymbol(symbol: string): boolean {
    if (!this.seesSymbol(symbol)) return false;
    this.index++;
    return true;
  }

  expectSymbol(symbol: string): void {
    if (!this.acceptSymbol(symbol)) throw this.mismatch(`'${symbol}'`);
  }

  /** Whether an identifier comes: any quoted one, or a word that is not reserved. */
  seesName(ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === "quoted" || (token.kind === "word" && !RESERVED.has(token.text.toUpperCase()));
  }

  name(): Name {
    if (this.peek().kind === "backquoted") {
      throw syntaxError(
        this.peek(),
        "backquoted identifiers are not supported; use double quotes to quote identifiers",
      );
    }
    if (!this.seesName()) throw this.mismatch("<identifier>");
    return this.takeName();
  }

  /** In statements that Athena leaves to Hive, such as DESCRIBE, names are quoted with backquotes. */
  hiveName(): Name {
    return this.peek().kind === "backquoted" ? this.takeName() : this.name();
  }

  private takeName(): Name {
    const { text, line, column } = this.next();
    if (text === "") throw syntaxError({ line, column }, "Zero-length delimited identifier not allowed");
    return { text, line, column };
  }

  /** `a`, `a.b`, `a.b.c` */
  path(name: () => Name = () => this.name()): Name[] {
    const path = [name()];
    while (this.acceptSymbol(".")) path.push(name());
    return path;
  }

  /** The value of the `?` that comes. */
  takeParameter(): Expression {
    const { line, column } = this.next();
    const value = this.parameters[this.parameter++];
    if (!value) throw new Error("the constructor has counted the parameters");
    return { ...value, line, column };
  }

  integer(): number {
    const token = this.peek();
    if (token.kind !== "integer") throw this.mismatch("<integer>");
    this.index++;
    return Number(token.text);
  }

  /** `item, item, ...` */
  list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.acceptSymbol(",")) items.push(item());
    return items;
  }

  /** What Trino's grammar does not have at this place. */
  mismatch(expecting?: string): QueryError {
    const token = this.peek();
    const suffix = expecting ? `. Expecting: ${expecting}` : "";
    return syntaxError(token, `mismatched input '${token.text}'${suffix}`);
  }

  /** What Trino has at this place and the local Athena does not. */
  unsupported(what: string): QueryError {
    return unsupported(this.peek(), what);
  }
}

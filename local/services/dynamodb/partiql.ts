/**
 * PartiQL for DynamoDB: the statements and what they are parsed to.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
 */
import { booleanAttribute, nullAttribute, numberAttribute, stringAttribute } from "./attribute";
import type { Condition, Operand } from "./condition";
import { Cursor, readCondition, type Dialect, type Token } from "./cursor";
import { notSupported, validation } from "./errors";
import type { Path, Step } from "./path";
import { checkOverlap, type UpdateAction } from "./update";

export type Returning = "ALL_OLD" | "MODIFIED_OLD" | "ALL_NEW" | "MODIFIED_NEW";

/** Slot n of a statement's operands is its n-th `?`. */
export type Statement = { readonly table: string; readonly slots: number } & (
  | { readonly kind: "insert"; readonly names: readonly string[]; readonly values: readonly Operand[] }
  | {
      readonly kind: "update";
      readonly actions: readonly UpdateAction[];
      readonly where: Condition;
      readonly returning?: Returning;
    }
  | { readonly kind: "delete"; readonly where: Condition; readonly returning?: Returning }
  | { readonly kind: "select"; readonly paths: readonly Path[] | undefined; readonly where: Condition | undefined }
);

const TOKEN =
  /\s+|(?<word>[A-Za-z_$][A-Za-z0-9_$]*)|"(?<quoted>(?:[^"]|"")*)"|'(?<text>(?:[^']|'')*)'|(?<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)|(?<parameter>\?)|(?<symbol><<|>>|<>|!=|<=|>=|[=<>+\-(),.[\]{}:*])|(?<other>[^])/gy;

const malformed = (problem: string): ReturnType<typeof validation> =>
  validation(`Statement wasn't well formed, can't be processed: ${problem}`);

function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const { word, quoted, text: string, number, parameter, symbol, other } = match.groups ?? {};
    const at = match.index;
    const push = (kind: Token["kind"], content: string): void =>
      void found.push({ kind, text: content, raw: match[0], at });
    if (word !== undefined) push("word", word);
    else if (quoted !== undefined) push("quoted", quoted.replace(/""/g, '"'));
    else if (string !== undefined) push("text", string.replace(/''/g, "'"));
    else if (number !== undefined) push("number", number);
    else if (parameter !== undefined) push("parameter", parameter);
    else if (symbol !== undefined) push("symbol", symbol === "!=" ? "<>" : symbol);
    else if (other !== undefined) throw malformed(`Unexpected token ${other} at 1:${at + 1}:1`);
  }
  found.push({ kind: "end", text: "", raw: "end of statement", at: text.length });
  return found;
}

class Reader {
  readonly cursor: Cursor;
  slots = 0;

  constructor(text: string) {
    this.cursor = new Cursor(tokens(text), (token) =>
      malformed(
        `Unexpected ${token.kind === "end" ? token.raw : `token ${token.raw}`} at 1:${token.at + 1}:${token.raw.length}`,
      ),
    );
  }

  private name(): string {
    const { cursor } = this;
    if (cursor.token.kind !== "word" && cursor.token.kind !== "quoted") throw cursor.unexpected();
    return cursor.take().text;
  }

  private table(): string {
    const name = this.name();
    if (this.cursor.takeSymbol(".")) {
      throw notSupported(`a secondary index in a statement ("${name}"."${this.name()}")`);
    }
    return name;
  }

  private path(): Path {
    const { cursor } = this;
    const root = this.name();
    const rest: Step[] = [];
    for (;;) {
      if (cursor.takeSymbol(".")) rest.push(this.name());
      else if (cursor.takeSymbol("[")) {
        if (cursor.token.kind !== "number") throw cursor.unexpected();
        rest.push(Number(cursor.take().text));
        cursor.needSymbol("]");
      } else return { root, rest };
    }
  }

  private isCall(name: string): boolean {
    return this.cursor.isWord(name) && this.cursor.at(1).raw === "(";
  }

  private call<T>(argumentsOf: () => T): T {
    this.cursor.take();
    this.cursor.needSymbol("(");
    const result = argumentsOf();
    this.cursor.needSymbol(")");
    return result;
  }

  /** A literal or parameter; undefined if something else stands here. */
  private literal(): Operand | undefined {
    const { cursor } = this;
    const { kind, text } = cursor.token;
    if (kind === "parameter") {
      cursor.take();
      this.slots += 1;
      return { kind: "slot", slot: this.slots - 1 };
    }
    if (kind === "text") {
      cursor.take();
      return { kind: "constant", value: stringAttribute(text) };
    }
    if (kind === "number") {
      cursor.take();
      return { kind: "constant", value: numberAttribute(text) };
    }
    if (kind === "symbol" && text === "-" && cursor.at(1).kind === "number") {
      cursor.take();
      return { kind: "constant", value: numberAttribute(`-${cursor.take().text}`) };
    }
    if (cursor.takeWord("TRUE")) return { kind: "constant", value: booleanAttribute(true) };
    if (cursor.takeWord("FALSE")) return { kind: "constant", value: booleanAttribute(false) };
    if (cursor.takeWord("NULL")) return { kind: "constant", value: nullAttribute() };
    if (cursor.takeSymbol("[")) return { kind: "list", members: this.members("]") };
    if (cursor.takeSymbol("<<")) return { kind: "set", members: this.members(">>") };
    return cursor.takeSymbol("{") ? { kind: "map", members: this.pairs() } : undefined;
  }

  private value(): Operand {
    const literal = this.literal();
    if (literal === undefined) throw this.cursor.unexpected();
    return literal;
  }

  private members(closing: string): Operand[] {
    if (this.cursor.takeSymbol(closing)) return [];
    const members = this.cursor.list(() => this.value());
    this.cursor.needSymbol(closing);
    return members;
  }

  /** After the opening brace. */
  private pairs(): (readonly [string, Operand])[] {
    const { cursor } = this;
    if (cursor.takeSymbol("}")) return [];
    const pairs = cursor.list(() => {
      if (cursor.token.kind !== "text") throw cursor.unexpected();
      const name = cursor.take().text;
      cursor.needSymbol(":");
      return [name, this.value()] as const;
    });
    cursor.needSymbol("}");
    return pairs;
  }

  private operand(): Operand {
    const literal = this.literal();
    if (literal !== undefined) return literal;
    if (this.isCall("SIZE")) return this.call(() => ({ kind: "size", of: { kind: "path", path: this.path() } }));
    return { kind: "path", path: this.path() };
  }

  private functionCall(): Condition | undefined {
    const second = (): Operand => {
      this.cursor.needSymbol(",");
      return this.operand();
    };
    if (this.isCall("BEGINS_WITH")) {
      return this.call(() => ({ kind: "begins", value: this.operand(), prefix: second() }));
    }
    if (this.isCall("CONTAINS")) return this.call(() => ({ kind: "contains", value: this.operand(), part: second() }));
    if (this.isCall("ATTRIBUTE_TYPE")) {
      return this.call(() => ({ kind: "type", path: this.path(), type: second() }));
    }
    const { token } = this.cursor;
    if (token.kind === "word" && this.cursor.at(1).raw === "(" && !this.isCall("SIZE")) {
      throw notSupported(`the function ${token.text} in a statement`);
    }
    return undefined;
  }

  /** `IS [NOT] MISSING`, `IS [NOT] NULL`. */
  private suffix(operand: Operand): Condition | undefined {
    const { cursor } = this;
    if (!cursor.takeWord("IS")) return undefined;
    const isNot = cursor.takeWord("NOT");
    if (operand.kind !== "path") throw cursor.unexpected();
    if (cursor.takeWord("MISSING")) return { kind: "exists", path: operand.path, wanted: isNot };
    cursor.needWord("NULL");
    const isNull: Condition = {
      kind: "type",
      path: operand.path,
      type: { kind: "constant", value: stringAttribute("NULL") },
    };
    return isNot ? { kind: "not", part: isNull } : isNull;
  }

  private condition(): Condition {
    const dialect: Dialect = {
      isPartiql: true,
      operand: () => this.operand(),
      functionCall: () => this.functionCall(),
      suffix: (_, operand) => this.suffix(operand),
    };
    return readCondition(this.cursor, dialect);
  }

  private where(): Condition {
    this.cursor.needWord("WHERE");
    return this.condition();
  }

  private returning(): Returning | undefined {
    const { cursor } = this;
    if (!cursor.takeWord("RETURNING")) return undefined;
    const all = cursor.takeWord("ALL");
    if (!all) cursor.needWord("MODIFIED");
    const old = cursor.takeWord("OLD");
    if (!old) cursor.needWord("NEW");
    cursor.needSymbol("*");
    return `${all ? "ALL" : "MODIFIED"}_${old ? "OLD" : "NEW"}`;
  }

  private insert(): Statement {
    const { cursor } = this;
    cursor.needWord("INTO");
    const table = this.table();
    cursor.needWord("VALUE");
    cursor.needSymbol("{");
    const pairs = this.pairs();
    if (new Set(pairs.map(([name]) => name)).size < pairs.length) throw malformed("an attribute is given twice");
    if (cursor.isWord("ON") || cursor.isWord("IF")) throw notSupported(`${cursor.token.text} after INSERT`);
    return {
      kind: "insert",
      table,
      names: pairs.map(([name]) => name),
      values: pairs.map(([, value]) => value),
      slots: this.slots,
    };
  }

  private update(): Statement {
    const { cursor } = this;
    const table = this.table();
    const actions: UpdateAction[] = [];
    for (;;) {
      if (cursor.takeWord("SET")) actions.push(...cursor.list(() => this.assignment()));
      else if (cursor.takeWord("REMOVE")) {
        actions.push(...cursor.list((): UpdateAction => ({ kind: "remove", path: this.path() })));
      } else break;
    }
    if (actions.length === 0) throw cursor.unexpected();
    checkOverlap(actions);
    const where = this.where();
    const returning = this.returning();
    return { kind: "update", table, actions, where, ...(returning && { returning }), slots: this.slots };
  }

  private assignment(): UpdateAction {
    const { cursor } = this;
    const path = this.path();
    cursor.needSymbol("=");
    for (const [name, kind] of [
      ["SET_ADD", "add"],
      ["SET_DELETE", "delete"],
    ] as const) {
      if (!this.isCall(name)) continue;
      return this.call(() => {
        const of = this.path();
        if (JSON.stringify(of) !== JSON.stringify(path)) {
          throw malformed(`the first argument of ${name.toLowerCase()} must be the attribute that is set`);
        }
        cursor.needSymbol(",");
        return { kind, path, value: this.value() };
      });
    }
    if (this.isCall("LIST_APPEND")) {
      return this.call(() => {
        const left = this.operand();
        cursor.needSymbol(",");
        return { kind: "set", path, value: { kind: "append", left, right: this.operand() } };
      });
    }
    const left = this.operand();
    const sign = cursor.takeSymbol("+") ? 1 : cursor.takeSymbol("-") ? -1 : undefined;
    if (sign === undefined) return { kind: "set", path, value: left };
    return { kind: "set", path, value: { kind: "sum", sign, left, right: this.operand() } };
  }

  private select(): Statement {
    const { cursor } = this;
    const paths = cursor.takeSymbol("*") ? undefined : cursor.list(() => this.path());
    cursor.needWord("FROM");
    const table = this.table();
    const where = cursor.isWord("WHERE") ? this.where() : undefined;
    if (cursor.isWord("ORDER")) throw notSupported("ORDER BY in a statement");
    return { kind: "select", table, paths, where, slots: this.slots };
  }

  statement(): Statement {
    const { cursor } = this;
    const statement = this.start();
    cursor.needEnd();
    return { ...statement, slots: this.slots };
  }

  private start(): Statement {
    const { cursor } = this;
    if (cursor.takeWord("INSERT")) return this.insert();
    if (cursor.takeWord("UPDATE")) return this.update();
    if (cursor.takeWord("SELECT")) return this.select();
    if (!cursor.takeWord("DELETE")) throw cursor.unexpected();
    cursor.needWord("FROM");
    const table = this.table();
    const where = this.where();
    const returning = this.returning();
    if (returning !== undefined && returning !== "ALL_OLD") throw malformed("DELETE returns ALL OLD * only");
    return { kind: "delete", table, where, ...(returning && { returning }), slots: this.slots };
  }
}

const MAX_STATEMENT = 8192;

/** Parsed statements by their text: programs send few texts, with parameters, and very often. */
const cache = new Map<string, Statement>();

/** @throws ValidationException for what is no statement or one that the laptop cloud does not know. */
export function parseStatement(text: unknown): Statement {
  if (typeof text !== "string" || text === "") throw validation("The statement can not be empty");
  const known = cache.get(text);
  if (known !== undefined) return known;
  if (text.length > MAX_STATEMENT) {
    throw validation(
      `1 validation error detected: Value at 'statement' failed to satisfy constraint: Member must have length less than or equal to ${MAX_STATEMENT}`,
    );
  }
  const statement = new Reader(text).statement();
  if (cache.size >= 5000) cache.clear();
  cache.set(text, statement);
  return statement;
}

/**
 * The expressions of item operations: ConditionExpression, FilterExpression, KeyConditionExpression, UpdateExpression and
 * ProjectionExpression, with their placeholders.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
 */
import { checked, type Attribute } from "./attribute";
import { checkTypes, type Condition, type Operand, type Values } from "./condition";
import { Cursor, readCondition, type Dialect, type Token } from "./cursor";
import { validation } from "./errors";
import { isReserved } from "./reserved";
import type { Path, Step } from "./path";
import { overlap, printPath } from "./path";
import { checkOverlap, type UpdateAction } from "./update";

export type ConditionName = "ConditionExpression" | "FilterExpression" | "KeyConditionExpression";
type ExpressionName = ConditionName | "UpdateExpression" | "ProjectionExpression";

const TOKEN =
  /\s+|(?<name>#[A-Za-z0-9_]+)|(?<value>:[A-Za-z0-9_]+)|(?<word>[A-Za-z][A-Za-z0-9_]*)|(?<number>\d+)|(?<symbol><>|<=|>=|[=<>+\-(),.[\]])|(?<other>[^])/gy;

const syntaxError = (expression: ExpressionName, token: string, near: string): Error =>
  validation(`Invalid ${expression}: Syntax error; token: "${token}", near: "${near}"`);

function tokens(text: string, expression: ExpressionName): Token[] {
  const found: Token[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const { name, value, word, number, symbol, other } = match.groups ?? {};
    const at = match.index;
    const push = (kind: Token["kind"], raw: string): void => void found.push({ kind, text: raw, raw, at });
    if (name !== undefined) push("name", name);
    else if (value !== undefined) push("value", value);
    else if (word !== undefined) push("word", word);
    else if (number !== undefined) push("number", number);
    else if (symbol !== undefined) push("symbol", symbol);
    else if (other !== undefined) throw syntaxError(expression, other, text.slice(Math.max(0, at - 5), at + 5));
  }
  found.push({ kind: "end", text: "<EOF>", raw: "<EOF>", at: text.length });
  return found;
}

/** A parsed expression. Slot n of its operands is the n-th of `slots`. */
interface Parsed<T> {
  readonly result: T;
  readonly slots: readonly string[];
  readonly names: readonly string[];
  readonly attributes: readonly string[];
}

class Reader {
  readonly cursor: Cursor;
  readonly slots: string[] = [];
  readonly used = new Set<string>();
  readonly attributes = new Set<string>();

  constructor(
    text: string,
    private readonly expression: ExpressionName,
    private readonly names: Readonly<Record<string, unknown>>,
  ) {
    this.cursor = new Cursor(tokens(text, expression), (token, near) => {
      const error = syntaxError(expression, token.raw, near);
      return validation(error.message);
    });
  }

  private name(): string {
    const { cursor } = this;
    if (cursor.token.kind === "name") {
      const placeholder = cursor.take().text;
      this.used.add(placeholder);
      const name = Object.hasOwn(this.names, placeholder) ? this.names[placeholder] : undefined;
      if (typeof name === "string") return name;
      throw validation(
        `Invalid ${this.expression}: An expression attribute name used in the document path is not defined; attribute name: ${placeholder}`,
      );
    }
    if (cursor.token.kind !== "word") throw cursor.unexpected();
    const word = cursor.take().text;
    if (isReserved(word)) {
      throw validation(`Invalid ${this.expression}: Attribute name is a reserved keyword; reserved keyword: ${word}`);
    }
    return word;
  }

  path(): Path {
    const { cursor } = this;
    const root = this.name();
    this.attributes.add(root);
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

  private slot(): Operand {
    const placeholder = this.cursor.take().text;
    const known = this.slots.indexOf(placeholder);
    return { kind: "slot", slot: known >= 0 ? known : this.slots.push(placeholder) - 1 };
  }

  isCall(name: string): boolean {
    const { cursor } = this;
    return cursor.token.kind === "word" && cursor.token.text === name && cursor.at(1).text === "(";
  }

  call<T>(argumentsOf: () => T): T {
    this.cursor.take();
    this.cursor.needSymbol("(");
    const result = argumentsOf();
    this.cursor.needSymbol(")");
    return result;
  }

  private operand(): Operand {
    if (this.cursor.token.kind === "value") return this.slot();
    if (this.isCall("size")) return this.call(() => ({ kind: "size", of: { kind: "path", path: this.path() } }));
    return { kind: "path", path: this.path() };
  }

  private functionCall(): Condition | undefined {
    const { cursor } = this;
    const second = (): Operand => {
      cursor.needSymbol(",");
      return this.operand();
    };
    if (this.isCall("attribute_exists")) return this.call(() => ({ kind: "exists", path: this.path(), wanted: true }));
    if (this.isCall("attribute_not_exists")) {
      return this.call(() => ({ kind: "exists", path: this.path(), wanted: false }));
    }
    if (this.isCall("attribute_type")) return this.call(() => ({ kind: "type", path: this.path(), type: second() }));
    if (this.isCall("begins_with")) {
      return this.call(() => ({ kind: "begins", value: this.operand(), prefix: second() }));
    }
    if (this.isCall("contains")) return this.call(() => ({ kind: "contains", value: this.operand(), part: second() }));
    if (cursor.token.kind === "word" && cursor.at(1).text === "(" && !this.isCall("size")) {
      throw validation(`Invalid ${this.expression}: Invalid function name; function: ${cursor.token.text}`);
    }
    return undefined;
  }

  condition(): Condition {
    const dialect: Dialect = {
      isPartiql: false,
      operand: () => this.operand(),
      functionCall: () => this.functionCall(),
    };
    const condition = readCondition(this.cursor, dialect);
    this.cursor.needEnd();
    return condition;
  }

  projection(): Path[] {
    const paths = this.cursor.list(() => this.path());
    this.cursor.needEnd();
    paths.forEach((path, index) => {
      const other = paths.slice(0, index).find((earlier) => overlap(earlier, path));
      if (other === undefined) return;
      throw validation(
        `Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: ${printPath(other)}, path two: ${printPath(path)}`,
      );
    });
    return paths;
  }

  private updateOperand(): Operand {
    const { cursor } = this;
    if (cursor.takeSymbol("(")) {
      const inner = this.updateValue();
      cursor.needSymbol(")");
      return inner;
    }
    if (this.isCall("if_not_exists")) {
      return this.call(() => {
        const path = this.path();
        cursor.needSymbol(",");
        return { kind: "ifNotExists", path, otherwise: this.updateOperand() };
      });
    }
    if (this.isCall("list_append")) {
      return this.call(() => {
        const left = this.updateOperand();
        cursor.needSymbol(",");
        return { kind: "append", left, right: this.updateOperand() };
      });
    }
    return cursor.token.kind === "value" ? this.slot() : { kind: "path", path: this.path() };
  }

  private updateValue(): Operand {
    const left = this.updateOperand();
    const sign = this.cursor.takeSymbol("+") ? 1 : this.cursor.takeSymbol("-") ? -1 : undefined;
    return sign === undefined ? left : { kind: "sum", sign, left, right: this.updateOperand() };
  }

  update(): UpdateAction[] {
    const { cursor } = this;
    const actions: UpdateAction[] = [];
    const seen = new Set<string>();
    while (cursor.token.kind !== "end") {
      const section = cursor.token.kind === "word" ? cursor.token.text.toUpperCase() : "";
      if (!["SET", "REMOVE", "ADD", "DELETE"].includes(section)) throw cursor.unexpected();
      if (seen.has(section)) {
        throw validation(
          `Invalid UpdateExpression: The "${section}" section can only be used once in an update expression;`,
        );
      }
      seen.add(section);
      cursor.take();
      actions.push(...cursor.list(() => this.action(section)));
    }
    if (actions.length === 0) throw validation("Invalid UpdateExpression: The expression can not be empty;");
    checkOverlap(actions);
    return actions;
  }

  private action(section: string): UpdateAction {
    const path = this.path();
    if (section === "REMOVE") return { kind: "remove", path };
    if (section === "SET") {
      this.cursor.needSymbol("=");
      return { kind: "set", path, value: this.updateValue() };
    }
    if (this.cursor.token.kind !== "value") throw this.cursor.unexpected();
    return { kind: section === "ADD" ? "add" : "delete", path, value: this.slot() };
  }
}

/** Parsed expressions by text and placeholders: a program has few, and uses them often. */
const cache = new Map<string, Parsed<unknown>>();

function parsed<T>(
  expression: ExpressionName,
  text: string,
  names: Readonly<Record<string, unknown>>,
  read: (reader: Reader) => T,
): Parsed<T> {
  const key = `${expression} ${text} ${JSON.stringify(names)}`;
  const known = cache.get(key);
  if (known !== undefined) return known as Parsed<T>; // the key begins with what it was parsed as
  if (text.length > 4096) {
    throw validation(
      `Invalid ${expression}: Expression size has exceeded the maximum allowed size; expression size: ${text.length}`,
    );
  }
  const reader = new Reader(text, expression, names);
  const { slots, used, attributes } = reader;
  const result = { result: read(reader), slots, names: [...used], attributes: [...attributes] };
  if (cache.size >= 1000) cache.clear();
  cache.set(key, result);
  return result;
}

export interface BoundCondition {
  readonly condition: Condition;
  readonly values: Values;
}

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The placeholders of one request, and which of them its expressions have used. */
export class Expressions {
  private readonly names: Readonly<Record<string, unknown>>;
  private readonly values: Readonly<Record<string, unknown>>;
  private readonly usedNames = new Set<string>();
  private readonly usedValues = new Set<string>();
  /** Of the item itself, that the expressions name or reach into. */
  readonly attributes = new Set<string>();

  constructor(input: { readonly ExpressionAttributeNames?: unknown; readonly ExpressionAttributeValues?: unknown }) {
    this.names = isTable(input.ExpressionAttributeNames) ? input.ExpressionAttributeNames : {};
    this.values = isTable(input.ExpressionAttributeValues) ? input.ExpressionAttributeValues : {};
  }

  private bind<T>(
    expression: ExpressionName,
    text: unknown,
    read: (reader: Reader) => T,
  ): { readonly result: T; readonly values: Values } {
    if (typeof text !== "string" || text === "") {
      throw validation(`Invalid ${expression}: The expression can not be empty;`);
    }
    const { result, slots, names, attributes } = parsed(expression, text, this.names, read);
    for (const name of names) this.usedNames.add(name);
    for (const name of attributes) this.attributes.add(name);
    const values = slots.map((slot): Attribute => {
      if (!Object.hasOwn(this.values, slot)) {
        throw validation(
          `Invalid ${expression}: An expression attribute value used in expression is not defined; attribute value: ${slot}`,
        );
      }
      this.usedValues.add(slot);
      return checked(this.values[slot]);
    });
    return { result, values };
  }

  condition(expression: ConditionName, text: unknown): BoundCondition | undefined {
    if (text === undefined) return undefined;
    const { result, values } = this.bind(expression, text, (reader) => reader.condition());
    checkTypes(result, values, expression);
    return { condition: result, values };
  }

  update(text: unknown): { readonly actions: readonly UpdateAction[]; readonly values: Values } | undefined {
    if (text === undefined) return undefined;
    const { result, values } = this.bind("UpdateExpression", text, (reader) => reader.update());
    return { actions: result, values };
  }

  projection(text: unknown): readonly Path[] | undefined {
    return text === undefined
      ? undefined
      : this.bind("ProjectionExpression", text, (reader) => reader.projection()).result;
  }

  /** Refuses placeholders that no expression has used. */
  finish(): void {
    const unused = (all: Readonly<Record<string, unknown>>, used: ReadonlySet<string>, what: string): void => {
      const left = Object.keys(all).filter((name) => !used.has(name));
      if (left.length > 0)
        throw validation(`Value provided in ${what} unused in expressions: keys: {${left.join(", ")}}`);
    };
    unused(this.names, this.usedNames, "ExpressionAttributeNames");
    unused(this.values, this.usedValues, "ExpressionAttributeValues");
  }
}

/**
 * Attribute values as the API writes them (`{ S: "..." }`), checked and brought to the form in which DynamoDB gives them
 * back. They are never changed once made: items, their older images and the records of streams share them.
 */
import type { AttributeValue } from "aws-lambda";
import { invalidValue, validation } from "./errors";
import { compareNumbers, normalNumber, numberSize } from "./number";

export type Attribute = AttributeValue;
export type AttributeType = "S" | "N" | "B" | "BOOL" | "NULL" | "SS" | "NS" | "BS" | "L" | "M";

const TYPES: readonly string[] = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"];
const MAX_DEPTH = 32;
const POOL_PLACES = 8192;
const POOLED_LENGTH = 24;

export const isAttributeType = (text: string): text is AttributeType => TYPES.includes(text);

export function typeOf(attribute: Attribute): AttributeType {
  for (const type in attribute) if (isAttributeType(type)) return type;
  throw new Error("an attribute without a type");
}

const NULL: Attribute = { NULL: true };
const TRUE: Attribute = { BOOL: true };
const FALSE: Attribute = { BOOL: false };

/**
 * One object for equal short values: columns with few distinct ones make up half of a table's memory. A value that meets
 * another one in its place takes it, so that nothing grows and nothing has to be hashed as a whole.
 */
class Pool {
  private readonly places: (Attribute | undefined)[] = new Array<undefined>(POOL_PLACES);

  constructor(
    private readonly type: "S" | "N",
    private readonly make: (text: string) => Attribute,
  ) {}

  get(text: string): Attribute {
    const { length } = text;
    if (length > POOLED_LENGTH) return this.make(text);
    const ends = length === 0 ? 0 : text.charCodeAt(0) * 31 + text.charCodeAt(length - 1) * 1009;
    const place = (length * 131 + ends + text.charCodeAt(length >> 1) * 8191) & (POOL_PLACES - 1);
    const known = this.places[place];
    if (known !== undefined && known[this.type] === text) return known;
    return (this.places[place] = this.make(text));
  }
}
const strings = new Pool("S", (text) => ({ S: text }));
const numbers = new Pool("N", (text) => ({ N: text }));

export const stringAttribute = (text: string): Attribute => strings.get(text);
export const numberAttribute = (text: string): Attribute => numbers.get(normalNumber(text));
export const booleanAttribute = (value: boolean): Attribute => (value ? TRUE : FALSE);
export const nullAttribute = (): Attribute => NULL;

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  throw validation("Supplied AttributeValue has a value of another type than its name says");
}

function base64(value: unknown): string {
  const text = textOf(value);
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) {
    throw validation("Supplied AttributeValue is no valid base64");
  }
  return text;
}

function members(value: unknown, type: "SS" | "NS" | "BS"): string[] {
  if (!Array.isArray(value)) throw validation("Supplied AttributeValue has a value of another type than its name says");
  if (value.length === 0) {
    throw invalidValue(`An ${{ SS: "string", NS: "number", BS: "binary" }[type]} set  may not be empty`);
  }
  const read = { SS: textOf, NS: (member: unknown) => normalNumber(textOf(member)), BS: base64 }[type];
  const list = value.map(read);
  if (new Set(list).size < list.length) {
    throw type === "SS"
      ? invalidValue(`Input collection [${list.join(", ")}] contains duplicates.`)
      : validation("Input collection contains duplicates");
  }
  return list;
}

/**
 * Reads an attribute value of a request.
 * @throws ValidationException for what is no attribute value, and for numbers and sets that DynamoDB does not take.
 */
export function checked(value: unknown, depth = 0): Attribute {
  if (typeof value !== "object" || value === null) {
    throw validation("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
  }
  let type: string | undefined;
  let content: unknown;
  const given = value as Record<string, unknown>; // an object; each member is checked below
  for (const name in given) {
    if (given[name] === undefined || given[name] === null) continue;
    if (type !== undefined) {
      throw validation(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
      );
    }
    type = name;
    content = given[name];
  }
  if (depth > MAX_DEPTH) throw validation("Nesting Levels have exceeded supported limits");
  switch (type) {
    case "S":
      return strings.get(textOf(content));
    case "N":
      return numbers.get(normalNumber(textOf(content)));
    case "BOOL":
      if (typeof content !== "boolean") break;
      return content ? TRUE : FALSE;
    case "NULL":
      if (content !== true) throw invalidValue("Null attribute value types must have the value of true");
      return NULL;
    case "B":
      return { B: base64(content) };
    case "SS":
      return { SS: members(content, type) };
    case "NS":
      return { NS: members(content, type) };
    case "BS":
      return { BS: members(content, type) };
    case "L":
      if (!Array.isArray(content)) break;
      return { L: content.map((member) => checked(member, depth + 1)) };
    case "M":
      if (typeof content !== "object" || content === null || Array.isArray(content)) break;
      return {
        M: Object.fromEntries(Object.entries(content).map(([name, member]) => [name, checked(member, depth + 1)])),
      };
  }
  throw validation("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
}

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  if (text.length > 200) return Buffer.byteLength(text);
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // Both halves of a surrogate pair together make four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
}

const base64Size = (text: string): number => Buffer.byteLength(text, "base64");
const sum = (list: readonly string[], size: (member: string) => number): number =>
  list.reduce((total, member) => total + size(member), 0);

/**
 * Bytes of a value, without the attribute's name.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function sizeOf(attribute: Attribute): number {
  if (attribute.S !== undefined) return utf8Length(attribute.S);
  if (attribute.N !== undefined) return numberSize(attribute.N);
  if (attribute.B !== undefined) return base64Size(attribute.B);
  if (attribute.SS !== undefined) return sum(attribute.SS, utf8Length);
  if (attribute.NS !== undefined) return sum(attribute.NS, numberSize);
  if (attribute.BS !== undefined) return sum(attribute.BS, base64Size);
  if (attribute.L !== undefined) return attribute.L.reduce((total, member) => total + 1 + sizeOf(member), 3);
  if (attribute.M !== undefined) {
    return Object.entries(attribute.M).reduce(
      (total, [name, member]) => total + 1 + utf8Length(name) + sizeOf(member),
      3,
    );
  }
  return 1;
}

const sameMembers = (a: readonly string[], b: readonly string[]): boolean => {
  if (a.length !== b.length) return false;
  const known = new Set(a);
  return b.every((member) => known.has(member));
};

export function equal(a: Attribute, b: Attribute): boolean {
  if (a === b) return true;
  if (a.S !== undefined) return a.S === b.S;
  if (a.N !== undefined) return a.N === b.N;
  if (a.B !== undefined) return a.B === b.B;
  if (a.BOOL !== undefined) return a.BOOL === b.BOOL;
  if (a.NULL !== undefined) return b.NULL !== undefined;
  if (a.SS !== undefined) return b.SS !== undefined && sameMembers(a.SS, b.SS);
  if (a.NS !== undefined) return b.NS !== undefined && sameMembers(a.NS, b.NS);
  if (a.BS !== undefined) return b.BS !== undefined && sameMembers(a.BS, b.BS);
  if (a.L !== undefined) {
    const [left, right] = [a.L, b.L];
    return right?.length === left.length && left.every((member, index) => same(member, right[index]));
  }
  const [left, right] = [a.M, b.M];
  if (left === undefined || right === undefined) return false;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && same(left[name], right[name]))
  );
}

const same = (a: Attribute | undefined, b: Attribute | undefined): boolean =>
  a !== undefined && b !== undefined && equal(a, b);

/** Compares texts by their UTF-8 bytes, which differs from comparing UTF-16 beyond the BMP. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x === y) continue;
    return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xe000;

/** Compares two values that have an order; undefined where they have none or are of two types. */
export function compare(a: Attribute, b: Attribute): number | undefined {
  if (a.S !== undefined && b.S !== undefined) return compareText(a.S, b.S);
  if (a.N !== undefined && b.N !== undefined) return compareNumbers(a.N, b.N);
  if (a.B !== undefined && b.B !== undefined) {
    return Buffer.compare(Buffer.from(a.B, "base64"), Buffer.from(b.B, "base64"));
  }
  return undefined;
}

/**
 * Conditions and the operands they compare: what ConditionExpression, FilterExpression and PartiQL's WHERE are parsed to.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 */
import { compare, equal, numberAttribute, typeOf, utf8Length, type Attribute, type AttributeType } from "./attribute";
import { notSupported, validation } from "./errors";
import type { Item } from "./item";
import { addNumbers } from "./number";
import { valueAtPath, type Path } from "./path";

/** Where a value comes from. A slot is a place in the list of values that the request gives with the text. */
export type Operand =
  | { readonly kind: "path"; readonly path: Path }
  | { readonly kind: "slot"; readonly slot: number }
  | { readonly kind: "constant"; readonly value: Attribute }
  | { readonly kind: "size"; readonly of: Operand }
  | { readonly kind: "ifNotExists"; readonly path: Path; readonly otherwise: Operand }
  | { readonly kind: "append"; readonly left: Operand; readonly right: Operand }
  | { readonly kind: "sum"; readonly sign: 1 | -1; readonly left: Operand; readonly right: Operand }
  | { readonly kind: "list"; readonly members: readonly Operand[] }
  | { readonly kind: "map"; readonly members: readonly (readonly [string, Operand])[] }
  | { readonly kind: "set"; readonly members: readonly Operand[] };

export type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">=";

export type Condition =
  | { readonly kind: "and" | "or"; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly part: Condition }
  | { readonly kind: "compare"; readonly by: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: "between"; readonly value: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: "in"; readonly value: Operand; readonly list: readonly Operand[] }
  | { readonly kind: "exists"; readonly path: Path; readonly wanted: boolean }
  | { readonly kind: "type"; readonly path: Path; readonly type: Operand }
  | { readonly kind: "begins"; readonly value: Operand; readonly prefix: Operand }
  | { readonly kind: "contains"; readonly value: Operand; readonly part: Operand };

export type Values = readonly Attribute[];

/** The operand's value for an item; undefined where the item has none. */
export function valueOf(operand: Operand, item: Item | undefined, values: Values): Attribute | undefined {
  switch (operand.kind) {
    case "path":
      return valueAtPath(item, operand.path);
    case "slot":
      return values[operand.slot];
    case "constant":
      return operand.value;
    case "size": {
      const value = valueOf(operand.of, item, values);
      const size = value === undefined ? undefined : lengthOf(value);
      return size === undefined ? undefined : numberAttribute(String(size));
    }
    case "ifNotExists":
      return valueAtPath(item, operand.path) ?? valueOf(operand.otherwise, item, values);
    case "append": {
      const [left, right] = [operand.left, operand.right].map((side) => existing(side, item, values).L);
      if (left === undefined || right === undefined) throw wrongType("list_append");
      return { L: [...left, ...right] };
    }
    case "sum": {
      const [left, right] = [operand.left, operand.right].map((side) => existing(side, item, values).N);
      if (left === undefined || right === undefined) throw wrongType(operand.sign === 1 ? "+" : "-");
      return numberAttribute(addNumbers(left, right, operand.sign));
    }
    case "list":
      return { L: operand.members.map((member) => existing(member, item, values)) };
    case "map":
      return { M: Object.fromEntries(operand.members.map(([name, of]) => [name, existing(of, item, values)])) };
    case "set":
      return setOf(operand.members.map((member) => existing(member, item, values)));
  }
}

function existing(operand: Operand, item: Item | undefined, values: Values): Attribute {
  const value = valueOf(operand, item, values);
  if (value === undefined) {
    throw validation("The provided expression refers to an attribute that does not exist in the item");
  }
  return value;
}

const wrongType = (operation: string): Error =>
  validation(
    `An operand in the update expression has an incorrect data type for the operation: ${operation} of another type`,
  );

function setOf(members: readonly Attribute[]): Attribute {
  for (const type of ["S", "N", "B"] as const) {
    const texts = members.flatMap((member) => member[type] ?? []);
    if (texts.length === members.length && texts.length > 0) {
      const distinct = [...new Set(texts)];
      return type === "S" ? { SS: distinct } : type === "N" ? { NS: distinct } : { BS: distinct };
    }
  }
  throw validation("A set holds strings, numbers or binary values, all of one type, and at least one");
}

function lengthOf(value: Attribute): number | undefined {
  if (value.S !== undefined) return utf8Length(value.S);
  if (value.B !== undefined) return Buffer.byteLength(value.B, "base64");
  const members = value.SS ?? value.NS ?? value.BS ?? value.L;
  if (members !== undefined) return members.length;
  return value.M === undefined ? undefined : Object.keys(value.M).length;
}

/** Whether the condition holds for an item; undefined is an item that does not exist. */
export function holds(condition: Condition, item: Item | undefined, values: Values): boolean {
  switch (condition.kind) {
    case "and":
      return condition.parts.every((part) => holds(part, item, values));
    case "or":
      return condition.parts.some((part) => holds(part, item, values));
    case "not":
      return !holds(condition.part, item, values);
    case "compare":
      return compares(condition.by, valueOf(condition.left, item, values), valueOf(condition.right, item, values));
    case "between": {
      const value = valueOf(condition.value, item, values);
      return (
        compares(">=", value, valueOf(condition.low, item, values)) &&
        compares("<=", value, valueOf(condition.high, item, values))
      );
    }
    case "in": {
      const value = valueOf(condition.value, item, values);
      return condition.list.some((member) => compares("=", value, valueOf(member, item, values)));
    }
    case "exists":
      return (valueAtPath(item, condition.path) !== undefined) === condition.wanted;
    case "type": {
      const value = valueAtPath(item, condition.path);
      return value !== undefined && typeOf(value) === valueOf(condition.type, item, values)?.S;
    }
    case "begins": {
      const [value, prefix] = [condition.value, condition.prefix].map((side) => valueOf(side, item, values));
      if (value?.S !== undefined && prefix?.S !== undefined) return value.S.startsWith(prefix.S);
      if (value?.B === undefined || prefix?.B === undefined) return false;
      const [bytes, start] = [Buffer.from(value.B, "base64"), Buffer.from(prefix.B, "base64")];
      return bytes.subarray(0, start.length).equals(start);
    }
    case "contains": {
      const [value, part] = [condition.value, condition.part].map((side) => valueOf(side, item, values));
      return value !== undefined && part !== undefined && contains(value, part);
    }
  }
}

function compares(by: Comparator, left: Attribute | undefined, right: Attribute | undefined): boolean {
  // What is not there differs from everything.
  if (left === undefined || right === undefined) return by === "<>";
  if (by === "=") return equal(left, right);
  if (by === "<>") return !equal(left, right);
  const order = compare(left, right);
  if (order === undefined) return false;
  return by === "<" ? order < 0 : by === "<=" ? order <= 0 : by === ">" ? order > 0 : order >= 0;
}

function contains(value: Attribute, part: Attribute): boolean {
  if (value.S !== undefined) return part.S !== undefined && value.S.includes(part.S);
  if (value.B !== undefined) {
    return part.B !== undefined && Buffer.from(value.B, "base64").includes(Buffer.from(part.B, "base64"));
  }
  if (value.SS !== undefined) return part.S !== undefined && value.SS.includes(part.S);
  if (value.NS !== undefined) return part.N !== undefined && value.NS.includes(part.N);
  if (value.BS !== undefined) return part.B !== undefined && value.BS.includes(part.B);
  return value.L?.some((member) => equal(member, part)) ?? false;
}

/** The operands that stand in a condition. */
export function operandsOf(condition: Condition): readonly Operand[] {
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.parts.flatMap(operandsOf);
    case "not":
      return operandsOf(condition.part);
    case "compare":
      return [condition.left, condition.right];
    case "between":
      return [condition.value, condition.low, condition.high];
    case "in":
      return [condition.value, ...condition.list];
    case "exists":
      return [{ kind: "path", path: condition.path }];
    case "type":
      return [{ kind: "path", path: condition.path }, condition.type];
    case "begins":
      return [condition.value, condition.prefix];
    case "contains":
      return [condition.value, condition.part];
  }
}

/** "The list can contain up to 100 values" (DynamoDB guide, "Comparison operator and function reference"). */
const MAX_IN = 100;
const ORDERED: readonly AttributeType[] = ["S", "N", "B"];

/** Refuses values whose type can never fit the operator, as DynamoDB does before it looks at any item. */
export function checkTypes(condition: Condition, values: Values, expression: string): void {
  const refuse = (operation: string, type: string): never => {
    throw validation(
      `Invalid ${expression}: Incorrect operand type for operator or function; operator or function: ${operation}, operand type: ${type}`,
    );
  };
  const ordered = (operation: string, operands: readonly Operand[], types: readonly AttributeType[]): void => {
    for (const operand of operands) {
      const value = operand.kind === "slot" ? values[operand.slot] : undefined;
      if (value !== undefined && !types.includes(typeOf(value))) refuse(operation, typeOf(value));
    }
  };
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.parts.forEach((part) => checkTypes(part, values, expression));
    case "not":
      return checkTypes(condition.part, values, expression);
    case "compare":
      if (condition.by !== "=" && condition.by !== "<>") {
        ordered(condition.by, [condition.left, condition.right], ORDERED);
      }
      return;
    case "between":
      return ordered("BETWEEN", [condition.value, condition.low, condition.high], ORDERED);
    case "begins":
      return ordered("begins_with", [condition.value, condition.prefix], ["S", "B"]);
    case "type":
      return ordered("attribute_type", [condition.type], ["S"]);
    case "in":
      if (condition.list.length > MAX_IN) {
        throw validation(
          `Invalid ${expression}: The IN operator is provided with too many operands; number of operands: ${condition.list.length}`,
        );
      }
      return;
    case "exists":
    case "contains":
      return;
    default:
      throw notSupported("this condition");
  }
}

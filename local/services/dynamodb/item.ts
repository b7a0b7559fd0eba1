/**
 * An item in memory: the list of its attributes' names, shared by all items that have the same ones, and their values. A
 * plain object per item would take twice the memory. An item is never changed: a write makes a new one, which shares the
 * values that stay.
 */
import { equal, sizeOf, utf8Length, type Attribute } from "./attribute";

const UNSET: Attribute = { NULL: true };

/** The names of an item's attributes, in the order in which they were set. */
class Shape {
  readonly index: ReadonlyMap<string, number>;
  private template: Attributes | undefined;
  private readonly longer = new Map<string, Shape>();
  private readonly shorter = new Map<number, Shape>();

  constructor(readonly names: readonly string[]) {
    this.index = new Map(names.map((name, at) => [name, at]));
  }

  with(name: string): Shape {
    let shape = this.longer.get(name);
    if (shape === undefined) this.longer.set(name, (shape = new Shape([...this.names, name])));
    return shape;
  }

  /** An object with all the names: a copy of one is made faster than one that grows name by name. */
  blank(): Attributes {
    this.template ??= Object.fromEntries(this.names.map((name): [string, Attribute] => [name, UNSET]));
    return { ...this.template };
  }

  without(at: number): Shape {
    let shape = this.shorter.get(at);
    if (shape === undefined) {
      shape = this.names.reduce((made, name, index) => (index === at ? made : made.with(name)), EMPTY);
      this.shorter.set(at, shape);
    }
    return shape;
  }
}
const EMPTY: Shape = new Shape([]);

export interface Item {
  readonly shape: Shape;
  readonly values: readonly Attribute[];
  /** Its size as DynamoDB counts it. */
  readonly bytes: number;
}

export type Attributes = Record<string, Attribute>;

export const NO_ATTRIBUTES: Item = { shape: EMPTY, values: [], bytes: 0 };

export function attributeOf(item: Item, name: string): Attribute | undefined {
  const at = item.shape.index.get(name);
  return at === undefined ? undefined : item.values[at];
}

/** What a write does to one attribute: gives it a value, or removes it. */
export interface Assignment {
  readonly name: string;
  readonly value: Attribute | undefined;
}

/** The item after the assignments; the same one if they change nothing. */
export function assign(item: Item, assignments: readonly Assignment[]): Item {
  let { shape, bytes } = item;
  let values: Attribute[] | undefined;
  let grown = false;
  for (const { name, value } of assignments) {
    const at = shape.index.get(name);
    const before = at === undefined ? undefined : (values ?? item.values)[at];
    if (value === undefined) {
      if (at === undefined || before === undefined) continue;
      values ??= item.values.slice();
      values.splice(at, 1);
      shape = shape.without(at);
      bytes -= utf8Length(name) + sizeOf(before);
    } else if (at === undefined || before === undefined) {
      values ??= item.values.slice();
      values.push(value);
      grown = true;
      shape = shape.with(name);
      bytes += utf8Length(name) + sizeOf(value);
    } else if (!equal(before, value)) {
      values ??= item.values.slice();
      values[at] = value;
      bytes += sizeOf(value) - sizeOf(before);
    }
  }
  if (values === undefined) return item;
  // An array that has grown holds room for half as many more; a copy has none.
  return { shape, values: grown ? values.slice() : values, bytes };
}

export function itemOf(attributes: Readonly<Attributes>): Item {
  return assign(
    NO_ATTRIBUTES,
    Object.entries(attributes).map(([name, value]) => ({ name, value })),
  );
}

/** The item as the API writes it. */
export function written(item: Item): Attributes {
  const { names } = item.shape;
  const attributes = item.shape.blank();
  for (let at = 0; at < names.length; at += 1) attributes[names[at] ?? ""] = valueAt(item, at);
  return attributes;
}

function valueAt(item: Item, at: number): Attribute {
  const value = item.values[at];
  if (value === undefined) throw new Error(`an item without its attribute ${item.shape.names[at]}`);
  return value;
}

export function sameItem(a: Item | undefined, b: Item | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.bytes !== b.bytes || a.values.length !== b.values.length) return false;
  return a.shape.names.every((name, at) => {
    const other = attributeOf(b, name);
    return other !== undefined && equal(valueAt(a, at), other);
  });
}

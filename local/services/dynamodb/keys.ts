/** Primary keys: the attributes that name an item, checked against the table's schema. */
import { utf8Length, type Attribute } from "./attribute";
import { invalidValue, validation } from "./errors";
import { attributeOf, type Attributes, type Item } from "./item";

export type KeyType = "S" | "N" | "B";

export interface KeyAttribute {
  readonly name: string;
  readonly type: KeyType;
}

export interface KeySchema {
  readonly hash: KeyAttribute;
  readonly range?: KeyAttribute;
}

export interface Key {
  /** The partition key's value as text; its type is the table's. */
  readonly hash: string;
  readonly range?: Attribute;
  /** Both as one text, to tell items apart. */
  readonly text: string;
  /** 32 bits of the partition key's hash. */
  readonly place: number;
}

export const keyAttributes = ({ hash, range }: KeySchema): readonly KeyAttribute[] =>
  range === undefined ? [hash] : [hash, range];

export const isKey = (schema: KeySchema, name: string): boolean =>
  schema.hash.name === name || schema.range?.name === name;

/** FNV-1a over the UTF-16 units: spreads keys over buckets and shards. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  // The low bits alone decide little of the high ones: mix once more.
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

const valueText = (attribute: Attribute): string => attribute.S ?? attribute.N ?? attribute.B ?? "";

function sized(attribute: Attribute, { name }: KeyAttribute, isRange: boolean): void {
  const bytes =
    attribute.S !== undefined
      ? utf8Length(attribute.S)
      : attribute.B !== undefined
        ? Buffer.byteLength(attribute.B, "base64")
        : 1;
  if (bytes === 0) {
    const type = attribute.S !== undefined ? "string" : "binary";
    throw validation(
      `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${type} value. Key: ${name}`,
    );
  }
  if (!isRange && bytes > 2048) {
    throw invalidValue("Size of hashkey has exceeded the maximum size limit of2048 bytes");
  }
  if (isRange && bytes > 1024) {
    throw invalidValue("Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
  }
}

const TEXT_TYPE = (attribute: Attribute): string => Object.keys(attribute)[0] ?? "";

function madeOf(schema: KeySchema, hash: Attribute, range: Attribute | undefined): Key {
  sized(hash, schema.hash, false);
  const text = valueText(hash);
  const place = hashOf(text);
  if (schema.range === undefined || range === undefined) return { hash: text, text, place };
  sized(range, schema.range, true);
  return { hash: text, range, text: `${text.length}:${text}${valueText(range)}`, place };
}

/** The key of an item to be stored. */
export function keyOfItem(schema: KeySchema, item: Item): Key {
  const read = (key: KeyAttribute): Attribute => {
    const value = attributeOf(item, key.name);
    if (value === undefined) throw invalidValue(`Missing the key ${key.name} in the item`);
    if (value[key.type] === undefined) {
      throw invalidValue(`Type mismatch for key ${key.name} expected: ${key.type} actual: ${TEXT_TYPE(value)}`);
    }
    return value;
  };
  return madeOf(schema, read(schema.hash), schema.range === undefined ? undefined : read(schema.range));
}

/** The key that a request names an item by: all key attributes and no others. */
export function keyOf(schema: KeySchema, attributes: Readonly<Attributes>): Key {
  const keys = keyAttributes(schema);
  const names = Object.keys(attributes);
  if (names.length !== keys.length) throw validation("The number of conditions on the keys is invalid");
  const [hash, range] = keys.map(({ name, type }) => {
    const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (value?.[type] === undefined) throw validation("The provided key element does not match the schema");
    return value;
  });
  if (hash === undefined) throw new Error("a schema without a partition key");
  return madeOf(schema, hash, range);
}

/** The place of a partition key alone. */
export function partitionOf(schema: KeySchema, hash: Attribute): Pick<Key, "hash" | "place"> {
  sized(hash, schema.hash, false);
  const text = valueText(hash);
  return { hash: text, place: hashOf(text) };
}

/** The key attributes of an item, as streams and page markers name it. */
export function keyPart(schema: KeySchema, item: Item): Attributes {
  return Object.fromEntries(
    keyAttributes(schema).flatMap(({ name }): [string, Attribute][] => {
      const value = attributeOf(item, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

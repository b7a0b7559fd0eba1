/**
 * The columns that a Parquet file has, which a catalog's table need not show. They stand in the file's footer, a structure of
 * Thrift's compact protocol, followed by its length and "PAR1" (parquet-format, README and parquet.thrift;
 * thrift, doc/specs/thrift-compact-protocol.md).
 */

/** After the footer: four bytes of length, four of magic. */
const AFTER_FOOTER = 8;

/** Field of `FileMetaData`. */
const SCHEMA = 2;
/** Fields of `SchemaElement`. */
const NAME = 4;
const CHILDREN = 5;

type Value = number | string | readonly Value[] | ReadonlyMap<number, Value> | undefined;

/** Fields by their id. @param last the field after which the rest is of no interest */
function readStruct(bytes: Buffer, last: number): Map<number, Value> {
  let at = 0;
  const skip = (count: number): undefined => {
    at += count;
    if (at > bytes.length) throw new Error("its footer ends too early");
  };
  const byte = (): number => {
    skip(1);
    return bytes[at - 1] ?? 0;
  };
  const varint = (): number => {
    let result = 0;
    for (let factor = 1; ; factor *= 128) {
      const next = byte();
      result += (next & 127) * factor;
      if (next < 128) return result;
    }
  };
  const zigzag = (): number => {
    const number = varint();
    return number % 2 === 0 ? number / 2 : -(number + 1) / 2;
  };
  // Declared functions: they need each other, and Pulumi takes a constant that is used above its line for one from outside.
  function list(): Value[] {
    const header = byte();
    const size = header >> 4 === 15 ? varint() : header >> 4;
    return Array.from({ length: size }, () => value(header & 15));
  }
  const text = (): string => {
    const length = varint();
    skip(length);
    return bytes.toString("utf8", at - length, at);
  };
  function value(type: number): Value {
    if (type === 4 || type === 5 || type === 6) return zigzag();
    if (type === 7) return skip(8);
    if (type === 8) return text();
    if (type === 9 || type === 10) return list();
    if (type === 12) return struct(Infinity);
    // One byte, and a boolean in a list.
    if (type === 1 || type === 2 || type === 3) return byte();
    throw new Error(`its footer has a value of Thrift's type ${type} before the schema`);
  }
  function struct(end: number): Map<number, Value> {
    const fields = new Map<number, Value>();
    for (let id = 0; id < end;) {
      const header = byte();
      if (header === 0) break;
      const delta = header >> 4;
      id = delta === 0 ? zigzag() : id + delta;
      const type = header & 15;
      // A boolean of a struct is its type.
      fields.set(id, type === 1 || type === 2 ? undefined : value(type));
    }
    return fields;
  }
  return struct(last);
}

/** How many of a file's last bytes hold its footer, by its last ones. */
export function footerBytes(tail: Uint8Array): number {
  const end = Buffer.from(tail).subarray(-AFTER_FOOTER);
  if (end.length < AFTER_FOOTER || end.toString("latin1", 4) !== "PAR1") throw new Error("it is no Parquet file");
  return end.readUInt32LE(0) + AFTER_FOOTER;
}

/**
 * The names of the top-level columns, in order.
 * @param tail the last bytes of a file, `footerBytes` of them at least
 * @throws Error if it is no footer
 */
export function parquetColumns(tail: Uint8Array): string[] {
  const length = footerBytes(tail);
  if (tail.length < length) throw new Error("its footer ends too early");
  const footer = Buffer.from(tail).subarray(-length, -AFTER_FOOTER);
  const schema = readStruct(footer, SCHEMA).get(SCHEMA);
  const elements = Array.isArray(schema) ? schema : [];
  const names: string[] = [];
  // Depth first: an element, then its children. The first one is the root.
  let at = 1;
  const subtree = (): void => {
    const element = elements[at++];
    const children = element instanceof Map ? element.get(CHILDREN) : undefined;
    for (let child = 0; typeof children === "number" && child < children; child += 1) subtree();
  };
  while (at < elements.length) {
    const element = elements[at];
    names.push(String(element instanceof Map ? element.get(NAME) : ""));
    subtree();
  }
  return names;
}

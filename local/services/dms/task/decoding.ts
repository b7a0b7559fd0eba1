/**
 * Reads the messages of PostgreSQL's test_decoding plugin, which DMS uses where pglogical is not installed.
 * PostgreSQL, contrib/test_decoding: `table public.foo: UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:2 name[text]:'x'`
 */

/** A column's text; null; undefined if it is an unchanged large value that the log does not hold. */
export type Value = string | null | undefined;

export interface ColumnName {
  readonly name: string;
  readonly pgType: string;
}

/** The columns of a tuple, in the order in which the log has them. A table keeps its shape until it is altered. */
export interface Shape {
  readonly columns: readonly ColumnName[];
  /** What stands before each value, the blank between two included. */
  readonly prefixes: readonly string[];
}

export interface Tuple {
  readonly shape: Shape;
  readonly values: readonly Value[];
}

export type RowMessage =
  | { readonly operation: "insert"; readonly new: Tuple }
  | { readonly operation: "update"; readonly new: Tuple; readonly old?: Tuple }
  /** Without `old` the log does not say which row: the table has no replica identity. */
  | { readonly operation: "delete"; readonly old?: Tuple };

const UNCHANGED = "unchanged-toast-datum";

/** End of a name at `from`, which may be in double quotes and qualified. */
function nameEnd(text: string, from: number): number {
  let at = from;
  for (;;) {
    if (text[at] === '"') {
      at += 1;
      while (text[at] !== '"' || text[at + 1] === '"') {
        if (at >= text.length) throw new Error(`test_decoding: a name without end in "${text.slice(0, 80)}"`);
        at += text[at] === '"' ? 2 : 1;
      }
      at += 1;
    } else {
      while (at < text.length && !/[.:,[ ]/.test(text.charAt(at))) at += 1;
    }
    if (text[at] !== ".") return at;
    at += 1;
  }
}

const unquote = (name: string): string => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name);

const PREFIX = "table ";

/** The quoted name of the table whose row a message is about; undefined for other messages, TRUNCATE among them. */
export function tableOf(text: string): { readonly table: string; readonly bodyAt: number } | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  // Hardly any name is quoted.
  let end = text.indexOf(":", PREFIX.length);
  if (text.slice(PREFIX.length, end).includes('"')) end = nameEnd(text, PREFIX.length);
  const table = text.slice(PREFIX.length, end);
  if (text[end] !== ":" || text.startsWith(": TRUNCATE:", end)) return undefined;
  return { table, bodyAt: end + 2 };
}

/** The tables of a TRUNCATE message; empty if it is another one. */
export function truncatedTables(text: string): string[] {
  const tables: string[] = [];
  let at = PREFIX.length;
  for (;;) {
    const end = nameEnd(text, at);
    tables.push(text.slice(at, end));
    if (text[end] !== ",") return text.startsWith(": TRUNCATE:", end) ? tables : [];
    at = end + 2;
  }
}

const NEW_TUPLE = "new-tuple: ";

/** Reads tuples of one table. Not to be shared between tables. */
export class TupleReader {
  private readonly shapes = new Map<string, Shape>();
  private newShape: Shape | undefined;
  private oldShape: Shape | undefined;
  private at = 0;

  /** @throws Error if the text is none of test_decoding's row messages. */
  read(text: string, bodyAt: number): RowMessage {
    if (text.startsWith("INSERT: ", bodyAt)) {
      return { operation: "insert", new: this.newTuple(text, bodyAt + 8) };
    }
    if (text.startsWith("UPDATE: ", bodyAt)) {
      const from = bodyAt + 8;
      if (!text.startsWith("old-key: ", from)) return { operation: "update", new: this.newTuple(text, from) };
      const old = this.oldTuple(text, from + 9);
      if (!text.startsWith(NEW_TUPLE, this.at)) throw new Error("test_decoding: an update without a new tuple");
      return { operation: "update", old, new: this.newTuple(text, this.at + NEW_TUPLE.length) };
    }
    if (text.startsWith("DELETE: ", bodyAt)) {
      const from = bodyAt + 8;
      if (text.startsWith("(no-tuple-data)", from)) return { operation: "delete" };
      return { operation: "delete", old: this.oldTuple(text, from) };
    }
    throw new Error(`test_decoding: "${text.slice(0, 80)}" is no change of a row`);
  }

  private newTuple(text: string, from: number): Tuple {
    const tuple = (this.newShape && this.known(text, from, this.newShape)) ?? this.tuple(text, from);
    this.newShape = tuple.shape;
    return tuple;
  }

  private oldTuple(text: string, from: number): Tuple {
    const tuple = (this.oldShape && this.known(text, from, this.oldShape)) ?? this.tuple(text, from);
    this.oldShape = tuple.shape;
    return tuple;
  }

  /** Most tuples have the shape of the one before, and then their columns need not be read. */
  private known(text: string, from: number, shape: Shape): Tuple | undefined {
    const values: Value[] = [];
    this.at = from;
    for (const prefix of shape.prefixes) {
      if (!text.startsWith(prefix, this.at)) return undefined;
      this.at += prefix.length;
      values.push(this.value(text));
    }
    if (this.at === text.length) return { shape, values };
    this.at += 1;
    return text.startsWith(NEW_TUPLE, this.at) ? { shape, values } : undefined;
  }

  private tuple(text: string, from: number): Tuple {
    const columns: ColumnName[] = [];
    const prefixes: string[] = [];
    const values: Value[] = [];
    this.at = from;
    while (this.at < text.length && !text.startsWith(NEW_TUPLE, this.at)) {
      const bracket = nameEnd(text, this.at);
      const end = text.indexOf("]:", bracket);
      if (text[bracket] !== "[" || end < 0) throw new Error(`test_decoding: no column at "${text.slice(this.at, 80)}"`);
      columns.push({ name: unquote(text.slice(this.at, bracket)), pgType: text.slice(bracket + 1, end) });
      prefixes.push((prefixes.length === 0 ? "" : " ") + text.slice(this.at, end + 2));
      this.at = end + 2;
      values.push(this.value(text));
      if (text[this.at] === " ") this.at += 1;
    }
    const signature = prefixes.join("");
    let shape = this.shapes.get(signature);
    if (shape === undefined) this.shapes.set(signature, (shape = { columns, prefixes }));
    return { shape, values };
  }

  private value(text: string): Value {
    const start = this.at;
    if (text.charCodeAt(start) === 39) return this.quoted(text, start + 1);
    if (text.startsWith("B'", start)) return this.quoted(text, start + 2);
    const blank = text.indexOf(" ", start);
    const end = blank < 0 ? text.length : blank;
    this.at = end;
    const value = text.slice(start, end);
    return value === "null" ? null : value === UNCHANGED ? undefined : value;
  }

  private quoted(text: string, start: number): string {
    let end = start;
    let doubled = false;
    for (;;) {
      end = text.indexOf("'", end);
      if (end < 0) throw new Error("test_decoding: a value without end");
      if (text.charCodeAt(end + 1) !== 39) break;
      doubled = true;
      end += 2;
    }
    this.at = end + 1;
    const value = text.slice(start, end);
    return doubled ? value.replaceAll("''", "'") : value;
  }
}

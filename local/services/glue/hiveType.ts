/** Hive's column types, as Athena reads them: https://docs.aws.amazon.com/athena/latest/ug/data-types.html */

const PRIMITIVES = new Set([
  "boolean",
  "tinyint",
  "smallint",
  "int",
  "bigint",
  "float",
  "double",
  "string",
  "binary",
  "date",
  "timestamp",
]);

/** The end of the type that begins at `start`, or -1 if none does. */
function typeEnd(text: string, start: number): number {
  const word = /^[a-z]+/.exec(text.slice(start))?.[0] ?? "";
  const after = start + word.length;
  if (PRIMITIVES.has(word)) return after;
  const rest = text.slice(after);
  switch (word) {
    case "decimal": {
      const [all, precision, scale] = /^\((\d{1,2}),(\d{1,2})\)/.exec(rest) ?? [];
      if (all === undefined) return -1;
      const digits = Number(precision);
      return digits >= 1 && digits <= 38 && Number(scale) <= digits ? after + all.length : -1;
    }
    case "char":
    case "varchar": {
      const length = /^\(([1-9]\d{0,4})\)/.exec(rest);
      const most = word === "char" ? 255 : 65_535;
      return length !== null && Number(length[1]) <= most ? after + length[0].length : -1;
    }
    case "array":
      return closed(text, rest.startsWith("<") ? typeEnd(text, after + 1) : -1);
    case "map": {
      const comma = rest.startsWith("<") ? typeEnd(text, after + 1) : -1;
      return closed(text, comma > 0 && text[comma] === "," ? typeEnd(text, comma + 1) : -1);
    }
    case "struct":
      return rest.startsWith("<") ? fieldsEnd(text, after + 1) : -1;
    default:
      return -1;
  }
}

const closed = (text: string, end: number): number => (end > 0 && text[end] === ">" ? end + 1 : -1);

function fieldsEnd(text: string, start: number): number {
  const name = /^[a-z0-9_]+:/.exec(text.slice(start));
  const end = name === null ? -1 : typeEnd(text, start + name[0].length);
  return end > 0 && text[end] === "," ? fieldsEnd(text, end + 1) : closed(text, end);
}

/** Lower case, without spaces, as Glue stores what Athena creates: `decimal(30,10)`, `array<struct<a:int,b:string>>`. */
export const isHiveType = (text: string): boolean => typeEnd(text, 0) === text.length && text.length > 0;

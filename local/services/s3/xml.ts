/** As much XML as S3's bodies need. */
const ENTITIES: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos" };

/** Line ends are escaped too: a parser would turn them all into line feeds. */
const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => `&${ENTITIES[c] ?? ""};`).replace(/[\r\n\t]/g, (c) => `&#${c.charCodeAt(0)};`);

function unescape(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex: string, decimal: string, name: string) => {
    if (hex !== undefined) return String.fromCodePoint(parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return Object.keys(ENTITIES).find((character) => ENTITIES[character] === name) ?? whole;
  });
}

/** Elements by name; an array stands for one element each, undefined for none. */
export type Content = string | number | boolean | { readonly [name: string]: Content | readonly Content[] | undefined };

function render(name: string, content: Content): string {
  if (typeof content !== "object") return `<${name}>${escape(String(content))}</${name}>`;
  return `<${name}>${children(content)}</${name}>`;
}

function children(content: Extract<Content, object>): string {
  let text = "";
  for (const [name, value] of Object.entries(content)) {
    if (value === undefined) continue;
    // Array.isArray does not narrow a readonly array.
    const list = (Array.isArray(value) ? value : [value]) as readonly Content[];
    for (const one of list) text += render(name, one);
  }
  return text;
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** A document in S3's namespace. */
export const document = (root: string, content: Extract<Content, object>): string =>
  `${DECLARATION}<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${children(content)}</${root}>`;

/** An error has no namespace. */
export const errorDocument = (content: Extract<Content, object>): string =>
  `${DECLARATION}<Error>${children(content)}</Error>`;

/** What stands in each element of a name that does not contain itself, still escaped. */
export const elements = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, "g"))].map(([, inside]) => inside ?? "");

/** The text of the first element of a name. */
export function textOf(xml: string, name: string): string | undefined {
  const [inside] = elements(xml, name);
  return inside === undefined ? undefined : unescape(inside.trim());
}

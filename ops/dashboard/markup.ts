/**
 * HTML and SVG as text. (Not called `html`, which prettier would format, and close tags that another piece closes.) Whatever is put into `markup` is escaped, and only what `markup` has made goes in as it is: a value of the
 * lake can hold anything, and none can forget to escape it.
 */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | readonly Html[];

const ESCAPED: Readonly<Record<string, string>> = {
  ...{ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" },
};

const textOf = (part: Part): string => {
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(textOf).join("");
  return String(part).replace(/[&<>"']/g, (character) => ESCAPED[character] ?? "");
};

/** A value stands between tags or in a quoted attribute, nowhere else. */
export function markup(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(texts.reduce((text, next, index) => text + textOf(parts[index - 1] ?? "") + next));
}

export const NOTHING = markup``;

/**
 * Regular expressions that mean the same to Trino (Joni with Java's syntax) and to DuckDB (RE2): literals, `.`, sets,
 * groups, alternatives, quantifiers and anchors. Classes such as `\d`, `\w`, `\s` and `\b` are refused, because one side
 * counts letters and digits of all scripts and the other only ASCII.
 */
import { unsupported } from "../sql/errors";
import { literalText, type Typed } from "./typed";

export interface Pattern {
  readonly text: string;
  /** Number of capturing groups. */
  readonly groups: number;
  readonly anchored: boolean;
  readonly matchesEmpty: boolean;
  /** Whether a match may leave a group without text: Trino then answers NULL, DuckDB empty text. */
  readonly mayLeaveGroupsOut: boolean;
}

const PART =
  /\\([^A-Za-z0-9])|\\(.?)|\[\^?\]?(?:[^\]\\[&]|\\[^A-Za-z0-9])*\]|\((\?:|\?)?|\)|([*+?]|\{\d+(?:,\d*)?\})([?+]?)|[^\\[\](){}*+?]|(.)/gsu;

export function readPattern(argument: Typed): Pattern {
  const text = literalText(argument, "a pattern");
  const refuse = (what: string): Error => unsupported(argument, `${what} in a pattern`);
  let groups = 0;
  for (const [part, , escaped, group, , modifier, other] of text.matchAll(PART)) {
    if (escaped !== undefined) throw refuse(`\\${escaped} (write a set such as [0-9])`);
    if (other !== undefined) throw refuse(part);
    if (group === "?") throw refuse("(?");
    if (modifier === "+") throw refuse("a possessive quantifier");
    if (part === "(") groups++;
  }
  let matchesEmpty: boolean;
  try {
    matchesEmpty = new RegExp(text, "u").test("");
  } catch (error) {
    throw refuse(`an error (${error instanceof Error ? error.message : String(error)})`);
  }
  return {
    text,
    groups,
    anchored: /[$^]/.test(text.replace(/\\.|\[\^?/gs, "")),
    matchesEmpty,
    mayLeaveGroupsOut: /\||\)(\?|\*|\{0)/.test(text),
  };
}

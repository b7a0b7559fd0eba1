/** Document paths: `a`, `a.b`, `a[0].b`. */
import type { Attribute } from "./attribute";
import { validation } from "./errors";
import { attributeOf, type Attributes, type Item } from "./item";

export type Step = string | number;

export interface Path {
  /** The attribute. */
  readonly root: string;
  /** Names of map members and indexes of lists below it. */
  readonly rest: readonly Step[];
}

export const printPath = ({ root, rest }: Path): string => `[${[root, ...rest.map(stepText)].join(", ")}]`;
const stepText = (step: Step): string => (typeof step === "number" ? `[${step}]` : step);

function below(attribute: Attribute, step: Step): Attribute | undefined {
  if (typeof step === "number") return attribute.L?.[step];
  return attribute.M !== undefined && Object.hasOwn(attribute.M, step) ? attribute.M[step] : undefined;
}

export function valueAtPath(item: Item | undefined, path: Path): Attribute | undefined {
  if (item === undefined) return undefined;
  let found = attributeOf(item, path.root);
  for (let index = 0; index < path.rest.length && found !== undefined; index += 1) {
    found = below(found, path.rest[index] ?? 0);
  }
  return found;
}

const invalid = (): Error => validation("The document path provided in the update expression is invalid for update");

/** `attribute` with `value` at the steps below it; undefined removes. Throws a ValidationException if nothing is there. */
export function changedAt(
  attribute: Attribute | undefined,
  steps: readonly Step[],
  value: Attribute | undefined,
): Attribute | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (attribute === undefined) throw invalid();
  if (typeof step === "number") {
    if (attribute.L === undefined) throw invalid();
    const at = Math.min(step, attribute.L.length);
    const next = changedAt(attribute.L[step], rest, value);
    const list = attribute.L.slice();
    if (next === undefined) list.splice(step, 1);
    else list[at] = next;
    return { L: list };
  }
  if (attribute.M === undefined) throw invalid();
  const next = changedAt(below(attribute, step), rest, value);
  const members = Object.entries(attribute.M).filter(([name]) => name !== step);
  return { M: Object.fromEntries(next === undefined ? members : [...members, [step, next]]) };
}

/** Whether one path leads to the other or through it, or the two differ in whether a step is a name or an index. */
export function overlap(a: Path, b: Path): boolean {
  if (a.root !== b.root) return false;
  const shorter = Math.min(a.rest.length, b.rest.length);
  for (let index = 0; index < shorter; index += 1) if (a.rest[index] !== b.rest[index]) return false;
  return true;
}

/** Paths with a common beginning, as a tree; a leaf takes all that is there. */
interface Tree {
  readonly below: Map<Step, Tree>;
}

/** The parts of an item at the paths, as a projection returns them: in maps and lists of their own. */
export function project(item: Item, paths: readonly Path[]): Attributes {
  const tree: Tree = { below: new Map() };
  for (const { root, rest } of paths) {
    let level = tree;
    for (const step of [root, ...rest]) {
      let next = level.below.get(step);
      if (next === undefined) level.below.set(step, (next = { below: new Map() }));
      level = next;
    }
  }
  const picked = [...tree.below].flatMap(([root, inner]): [string, Attribute][] => {
    const value = attributeOf(item, String(root));
    const part = value && pick(value, inner);
    return part === undefined ? [] : [[String(root), part]];
  });
  return Object.fromEntries(picked);
}

function pick(attribute: Attribute, tree: Tree): Attribute | undefined {
  if (tree.below.size === 0) return attribute;
  const found = [...tree.below].flatMap(([step, inner]): [Step, Attribute][] => {
    const value = below(attribute, step);
    const part = value && pick(value, inner);
    return part === undefined ? [] : [[step, part]];
  });
  if (found.length === 0) return undefined;
  if (attribute.M !== undefined) return { M: Object.fromEntries(found) };
  return { L: found.sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value) };
}

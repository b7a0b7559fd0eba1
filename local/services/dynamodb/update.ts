/**
 * Updates: what an UpdateExpression or PartiQL's SET and REMOVE are parsed to, and what they make of an item.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
 */
import { numberAttribute, type Attribute } from "./attribute";
import { valueOf, type Operand, type Values } from "./condition";
import { invalidValue, validation } from "./errors";
import { assign, attributeOf, NO_ATTRIBUTES, type Assignment, type Item } from "./item";
import { isKey, type KeySchema } from "./keys";
import { addNumbers } from "./number";
import { changedAt, overlap, printPath, valueAtPath, type Path } from "./path";

export type UpdateAction =
  | { readonly kind: "set" | "add" | "delete"; readonly path: Path; readonly value: Operand }
  | { readonly kind: "remove"; readonly path: Path };

/** Refuses actions that touch the same part of an item. */
export function checkOverlap(actions: readonly UpdateAction[]): void {
  // Top-level attributes alone are the common case, and long lists of them too.
  const roots = new Set(actions.map(({ path }) => path.root));
  if (roots.size === actions.length) return;
  actions.forEach(({ path }, index) => {
    const other = actions.slice(0, index).find((earlier) => overlap(earlier.path, path));
    if (other === undefined) return;
    throw validation(
      `Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: ${printPath(other.path)}, path two: ${printPath(path)}`,
    );
  });
}

/** Refuses actions on the key. */
export function checkKeysUntouched(actions: readonly UpdateAction[], schema: KeySchema): void {
  for (const { path } of actions) {
    if (isKey(schema, path.root)) {
      throw invalidValue(`Cannot update attribute ${path.root}. This attribute is part of the key`);
    }
  }
}

/** The item after the actions, each of which sees it as it was before all of them. */
export function updated(item: Item | undefined, actions: readonly UpdateAction[], values: Values): Item {
  const base = item ?? NO_ATTRIBUTES;
  const plain: Assignment[] = [];
  const nested: { readonly path: Path; readonly value: Attribute | undefined }[] = [];
  for (const action of actions) {
    const { path } = action;
    const value = action.kind === "remove" ? undefined : actionValue(action, base, values);
    if (path.rest.length === 0) plain.push({ name: path.root, value });
    // Nothing to take away from a set that is not there.
    else if (action.kind !== "delete" || valueAtPath(base, path) !== undefined) nested.push({ path, value });
  }
  if (nested.length === 0) return assign(base, plain);
  return assign(base, [...plain, ...nestedAssignments(base, nested)]);
}

function actionValue(
  action: Extract<UpdateAction, { value: Operand }>,
  item: Item,
  values: Values,
): Attribute | undefined {
  const value = valueOf(action.value, item, values);
  if (value === undefined) {
    throw validation("The provided expression refers to an attribute that does not exist in the item");
  }
  if (action.kind === "set") return value;
  const before = valueAtPath(item, action.path);
  return action.kind === "add" ? added(before, value) : without(before, value);
}

const wrongOperand = (): Error => validation("An operand in the update expression has an incorrect data type");

function added(before: Attribute | undefined, value: Attribute): Attribute {
  if (value.N !== undefined) {
    if (before === undefined) return value;
    if (before.N === undefined) throw wrongOperand();
    return numberAttribute(addNumbers(before.N, value.N, 1));
  }
  for (const type of ["SS", "NS", "BS"] as const) {
    const members = value[type];
    if (members === undefined) continue;
    if (before === undefined) return value;
    if (before[type] === undefined) throw wrongOperand();
    return setOfType(type, [...new Set([...before[type], ...members])]);
  }
  throw wrongOperand();
}

/** A set without some members; an empty set is no attribute. */
function without(before: Attribute | undefined, value: Attribute): Attribute | undefined {
  for (const type of ["SS", "NS", "BS"] as const) {
    const members = value[type];
    if (members === undefined) continue;
    if (before === undefined) return undefined;
    if (before[type] === undefined) throw wrongOperand();
    const rest = before[type].filter((member) => !members.includes(member));
    return rest.length === 0 ? undefined : setOfType(type, rest);
  }
  throw wrongOperand();
}

const setOfType = (type: "SS" | "NS" | "BS", members: string[]): Attribute =>
  type === "SS" ? { SS: members } : type === "NS" ? { NS: members } : { BS: members };

/** Removals of list members come last, from the end: their indexes are those of the list before the update. */
function nestedAssignments(
  item: Item,
  changes: readonly { readonly path: Path; readonly value: Attribute | undefined }[],
): Assignment[] {
  const lastStep = ({ path }: { path: Path }): number => {
    const step = path.rest.at(-1);
    return typeof step === "number" ? step : -1;
  };
  const ordered = [
    ...changes.filter(({ value }) => value !== undefined).sort((a, b) => lastStep(a) - lastStep(b)),
    ...changes.filter(({ value }) => value === undefined).sort((a, b) => lastStep(b) - lastStep(a)),
  ];
  const roots = new Map<string, Attribute | undefined>();
  for (const { path, value } of ordered) {
    const root = roots.has(path.root) ? roots.get(path.root) : attributeOf(item, path.root);
    roots.set(path.root, changedAt(root, path.rest, value));
  }
  return [...roots].map(([name, value]) => ({ name, value }));
}

/** Which views a view reads, and an order in which each comes after those. */
import { relationsRead } from "./relations";

export interface ViewSource {
  readonly name: string;
  readonly sql: string;
  /** Where a person finds the SQL, for messages. */
  readonly origin: string;
  /** The columns of the tables it reads, in any form that changes with them. */
  readonly basis: string;
}

export interface OrderedView extends ViewSource {
  /** Names of the views it reads, sorted. */
  readonly readsViews: readonly string[];
}

/** @throws Error for a name that stands twice, a name Athena does not take, and views that read one another in a circle. */
export function inOrder(views: readonly ViewSource[]): OrderedView[] {
  const byName = new Map<string, ViewSource>();
  for (const view of views) {
    if (!/^[a-z_][a-z0-9_]*$/.test(view.name))
      throw new Error(`${view.origin}: Athena takes a view's name in lower-case letters, digits and underscores only.`);
    const other = byName.get(view.name);
    if (other !== undefined) throw new Error(`${view.origin}: the name "${view.name}" is taken by ${other.origin}.`);
    byName.set(view.name, view);
  }
  const ordered = new Map<string, OrderedView>();
  const place = (view: ViewSource, path: readonly string[]): void => {
    if (ordered.has(view.name)) return;
    if (path.includes(view.name))
      throw new Error(`${view.origin}: the views read one another in a circle: ${[...path, view.name].join(" -> ")}.`);
    const read = relationsRead(view.sql);
    const bases = [...byName.values()].filter(({ name }) => name !== view.name && read.has(name));
    for (const base of bases) place(base, [...path, view.name]);
    ordered.set(view.name, { ...view, readsViews: bases.map(({ name }) => name).sort() });
  };
  for (const view of byName.values()) place(view, []);
  return [...ordered.values()];
}

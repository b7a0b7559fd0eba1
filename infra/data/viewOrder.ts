/** Which views a view reads, and an order in which each comes after those. */
export interface ViewSource {
  readonly name: string;
  readonly sql: string;
  readonly origin: string;
}

export interface OrderedView extends ViewSource {
  /** Names of the views it reads, sorted. */
  readonly standsOn: readonly string[];
}

/** The words of a statement, without those of comments and texts. */
function words(sql: string): Set<string> {
  const plain = sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g, " ");
  return new Set(plain.toLowerCase().match(/[a-z_][a-z0-9_]*/g));
}

/** @throws Error for a name that stands twice, a name Athena does not take, and views that read one another in a circle. */
export function inOrder(views: readonly ViewSource[]): OrderedView[] {
  const byName = new Map<string, OrderedView>();
  for (const view of views) {
    if (!/^[a-z_][a-z0-9_]*$/.test(view.name))
      throw new Error(`${view.origin}: Athena takes a view's name in lower-case letters, digits and underscores only.`);
    const other = byName.get(view.name);
    if (other !== undefined) throw new Error(`${view.origin}: ${other.origin} has the name "${view.name}" already.`);
    byName.set(view.name, { ...view, standsOn: [] });
  }
  for (const view of byName.values()) {
    const read = words(view.sql);
    const standsOn = [...byName.keys()].filter((name) => name !== view.name && read.has(name)).sort();
    byName.set(view.name, { ...view, standsOn });
  }
  const ordered = new Set<OrderedView>();
  const place = (view: OrderedView, path: readonly string[]): void => {
    if (ordered.has(view)) return;
    if (path.includes(view.name))
      throw new Error(`${view.origin}: the views read one another in a circle: ${[...path, view.name].join(" -> ")}.`);
    for (const name of view.standsOn) {
      const base = byName.get(name);
      if (base !== undefined) place(base, [...path, view.name]);
    }
    ordered.add(view);
  };
  for (const view of byName.values()) place(view, []);
  return [...ordered];
}

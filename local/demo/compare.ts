/** Row by row and value by value: what the source has against what a store has. */
import type { Rows } from "./rows";

export interface Comparison {
  /** Which store, e.g. `payroll` or `lake`. */
  readonly store: string;
  readonly table: string;
  readonly rows: number;
  readonly values: number;
  readonly missing: number;
  readonly extra: number;
  /** Values that differ, in rows that both have. */
  readonly different: number;
  /** Some of what differs, for people. */
  readonly examples: readonly string[];
}

const EXAMPLES = 5;

const shorten = (value: string | null | undefined): string => {
  const text = value === null ? "NULL" : JSON.stringify(value);
  return text === undefined ? "nothing" : text.length > 80 ? `${text.slice(0, 60)}… (${text.length} characters)` : text;
};

export function compareRows(
  { store, table, columns }: { readonly store: string; readonly table: string; readonly columns: readonly string[] },
  expected: Rows,
  actual: Rows,
): Comparison {
  const examples: string[] = [];
  const note = (text: string): void => {
    if (examples.length < EXAMPLES) examples.push(text);
  };
  let missing = 0;
  let different = 0;
  for (const [key, row] of expected) {
    const found = actual.get(key);
    if (found === undefined) {
      missing += 1;
      note(`${key} is missing`);
      continue;
    }
    row.forEach((value, index) => {
      if (value === found[index]) return;
      different += 1;
      note(`${key} ${columns[index] ?? ""}: the source has ${shorten(value)}, the store ${shorten(found[index])}`);
    });
  }
  let extra = 0;
  for (const key of actual.keys()) {
    if (expected.has(key)) continue;
    extra += 1;
    note(`${key} is not in the source`);
  }
  return {
    store,
    table,
    rows: expected.size,
    values: expected.size * columns.length,
    missing,
    extra,
    different,
    examples,
  };
}

export const isSame = ({ missing, extra, different }: Comparison): boolean => missing + extra + different === 0;

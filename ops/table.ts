/** A table for the terminal. */
import Table from "cli-table3";

const PLAIN = {
  ...Object.fromEntries(
    ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"].map((side) => [
      side,
      "",
    ]),
  ),
  ...{ left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "  " },
};

/** Numbers are set to the right, NULL is shown as such and as different from the empty text. */
export function renderTable(head: readonly string[], rows: readonly (readonly (string | null)[])[]): string {
  const isNumber = head.map((_, column) =>
    rows.every((row) => row[column] === null || /^-?[\d,.]+(e[+-]?\d+)?$/i.test(row[column] ?? "")),
  );
  const table = new Table({
    head: [...head],
    chars: PLAIN,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: isNumber.map((yes) => (yes ? "right" : "left")),
  });
  table.push(...rows.map((row) => row.map((cell) => cell ?? "NULL")));
  return table
    .toString()
    .split("\n")
    .map((line) => `  ${line.trimEnd()}`)
    .join("\n");
}

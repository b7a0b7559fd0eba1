/** Rows as an HTML table, as Athena prints them. */
import type { QueryResult } from "../athena";
import { isNumeric, words } from "./charts/drawing";
import { markup, type Html } from "./markup";

/** @param title what it is called for whoever does not see it */
export function tableOf(title: string, { columns, rows }: QueryResult, most: number): Html {
  const kinds = columns.map(({ type }) => (isNumeric(type) ? "number" : "text"));
  const head = columns.map(
    ({ name }, index) => markup`<th scope="col" class="${kinds[index] ?? ""}">${words(name)}</th>`,
  );
  const body = rows.slice(0, most).map((row) => {
    const cells = row.map((value, index) =>
      value === null
        ? markup`<td class="${kinds[index] ?? ""} null">NULL</td>`
        : markup`<td class="${kinds[index] ?? ""}">${value}</td>`,
    );
    return markup`<tr>${cells}</tr>\n`;
  });
  // Wider than a phone it is moved inside its box, by the keyboard too.
  return markup`<div class="rows" role="region" tabindex="0" aria-label="${title}"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody></table></div>`;
}

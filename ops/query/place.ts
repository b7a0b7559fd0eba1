/** Athena says where a query is wrong, by line and column: this shows it. */

const PLACE = /\bline (\d+):(\d+)/;

/**
 * The message, and below it the line of the query with a caret under the place.
 * @param file in which the query stands
 */
export function markPlace(message: string, sql: string, file?: string): string {
  const match = PLACE.exec(message);
  const row = Number(match?.[1]);
  const column = Number(match?.[2]);
  const line = sql.split("\n")[row - 1];
  if (line === undefined) return file === undefined ? message : `${file}: ${message}`;
  // A tab stays one, so that the caret stands below whatever the terminal makes of it.
  const before = line.slice(0, column - 1).replace(/[^\t]/g, " ");
  const place = file === undefined ? "" : `${file}:${row}:${column}\n`;
  const number = `${row} | `;
  return `${message}\n${place}${number}${line}\n${" ".repeat(number.length)}${before}^`;
}

/** What infra/ believes a statement to read, against the parser of the local Athena, which knows the whole grammar. */
import { lakeTables } from "../model";
import { currentState, onLoad } from "../infra/data/currentState";
import { relationsRead } from "../infra/data/relations";
import { sqlFiles } from "../infra/project";
import { parseStatement } from "../local/services/athena/sql/statements";

interface Node {
  readonly [member: string]: unknown;
}
const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null;

/** The last parts of the tables' names in a syntax tree that no WITH around them gives. */
function tablesOf(value: unknown, known: readonly string[]): string[] {
  if (!isNode(value)) return [];
  if (value["kind"] === "table" && Array.isArray(value["path"])) {
    const path = (value["path"] as { readonly text: string }[]).map(({ text }) => text.toLowerCase());
    return path.length === 1 && known.includes(path[0] ?? "") ? [] : path.slice(-1);
  }
  const { with: common, ...rest } = value;
  const found: string[] = [];
  const names = [...known];
  if (Array.isArray(common)) {
    for (const { text, query } of common as { readonly text: string; readonly query: unknown }[]) {
      found.push(...tablesOf(query, names));
      names.push(text.toLowerCase());
    }
  }
  return [...found, ...Object.values(rest).flatMap((member) => tablesOf(member, names))];
}

const written = ["queries/views", "queries/kpis"]
  .flatMap(sqlFiles)
  .map(({ file, text }): [string, string] => [file, text]);
const generated = lakeTables.flatMap((table): [string, string][] => [
  [`current state of ${table.name}`, currentState(table)],
  [`${table.name} on a load`, onLoad(table)],
]);

test.each([...written, ...generated])("%s", (_file, sql) => {
  const tables = tablesOf(parseStatement(sql), []);
  expect(tables.length).toBeGreaterThan(0);
  expect([...relationsRead(sql)].sort()).toEqual([...new Set(tables)].sort());
});

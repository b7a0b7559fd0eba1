/** Names that DMS, the lake or the decoder cannot tell apart or take for their own. */
import { enumerate, tableKey, type Finding } from "../finding";
import type { CatalogTable, Relation } from "../source";

/** Names that are the same but for case, those that stand alone left out. */
function collisions(names: readonly string[]): string[][] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const lower = name.toLowerCase();
    groups.set(lower, [...(groups.get(lower) ?? []), name]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

const isTable = ({ kind }: Relation): boolean => kind === "r" || kind === "p" || kind === "f";

function tableCase(table: CatalogTable, relations: readonly Relation[]): Finding[] {
  const twins = relations.filter(
    (other) =>
      isTable(other) &&
      other.schema === table.schema &&
      other.name !== table.name &&
      other.name.toLowerCase() === table.name.toLowerCase(),
  );
  return twins.map((twin) => ({
    check: "name-case",
    level: "error",
    table: tableKey(table),
    what: `${tableKey(twin)} has the same name but for case: DMS supports no such pair, and may mix the two up.`,
    fix: "Rename one of them (and what uses it).",
  }));
}

function columnCase(table: CatalogTable): Finding[] {
  return collisions(table.columns.map(({ name }) => name)).map((group) => ({
    check: "name-case",
    level: "error",
    table: tableKey(table),
    columns: group,
    what: `${enumerate(group)} are the same but for case: the lake's names have none, and the columns fall together there.`,
    fix: "Rename one of them, or leave one out of the model.",
  }));
}

function reserved(table: CatalogTable): Finding[] {
  const findings: Finding[] = [];
  const at = { table: tableKey(table), check: "name-reserved" } as const;
  if (table.name.startsWith("awsdms_")) {
    findings.push({
      ...at,
      level: "error",
      what: "Its name begins with awsdms_, as DMS' own tables do: its changes are taken for theirs and ignored.",
      fix: "Rename it, here and in the model.",
    });
  }
  if (table.name.startsWith("_")) {
    findings.push({
      ...at,
      level: "warning",
      what:
        "Its name begins with an underscore, and so do its folders in the lake: Athena takes files and folders of such " +
        "names for hidden.",
      fix: "Rename it, here and in the model, or look at its rows in the lake after the first load.",
    });
  }
  const columns = table.columns.map(({ name }) => name).filter((name) => name.startsWith("_"));
  if (columns.length > 0) {
    findings.push({
      ...at,
      level: "warning",
      columns,
      what:
        `${enumerate(columns)}: names with a leading underscore are the pipeline's own, and the model refuses them. ` +
        "The values wait in raw (as _rest:<column>), and no service gets them.",
      fix: "Nothing, if nobody needs them. Otherwise rename them.",
    });
  }
  return findings;
}

export const names = (table: CatalogTable, relations: readonly Relation[]): Finding[] => [
  ...tableCase(table, relations),
  ...columnCase(table),
  ...reserved(table),
];

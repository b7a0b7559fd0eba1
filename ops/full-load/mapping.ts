/** The table mappings of a DMS task, as the API gives them out. AWS DMS guide, "Table mapping". */
import { z } from "zod";
import { CannotRun } from "../command";

const locator = z.looseObject({ "schema-name": z.string(), "table-name": z.string() });
const shape = z.looseObject({ rules: z.array(z.looseObject({ "rule-type": z.string(), "object-locator": locator })) });

const keyOf = (at: z.output<typeof locator>): string => `${at["schema-name"]}.${at["table-name"]}`;

function read(mappings: string): z.output<typeof shape> {
  const parsed = shape.safeParse(JSON.parse(mappings));
  if (parsed.success) return parsed.data;
  throw new CannotRun("The task's table mappings are not those of this program: has somebody changed them by hand?");
}

/** `<schema>.<name>` of the tables that a task selects: by exact name, as infra/prod/mappings.ts does. */
export const tablesOf = (mappings: string): string[] =>
  read(mappings).rules.flatMap((rule) => (rule["rule-type"] === "selection" ? [keyOf(rule["object-locator"])] : []));

/** The same mappings for some of the tables: what is left out of the lake of a table stays left out. */
export function narrow(mappings: string, tables: readonly string[]): string {
  const { rules, ...rest } = read(mappings);
  return JSON.stringify({ ...rest, rules: rules.filter((rule) => tables.includes(keyOf(rule["object-locator"]))) });
}

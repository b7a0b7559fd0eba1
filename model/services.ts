/** The microservices: which tables of the monolith each follows, and which tables it owns. One declaration a service. */
import { bigint, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { describeTable, ModelError } from "./table";
import type { Table } from "./table";

export interface Follow {
  /** Name of a table of the monolith. */
  readonly table: string;
  /** Columns to keep beside the key; all if left out. */
  readonly columns?: readonly string[];
}

export interface Service {
  /** Lower-case letters and digits, dashes between. */
  readonly name: string;
  /** One line: what the service does, for people. */
  readonly comment: string;
  readonly follows: readonly Follow[];
  /** Tables the service writes itself; their changes go to the lake. */
  readonly owns: readonly Table[];
}

/** A service's own tables hold DynamoDB items whose attributes are these columns; the key is the item's. */
const punches = describeTable(
  "clocking",
  pgTable("punches", {
    id: uuid().primaryKey(),
    shop_id: bigint({ mode: "bigint" }).notNull(),
    user_id: bigint({ mode: "bigint" }).notNull(),
    shift_id: bigint({ mode: "bigint" }),
    direction: text().notNull(),
    punched_at: timestamp({ withTimezone: true }).notNull(),
  }),
  { comment: "One row per clock-in or clock-out at a shop's terminal", comments: { direction: "in or out" } },
);

export const services: readonly Service[] = [
  {
    name: "payroll",
    comment: "Prepares the payroll: wages, planned hours and absences",
    follows: [{ table: "contracts" }, { table: "shifts" }, { table: "absences" }],
    owns: [],
  },
  {
    name: "directory",
    comment: "Who works where, for every screen that shows a person",
    follows: [{ table: "users", columns: ["shop_id", "first_name", "last_name", "role", "active"] }],
    owns: [],
  },
  {
    name: "clocking",
    comment: "The terminals at which people clock in and out",
    follows: [{ table: "shops", columns: ["name", "timezone", "active"] }],
    owns: [punches],
  },
];

/** @throws ModelError if a service follows a table or column that the monolith does not have, or a name is taken twice. */
export function checkServices(all: readonly Service[], monolith: readonly Table[]): void {
  const seen = new Set<string>();
  const inLake = new Map<string, string>();
  const claim = ({ name }: Table, owner: string): void => {
    const other = inLake.get(name.toLowerCase());
    if (other !== undefined) {
      throw new ModelError(
        `model: ${owner} has a table "${name}", but ${other} has one of that name: the lake needs one name a table, ` +
          "and case does not count there.",
      );
    }
    inLake.set(name.toLowerCase(), owner);
  };
  for (const table of monolith) claim(table, "the monolith");
  for (const service of all) {
    const at = `model: service "${service.name}"`;
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(service.name)) {
      throw new ModelError(`${at}: use lower-case letters and digits, with single dashes between.`);
    }
    if (seen.has(service.name)) throw new ModelError(`${at} stands twice in model/services.ts.`);
    seen.add(service.name);
    for (const follow of service.follows) {
      const table = monolith.find(({ name }) => name === follow.table);
      if (table === undefined)
        throw new ModelError(`${at} follows "${follow.table}", which is not in model/tables.ts.`);
      for (const column of follow.columns ?? []) {
        if (!table.columns.some(({ name }) => name === column)) {
          throw new ModelError(`${at} follows column "${column}", which table "${follow.table}" does not have.`);
        }
      }
    }
    for (const table of service.owns) claim(table, `service "${service.name}"`);
  }
}

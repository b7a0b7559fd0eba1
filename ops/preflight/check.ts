/** All checks over a source and a model. Pure: it looks at what was read, and reads nothing. */
import type { Table } from "../../model";
import { access, constraints, ownersTruncate } from "./checks/access";
import { columns } from "./checks/columns";
import { heartbeat } from "./checks/heartbeat";
import { identity, key } from "./checks/key";
import { names } from "./checks/names";
import { absent, kind, notReplicated } from "./checks/presence";
import { server } from "./checks/server";
import { sessions } from "./checks/sessions";
import { settings } from "./checks/settings";
import { values } from "./checks/values";
import { versions } from "./checks/versions";
import type { Expected } from "./expected";
import type { Finding } from "./finding";
import { tableKey } from "./finding";
import type { Source } from "./source";

/** In the order of the model, what concerns the database first. */
export function check(source: Source, model: readonly Table[], expected: Expected): Finding[] {
  const tables = new Map(source.tables.map((table) => [tableKey(table), table]));
  const measured = new Map(source.measured.map((table) => [tableKey(table), table]));
  return [
    ...server(source.server),
    ...settings(source.server),
    ...sessions(source.server, expected),
    ...versions(source.server, expected),
    ...ownersTruncate(source.tables),
    ...notReplicated(source.relations, model),
    ...model.flatMap((described) => {
      const table = tables.get(tableKey(described));
      if (table === undefined) return [absent(described, source.relations)];
      const rows = measured.get(tableKey(described));
      return [
        ...kind(table),
        ...key(table, described),
        ...identity(table, described),
        ...columns(table, described),
        ...names(table, source.relations),
        ...access(table, source.server),
        ...constraints(table),
        ...(rows === undefined ? [] : [...values(rows, expected), ...heartbeat(rows, described, source.server)]),
      ];
    }),
  ];
}

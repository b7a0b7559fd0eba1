/** Queries around the single SELECT: WITH, set operations, VALUES, ORDER BY and LIMIT. https://trino.io/docs/current/sql/select.html */
import type { CommonTable, Expression, Query, QueryBody, SortItem } from "../sql/ast";
import { QueryError, type Position } from "../sql/errors";
import { commonType, typeName, UNKNOWN, type Type } from "../sql/types";
import { coerce } from "./casts";
import { translate } from "./expressions";
import { requireComparable, unify } from "./operators";
import type { Context, Environment, Field } from "./scope";
import { orderIndex, translateSelect } from "./select";
import { mismatch, NO_ORIGINS, typed, type PartitionColumn, type Typed } from "./typed";
import { sortSql } from "./windows";

/** A column of a query's result. In the SQL it is named c1, c2, ... */
export interface Output {
  /** In lower case; nothing where Trino would make up a name. */
  readonly name?: string;
  readonly type: Type;
  readonly origins: ReadonlySet<string>;
  readonly partitions?: readonly PartitionColumn[];
}

/** A whole query as DuckDB's SQL. */
export interface Translated {
  readonly sql: string;
  readonly columns: readonly Output[];
}

/** The columns of a query that stands in a FROM clause under a name. */
export function fieldsOf(query: Translated, name: string, qualifier: readonly string[]): Field[] {
  return query.columns.map((column, index) => ({
    name: column.name,
    qualifier,
    value: {
      sql: `${name}.c${index + 1}`,
      type: column.type,
      origins: column.origins,
      partitions: column.partitions,
      line: 1,
      column: 1,
    },
  }));
}

export function translateQuery(query: Query, outside: Environment): Translated {
  const environment = withCommonTables(query.with, outside);
  const { body, orderBy } = query;
  const core =
    body.kind === "select"
      ? translateSelect(body, orderBy, environment)
      : orderOutputs(translateBody(body, environment), orderBy, environment);
  checkUnused(query.with, environment);
  const counts: string[] = [];
  if (query.limit !== undefined) counts.push(`LIMIT ${query.limit}`);
  if (query.offset !== undefined) counts.push(`OFFSET ${query.offset}`);
  if (counts.length === 0) return core;
  // What is cut off depends on the rows before it: no filter from outside may take some away.
  const columns = core.columns.map((column) => ({ ...column, partitions: [] }));
  return { sql: `${core.sql} ${counts.join(" ")}`, columns };
}

function withCommonTables(tables: readonly CommonTable[], outside: Environment): Environment {
  let environment = outside;
  const names = new Set<string>();
  for (const table of tables) {
    const name = table.text.toLowerCase();
    if (names.has(name)) {
      throw new QueryError("DUPLICATE_NAMED_QUERY", `WITH query name '${name}' specified more than once`, table);
    }
    names.add(name);
    const inside: Environment = { ...environment, outer: undefined };
    const entry = { table, environment: inside, isUsed: false };
    environment = { ...environment, commonTables: new Map(environment.commonTables).set(name, entry) };
  }
  return environment;
}

/** Trino looks at every table of WITH, also at those that nobody names. */
function checkUnused(tables: readonly CommonTable[], { commonTables }: Environment): void {
  for (const { text, query } of tables) {
    const entry = commonTables.get(text.toLowerCase());
    if (!entry || entry.isUsed) continue;
    const { environment } = entry;
    translateQuery(query, { ...environment, session: environment.session.aside() });
  }
}

function translateBody(body: QueryBody, environment: Environment): Translated {
  switch (body.kind) {
    case "select":
      return translateSelect(body, [], environment);
    case "nested":
      return translateQuery(body.query, environment);
    case "values":
      return translateValues(body, environment);
    case "set":
      return translateSet(body, environment);
  }
}

function translateValues(body: QueryBody & { kind: "values" }, environment: Environment): Translated {
  const context: Context = { environment, scope: { fields: [], outer: environment.outer }, correlates: false };
  const rows = body.rows.map((row) => row.map((value) => translate(value, context)));
  const width = rows[0]?.length ?? 0;
  const odd = rows.findIndex((row) => row.length !== width);
  if (odd !== -1) throw mismatch(body, `Values rows have mismatched sizes: ${width} vs ${rows[odd]?.length}`);
  const columns = Array.from({ length: width }, (_, index) =>
    unify(
      rows.map((row) => row[index] ?? typed("NULL", UNKNOWN, body)),
      "All values of a column",
    ),
  );
  for (const { values } of columns) for (const value of values) environment.session.reads(value);
  const lines = rows.map((_, row) => `(${columns.map(({ values }) => values[row]?.sql).join(", ")})`);
  const name = environment.session.unique("v");
  const names = columns.map((_, index) => `c${index + 1}`).join(", ");
  return {
    sql: `SELECT ${names} FROM (VALUES ${lines.join(", ")}) AS ${name}(${names})`,
    columns: columns.map(({ type }) => ({ type, origins: NO_ORIGINS })),
  };
}

function translateSet(body: QueryBody & { kind: "set" }, environment: Environment): Translated {
  const { session } = environment;
  const [left, right] = [translateBody(body.left, environment), translateBody(body.right, environment)];
  if (left.columns.length !== right.columns.length) {
    throw mismatch(
      body,
      `${body.op} query has different number of fields: ${left.columns.length}, ${right.columns.length}`,
    );
  }
  const keepsAll = body.op === "UNION" && body.all;
  const columns = left.columns.map((a, index): Output => {
    const b = right.columns[index];
    const type = b && commonType(a.type, b.type);
    if (!b || !type) {
      throw mismatch(
        body,
        `column ${index + 1} in ${body.op} query has incompatible types: ${typeName(a.type)}, ${b && typeName(b.type)}`,
      );
    }
    if (!keepsAll) {
      requireComparable(type, body);
      session.reads(a.origins);
      session.reads(b.origins);
    }
    const same = typeName(a.type) === typeName(type) && typeName(b.type) === typeName(type);
    // A filter on a union is one on either side.
    const partitions =
      body.op === "UNION" && same && a.partitions && b.partitions ? [...a.partitions, ...b.partitions] : [];
    return { name: a.name, type, origins: new Set([...a.origins, ...b.origins]), partitions };
  });
  const side = (query: Translated): string => coerced(query, columns, environment, body);
  return { sql: `${side(left)} ${body.op}${body.all ? " ALL" : ""} ${side(right)}`, columns };
}

function coerced(query: Translated, columns: readonly Output[], environment: Environment, position: Position): string {
  const name = environment.session.unique("q");
  const values = query.columns.map((from, index) => {
    const value = typed(`${name}.c${index + 1}`, from.type, position);
    return `${coerce(value, columns[index]?.type ?? from.type).sql} AS c${index + 1}`;
  });
  return `(SELECT ${values.join(", ")} FROM (${query.sql}) AS ${name})`;
}

/** ORDER BY behind a set operation or VALUES: it sees the columns of the result alone. */
function orderOutputs(core: Translated, orderBy: readonly SortItem[], environment: Environment): Translated {
  if (orderBy.length === 0) return core;
  const name = environment.session.unique("q");
  const fields = fieldsOf(core, name, []);
  const context: Context = { environment, scope: { fields }, correlates: false };
  const keys = orderBy.map((item) => {
    const value = sortKey(item.expression, fields, context);
    environment.session.reads(value);
    requireComparable(value.type, item.expression);
    return sortSql(value.sql, item);
  });
  const columns = core.columns.map((_, index) => `${name}.c${index + 1} AS c${index + 1}`);
  return {
    sql: `SELECT ${columns.join(", ")} FROM (${core.sql}) AS ${name} ORDER BY ${keys.join(", ")}`,
    columns: core.columns,
  };
}

function sortKey(expression: Expression, fields: readonly Field[], context: Context): Typed {
  const index = orderIndex(expression, fields.length);
  return index === undefined
    ? translate(expression, context)
    : (fields[index]?.value ?? translate(expression, context));
}

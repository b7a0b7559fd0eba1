/** The FROM clause. https://trino.io/docs/current/sql/select.html#from-clause */
import type { Name, Relation } from "../sql/ast";
import { QueryError } from "../sql/errors";
import { BIGINT, commonType } from "../sql/types";
import { coerce } from "./casts";
import { condition, translate } from "./expressions";
import { conjuncts, pushDown } from "./filters";
import { elementType } from "./functions-collections";
import { requireComparable } from "./operators";
import { fieldsOf, translateQuery } from "./queries";
import type { Environment, Field, Scope } from "./scope";
import { mismatch, originsOf, typed, type Typed } from "./typed";
import { expandView } from "./views";

/** SQL that may stand after FROM, and the columns it offers. */
export interface From {
  readonly sql: string;
  readonly fields: readonly Field[];
}

type Join = Relation & { kind: "join" };
type Unnest = Relation & { kind: "unnest" };

export function translateRelation(relation: Relation, environment: Environment): From {
  const { session } = environment;
  switch (relation.kind) {
    case "table":
      return translateTable(relation.path, environment);
    case "query": {
      const name = session.unique("q");
      const query = translateQuery(relation.query, environment);
      return { sql: `(${query.sql}) AS ${name}`, fields: fieldsOf(query, name, []) };
    }
    case "alias":
      return rename(translateRelation(relation.relation, environment), relation.name, relation.columns, relation);
    case "unnest":
      return translateUnnest(relation, environment, environment.outer);
    case "join":
      return translateJoin(relation, environment);
  }
}

function translateTable(path: readonly Name[], environment: Environment): From {
  const { session } = environment;
  const [first] = path;
  const common = path.length === 1 && first ? environment.commonTables.get(first.text.toLowerCase()) : undefined;
  if (common && first) {
    common.isUsed = true;
    // As Trino does, a table of WITH is worked out anew wherever it is named.
    const query = translateQuery(common.table.query, common.environment);
    const name = session.unique("q");
    const from: From = { sql: `(${query.sql}) AS ${name}`, fields: fieldsOf(query, name, [first.text.toLowerCase()]) };
    return common.table.columns ? rename(from, first.text, common.table.columns, common.table) : from;
  }
  const table = session.table(path);
  if (table.TableType === "VIRTUAL_VIEW") return expandView(table, session, first);
  const { name, fields } = session.scan(table);
  return { sql: name, fields };
}

function rename(
  from: From,
  alias: string,
  columns: readonly Name[] | undefined,
  position: { line: number; column: number },
): From {
  if (columns && columns.length !== from.fields.length) {
    throw new QueryError(
      "MISMATCHED_COLUMN_ALIASES",
      `Column alias list has ${columns.length} entries but '${alias}' has ${from.fields.length} columns available`,
      position,
    );
  }
  const fields = from.fields.map((field, index) => ({
    name: columns?.[index]?.text.toLowerCase() ?? field.name,
    qualifier: [alias.toLowerCase()],
    value: field.value,
  }));
  return { sql: from.sql, fields };
}

/** Arrays side by side, the shorter ones filled up with NULL. */
function translateUnnest(unnest: Unnest, environment: Environment, outer: Scope | undefined): From {
  const { session } = environment;
  const scope: Scope = outer ?? { fields: [] };
  const arrays = unnest.arrays.map((array) => translate(array, { environment, scope, correlates: false }));
  const elements = arrays.map(elementType);
  session.reads(originsOf(arrays));
  const name = session.unique("u");
  const columns = arrays.map(({ sql }, index) => `unnest(${sql}) AS c${index + 1}`);
  if (unnest.ordinality) {
    const longest = `greatest(${arrays.map(({ sql }) => `len(${sql})`).join(", ")})`;
    columns.push(`unnest(range(1, ${longest} + 1)) AS c${columns.length + 1}`);
  }
  const types = unnest.ordinality ? [...elements, BIGINT] : elements;
  const fields = types.map((type, index) => ({
    qualifier: [],
    value: { ...typed(`${name}.c${index + 1}`, type, unnest), origins: arrays[index]?.origins ?? new Set<string>() },
  }));
  return { sql: `(SELECT ${columns.join(", ")}) AS ${name}`, fields };
}

function unnestOf(relation: Relation): { unnest: Unnest; alias?: Relation & { kind: "alias" } } | undefined {
  if (relation.kind === "unnest") return { unnest: relation };
  if (relation.kind === "alias" && relation.relation.kind === "unnest")
    return { unnest: relation.relation, alias: relation };
  return undefined;
}

function translateJoin(join: Join, environment: Environment): From {
  const left = translateRelation(join.left, environment);
  const lateral = unnestOf(join.right);
  if (lateral) return joinUnnest(join, left, lateral, environment);
  const right = translateRelation(join.right, environment);
  const type = join.type;
  if (join.using) return joinUsing(join, left, right, environment);
  if (!join.on) return { sql: `(${left.sql} CROSS JOIN ${right.sql})`, fields: [...left.fields, ...right.fields] };
  const scope: Scope = { fields: [...left.fields, ...right.fields], outer: environment.outer };
  const context = { environment, scope, correlates: false };
  const on = condition(join.on, context, "JOIN ON clause");
  environment.session.reads(on);
  // A condition of the optional side alone leaves out nothing but matches.
  for (const part of conjuncts(join.on)) {
    pushDown(
      part,
      context,
      type === "INNER" ? scope.fields : type === "LEFT" ? right.fields : type === "RIGHT" ? left.fields : [],
    );
  }
  return {
    sql: `(${left.sql} ${type} JOIN ${right.sql} ON ${on.sql})`,
    fields: [
      ...optional(left.fields, type === "RIGHT" || type === "FULL"),
      ...optional(right.fields, type === "LEFT" || type === "FULL"),
    ],
  };
}

/** Of the side of an outer join that may be missing, a filter may choose no folders: it would see fewer matches. */
function optional(fields: readonly Field[], isOptional: boolean): readonly Field[] {
  if (!isOptional) return fields;
  return fields.map((field) => ({ ...field, value: { ...field.value, partitions: [] } }));
}

function joinUnnest(
  join: Join,
  left: From,
  lateral: NonNullable<ReturnType<typeof unnestOf>>,
  environment: Environment,
): From {
  const { unnest, alias } = lateral;
  const plain = translateUnnest(unnest, environment, { fields: left.fields });
  const right = alias ? rename(plain, alias.name, alias.columns, alias) : plain;
  const fields = [...left.fields, ...right.fields];
  if (join.type === "CROSS") return { sql: `(${left.sql} CROSS JOIN LATERAL ${right.sql})`, fields };
  const isTrue = join.on?.kind === "boolean" && join.on.value;
  if ((join.type !== "LEFT" && join.type !== "INNER") || !isTrue) {
    throw new QueryError(
      "NOT_SUPPORTED",
      `${join.type} JOIN involving UNNEST is only supported with condition ON TRUE`,
      join,
    );
  }
  return { sql: `(${left.sql} ${join.type} JOIN LATERAL ${right.sql} ON true)`, fields };
}

function joinUsing(join: Join, left: From, right: From, environment: Environment): From {
  const merged: Field[] = [];
  const conditions: string[] = [];
  const used = new Set<Field>();
  for (const { text, line, column } of join.using ?? []) {
    const name = text.toLowerCase();
    const find = (from: From, side: string): Field => {
      const [field, ...others] = from.fields.filter((candidate) => candidate.name === name);
      if (!field)
        throw new QueryError("COLUMN_NOT_FOUND", `Column '${text}' is missing from ${side} side of join`, {
          line,
          column,
        });
      if (others.length > 0) throw new QueryError("AMBIGUOUS_NAME", `Column '${text}' is ambiguous`, { line, column });
      return field;
    };
    const [a, b] = [find(left, "left"), find(right, "right")];
    const type = commonType(a.value.type, b.value.type);
    if (!type)
      throw mismatch({ line, column }, `Column '${text}' has types in the two sides of the join that do not compare`);
    requireComparable(type, { line, column });
    const [l, r] = [coerce(a.value, type), coerce(b.value, type)];
    conditions.push(`${l.sql} = ${r.sql}`);
    environment.session.reads(originsOf([l, r]));
    const value: Typed = typed(`coalesce(${l.sql}, ${r.sql})`, type, join, [l, r]);
    merged.push({ name, qualifier: [], value });
    used.add(a).add(b);
  }
  const rest = (fields: readonly Field[], isOptional: boolean): readonly Field[] =>
    optional(
      fields.filter((field) => !used.has(field)),
      isOptional,
    );
  return {
    sql: `(${left.sql} ${join.type} JOIN ${right.sql} ON ${conditions.join(" AND ")})`,
    fields: [
      ...merged,
      ...rest(left.fields, join.type === "RIGHT" || join.type === "FULL"),
      ...rest(right.fields, join.type === "LEFT" || join.type === "FULL"),
    ],
  };
}

/** Which names an expression can see, and what else depends on where it stands. */
import type { CommonTable, Expression, FunctionCall } from "../sql/ast";
import { QueryError, unsupported, type Position } from "../sql/errors";
import type { Session } from "./session";
import type { Typed } from "./typed";

/** A column of a FROM clause. */
export interface Field {
  /** In lower case; nothing for an expression without a name. */
  readonly name?: string;
  /** An alias, or catalog, schema and table; in lower case. */
  readonly qualifier: readonly string[];
  readonly value: Typed;
}

export interface Scope {
  readonly fields: readonly Field[];
  /** Of the query around a subquery. */
  readonly outer?: Scope;
  /** Whether the columns are gone, since GROUP BY has made others of them. */
  readonly isGrouped?: boolean;
}

/** What a query sees beside its FROM clause. */
export interface Environment {
  readonly session: Session;
  /** Tables of WITH, by name in lower case. */
  readonly commonTables: ReadonlyMap<string, NamedTable>;
  readonly outer?: Scope;
}

/** A table of WITH, and what its query sees. */
export interface NamedTable {
  readonly table: CommonTable;
  readonly environment: Environment;
  isUsed: boolean;
}

/** Where an expression stands. */
export interface Context {
  readonly environment: Environment;
  readonly scope: Scope;
  /** Whether columns of the outer query may stand here. */
  readonly correlates: boolean;
  /** Parameters of lambda expressions, by name in lower case. */
  readonly parameters?: ReadonlyMap<string, Typed>;
  /** What stands for a whole expression: a key of GROUP BY, an output column in ORDER BY. */
  replace?(expression: Expression): Typed | undefined;
  /** A column of the scope, where it is not simply its value. */
  column?(field: Field, position: Position): Typed;
  aggregate?(call: FunctionCall): Typed;
  window?(call: FunctionCall): Typed;
}

type Column = Position & { readonly name: string; readonly qualifier: readonly string[] };

/** The column that is meant; `depth` counts the queries that stand around this one. */
export function findField(
  scope: Scope,
  column: Column,
): { field: Field; depth: number; isGrouped?: boolean } | undefined {
  const name = column.name.toLowerCase();
  const qualifier = column.qualifier.map((part) => part.toLowerCase());
  let depth = 0;
  for (let current: Scope | undefined = scope; current; current = current.outer) {
    const found = current.fields.filter((field) => field.name === name && endsWith(field.qualifier, qualifier));
    const [field] = found;
    if (found.length > 1) throw new QueryError("AMBIGUOUS_NAME", `Column '${written(column)}' is ambiguous`, column);
    if (field) return { field, depth, isGrouped: current.isGrouped };
    depth++;
  }
  return undefined;
}

/** `a.b` names what is known as `catalog.a.b`. */
export function endsWith(path: readonly string[], end: readonly string[]): boolean {
  return end.length <= path.length && end.every((part, index) => part === path[path.length - end.length + index]);
}

function written(column: Column): string {
  return [...column.qualifier, column.name].join(".");
}

export function resolve(context: Context, column: Column): Typed {
  const parameter = column.qualifier.length === 0 ? context.parameters?.get(column.name.toLowerCase()) : undefined;
  if (parameter) return { ...parameter, line: column.line, column: column.column };
  const found = findField(context.scope, column);
  if (!found && column.name.startsWith("$")) throw unsupported(column, `the column "${column.name}"`);
  if (!found) throw new QueryError("COLUMN_NOT_FOUND", `Column '${written(column)}' cannot be resolved`, column);
  const { field, depth, isGrouped } = found;
  if (isGrouped) throw unsupported(column, `the column ${written(column)} of an outer query with GROUP BY`);
  if (depth > 1) throw unsupported(column, "a column of a query that stands two or more levels outside");
  if (depth === 1 && !context.correlates) {
    throw unsupported(column, `the outer query's column ${written(column)} outside of WHERE in a subquery`);
  }
  const value = depth === 0 && context.column ? context.column(field, column) : field.value;
  if (value.type.kind === "unreadable") {
    throw unsupported(column, `the type ${value.type.name} of the column ${written(column)}`);
  }
  return { ...value, line: column.line, column: column.column };
}

/** The same text for expressions that mean the same: names in one case, columns as what they stand for. */
export function fingerprint(expression: Expression, scope: Scope): string {
  return JSON.stringify(expression, (key, value: unknown) => {
    if (key === "line" || key === "column") return undefined;
    if (!isColumn(value)) return value;
    return findField(scope, value)?.field.value.sql ?? value.name.toLowerCase();
  });
}

function isColumn(value: unknown): value is Expression & { kind: "column" } {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "column";
}

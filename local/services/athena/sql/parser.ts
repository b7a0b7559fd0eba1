/** Queries and relations. Anything else that Trino has is refused by name, anything it has not as a mismatch. */
import type {
  CommonTable,
  Expression,
  Grouping,
  Name,
  Query,
  QueryBody,
  Relation,
  Select,
  SelectItem,
  SortItem,
} from "./ast";
import type { Cursor } from "./cursor";
import { unsupported } from "./errors";
import { parseExpression } from "./expressions";

export function parseQuery(cursor: Cursor): Query {
  const { line, column } = cursor.peek();
  const withTables: CommonTable[] = [];
  if (cursor.accept("WITH")) {
    if (cursor.sees("RECURSIVE")) throw cursor.unsupported("WITH RECURSIVE");
    withTables.push(...cursor.list(() => parseCommonTable(cursor)));
  }
  const body = parseBody(cursor);
  const orderBy = cursor.accept("ORDER") ? parseOrderBy(cursor) : [];
  let offset: number | undefined;
  if (cursor.accept("OFFSET")) {
    offset = cursor.integer();
    if (!cursor.accept("ROWS")) cursor.accept("ROW");
  }
  let limit: number | undefined;
  if (cursor.accept("LIMIT") && !cursor.accept("ALL")) limit = cursor.integer();
  if (cursor.sees("FETCH")) throw cursor.unsupported("FETCH FIRST (use LIMIT)");
  return { line, column, with: withTables, body, orderBy, offset, limit };
}

function parseCommonTable(cursor: Cursor): CommonTable {
  const name = cursor.name();
  const columns = parseColumnAliases(cursor);
  cursor.expect("AS");
  return { ...name, columns, query: parseParenthesized(cursor) };
}

function parseParenthesized(cursor: Cursor): Query {
  cursor.expectSymbol("(");
  const query = parseQuery(cursor);
  cursor.expectSymbol(")");
  return query;
}

function parseColumnAliases(cursor: Cursor): Name[] | undefined {
  if (!cursor.acceptSymbol("(")) return undefined;
  const columns = cursor.list(() => cursor.name());
  cursor.expectSymbol(")");
  return columns;
}

/** After the word ORDER. */
export function parseOrderBy(cursor: Cursor): SortItem[] {
  cursor.expect("BY");
  return cursor.list(() => {
    const expression = parseExpression(cursor);
    const descending = cursor.accept("DESC") || (cursor.accept("ASC"), false);
    const nullsFirst = cursor.accept("NULLS") && (cursor.accept("FIRST") || (cursor.expect("LAST"), false));
    return { expression, descending, nullsFirst };
  });
}

/** UNION and EXCEPT bind equally, from the left; INTERSECT binds tighter. */
function parseBody(cursor: Cursor): QueryBody {
  let left = parseIntersection(cursor);
  for (;;) {
    const { line, column } = cursor.peek();
    const op = cursor.accept("UNION") ? "UNION" : cursor.accept("EXCEPT") ? "EXCEPT" : undefined;
    if (!op) return left;
    const all = parseAll(cursor);
    left = { kind: "set", op, all, left, right: parseIntersection(cursor), line, column };
  }
}

function parseIntersection(cursor: Cursor): QueryBody {
  let left = parsePrimary(cursor);
  for (;;) {
    const { line, column } = cursor.peek();
    if (!cursor.accept("INTERSECT")) return left;
    const all = parseAll(cursor);
    left = { kind: "set", op: "INTERSECT", all, left, right: parsePrimary(cursor), line, column };
  }
}

function parseAll(cursor: Cursor): boolean {
  const all = cursor.accept("ALL");
  if (!all) cursor.accept("DISTINCT");
  if (cursor.sees("CORRESPONDING")) throw cursor.unsupported("CORRESPONDING");
  return all;
}

function parsePrimary(cursor: Cursor): QueryBody {
  const { line, column } = cursor.peek();
  if (cursor.accept("SELECT")) return parseSelect(cursor, { line, column });
  if (cursor.accept("VALUES")) {
    return { kind: "values", rows: cursor.list(() => parseRow(cursor)), line, column };
  }
  if (cursor.sees("TABLE")) throw cursor.unsupported("TABLE as a query");
  if (cursor.seesSymbol("(")) return { kind: "nested", query: parseParenthesized(cursor), line, column };
  throw cursor.mismatch("'SELECT', 'VALUES', '('");
}

function parseRow(cursor: Cursor): Expression[] {
  if (!cursor.seesSymbol("(")) return [parseExpression(cursor)];
  cursor.expectSymbol("(");
  const row = cursor.list(() => parseExpression(cursor));
  cursor.expectSymbol(")");
  return row;
}

function parseSelect(cursor: Cursor, place: { line: number; column: number }): Select {
  const distinct = cursor.accept("DISTINCT");
  if (!distinct) cursor.accept("ALL");
  const items = cursor.list(() => parseSelectItem(cursor));
  const from = cursor.accept("FROM") ? parseFrom(cursor) : undefined;
  const where = cursor.accept("WHERE") ? parseExpression(cursor) : undefined;
  const groupBy = cursor.accept("GROUP") ? parseGroupBy(cursor) : [];
  const having = cursor.accept("HAVING") ? parseExpression(cursor) : undefined;
  if (cursor.sees("WINDOW")) throw cursor.unsupported("the WINDOW clause");
  if (cursor.sees("QUALIFY")) throw cursor.mismatch();
  return { kind: "select", ...place, distinct, items, from, where, groupBy, having };
}

function parseSelectItem(cursor: Cursor): SelectItem {
  const { line, column } = cursor.peek();
  if (cursor.acceptSymbol("*")) return { kind: "star", qualifier: [], line, column };
  let ahead = 0;
  while (cursor.seesName(ahead) && cursor.seesSymbol(".", ahead + 1)) ahead += 2;
  if (ahead > 0 && cursor.seesSymbol("*", ahead)) {
    const qualifier = [cursor.name().text];
    while (cursor.acceptSymbol(".") && !cursor.acceptSymbol("*")) qualifier.push(cursor.name().text);
    if (cursor.sees("AS")) throw cursor.unsupported("aliases for the columns of a star");
    return { kind: "star", qualifier, line, column };
  }
  const expression = parseExpression(cursor);
  const aliased = cursor.accept("AS") || (cursor.seesName() && !isClauseWord(cursor));
  const alias = aliased ? cursor.name().text : undefined;
  return { kind: "expression", expression, alias, line, column };
}

function parseGroupBy(cursor: Cursor): Grouping[] {
  cursor.expect("BY");
  if (cursor.sees("ALL") || cursor.sees("DISTINCT")) throw cursor.unsupported("GROUP BY ALL or DISTINCT");
  return cursor.list(() => {
    const { line, column } = cursor.peek();
    const set = (): Expression[] => {
      cursor.expectSymbol("(");
      if (cursor.acceptSymbol(")")) return [];
      const columns = cursor.list(() => parseExpression(cursor));
      cursor.expectSymbol(")");
      return columns;
    };
    if (cursor.seesSymbol("(") && cursor.seesSymbol(")", 1)) return { kind: "sets", sets: [set()], line, column };
    if (cursor.accept("ROLLUP")) return { kind: "rollup", sets: [set()], line, column };
    if (cursor.accept("CUBE")) return { kind: "cube", sets: [set()], line, column };
    if (cursor.accept("GROUPING")) {
      cursor.expect("SETS");
      cursor.expectSymbol("(");
      const sets = cursor.list(() => (cursor.seesSymbol("(") ? set() : [parseExpression(cursor)]));
      cursor.expectSymbol(")");
      return { kind: "sets", sets, line, column };
    }
    return { kind: "simple", sets: [[parseExpression(cursor)]], line, column };
  });
}

/** `a, b` is a cross join. */
function parseFrom(cursor: Cursor): Relation {
  let relation = parseJoins(cursor);
  for (;;) {
    const { line, column } = cursor.peek();
    if (!cursor.acceptSymbol(",")) return relation;
    relation = { kind: "join", type: "CROSS", left: relation, right: parseJoins(cursor), line, column };
  }
}

function parseJoins(cursor: Cursor): Relation {
  let left = parseSampled(cursor);
  for (;;) {
    const { line, column } = cursor.peek();
    if (cursor.sees("NATURAL")) throw cursor.unsupported("NATURAL JOIN");
    if (cursor.accept("CROSS")) {
      cursor.expect("JOIN");
      left = { kind: "join", type: "CROSS", left, right: parseSampled(cursor), line, column };
      continue;
    }
    const type = parseJoinType(cursor);
    if (!type) return left;
    const right = parseJoins(cursor);
    if (cursor.accept("USING")) {
      left = { kind: "join", type, left, right, using: parseColumnAliases(cursor) ?? [], line, column };
      continue;
    }
    cursor.expect("ON");
    left = { kind: "join", type, left, right, on: parseExpression(cursor), line, column };
  }
}

function parseJoinType(cursor: Cursor): "INNER" | "LEFT" | "RIGHT" | "FULL" | undefined {
  for (const type of ["LEFT", "RIGHT", "FULL"] as const) {
    if (!cursor.accept(type)) continue;
    cursor.accept("OUTER");
    cursor.expect("JOIN");
    return type;
  }
  const inner = cursor.accept("INNER");
  if (cursor.accept("JOIN")) return "INNER";
  if (inner) throw cursor.mismatch("'JOIN'");
  return undefined;
}

function parseSampled(cursor: Cursor): Relation {
  const { line, column } = cursor.peek();
  let relation = parseRelation(cursor);
  if (cursor.sees("MATCH_RECOGNIZE", "(")) throw cursor.unsupported("MATCH_RECOGNIZE");
  if (cursor.sees("FOR")) throw cursor.unsupported("time travel");
  if (cursor.accept("AS") || (cursor.seesName() && !cursor.sees("TABLESAMPLE") && !isClauseWord(cursor))) {
    const name = cursor.name().text;
    relation = { kind: "alias", relation, name, columns: parseColumnAliases(cursor), line, column };
  }
  if (cursor.sees("TABLESAMPLE")) throw cursor.unsupported("TABLESAMPLE");
  return relation;
}

/** Words that are not reserved and yet begin the next clause here. */
function isClauseWord(cursor: Cursor): boolean {
  const counts = cursor.sees("LIMIT") || cursor.sees("OFFSET");
  if (counts) return cursor.peek(1).kind === "integer" || cursor.peek(1).text.toUpperCase() === "ALL";
  return cursor.sees("FETCH") || cursor.sees("WINDOW") || cursor.sees("QUALIFY");
}

function parseRelation(cursor: Cursor): Relation {
  const { line, column } = cursor.peek();
  if (cursor.accept("UNNEST")) {
    cursor.expectSymbol("(");
    const arrays = cursor.list(() => parseExpression(cursor));
    cursor.expectSymbol(")");
    const ordinality = cursor.accept("WITH") && (cursor.expect("ORDINALITY"), true);
    return { kind: "unnest", arrays, ordinality, line, column };
  }
  if (cursor.sees("LATERAL") && cursor.seesSymbol("(", 1)) throw cursor.unsupported("LATERAL");
  if (cursor.sees("TABLE") && cursor.seesSymbol("(", 1)) throw cursor.unsupported("a table function");
  if (cursor.seesSymbol("(")) {
    if (beginsQuery(cursor)) return { kind: "query", query: parseParenthesized(cursor), line, column };
    cursor.expectSymbol("(");
    const relation = parseFrom(cursor);
    cursor.expectSymbol(")");
    return relation;
  }
  const path = cursor.path();
  if (cursor.seesSymbol("(")) {
    throw unsupported({ line, column }, `the table function ${path.map(({ text }) => text).join(".")}`);
  }
  return { kind: "table", path, line, column };
}

/** Whether the parenthesis that comes holds a query rather than a join. */
function beginsQuery(cursor: Cursor): boolean {
  let ahead = 1;
  while (cursor.seesSymbol("(", ahead)) ahead++;
  const { kind, text } = cursor.peek(ahead);
  return kind === "word" && /^(SELECT|WITH|VALUES|TABLE)$/i.test(text);
}

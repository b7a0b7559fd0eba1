/** One statement. What Athena has and this emulation has not is refused by name. https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html */
import type { Expression, Statement } from "./ast";
import { Cursor } from "./cursor";
import { syntaxError, unsupported } from "./errors";
import { parseExpression } from "./expressions";
import { parseQuery } from "./parser";

const OTHERS =
  /^(ALTER|ANALYZE|CALL|COMMIT|DEALLOCATE|DELETE|EXECUTE|EXPLAIN|GRANT|INSERT|MERGE|MSCK|OPTIMIZE|PREPARE|TABLE|UPDATE|VACUUM)$/i;

/**
 * Parses one statement; throws a `QueryError` with line and column.
 * `parameters` are the values of its question marks, as literals of SQL.
 */
export function parseStatement(sql: string, parameters: readonly string[] = []): Statement {
  const cursor = new Cursor(sql, parameters.map(parseParameter));
  const statement = parseStatementBody(cursor);
  cursor.acceptSymbol(";");
  if (cursor.peek().kind === "end") return statement;
  if (cursor.seesSymbol(";")) throw syntaxError(cursor.peek(), "Only one sql statement is allowed");
  throw cursor.mismatch("<EOF>");
}

function parseParameter(text: string): Expression {
  const cursor = new Cursor(text);
  const value = parseExpression(cursor);
  if (cursor.peek().kind !== "end") throw cursor.mismatch("<EOF>");
  const literal = value.kind === "negate" ? value.operand : value;
  if (!/^(null|boolean|string|binary|integer|decimal|double|typed|interval)$/.test(literal.kind)) {
    throw unsupported(undefined, `the execution parameter ${text} (a literal is expected, a text in single quotes)`);
  }
  return value;
}

function parseStatementBody(cursor: Cursor): Statement {
  if (cursor.sees("SELECT") || cursor.sees("WITH") || cursor.sees("VALUES") || cursor.seesSymbol("(")) {
    return { kind: "query", query: parseQuery(cursor) };
  }
  if (cursor.accept("CREATE")) return parseCreate(cursor);
  if (cursor.accept("UNLOAD")) return parseUnload(cursor);
  if (cursor.accept("DROP")) {
    if (!cursor.accept("VIEW")) throw cursor.unsupported(`DROP ${cursor.peek().text.toUpperCase()}`);
    const ifExists = cursor.accept("IF", "EXISTS");
    return { kind: "drop view", ifExists, path: cursor.path(() => cursor.hiveName()) };
  }
  if (cursor.accept("SHOW")) return parseShow(cursor);
  if (cursor.accept("DESCRIBE") || cursor.accept("DESC")) {
    if (cursor.sees("EXTENDED") || cursor.sees("FORMATTED")) {
      throw cursor.unsupported(`DESCRIBE ${cursor.peek().text.toUpperCase()}`);
    }
    return { kind: "describe", path: cursor.path(() => cursor.hiveName()) };
  }
  const first = cursor.peek();
  if (first.kind === "end") throw syntaxError(first, "the statement is empty");
  if (OTHERS.test(first.text)) throw cursor.unsupported(first.text.toUpperCase());
  throw cursor.mismatch();
}

function parseShow(cursor: Cursor): Statement {
  if (cursor.accept("CREATE", "VIEW")) {
    return { kind: "show create view", path: cursor.path(() => cursor.hiveName()) };
  }
  if (cursor.accept("COLUMNS")) {
    if (!cursor.accept("IN")) cursor.expect("FROM");
    const path = cursor.path(() => cursor.hiveName());
    const database = cursor.accept("IN") || cursor.accept("FROM") ? [cursor.hiveName()] : [];
    return { kind: "show columns", path: [...database, ...path] };
  }
  const kind = cursor.accept("TABLES") ? "show tables" : cursor.accept("VIEWS") ? "show views" : undefined;
  if (!kind) throw cursor.unsupported(`SHOW ${cursor.peek().text.toUpperCase()}`);
  const database = cursor.accept("IN") || cursor.accept("FROM") ? cursor.hiveName() : undefined;
  if (cursor.peek().kind === "string" || cursor.sees("LIKE")) throw cursor.unsupported("a pattern in SHOW");
  return { kind, database };
}

function parseCreate(cursor: Cursor): Statement {
  const replace = cursor.accept("OR", "REPLACE");
  if (!cursor.accept("VIEW")) throw cursor.unsupported(`CREATE ${cursor.peek().text.toUpperCase()}`);
  const path = cursor.path(() => cursor.hiveName());
  if (!cursor.sees("AS")) throw cursor.unsupported(`${cursor.peek().text.toUpperCase()} in CREATE VIEW`);
  cursor.expect("AS");
  const start = cursor.peek().start;
  const query = parseQuery(cursor);
  const end = cursor.peek(-1).end;
  return { kind: "create view", replace, path, query, sql: cursor.sql.slice(start, end) };
}

const COMPRESSIONS = ["GZIP", "SNAPPY", "ZSTD"] as const;

/** https://docs.aws.amazon.com/athena/latest/ug/unload.html */
function parseUnload(cursor: Cursor): Statement {
  cursor.expectSymbol("(");
  const query = parseQuery(cursor);
  cursor.expectSymbol(")");
  cursor.expect("TO");
  const to = text(cursor);
  if (!/^s3:\/\/[^/]+\/(.+\/)?$/.test(to)) throw cursor.unsupported(`the location '${to}' (s3://bucket/folder/ is)`);
  cursor.expect("WITH");
  cursor.expectSymbol("(");
  const settings = new Map<string, string>();
  do {
    const name = cursor.name().text.toLowerCase();
    cursor.expectSymbol("=");
    settings.set(name, text(cursor).toUpperCase());
  } while (cursor.acceptSymbol(","));
  cursor.expectSymbol(")");
  for (const name of settings.keys())
    if (name !== "format" && name !== "compression") throw cursor.unsupported(`the property ${name} of UNLOAD`);
  if (settings.get("format") !== "PARQUET") throw cursor.unsupported("UNLOAD in a format other than PARQUET");
  const asked = settings.get("compression") ?? "GZIP";
  const compression = COMPRESSIONS.find((known) => known === asked);
  if (compression === undefined) throw cursor.unsupported(`the compression ${asked} of UNLOAD`);
  return { kind: "unload", query, to, compression };
}

function text(cursor: Cursor): string {
  const token = cursor.peek();
  if (token.kind !== "string") throw cursor.mismatch("<string>");
  return cursor.next().text;
}

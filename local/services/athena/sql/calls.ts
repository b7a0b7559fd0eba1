/** Calls of functions: ordinary ones with DISTINCT, ORDER BY, FILTER and OVER, and those with a grammar of their own. */
import type { Expression, FrameBound, FunctionCall, Window, WindowFrame } from "./ast";
import type { Cursor } from "./cursor";
import { unsupported, type Position } from "./errors";
import { parseExpression } from "./expressions";
import { parseOrderBy } from "./parser";

function call(name: string, args: readonly Expression[], place: Position): FunctionCall {
  const { line, column } = place;
  return { kind: "call", name, args, star: false, distinct: false, orderBy: [], ignoreNulls: false, line, column };
}

/** `name` has been read, the parenthesis comes. */
export function parseCall(cursor: Cursor, name: string, place: Position): FunctionCall {
  cursor.expectSymbol("(");
  const star = cursor.acceptSymbol("*");
  const distinct = !star && cursor.accept("DISTINCT");
  if (!star && !distinct) cursor.accept("ALL");
  const empty = star || cursor.seesSymbol(")");
  const args = empty ? [] : cursor.list(() => parseExpression(cursor));
  const orderBy = cursor.accept("ORDER") ? parseOrderBy(cursor) : [];
  cursor.expectSymbol(")");
  if (cursor.sees("WITHIN")) throw cursor.unsupported("WITHIN GROUP");
  let filter: Expression | undefined;
  if (cursor.accept("FILTER")) {
    cursor.expectSymbol("(");
    cursor.expect("WHERE");
    filter = parseExpression(cursor);
    cursor.expectSymbol(")");
  }
  const ignoreNulls = cursor.accept("IGNORE", "NULLS");
  if (!ignoreNulls) cursor.accept("RESPECT", "NULLS");
  const over = cursor.accept("OVER") ? parseWindow(cursor) : undefined;
  return { ...call(name.toLowerCase(), args, place), star, distinct, orderBy, filter, ignoreNulls, over };
}

function parseWindow(cursor: Cursor): Window {
  if (!cursor.seesSymbol("(")) throw cursor.unsupported("a named window");
  cursor.expectSymbol("(");
  const partitionBy = cursor.accept("PARTITION")
    ? (cursor.expect("BY"), cursor.list(() => parseExpression(cursor)))
    : [];
  const orderBy = cursor.accept("ORDER") ? parseOrderBy(cursor) : [];
  const unit = (["ROWS", "RANGE", "GROUPS"] as const).find((word) => cursor.accept(word));
  const frame = unit && parseFrame(cursor, unit);
  cursor.expectSymbol(")");
  return { partitionBy, orderBy, frame };
}

function parseFrame(cursor: Cursor, unit: WindowFrame["unit"]): WindowFrame {
  if (!cursor.accept("BETWEEN")) return { unit, start: parseBound(cursor, unit) };
  const start = parseBound(cursor, unit);
  cursor.expect("AND");
  return { unit, start, end: parseBound(cursor, unit) };
}

function parseBound(cursor: Cursor, unit: WindowFrame["unit"]): FrameBound {
  if (cursor.accept("CURRENT")) {
    cursor.expect("ROW");
    return { kind: "current row" };
  }
  if (cursor.accept("UNBOUNDED")) {
    if (cursor.accept("PRECEDING")) return { kind: "unbounded preceding" };
    cursor.expect("FOLLOWING");
    return { kind: "unbounded following" };
  }
  if (unit === "RANGE" || cursor.peek().kind !== "integer") throw cursor.unsupported("this bound of a window frame");
  const offset = cursor.integer();
  if (cursor.accept("PRECEDING")) return { kind: "preceding", offset };
  cursor.expect("FOLLOWING");
  return { kind: "following", offset };
}

/** Reserved words that begin an expression which is not supported here. */
const OTHERS =
  /^(CURRENT_(CATALOG|PATH|ROLE|SCHEMA|TIME|USER)|LOCALTIME|NORMALIZE|LISTAGG|JSON_(ARRAY|EXISTS|OBJECT|QUERY|TABLE|VALUE))$/i;

/** What EXTRACT takes: https://trino.io/docs/current/functions/datetime.html#extraction-function */
const FIELDS: readonly string[] =
  "year quarter month week day day_of_month day_of_week dow day_of_year doy year_of_week yow hour minute second".split(
    " ",
  );

/** Functions that Trino's grammar spells out; nothing if none begins here. */
export function parseSpecialCall(cursor: Cursor, place: Position): Expression | undefined {
  const { line, column } = place;
  if (cursor.accept("CURRENT_DATE")) return { kind: "current", what: "date", line, column };
  for (const [word, what] of [
    ["CURRENT_TIMESTAMP", "timestamp"],
    ["LOCALTIMESTAMP", "localtimestamp"],
  ] as const) {
    if (!cursor.accept(word)) continue;
    if (cursor.seesSymbol("(")) throw cursor.unsupported(`${word} with a precision`);
    return { kind: "current", what, line, column };
  }
  if (cursor.accept("EXTRACT")) {
    cursor.expectSymbol("(");
    const name = cursor.peek();
    const field = cursor.name().text.toLowerCase();
    if (!FIELDS.includes(field)) throw unsupported(name, `EXTRACT(${field.toUpperCase()} ...)`);
    cursor.expect("FROM");
    const operand = parseExpression(cursor);
    cursor.expectSymbol(")");
    return call(field, [operand], place);
  }
  if (cursor.accept("TRIM")) return parseTrim(cursor, place);
  if (OTHERS.test(cursor.peek().text)) throw cursor.unsupported(cursor.peek().text.toUpperCase());
  if (cursor.sees("GROUPING")) return parseCall(cursor, cursor.next().text, place);
  if (!cursor.seesSymbol("(", 1)) return undefined;
  if (cursor.accept("POSITION")) {
    cursor.expectSymbol("(");
    const needle = parseWithoutIn(cursor);
    cursor.expect("IN");
    const haystack = parseExpression(cursor);
    cursor.expectSymbol(")");
    return call("strpos", [haystack, needle], place);
  }
  if (cursor.sees("SUBSTRING")) {
    const name = cursor.next().text;
    cursor.expectSymbol("(");
    const args = [parseExpression(cursor)];
    const words = cursor.sees("FROM");
    while (words ? cursor.accept("FROM") || cursor.accept("FOR") : cursor.acceptSymbol(","))
      args.push(parseExpression(cursor));
    cursor.expectSymbol(")");
    return call(name.toLowerCase(), args, place);
  }
  return undefined;
}

/** The needle of POSITION: a value, so that IN stays the grammar's word. */
function parseWithoutIn(cursor: Cursor): Expression {
  const token = cursor.peek();
  if (token.kind === "string") {
    cursor.next();
    return { kind: "string", value: token.text, line: token.line, column: token.column };
  }
  const path = cursor.path().map(({ text }) => text);
  return {
    kind: "column",
    name: path[path.length - 1] ?? "",
    qualifier: path.slice(0, -1),
    line: token.line,
    column: token.column,
  };
}

function parseTrim(cursor: Cursor, place: Position): Expression {
  cursor.expectSymbol("(");
  const side = (["LEADING", "TRAILING", "BOTH"] as const).find((word) => cursor.accept(word));
  const first = side && cursor.sees("FROM") ? undefined : parseExpression(cursor);
  let args = first ? [first] : [];
  if (cursor.accept("FROM")) args = [parseExpression(cursor), ...args];
  else if (cursor.acceptSymbol(",")) args = [...args, parseExpression(cursor)];
  else if (side) throw cursor.mismatch("'FROM'");
  cursor.expectSymbol(")");
  return call(side === "LEADING" ? "ltrim" : side === "TRAILING" ? "rtrim" : "trim", args, place);
}

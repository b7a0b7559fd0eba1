/** Expressions, in Trino's order of precedence. */
import type { ComparisonOperator, Expression, IntervalUnit, TypeName } from "./ast";
import { parseCall, parseSpecialCall } from "./calls";
import type { Cursor } from "./cursor";
import { syntaxError, unsupported, type Position } from "./errors";
import { parseQuery } from "./parser";

export function parseExpression(cursor: Cursor): Expression {
  return parseLogic(cursor, "OR", () => parseLogic(cursor, "AND", () => parseNot(cursor)));
}

function parseLogic(cursor: Cursor, op: "AND" | "OR", operand: () => Expression): Expression {
  let left = operand();
  for (;;) {
    const { line, column } = cursor.peek();
    if (!cursor.accept(op)) return left;
    left = { kind: "logic", op, left, right: operand(), line, column };
  }
}

function parseNot(cursor: Cursor): Expression {
  const { line, column } = cursor.peek();
  if (cursor.accept("NOT")) return { kind: "not", operand: parseNot(cursor), line, column };
  return parsePredicate(cursor);
}

/** A value with at most one predicate behind it (Trino: `a < b < c` is no expression). */
function parsePredicate(cursor: Cursor): Expression {
  const left = parseValue(cursor);
  const token = cursor.peek();
  const { line, column } = token;
  if (token.kind === "symbol" && isComparison(token.text)) {
    cursor.next();
    if (cursor.sees("ALL") || cursor.sees("ANY") || cursor.sees("SOME"))
      throw cursor.unsupported("a quantified comparison");
    const op = token.text === "!=" ? "<>" : token.text;
    return { kind: "compare", op, left, right: parseValue(cursor), line, column };
  }
  if (cursor.accept("IS")) {
    const not = cursor.accept("NOT");
    if (cursor.accept("NULL")) return { kind: "is null", operand: left, not, line, column };
    cursor.expect("DISTINCT", "FROM");
    return { kind: "distinct", not, left, right: parseValue(cursor), line, column };
  }
  const not = cursor.accept("NOT");
  if (cursor.accept("BETWEEN")) {
    const low = parseValue(cursor);
    cursor.expect("AND");
    return { kind: "between", operand: left, low, high: parseValue(cursor), not, line, column };
  }
  if (cursor.accept("IN")) {
    cursor.expectSymbol("(");
    const isQuery = cursor.sees("SELECT") || cursor.sees("WITH") || cursor.sees("VALUES");
    const operand: Expression = isQuery
      ? { kind: "in query", operand: left, query: parseQuery(cursor), not, line, column }
      : { kind: "in", operand: left, list: cursor.list(() => parseExpression(cursor)), not, line, column };
    cursor.expectSymbol(")");
    return operand;
  }
  if (cursor.accept("LIKE")) {
    const pattern = parseValue(cursor);
    const escape = cursor.accept("ESCAPE") ? parseValue(cursor) : undefined;
    return { kind: "like", operand: left, pattern, escape, not, line, column };
  }
  if (not) throw cursor.mismatch("'BETWEEN', 'IN', 'LIKE'");
  return left;
}

function isComparison(text: string): text is ComparisonOperator | "!=" {
  return /^(=|<>|!=|<|<=|>|>=)$/.test(text);
}

/** `||` binds as `+` and `-` do. */
function parseValue(cursor: Cursor): Expression {
  let left = parseTerm(cursor);
  for (;;) {
    const { line, column } = cursor.peek();
    if (cursor.acceptSymbol("||")) left = { kind: "concat", left, right: parseTerm(cursor), line, column };
    else if (cursor.acceptSymbol("+"))
      left = { kind: "arithmetic", op: "+", left, right: parseTerm(cursor), line, column };
    else if (cursor.acceptSymbol("-"))
      left = { kind: "arithmetic", op: "-", left, right: parseTerm(cursor), line, column };
    else return left;
  }
}

function parseTerm(cursor: Cursor): Expression {
  let left = parseUnary(cursor);
  for (;;) {
    const { kind, text, line, column } = cursor.peek();
    if (kind !== "symbol" || (text !== "*" && text !== "/" && text !== "%")) return left;
    cursor.next();
    left = { kind: "arithmetic", op: text, left, right: parseUnary(cursor), line, column };
  }
}

function parseUnary(cursor: Cursor): Expression {
  const { line, column } = cursor.peek();
  if (cursor.acceptSymbol("-")) return { kind: "negate", operand: parseUnary(cursor), line, column };
  if (cursor.acceptSymbol("+")) return parseUnary(cursor);
  let operand = parsePostfix(cursor);
  for (;;) {
    const place = cursor.peek();
    if (!cursor.sees("AT", "TIME")) return operand;
    cursor.expect("AT", "TIME", "ZONE");
    operand = { kind: "at time zone", operand, zone: parsePostfix(cursor), line: place.line, column: place.column };
  }
}

function parsePostfix(cursor: Cursor): Expression {
  let operand = parsePrimary(cursor);
  for (;;) {
    const { line, column } = cursor.peek();
    if (cursor.acceptSymbol("[")) {
      operand = { kind: "subscript", operand, index: parseValue(cursor), line, column };
      cursor.expectSymbol("]");
    } else if (cursor.seesSymbol(".")) {
      throw cursor.unsupported("a field of a row");
    } else {
      return operand;
    }
  }
}

function parsePrimary(cursor: Cursor): Expression {
  const token = cursor.peek();
  const { line, column } = token;
  switch (token.kind) {
    case "integer":
    case "decimal":
    case "double":
      cursor.next();
      return { kind: token.kind, text: token.text, line, column };
    case "string":
      cursor.next();
      return { kind: "string", value: token.text, line, column };
    case "binary": {
      cursor.next();
      const value = token.text.replace(/\s/g, "");
      if (!/^([0-9a-fA-F]{2})*$/.test(value))
        throw syntaxError(token, "Binary literal must contain an even number of digits");
      return { kind: "binary", value, line, column };
    }
    case "symbol":
      return parseParenthesis(cursor);
    case "end":
      throw cursor.mismatch("<expression>");
    case "backquoted":
    case "word":
    case "quoted":
      return (token.kind === "word" && parseKeyword(cursor)) || parseReference(cursor);
  }
}

function parseParenthesis(cursor: Cursor): Expression {
  const { line, column } = cursor.peek();
  if (cursor.seesSymbol("?")) return cursor.takeParameter();
  if (!cursor.acceptSymbol("(")) throw cursor.mismatch("<expression>");
  if (cursor.sees("SELECT") || cursor.sees("WITH") || cursor.sees("VALUES")) {
    const query = parseQuery(cursor);
    cursor.expectSymbol(")");
    return { kind: "subquery", query, line, column };
  }
  const inner = cursor.list(() => parseExpression(cursor));
  cursor.expectSymbol(")");
  if (cursor.seesSymbol("->")) {
    const parameters = inner.map((name) => {
      if (name.kind !== "column" || name.qualifier.length > 0) throw cursor.mismatch();
      return name.name;
    });
    return parseLambda(cursor, parameters, { line, column });
  }
  const [only] = inner;
  if (inner.length > 1 || !only) throw unsupported({ line, column }, "a row");
  return only;
}

/** The parameters have been read, the arrow comes. */
function parseLambda(cursor: Cursor, parameters: readonly string[], place: Position): Expression {
  cursor.expectSymbol("->");
  return { kind: "lambda", parameters, body: parseExpression(cursor), line: place.line, column: place.column };
}

const TYPED_LITERALS =
  /^(DATE|TIMESTAMP|TIME|DECIMAL|BIGINT|INTEGER|INT|SMALLINT|TINYINT|DOUBLE|REAL|VARCHAR|CHAR|JSON)$/i;

/** An expression that begins with a word of the grammar; nothing if the word is a name here. */
function parseKeyword(cursor: Cursor): Expression | undefined {
  const { text, line, column } = cursor.peek();
  const place = { line, column };
  if (cursor.accept("NULL")) return { kind: "null", ...place };
  if (cursor.accept("TRUE")) return { kind: "boolean", value: true, ...place };
  if (cursor.accept("FALSE")) return { kind: "boolean", value: false, ...place };
  if (cursor.peek(1).kind === "string" && TYPED_LITERALS.test(text)) {
    cursor.next();
    return { kind: "typed", type: text.toLowerCase(), value: cursor.next().text, ...place };
  }
  if (cursor.sees("INTERVAL") && /^(string|symbol)$/.test(cursor.peek(1).kind)) return parseInterval(cursor);
  if (cursor.accept("CASE")) return parseCase(cursor, place);
  if (cursor.sees("CAST") || (cursor.sees("TRY_CAST") && cursor.seesSymbol("(", 1))) {
    const safe = cursor.next().text.toUpperCase() === "TRY_CAST";
    cursor.expectSymbol("(");
    const operand = parseExpression(cursor);
    cursor.expect("AS");
    const type = parseType(cursor);
    cursor.expectSymbol(")");
    return { kind: "cast", operand, type, safe, ...place };
  }
  if (cursor.accept("EXISTS")) {
    cursor.expectSymbol("(");
    const query = parseQuery(cursor);
    cursor.expectSymbol(")");
    return { kind: "exists", query, ...place };
  }
  if (cursor.sees("ARRAY") && cursor.seesSymbol("[", 1)) {
    cursor.next();
    cursor.next();
    const elements = cursor.seesSymbol("]") ? [] : cursor.list(() => parseExpression(cursor));
    cursor.expectSymbol("]");
    return { kind: "array", elements, ...place };
  }
  if (cursor.sees("ROW") && cursor.seesSymbol("(", 1)) throw cursor.unsupported("a row");
  return parseSpecialCall(cursor, place);
}

function parseInterval(cursor: Cursor): Expression {
  const { line, column } = cursor.next();
  const negative = cursor.acceptSymbol("-") || (cursor.acceptSymbol("+"), false);
  const token = cursor.next();
  if (token.kind !== "string") throw syntaxError(token, `mismatched input '${token.text}'. Expecting: <string>`);
  const unit = cursor.next();
  const word = unit.text.toLowerCase();
  if (!isIntervalUnit(word))
    throw syntaxError(
      unit,
      `mismatched input '${unit.text}'. Expecting: 'DAY', 'HOUR', 'MINUTE', 'MONTH', 'SECOND', 'YEAR'`,
    );
  if (cursor.sees("TO")) throw cursor.unsupported("an interval with two units");
  return { kind: "interval", negative, value: token.text, unit: word, line, column };
}

function isIntervalUnit(word: string): word is IntervalUnit {
  return /^(year|month|day|hour|minute|second)$/.test(word);
}

function parseCase(cursor: Cursor, place: { line: number; column: number }): Expression {
  const operand = cursor.sees("WHEN") ? undefined : parseExpression(cursor);
  const branches: { when: Expression; then: Expression }[] = [];
  while (cursor.accept("WHEN")) {
    const when = parseExpression(cursor);
    cursor.expect("THEN");
    branches.push({ when, then: parseExpression(cursor) });
  }
  if (branches.length === 0) throw cursor.mismatch("'WHEN'");
  const otherwise = cursor.accept("ELSE") ? parseExpression(cursor) : undefined;
  cursor.expect("END");
  return { kind: "case", operand, branches, otherwise, ...place };
}

export function parseType(cursor: Cursor): TypeName {
  const { line, column } = cursor.peek();
  const word = cursor.name().text.toLowerCase();
  const name = word === "double" && cursor.accept("PRECISION") ? "double" : word;
  const parameters: (number | TypeName)[] = [];
  if (cursor.acceptSymbol("(")) {
    parameters.push(...cursor.list(() => (cursor.peek().kind === "integer" ? cursor.integer() : parseType(cursor))));
    cursor.expectSymbol(")");
  }
  const withTimeZone = cursor.accept("WITH", "TIME", "ZONE");
  if (!withTimeZone) cursor.accept("WITHOUT", "TIME", "ZONE");
  return { name, parameters, withTimeZone, line, column };
}

/** A column, or a call of a function. */
function parseReference(cursor: Cursor): Expression {
  const { line, column, kind } = cursor.peek();
  const path = cursor.path().map(({ text }) => text);
  const name = path[path.length - 1] ?? "";
  if (cursor.seesSymbol("(")) {
    if (path.length > 1) throw cursor.unsupported("a function with a catalog or schema");
    return parseCall(cursor, name, { line, column });
  }
  if (cursor.seesSymbol("->") && path.length === 1) return parseLambda(cursor, path, { line, column });
  if (kind === "word" && path.length === 1 && cursor.peek().kind === "string") {
    throw cursor.unsupported(`a literal of type ${name}`);
  }
  return { kind: "column", name, qualifier: path.slice(0, -1), line, column };
}

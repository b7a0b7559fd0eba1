/** Expressions, each to DuckDB's SQL with the type it has in Trino. */
import type { Expression, FunctionCall } from "../sql/ast";
import { QueryError, unsupported, type Position } from "../sql/errors";
import {
  BIGINT,
  BOOLEAN,
  commonType,
  duckName,
  isFloating,
  isNumeric,
  typeName,
  typeOfName,
  UNKNOWN,
  VARCHAR,
  type Type,
} from "../sql/types";
import { isAggregate } from "./aggregates";
import { cast, coerce } from "./casts";
import { callScalar } from "./functions";
import { subscript } from "./functions-collections";
import { callWithLambda, takesLambda } from "./functions-lambdas";
import { atTimeZone } from "./functions-times";
import { current, literal, text } from "./literals";
import { arithmetic, compare, requireComparable, unify } from "./operators";
import { translateQuery } from "./queries";
import { resolve, type Context } from "./scope";
import { literalText, mismatch, quote, typed, type Typed } from "./typed";
import { isWindowFunction } from "./windows";

export function translate(expression: Expression, context: Context): Typed {
  const replaced = context.replace?.(expression);
  if (replaced) return replaced;
  const known = literal(expression);
  if (known) return known;
  switch (expression.kind) {
    case "column":
      return resolve(context, expression);
    case "current":
      return current(expression.what, context.environment.session.now, expression);
    case "call":
      return call(expression, context);
    case "cast":
      return cast(translate(expression.operand, context), typeOfName(expression.type), expression.safe, expression);
    case "case":
      return conditional(expression, context);
    case "array":
      return array(
        expression.elements.map((element) => translate(element, context)),
        expression,
      );
    case "subscript": {
      const [list, index] = [translate(expression.operand, context), translate(expression.index, context)];
      const { sql, type } = subscript(list, index, expression);
      return typed(sql, type, expression, [list, index]);
    }
    case "at time zone": {
      const [value, zone] = [translate(expression.operand, context), translate(expression.zone, context)];
      const { sql, type } = atTimeZone(value, zone);
      return typed(sql, type, expression, [value]);
    }
    case "arithmetic":
      return arithmetic(
        expression.op,
        translate(expression.left, context),
        translate(expression.right, context),
        expression,
      );
    case "negate":
      return negate(translate(expression.operand, context), expression);
    case "concat":
      return callScalar(
        "concat",
        [translate(expression.left, context), translate(expression.right, context)],
        expression,
      );
    case "exists":
    case "subquery":
      return subquery(expression, context);
    case "lambda":
      throw new QueryError(
        "TYPE_MISMATCH",
        "A lambda expression may only stand as an argument of a function",
        expression,
      );
    default:
      return predicate(expression, context);
  }
}

/** An expression that must be true or false. `what` is Trino's name for the place, as in `WHERE clause`. */
export function condition(expression: Expression, context: Context, what: string): Typed {
  const value = translate(expression, context);
  if (value.type.kind === "unknown") return { ...value, sql: "CAST(NULL AS BOOLEAN)", type: BOOLEAN };
  if (value.type.kind !== "boolean") {
    throw mismatch(expression, `${what} must evaluate to a boolean: actual type ${typeName(value.type)}`);
  }
  return value;
}

function predicate(expression: Expression, context: Context): Typed {
  switch (expression.kind) {
    case "compare":
      return compare(
        expression.op,
        translate(expression.left, context),
        translate(expression.right, context),
        expression,
      );
    case "logic": {
      const what = "Logical expression term";
      const [left, right] = [condition(expression.left, context, what), condition(expression.right, context, what)];
      return typed(`(${left.sql} ${expression.op} ${right.sql})`, BOOLEAN, expression, [left, right]);
    }
    case "not": {
      const operand = condition(expression.operand, context, "Value of logical NOT expression");
      return typed(`(NOT ${operand.sql})`, BOOLEAN, expression, [operand]);
    }
    case "is null": {
      const operand = translate(expression.operand, context);
      return typed(`(${operand.sql} IS ${expression.not ? "NOT " : ""}NULL)`, BOOLEAN, expression, [operand]);
    }
    case "distinct": {
      const { values, type } = unify(
        [translate(expression.left, context), translate(expression.right, context)],
        "Operands of IS DISTINCT FROM",
      );
      requireComparable(type, expression);
      const sql = values.map((value) => value.sql).join(` IS ${expression.not ? "NOT " : ""}DISTINCT FROM `);
      return typed(`(${sql})`, BOOLEAN, expression, values);
    }
    case "between": {
      const operand = translate(expression.operand, context);
      const low = compare(">=", operand, translate(expression.low, context), expression);
      const high = compare("<=", operand, translate(expression.high, context), expression);
      const sql = `(${low.sql} AND ${high.sql})`;
      return typed(expression.not ? `(NOT ${sql})` : sql, BOOLEAN, expression, [low, high]);
    }
    case "in":
      return inList(expression, context);
    case "in query":
      return subquery(expression, context);
    case "like":
      return like(expression, context);
    default:
      throw unsupported(expression, `the expression ${expression.kind}`);
  }
}

function call(expression: FunctionCall, context: Context): Typed {
  const { name } = expression;
  if (isWindowFunction(name) || (expression.over && isAggregate(name))) {
    if (!expression.over) {
      throw new QueryError("MISSING_OVER", `Window function ${name} requires an OVER clause`, expression);
    }
    if (context.window) return context.window(expression);
    throw new QueryError(
      "NESTED_WINDOW",
      `Cannot nest window functions or use them outside of SELECT and ORDER BY: ${name}`,
      expression,
    );
  }
  if (isAggregate(name)) {
    if (context.aggregate) return context.aggregate(expression);
    throw new QueryError(
      "EXPRESSION_NOT_SCALAR",
      `${name} cannot be used here: it is an aggregate function`,
      expression,
    );
  }
  if (expression.over) throw unsupported(expression, `the window function ${name}`);
  if (expression.star || expression.distinct || expression.filter || expression.orderBy.length > 0) {
    throw unsupported(expression, `DISTINCT, FILTER, ORDER BY or * in a call of ${name}`);
  }
  if (name === "now" && expression.args.length === 0) {
    return current("timestamp", context.environment.session.now, expression);
  }
  if (name === "typeof" && expression.args[0]) {
    return text(typeName(translate(expression.args[0], context).type), expression);
  }
  if (takesLambda(name)) return callWithLambda(expression, context);
  return callScalar(
    name,
    expression.args.map((argument) => translate(argument, context)),
    expression,
  );
}

function conditional(expression: Expression & { kind: "case" }, context: Context): Typed {
  const operand = expression.operand && translate(expression.operand, context);
  const whens = expression.branches.map(({ when }) =>
    operand ? compare("=", operand, translate(when, context), when) : condition(when, context, "CASE WHEN clause"),
  );
  const thens = expression.branches.map(({ then }) => translate(then, context));
  const otherwise = expression.otherwise && translate(expression.otherwise, context);
  const { values, type } = unify(otherwise ? [...thens, otherwise] : thens, "All CASE results");
  const branches = whens.map((when, index) => `WHEN ${when.sql} THEN ${values[index]?.sql}`).join(" ");
  const rest = otherwise ? ` ELSE ${values[values.length - 1]?.sql}` : "";
  return typed(`CASE ${branches}${rest} END`, type, expression, [...whens, ...values]);
}

function array(elements: readonly Typed[], position: Position): Typed {
  if (elements.length === 0) return typed("CAST([] AS INTEGER[])", { kind: "array", element: UNKNOWN }, position);
  const { values, type } = unify(elements, "All ARRAY elements");
  const list = `[${values.map(({ sql }) => sql).join(", ")}]`;
  const whole: Type = { kind: "array", element: type };
  return typed(type.kind === "unknown" ? `CAST(${list} AS ${duckName(whole)})` : list, whole, position, values);
}

function negate(operand: Typed, position: Position): Typed {
  if (!isNumeric(operand.type)) throw mismatch(position, `Cannot negate ${typeName(operand.type)}`);
  return typed(`(-${operand.sql})`, operand.type, position, [operand]);
}

function inList(expression: Expression & { kind: "in" }, context: Context): Typed {
  const operand = translate(expression.operand, context);
  const list = expression.list.map((element) => translate(element, context));
  const { values, type } = unify([operand, ...list], "IN value and list items");
  requireComparable(type, expression);
  const [first, ...others] = values;
  if (!first) throw new Error("unify keeps its values");
  // NaN equals nothing in Trino; DuckDB's IN would find it.
  const sql = isFloating(type)
    ? `(${others.map((other) => compare("=", first, other, expression).sql).join(" OR ")})`
    : `(${first.sql} IN (${others.map((other) => other.sql).join(", ")}))`;
  return typed(expression.not ? `(NOT ${sql})` : sql, BOOLEAN, expression, values);
}

function like(expression: Expression & { kind: "like" }, context: Context): Typed {
  const operand = translate(expression.operand, context);
  const pattern = translate(expression.pattern, context);
  for (const value of [operand, pattern]) {
    if (value.type.kind !== "varchar" && value.type.kind !== "unknown") {
      throw mismatch(value, `LIKE takes varchar, not ${typeName(value.type)}`);
    }
  }
  const [text, taken] = [coerce(operand, VARCHAR).sql, coerce(pattern, VARCHAR).sql];
  let escape = "";
  if (expression.escape) {
    const character = literalText(translate(expression.escape, context), "an ESCAPE character");
    if ([...character].length !== 1) {
      throw new QueryError("INVALID_FUNCTION_ARGUMENT", "Escape string must be a single character", expression.escape);
    }
    const quoted = character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
    if (
      new RegExp(`${quoted}(?![%_]|${quoted})`, "u").test(
        literalText(pattern, "a pattern with ESCAPE").replace(new RegExp(`${quoted}${quoted}`, "gu"), ""),
      )
    ) {
      throw new QueryError(
        "INVALID_FUNCTION_ARGUMENT",
        `Escape character must be followed by '%', '_' or the escape character itself`,
        expression,
      );
    }
    escape = ` ESCAPE ${quote(character)}`;
  }
  return typed(`(${text} ${expression.not ? "NOT " : ""}LIKE ${taken}${escape})`, BOOLEAN, expression, [
    operand,
    pattern,
  ]);
}

type WithQuery = Extract<Expression, { kind: "exists" | "subquery" | "in query" }>;

function subquery(expression: WithQuery, context: Context): Typed {
  const { environment, scope } = context;
  const outer = { ...scope, isGrouped: context.column !== undefined };
  const { sql, columns } = translateQuery(expression.query, { ...environment, outer });
  const name = environment.session.unique("q");
  const [column, ...others] = columns;
  if (expression.kind === "exists") return typed(`EXISTS (SELECT 1 FROM (${sql}) AS ${name})`, BOOLEAN, expression);
  if (!column || others.length > 0) {
    throw mismatch(
      expression.query,
      `Multiple columns returned by subquery are not yet supported. Found ${columns.length}`,
    );
  }
  const { origins } = column;
  const value = { ...typed(`${name}.c1`, column.type, expression), origins };
  if (expression.kind !== "in query") {
    return { ...typed(`(SELECT ${value.sql} FROM (${sql}) AS ${name})`, column.type, expression), origins };
  }
  const operand = translate(expression.operand, context);
  const type = commonType(operand.type, column.type);
  if (!type) {
    throw mismatch(
      expression,
      `value and result of subquery must be of the same type for IN expression: ${typeName(operand.type)} vs ${typeName(column.type)}`,
    );
  }
  requireComparable(type, expression);
  if (isFloating(type)) throw unsupported(expression, `IN (SELECT ...) with values of type ${typeName(type)}`);
  const [left, right] = [coerce(operand, type), coerce(value, type)];
  const sqlIn = `(${left.sql} ${expression.not ? "NOT " : ""}IN (SELECT ${right.sql} FROM (${sql}) AS ${name}))`;
  return typed(sqlIn, BOOLEAN, expression, [left, right]);
}

/** An integer that counts, such as the offset of lag. */
export function count(expression: Expression, context: Context): Typed {
  return coerce(translate(expression, context), BIGINT);
}

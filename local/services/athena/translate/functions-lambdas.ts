/** Functions that take a lambda expression. https://trino.io/docs/current/functions/array.html */
import type { Expression, FunctionCall } from "../sql/ast";
import { QueryError, unsupported } from "../sql/errors";
import { BOOLEAN, typeName, type Type } from "../sql/types";
import { condition, translate } from "./expressions";
import { elementType } from "./functions-collections";
import type { Context } from "./scope";
import { typed, type Typed } from "./typed";

type Build = (list: string, lambda: string, body: Typed, element: Type) => { sql: string; type: Type };

/** Of the truth of all elements: whether one is true, whether one is unknown. */
const some = (list: string, lambda: string): string => `list_contains(list_transform(${list}, ${lambda}), true)`;
const none = (list: string, lambda: string): string => `list_contains(list_transform(${list}, ${lambda}), false)`;
const unknown = (list: string, lambda: string): string =>
  `len(list_filter(list_transform(${list}, ${lambda}), lambda truth: truth IS NULL)) > 0`;

const FUNCTIONS: Readonly<Record<string, Build>> = {
  transform: (list, lambda, body) => ({
    sql: `list_transform(${list}, ${lambda})`,
    type: { kind: "array", element: body.type },
  }),
  filter: (list, lambda, _body, element) => ({
    sql: `list_filter(${list}, ${lambda})`,
    type: { kind: "array", element },
  }),
  any_match: (list, lambda) => ({
    sql: `CASE WHEN ${list} IS NULL THEN NULL WHEN ${some(list, lambda)} THEN true WHEN ${unknown(list, lambda)} THEN NULL ELSE false END`,
    type: BOOLEAN,
  }),
  all_match: (list, lambda) => ({
    sql: `CASE WHEN ${list} IS NULL THEN NULL WHEN ${none(list, lambda)} THEN false WHEN ${unknown(list, lambda)} THEN NULL ELSE true END`,
    type: BOOLEAN,
  }),
  none_match: (list, lambda) => ({
    sql: `CASE WHEN ${list} IS NULL THEN NULL WHEN ${some(list, lambda)} THEN false WHEN ${unknown(list, lambda)} THEN NULL ELSE true END`,
    type: BOOLEAN,
  }),
};

export const LAMBDA_FUNCTION_NAMES: readonly string[] = Object.keys(FUNCTIONS);

export function takesLambda(name: string): boolean {
  return Object.hasOwn(FUNCTIONS, name);
}

export function callWithLambda(call: FunctionCall, context: Context): Typed {
  const [first, second, ...others] = call.args;
  const build = FUNCTIONS[call.name];
  if (!build || !first || second?.kind !== "lambda" || others.length > 0) {
    throw new QueryError(
      "FUNCTION_NOT_FOUND",
      `Unexpected parameters for function ${call.name}. Expected: ${call.name}(array(T), function(T,U))`,
      call,
    );
  }
  const list = translate(first, context);
  const element = elementType(list);
  const [parameter] = second.parameters;
  if (parameter === undefined || second.parameters.length !== 1) {
    throw unsupported(second, `a lambda expression of ${second.parameters.length} parameters`);
  }
  if (containsQuery(second.body)) throw unsupported(second, "a subquery in a lambda expression");
  const name = context.environment.session.unique("p");
  const value = typed(name, element, second);
  const parameters = new Map(context.parameters).set(parameter.toLowerCase(), value);
  // Neither aggregates nor windows may stand in a lambda; keys of GROUP BY may.
  const inner: Context = { ...context, parameters, aggregate: undefined, window: undefined };
  const body =
    call.name === "transform" ? translate(second.body, inner) : condition(second.body, inner, "Lambda expression");
  if (body.type.kind === "unreadable") throw unsupported(second, `the type ${typeName(body.type)}`);
  const { sql, type } = build(list.sql, `lambda ${name}: ${body.sql}`, body, element);
  return typed(sql, type, call, [list, body]);
}

export function containsQuery(expression: Expression): boolean {
  return JSON.stringify(expression).includes('"query":');
}

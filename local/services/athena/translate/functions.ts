/**
 * The allow-list of scalar functions: those whose answers have been checked. A function is a list of overloads; the first
 * whose parameters take the arguments without a cast is meant, as in Trino.
 */
import { QueryError, unsupported, type Position } from "../sql/errors";
import { coerces, typeName, type Type } from "../sql/types";
import { BINARY_FUNCTIONS } from "./functions-binary";
import { COLLECTION_FUNCTIONS } from "./functions-collections";
import { CONDITIONAL_FUNCTIONS } from "./functions-conditional";
import { JSON_FUNCTIONS } from "./functions-json";
import { NUMBER_FUNCTIONS } from "./functions-numbers";
import { STRING_FUNCTIONS } from "./functions-strings";
import { TIME_FUNCTIONS } from "./functions-times";
import { coerce } from "./casts";
import type { Overload } from "./overload";
import { names, type Typed } from "./typed";

const FUNCTIONS: ReadonlyMap<string, readonly Overload[]> = new Map(
  [
    STRING_FUNCTIONS,
    NUMBER_FUNCTIONS,
    TIME_FUNCTIONS,
    BINARY_FUNCTIONS,
    COLLECTION_FUNCTIONS,
    JSON_FUNCTIONS,
    CONDITIONAL_FUNCTIONS,
  ].flatMap((group) => Object.entries(group)),
);

export const SCALAR_FUNCTION_NAMES: readonly string[] = [...FUNCTIONS.keys()];

/** A call of a scalar function; refuses what is not in the list. */
export function callScalar(name: string, args: readonly Typed[], position: Position): Typed {
  const overloads = FUNCTIONS.get(name);
  if (!overloads) {
    throw unsupported(position, `the function ${name} (not registered, or its answers were not checked yet)`);
  }
  for (const overload of overloads) {
    const parameters = parametersOf(overload, args.length);
    if (!parameters || !args.every((arg, index) => takes(parameters[index], arg.type))) continue;
    const taken = args.map((arg, index) => {
      const parameter = parameters[index];
      return typeof parameter === "object" && !takesAnyOf(parameter, arg.type) ? coerce(arg, parameter) : arg;
    });
    return overload.build(taken, position);
  }
  const expected = overloads.map(({ parameters }) => `${name}(${parameters.map(parameterName).join(", ")})`);
  throw new QueryError(
    "FUNCTION_NOT_FOUND",
    `Unexpected parameters (${names(args)}) for function ${name}. Expected: ${expected.join(", ")} (as far as local athena knows it)`,
    position,
  );
}

function parametersOf(overload: Overload, count: number): Overload["parameters"] | undefined {
  const { parameters, variadic } = overload;
  if (parameters.length === count) return parameters;
  const last = parameters[parameters.length - 1];
  if (!variadic || !last || count < parameters.length) return undefined;
  return [...parameters, ...Array.from({ length: count - parameters.length }, () => last)];
}

/** A varchar of any length, a decimal of any scale: the function sees the type as it is. */
function takesAnyOf(parameter: Type, type: Type): boolean {
  return parameter.kind === type.kind && (type.kind === "varchar" || "precision" in type);
}

function takes(parameter: Overload["parameters"][number] | undefined, type: Type): boolean {
  if (parameter === undefined || type.kind === "unreadable") return false;
  if (typeof parameter === "function") return parameter(type);
  return takesAnyOf(parameter, type) || coerces(type, parameter);
}

function parameterName(parameter: Overload["parameters"][number]): string {
  return typeof parameter === "function" ? parameter.name : typeName(parameter);
}

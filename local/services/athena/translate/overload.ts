/** How a function of the allow-list is written down. */
import type { Position } from "../sql/errors";
import type { Type } from "../sql/types";
import { typed, type Typed } from "./typed";

/** A type, to which an argument may be coerced; or a test, whose name says in errors what it takes. */
export type Parameter = Type | ((type: Type) => boolean);

export interface Overload {
  readonly parameters: readonly Parameter[];
  /** Whether the last parameter may come again. */
  readonly variadic?: boolean;
  build(args: readonly Typed[], position: Position): Typed;
}

export type Functions = Readonly<Record<string, readonly Overload[]>>;

/** An overload that is one SQL expression of its arguments; the type may depend on theirs. */
export function plain(
  parameters: readonly Parameter[],
  returns: Type | ((args: readonly Typed[]) => Type),
  sql: (...args: string[]) => string,
  variadic = false,
): Overload {
  return {
    parameters,
    variadic,
    build: (args, position) => {
      const type = typeof returns === "function" ? returns(args) : returns;
      return typed(sql(...args.map((arg) => arg.sql)), type, position, args);
    },
  };
}

/** An overload that must look at its arguments. */
export function built(
  parameters: readonly Parameter[],
  build: (args: readonly Typed[], position: Position) => { sql: string; type: Type },
  variadic = false,
): Overload {
  return {
    parameters,
    variadic,
    build: (args, position) => {
      const { sql, type } = build(args, position);
      return typed(sql, type, position, args);
    },
  };
}

/** The nth argument; the overload's parameters guarantee that it is there. */
export function argument(args: readonly Typed[], index: number): Typed {
  const found = args[index];
  if (!found) throw new Error(`an overload was built with ${args.length} arguments`);
  return found;
}

export function typeOf(index: number): (args: readonly Typed[]) => Type {
  return (args) => argument(args, index).type;
}

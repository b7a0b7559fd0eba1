/** The part of Trino's syntax tree that the local Athena understands. */
import type { Position } from "./errors";

export interface Name extends Position {
  /** As written; Trino compares names without regard to case. */
  readonly text: string;
}

export interface SortItem {
  readonly expression: Expression;
  readonly descending: boolean;
  /** Trino sorts NULLs last in both directions unless told otherwise. */
  readonly nullsFirst: boolean;
}

export type FrameBound =
  | { readonly kind: "unbounded preceding" | "current row" | "unbounded following" }
  | { readonly kind: "preceding" | "following"; readonly offset: number };

export interface WindowFrame {
  readonly unit: "ROWS" | "RANGE" | "GROUPS";
  readonly start: FrameBound;
  readonly end?: FrameBound;
}

export interface Window {
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortItem[];
  readonly frame?: WindowFrame;
}

/** A type as written, e.g. `decimal(10,2)`, `timestamp(3) with time zone`, `array(varchar)`. */
export interface TypeName extends Position {
  readonly name: string;
  readonly parameters: readonly (number | TypeName)[];
  readonly withTimeZone: boolean;
}

export interface FunctionCall extends Position {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Expression[];
  /** `count(*)` */
  readonly star: boolean;
  readonly distinct: boolean;
  readonly orderBy: readonly SortItem[];
  readonly filter?: Expression;
  readonly ignoreNulls: boolean;
  readonly over?: Window;
}

export type ComparisonOperator = "=" | "<>" | "<" | "<=" | ">" | ">=";
export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%";
export type IntervalUnit = "year" | "month" | "day" | "hour" | "minute" | "second";

export type Expression = Position &
  (
    | { readonly kind: "null" }
    | { readonly kind: "boolean"; readonly value: boolean }
    | { readonly kind: "string" | "binary"; readonly value: string }
    | { readonly kind: "integer" | "decimal" | "double"; readonly text: string }
    | { readonly kind: "typed"; readonly type: string; readonly value: string }
    | { readonly kind: "interval"; readonly negative: boolean; readonly value: string; readonly unit: IntervalUnit }
    | { readonly kind: "column"; readonly name: string; readonly qualifier: readonly string[] }
    | FunctionCall
    | { readonly kind: "current"; readonly what: "date" | "timestamp" | "localtimestamp" }
    | { readonly kind: "cast"; readonly operand: Expression; readonly type: TypeName; readonly safe: boolean }
    | {
        readonly kind: "case";
        readonly operand?: Expression;
        readonly branches: readonly { readonly when: Expression; readonly then: Expression }[];
        readonly otherwise?: Expression;
      }
    | {
        readonly kind: "compare";
        readonly op: ComparisonOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | {
        readonly kind: "arithmetic";
        readonly op: ArithmeticOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | { readonly kind: "logic"; readonly op: "AND" | "OR"; readonly left: Expression; readonly right: Expression }
    | { readonly kind: "concat"; readonly left: Expression; readonly right: Expression }
    | { readonly kind: "distinct"; readonly not: boolean; readonly left: Expression; readonly right: Expression }
    | { readonly kind: "not" | "negate"; readonly operand: Expression }
    | { readonly kind: "is null"; readonly operand: Expression; readonly not: boolean }
    | {
        readonly kind: "between";
        readonly operand: Expression;
        readonly low: Expression;
        readonly high: Expression;
        readonly not: boolean;
      }
    | { readonly kind: "in"; readonly operand: Expression; readonly list: readonly Expression[]; readonly not: boolean }
    | { readonly kind: "in query"; readonly operand: Expression; readonly query: Query; readonly not: boolean }
    | {
        readonly kind: "like";
        readonly operand: Expression;
        readonly pattern: Expression;
        readonly escape?: Expression;
        readonly not: boolean;
      }
    | { readonly kind: "exists" | "subquery"; readonly query: Query }
    | { readonly kind: "array"; readonly elements: readonly Expression[] }
    | { readonly kind: "subscript"; readonly operand: Expression; readonly index: Expression }
    | { readonly kind: "at time zone"; readonly operand: Expression; readonly zone: Expression }
    | { readonly kind: "lambda"; readonly parameters: readonly string[]; readonly body: Expression }
  );

export type Relation = Position &
  (
    | { readonly kind: "table"; readonly path: readonly Name[] }
    | { readonly kind: "query"; readonly query: Query }
    | { readonly kind: "unnest"; readonly arrays: readonly Expression[]; readonly ordinality: boolean }
    | { readonly kind: "alias"; readonly relation: Relation; readonly name: string; readonly columns?: readonly Name[] }
    | {
        readonly kind: "join";
        readonly type: "CROSS" | "INNER" | "LEFT" | "RIGHT" | "FULL";
        readonly left: Relation;
        readonly right: Relation;
        readonly on?: Expression;
        readonly using?: readonly Name[];
      }
  );

export type SelectItem = Position &
  (
    | { readonly kind: "star"; readonly qualifier: readonly string[] }
    | { readonly kind: "expression"; readonly expression: Expression; readonly alias?: string }
  );

export type Grouping = Position & {
  readonly kind: "simple" | "rollup" | "cube" | "sets";
  /** `simple` has one set; `rollup` and `cube` one set of columns; `sets` any number. */
  readonly sets: readonly (readonly Expression[])[];
};

export interface Select extends Position {
  readonly kind: "select";
  readonly distinct: boolean;
  readonly items: readonly SelectItem[];
  readonly from?: Relation;
  readonly where?: Expression;
  readonly groupBy: readonly Grouping[];
  readonly having?: Expression;
}

export type QueryBody =
  | Select
  | (Position & { readonly kind: "values"; readonly rows: readonly (readonly Expression[])[] })
  | (Position & { readonly kind: "nested"; readonly query: Query })
  | (Position & {
      readonly kind: "set";
      readonly op: "UNION" | "INTERSECT" | "EXCEPT";
      readonly all: boolean;
      readonly left: QueryBody;
      readonly right: QueryBody;
    });

export interface CommonTable extends Name {
  readonly columns?: readonly Name[];
  readonly query: Query;
}

export interface Query extends Position {
  readonly with: readonly CommonTable[];
  readonly body: QueryBody;
  readonly orderBy: readonly SortItem[];
  readonly offset?: number;
  readonly limit?: number;
}

export type Statement =
  | { readonly kind: "query"; readonly query: Query }
  | {
      readonly kind: "create view";
      readonly replace: boolean;
      readonly path: readonly Name[];
      readonly query: Query;
      /** The text after AS, as written. */
      readonly sql: string;
    }
  | {
      readonly kind: "unload";
      readonly query: Query;
      /** `s3://bucket/prefix/` */
      readonly to: string;
      readonly compression: "GZIP" | "SNAPPY" | "ZSTD";
    }
  | { readonly kind: "drop view"; readonly path: readonly Name[]; readonly ifExists: boolean }
  | { readonly kind: "show tables" | "show views"; readonly database?: Name }
  | { readonly kind: "show columns" | "show create view" | "describe"; readonly path: readonly Name[] };

/** Conditions that choose the folders of a partitioned table, so that the other files are neither read nor billed. */
import type { Expression } from "../sql/ast";
import { QueryError } from "../sql/errors";
import { translate } from "./expressions";
import { containsQuery } from "./functions-lambdas";
import type { Context, Field } from "./scope";
import { type PartitionColumn, type Typed } from "./typed";

/** The parts of a condition that must all be true. */
export function conjuncts(condition: Expression): Expression[] {
  if (condition.kind !== "logic" || condition.op !== "AND") return [condition];
  return [...conjuncts(condition.left), ...conjuncts(condition.right)];
}

/** Hands a condition to the tables all of whose columns in it are partition columns. Only `fields` may stand in it. */
export function pushDown(condition: Expression, context: Context, fields: readonly Field[]): void {
  if (containsQuery(condition)) return;
  const seen: Field[] = [];
  const note = (field: Field): Typed => {
    seen.push(field);
    return field.value;
  };
  // Without the outer query, whose rows no folder knows.
  const inner: Context = { ...context, scope: { fields: context.scope.fields } };
  try {
    translate(condition, { ...inner, column: note });
  } catch (error) {
    if (error instanceof QueryError) return;
    throw error;
  }
  const [first, ...others] = seen;
  if (!first || !seen.every((field) => fields.includes(field))) return;
  for (const { scan } of first.value.partitions ?? []) {
    if (!others.every((field) => partitionOf(field, scan))) continue;
    const value = (field: Field): Typed => {
      const partition = partitionOf(field, scan);
      return partition ? { ...field.value, sql: `p."${partition.name}"` } : field.value;
    };
    scan.filters.push(translate(condition, { ...inner, column: value }).sql);
  }
}

function partitionOf(field: Field, scan: PartitionColumn["scan"]): PartitionColumn | undefined {
  return field.value.partitions?.find((partition) => partition.scan === scan);
}

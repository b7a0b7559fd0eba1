/** Writing single items: PutItem, UpdateItem, DeleteItem, and what they share with transactions and statements. */
import { AwsError, type Call } from "../../core/service";
import { Consumption, writeUnits } from "./capacity";
import { holds } from "./condition";
import { CONDITION_FAILED } from "./errors";
import { Expressions } from "./expressions";
import { itemOf, written, type Attributes, type Item } from "./item";
import { keyOf, keyOfItem, type Key } from "./keys";
import { project } from "./path";
import { attributesIn, choiceIn, itemIn, onlyKnown, type Input } from "./request";
import { Table } from "./table";
import { Access, type Asked, type Tables } from "./tables";
import { checkKeysUntouched, updated, type UpdateAction } from "./update";

/** What a write wants to do with the item of a key. */
export interface Write {
  readonly table: Table;
  readonly key: Key;
  /** What must be true of the present item. */
  readonly requires?: (old: Item | undefined) => boolean;
  /** Whether the caller is told the item of which it was not. */
  readonly tellsItem: boolean;
  /** The item to be, from the one that is; undefined stands for none. Throws where that cannot be. */
  readonly make: (old: Item | undefined) => Item | undefined;
  /** The attributes an update touches. */
  readonly actions?: readonly UpdateAction[];
}

export interface Outcome {
  readonly old: Item | undefined;
  readonly next: Item | undefined;
}

function conditionFailed(old: Item | undefined, tellsItem: boolean): AwsError {
  const fields = tellsItem && old !== undefined ? { Item: written(old) } : {};
  return new AwsError("ConditionalCheckFailedException", CONDITION_FAILED, 400, fields);
}

/** What the write would make. Throws ConditionalCheckFailedException, and ValidationException for what cannot be. */
export function evaluate({ table, key, requires, tellsItem, make }: Write): Outcome {
  const old = table.items.get(key);
  if (requires?.(old) === false) throw conditionFailed(old, tellsItem);
  return { old, next: make(old) };
}

/** Evaluates and writes. A write that fails its condition is paid for, too. */
export function perform(write: Write, consumption: Consumption): Outcome {
  const { table, key } = write;
  let outcome: Outcome;
  try {
    outcome = evaluate(write);
  } catch (error) {
    if (error instanceof AwsError && error.code !== "ValidationException") {
      consumption.write(table, key, writeUnits(table.items.get(key), undefined));
    }
    throw error;
  }
  consumption.write(table, key, writeUnits(outcome.old, outcome.next));
  table.write(key, outcome.old, outcome.next);
  return outcome;
}

const CONDITIONAL = [
  "TableName",
  "ConditionExpression",
  "ExpressionAttributeNames",
  "ExpressionAttributeValues",
  "ReturnValuesOnConditionCheckFailure",
];
export const PUT_MEMBERS = [...CONDITIONAL, "Item"];
export const UPDATE_MEMBERS = [...CONDITIONAL, "Key", "UpdateExpression"];
export const KEYED_MEMBERS = [...CONDITIONAL, "Key"];
const RETURNING = ["ReturnValues", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"];

const tellsItem = (input: Input): boolean =>
  choiceIn(input, "ReturnValuesOnConditionCheckFailure", ["NONE", "ALL_OLD"]) === "ALL_OLD";

function conditionOf(input: Input, expressions: Expressions): Pick<Write, "requires"> {
  const bound = expressions.condition("ConditionExpression", input["ConditionExpression"]);
  expressions.finish();
  return bound === undefined ? {} : { requires: (old) => holds(bound.condition, old, bound.values) };
}

export function putOf(table: Table, input: Input): Write {
  const item = itemIn(input, "Item");
  const key = keyOfItem(table.schema, item);
  return {
    table,
    key,
    ...conditionOf(input, new Expressions(input)),
    tellsItem: tellsItem(input),
    make: () => {
      Table.checkSize(item, false);
      return item;
    },
  };
}

export function deleteOf(table: Table, input: Input): Write {
  return { ...checkOf(table, input), make: () => undefined };
}

/** Only a condition: the item stays. */
export function checkOf(table: Table, input: Input): Write {
  const key = keyOf(table.schema, attributesIn(input, "Key"));
  return {
    table,
    key,
    ...conditionOf(input, new Expressions(input)),
    tellsItem: tellsItem(input),
    make: (old) => old,
  };
}

/** The attributes that an update names. */
export function askedOfUpdate(input: Input): Asked {
  const expressions = new Expressions(input);
  expressions.update(input["UpdateExpression"]);
  expressions.condition("ConditionExpression", input["ConditionExpression"]);
  return { attributes: expressions.attributes };
}

export function updateOf(table: Table, input: Input): Write {
  const keyed = attributesIn(input, "Key");
  const key = keyOf(table.schema, keyed);
  const expressions = new Expressions(input);
  const { actions, values } = expressions.update(input["UpdateExpression"]) ?? { actions: [], values: [] };
  checkKeysUntouched(actions, table.schema);
  return {
    table,
    key,
    ...conditionOf(input, expressions),
    tellsItem: tellsItem(input),
    actions,
    make: (old) => {
      const next = updated(old ?? itemOf(keyed), actions, values);
      Table.checkSize(next, true);
      return next;
    },
  };
}

/** What ReturnValues asks for of an outcome. */
export function returned(
  wanted: "NONE" | "ALL_OLD" | "UPDATED_OLD" | "ALL_NEW" | "UPDATED_NEW" | undefined,
  { old, next }: Outcome,
  actions: readonly UpdateAction[] = [],
): Attributes | undefined {
  const item = wanted === "ALL_OLD" || wanted === "UPDATED_OLD" ? old : next;
  if (wanted === undefined || wanted === "NONE" || item === undefined) return undefined;
  if (wanted === "ALL_OLD" || wanted === "ALL_NEW") return written(item);
  const changed = project(
    item,
    actions.map(({ path }) => path),
  );
  return Object.keys(changed).length === 0 ? undefined : changed;
}

export function writeOperations(tables: Tables): Record<string, (input: Input, call: Call) => object> {
  type Return = "NONE" | "ALL_OLD" | "UPDATED_OLD" | "ALL_NEW" | "UPDATED_NEW";
  const operation =
    (
      name: string,
      members: readonly string[],
      writeOf: (table: Table, input: Input) => Write,
      returns: readonly Return[],
    ) =>
    (input: Input, call: Call): object => {
      onlyKnown(input, name, [...members, ...RETURNING]);
      const wanted = choiceIn(input, "ReturnValues", returns);
      const context = { "dynamodb:ReturnValues": wanted ?? "NONE" };
      const asked = name === "UpdateItem" ? { ...askedOfUpdate(input), context } : undefined;
      const table = new Access(tables, call).table(input["TableName"], name, asked);
      const consumption = new Consumption(input["ReturnConsumedCapacity"]);
      const write = writeOf(table, input);
      const outcome = perform(write, consumption);
      const attributes = returned(wanted, outcome, write.actions);
      return { ...(attributes && { Attributes: attributes }), ...consumption.one() };
    };
  const all: readonly Return[] = ["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"];
  return {
    PutItem: operation("PutItem", PUT_MEMBERS, putOf, ["NONE", "ALL_OLD"]),
    DeleteItem: operation("DeleteItem", KEYED_MEMBERS, deleteOf, ["NONE", "ALL_OLD"]),
    UpdateItem: operation("UpdateItem", UPDATE_MEMBERS, updateOf, all),
  };
}

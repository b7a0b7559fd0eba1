/** Running PartiQL statements: ExecuteStatement and BatchExecuteStatement. */
import { AwsError, type Call } from "../../core/service";
import { checked, type Attribute } from "./attribute";
import { Consumption, readUnits } from "./capacity";
import { holds, valueOf, type Condition, type Operand, type Values } from "./condition";
import { validation } from "./errors";
import { assign, NO_ATTRIBUTES, written, type Attributes, type Item } from "./item";
import { isKey, keyAttributes, keyOf, keyOfItem, type Key, type KeySchema } from "./keys";
import { parseStatement, type Statement } from "./partiql";
import { project } from "./path";
import { booleanIn, choiceIn, integerIn, listIn, onlyKnown, type Input } from "./request";
import { selectPage } from "./select";
import { Table } from "./table";
import { Access, type Tables } from "./tables";
import { checkKeysUntouched, updated } from "./update";
import { perform, returned, type Write } from "./writes";

export const ACTIONS = {
  insert: "PartiQLInsert",
  update: "PartiQLUpdate",
  delete: "PartiQLDelete",
  select: "PartiQLSelect",
} as const;

type Kind<K extends Statement["kind"]> = Extract<Statement, { readonly kind: K }>;

function parametersIn(input: Input, { slots }: Statement): Values {
  const { Parameters: given } = input;
  if (given !== undefined && (!Array.isArray(given) || given.length === 0)) {
    throw validation(
      "1 validation error detected: Value '[]' at 'parameters' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
  }
  const list: readonly unknown[] = Array.isArray(given) ? given : [];
  if (list.length !== slots) throw validation("Number of parameters in request and statement don't match.");
  return list.map((value) => checked(value));
}

/** WHERE, parted into the values of the key and what else must hold. */
interface Where {
  readonly keys: readonly (readonly [string, Operand])[];
  readonly rest: Condition | undefined;
}

const partedBySchema = new WeakMap<Condition, { schema: KeySchema; where: Where }>();

/** Key attributes that WHERE sets equal to a value, wherever it says so on its top level. */
function part(condition: Condition, schema: KeySchema): Where {
  const known = partedBySchema.get(condition);
  if (known?.schema === schema) return known.where;
  const keys: [string, Operand][] = [];
  const rest = (condition.kind === "and" ? condition.parts : [condition]).filter((clause) => {
    if (clause.kind !== "compare" || clause.by !== "=") return true;
    const [path, value] = clause.left.kind === "path" ? [clause.left, clause.right] : [clause.right, clause.left];
    const isOfKey =
      path.kind === "path" &&
      path.path.rest.length === 0 &&
      isKey(schema, path.path.root) &&
      (value.kind === "slot" || value.kind === "constant") &&
      keys.every(([name]) => name !== path.path.root);
    if (isOfKey) keys.push([path.path.root, value]);
    return !isOfKey;
  });
  const [only] = rest;
  const where: Where = {
    keys,
    rest: only === undefined ? undefined : rest.length === 1 ? only : { kind: "and", parts: rest },
  };
  partedBySchema.set(condition, { schema, where });
  return where;
}

function keyIn({ keys }: Where, schema: KeySchema, values: Values): Key {
  if (keys.length !== keyAttributes(schema).length) {
    throw validation("Where clause does not contain a mandatory equality on all key attributes");
  }
  const attributes: Attributes = {};
  for (const [name, operand] of keys) attributes[name] = valueIn(operand, values);
  return keyOf(schema, attributes);
}

function valueIn(operand: Operand, values: Values): Attribute {
  const value = valueOf(operand, undefined, values);
  if (value === undefined) throw new Error("a value that depends on no item is missing");
  return value;
}

function insertOf(statement: Kind<"insert">, table: Table, values: Values): Write {
  const item = assign(
    NO_ATTRIBUTES,
    statement.names.map((name, index) => {
      const operand = statement.values[index];
      return { name, value: operand && valueIn(operand, values) };
    }),
  );
  return {
    table,
    key: keyOfItem(table.schema, item),
    tellsItem: false,
    make: (old) => {
      Table.checkSize(item, false);
      if (old !== undefined) {
        throw new AwsError("DuplicateItemException", "Duplicate primary key exists in table");
      }
      return item;
    },
  };
}

/** An update needs the item and that it meets WHERE; a delete is content if there is none. */
function changeOf(statement: Kind<"update" | "delete">, table: Table, values: Values, tellsItem: boolean): Write {
  const where = part(statement.where, table.schema);
  const key = keyIn(where, table.schema, values);
  const meets = (item: Item): boolean => where.rest === undefined || holds(where.rest, item, values);
  if (statement.kind === "delete") {
    return { table, key, tellsItem, requires: (old) => old === undefined || meets(old), make: () => undefined };
  }
  checkKeysUntouched(statement.actions, table.schema);
  return {
    table,
    key,
    tellsItem,
    requires: (old) => old !== undefined && meets(old),
    actions: statement.actions,
    make: (old) => {
      const next = updated(old, statement.actions, values);
      Table.checkSize(next, true);
      return next;
    },
  };
}

const RETURNS = {
  ALL_OLD: "ALL_OLD",
  MODIFIED_OLD: "UPDATED_OLD",
  ALL_NEW: "ALL_NEW",
  MODIFIED_NEW: "UPDATED_NEW",
} as const;

/** A statement that is about one item, ready to run. */
interface Plan {
  readonly table: Table;
  readonly key: Key;
  /** Returns the item that the statement asks for. */
  readonly run: (consumption: Consumption) => Attributes | undefined;
}

function planOfWrite(statement: Exclude<Statement, Kind<"select">>, input: Input, table: Table): Plan {
  const values = parametersIn(input, statement);
  const tellsItem = choiceIn(input, "ReturnValuesOnConditionCheckFailure", ["NONE", "ALL_OLD"]) === "ALL_OLD";
  const write =
    statement.kind === "insert" ? insertOf(statement, table, values) : changeOf(statement, table, values, tellsItem);
  const returning = statement.kind === "insert" ? undefined : statement.returning;
  return {
    table,
    key: write.key,
    run: (consumption) => {
      const outcome = perform(write, consumption);
      return returning && returned(RETURNS[returning], outcome, write.actions);
    },
  };
}

/** A SELECT of a batch: of one item by its whole key. */
function planOfRead(statement: Kind<"select">, input: Input, table: Table): Plan {
  const values = parametersIn(input, statement);
  const where = statement.where && part(statement.where, table.schema);
  if (where === undefined || where.keys.length !== keyAttributes(table.schema).length || where.rest !== undefined) {
    throw validation(
      "Select statements within BatchExecuteStatement must specify the primary key in the where clause.",
    );
  }
  const key = keyIn(where, table.schema, values);
  const isConsistent = booleanIn(input, "ConsistentRead");
  return {
    table,
    key,
    run: (consumption) => {
      const item = table.items.get(key);
      consumption.read(table, readUnits(item?.bytes ?? 0, isConsistent));
      return item && (statement.paths ? project(item, statement.paths) : written(item));
    },
  };
}

/** The codes of a batch's statements, by the exception that a single statement answers with. */
const BATCH_CODES: Readonly<Record<string, string>> = {
  ConditionalCheckFailedException: "ConditionalCheckFailed",
  DuplicateItemException: "DuplicateItem",
  ValidationException: "ValidationError",
  ResourceNotFoundException: "ResourceNotFound",
  AccessDeniedException: "AccessDenied",
};

/** What `attempt` returns, or the statement's own error. What is no error of a statement is thrown on. */
function orError<T>(attempt: () => T): T | { readonly Error: object } {
  try {
    return attempt();
  } catch (error) {
    const code = error instanceof AwsError ? BATCH_CODES[error.code] : undefined;
    if (!(error instanceof AwsError) || code === undefined) throw error;
    return { Error: { Code: code, Message: error.message, ...error.fields } };
  }
}

function parsedOrError(input: Input): Statement | { readonly Error: object } {
  onlyKnown(input, "BatchStatementRequest", [
    "Statement",
    "Parameters",
    "ConsistentRead",
    "ReturnValuesOnConditionCheckFailure",
  ]);
  return orError(() => parseStatement(input["Statement"]));
}

/**
 * Runs each statement on its own: one may fail and the others not. The whole batch is refused if it mixes reads with writes
 * or has two statements about one item (which is what BatchGetItem and BatchWriteItem do).
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
 */
function executeBatch(tables: Tables, input: Input, call: Call): object {
  onlyKnown(input, "BatchExecuteStatement", ["Statements", "ReturnConsumedCapacity"]);
  const requests = listIn(input, "Statements", 25);
  const access = new Access(tables, call);
  const statements = requests.map(parsedOrError);
  const reads = statements.filter((statement) => "kind" in statement && statement.kind === "select").length;
  if (reads > 0 && reads < statements.filter((statement) => "kind" in statement).length) {
    throw validation("A batch holds either statements that read or statements that write, not both");
  }
  const subjects = new Set<string>();
  const plans = statements.map((statement, index) => {
    if ("Error" in statement) return statement;
    const request = requests[index] ?? {};
    return orError(() => {
      const table = access.table(statement.table, ACTIONS[statement.kind]);
      const plan =
        statement.kind === "select" ? planOfRead(statement, request, table) : planOfWrite(statement, request, table);
      return plan;
    });
  });
  for (const plan of plans) {
    if ("Error" in plan) continue;
    const subject = `${plan.table.arn} ${plan.key.text}`;
    if (subjects.has(subject)) throw validation("Provided list of item keys contains duplicates");
    subjects.add(subject);
  }
  const capacities: object[] = [];
  const responses = plans.map((plan) => {
    if ("Error" in plan) return plan;
    const consumption = new Consumption(input["ReturnConsumedCapacity"]);
    const answer = orError(() => {
      const item = plan.run(consumption);
      return item === undefined ? {} : { Item: item };
    });
    const { ConsumedCapacity: consumed } = consumption.one();
    if (consumed !== undefined) capacities.push(consumed);
    return { TableName: plan.table.name, ...answer };
  });
  return { Responses: responses, ...(capacities.length > 0 ? { ConsumedCapacity: capacities } : {}) };
}

/** One statement. A SELECT may read any number of items, in pages. */
function execute(tables: Tables, input: Input, call: Call): object {
  onlyKnown(input, "ExecuteStatement", [
    "Statement",
    "Parameters",
    "ConsistentRead",
    "NextToken",
    "Limit",
    "ReturnConsumedCapacity",
    "ReturnValuesOnConditionCheckFailure",
  ]);
  const statement = parseStatement(input["Statement"]);
  const table = new Access(tables, call).table(statement.table, ACTIONS[statement.kind]);
  const consumption = new Consumption(input["ReturnConsumedCapacity"]);
  if (statement.kind !== "select") {
    const item = planOfWrite(statement, input, table).run(consumption);
    return { Items: item === undefined ? [] : [item], ...consumption.one() };
  }
  const page = selectPage({
    table,
    condition: statement.where,
    values: parametersIn(input, statement),
    paths: statement.paths,
    isConsistent: booleanIn(input, "ConsistentRead"),
    limit: integerIn(input, "Limit", 1),
    token: input["NextToken"],
  });
  consumption.read(table, page.units);
  return {
    Items: page.items,
    ...(page.next && { NextToken: page.next.token, LastEvaluatedKey: page.next.key }),
    ...consumption.one(),
  };
}

export function statementOperations(tables: Tables): Record<string, (input: Input, call: Call) => object> {
  return {
    BatchExecuteStatement: (input, call) => executeBatch(tables, input, call),
    ExecuteStatement: (input, call) => execute(tables, input, call),
  };
}

/** Reading: GetItem, BatchGetItem, Query and Scan. */
import type { Call } from "../../core/service";
import { Consumption, readUnits } from "./capacity";
import { holds, operandsOf, type Condition } from "./condition";
import { invalidValue, validation } from "./errors";
import { Expressions, type BoundCondition } from "./expressions";
import { written, type Attributes, type Item } from "./item";
import { isKey, keyOf, partitionOf, type Key, type KeySchema } from "./keys";
import { ordered, readPage, startKey, type Page } from "./pages";
import { project, type Path } from "./path";
import { attributesIn, booleanIn, choiceIn, integerIn, isRecord, onlyKnown, recordIn, type Input } from "./request";
import type { Table } from "./table";
import { Access, type Tables } from "./tables";

const shown = (item: Item, paths: readonly Path[] | undefined): Attributes =>
  paths === undefined ? written(item) : project(item, paths);

function getItem(tables: Tables, input: Input, call: Call): object {
  onlyKnown(input, "GetItem", [
    "TableName",
    "Key",
    "ConsistentRead",
    "ProjectionExpression",
    "ExpressionAttributeNames",
    "ReturnConsumedCapacity",
  ]);
  const table = new Access(tables, call).table(input["TableName"], "GetItem");
  const consumption = new Consumption(input["ReturnConsumedCapacity"]);
  const { key, paths } = getOf(table, input);
  const item = table.items.get(key);
  consumption.read(table, readUnits(item?.bytes ?? 0, booleanIn(input, "ConsistentRead")));
  return { ...(item && { Item: shown(item, paths) }), ...consumption.one() };
}

/** Key and projection of a single read. */
export function getOf(table: Table, input: Input): { readonly key: Key; readonly paths: readonly Path[] | undefined } {
  const key = keyOf(table.schema, attributesIn(input, "Key"));
  const expressions = new Expressions(input);
  const paths = expressions.projection(input["ProjectionExpression"]);
  expressions.finish();
  return { key, paths };
}

const MAX_BATCH_BYTES = 16 * 1024 * 1024;

function batchGetItem(tables: Tables, input: Input, call: Call): object {
  onlyKnown(input, "BatchGetItem", ["RequestItems", "ReturnConsumedCapacity"]);
  const requests = Object.entries(recordIn(input, "RequestItems"));
  const access = new Access(tables, call);
  const consumption = new Consumption(input["ReturnConsumedCapacity"]);
  const wanted = requests.map(([name, request]) => {
    if (!isRecord(request) || !Array.isArray(request["Keys"]) || request["Keys"].length === 0) {
      throw validation(`The list of keys in RequestItems for BatchGetItem is required: ${name}`);
    }
    onlyKnown(request, "KeysAndAttributes", [
      "Keys",
      "ConsistentRead",
      "ProjectionExpression",
      "ExpressionAttributeNames",
    ]);
    const list: readonly unknown[] = request["Keys"];
    return { name, request, list, table: access.table(name, "BatchGetItem") };
  });
  if (wanted.reduce((total, { list }) => total + list.length, 0) > 100) {
    throw validation("Too many items requested for the BatchGetItem call");
  }
  const responses: Record<string, Attributes[]> = {};
  const unprocessed: Record<string, object> = {};
  let bytes = 0;
  for (const { name, request, list, table } of wanted) {
    const expressions = new Expressions(request);
    const paths = expressions.projection(request["ProjectionExpression"]);
    expressions.finish();
    const keys = list.map((key) => keyOf(table.schema, attributesIn({ Key: key }, "Key")));
    if (new Set(keys.map(({ text }) => text)).size < keys.length) {
      throw validation("Provided list of item keys contains duplicates");
    }
    const found: Attributes[] = (responses[table.name] = []);
    const left: unknown[] = [];
    keys.forEach((key, index) => {
      const item = table.items.get(key);
      if (bytes + (item?.bytes ?? 0) > MAX_BATCH_BYTES) return void left.push(list[index]);
      bytes += item?.bytes ?? 0;
      consumption.read(table, readUnits(item?.bytes ?? 0, booleanIn(request, "ConsistentRead")));
      if (item !== undefined) found.push(shown(item, paths));
    });
    if (left.length > 0) unprocessed[name] = { ...request, Keys: left };
  }
  return { Responses: responses, UnprocessedKeys: unprocessed, ...consumption.all() };
}

const PAGED = [
  "TableName",
  "IndexName",
  "FilterExpression",
  "ProjectionExpression",
  "ExpressionAttributeNames",
  "ExpressionAttributeValues",
  "ExclusiveStartKey",
  "Limit",
  "Select",
  "ConsistentRead",
  "ReturnConsumedCapacity",
];

interface Paged {
  readonly table: Table;
  readonly expressions: Expressions;
  readonly filter: BoundCondition | undefined;
  readonly paths: readonly Path[] | undefined;
  readonly limit: number | undefined;
  readonly after: Key | undefined;
  readonly onlyCount: boolean;
}

function pagedOf(tables: Tables, input: Input, call: Call, action: "Query" | "Scan"): Paged {
  const expressions = new Expressions(input);
  const select = choiceIn(input, "Select", ["ALL_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT"]);
  const paths = expressions.projection(input["ProjectionExpression"]);
  const filter = expressions.condition("FilterExpression", input["FilterExpression"]);
  // A projection alone is equivalent to SPECIFIC_ATTRIBUTES (API reference, Scan).
  const selected = select ?? (paths === undefined ? "ALL_ATTRIBUTES" : "SPECIFIC_ATTRIBUTES");
  const { attributes } = expressions;
  const asked = action === "Scan" ? { attributes, context: { "dynamodb:Select": selected } } : undefined;
  const table = new Access(tables, call).table(input["TableName"], action, asked);
  if (input["IndexName"] !== undefined) {
    throw validation(`The table does not have the specified index: ${String(input["IndexName"])}`);
  }
  if (paths !== undefined && selected !== "SPECIFIC_ATTRIBUTES") {
    throw validation(`Cannot specify the ProjectionExpression when choosing to get ${selected}`);
  }
  if (paths === undefined && selected === "SPECIFIC_ATTRIBUTES") {
    const envelope = action === "Query" ? "1 validation error detected: " : "";
    throw validation(
      `${envelope}Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES`,
    );
  }
  return {
    table,
    expressions,
    filter,
    paths,
    limit: integerIn(input, "Limit", 1),
    after: startKey(table, input["ExclusiveStartKey"]),
    onlyCount: select === "COUNT",
  };
}

function pageAnswer(page: Page, { table, onlyCount }: Paged, input: Input): object {
  const consumption = new Consumption(input["ReturnConsumedCapacity"]);
  consumption.read(table, readUnits(page.bytes, booleanIn(input, "ConsistentRead")));
  return {
    ...(onlyCount ? {} : { Items: page.items }),
    Count: page.count,
    ScannedCount: page.scanned,
    ...(page.last && { LastEvaluatedKey: page.last }),
    ...consumption.one(),
  };
}

/** The value of the partition key, and the other condition if there is one. */
function keyCondition(
  { condition, values }: BoundCondition,
  schema: KeySchema,
): { readonly partition: ReturnType<typeof partitionOf>; readonly range: Condition | undefined } {
  const clauses = condition.kind === "and" ? condition.parts : [condition];
  const ofKey = (clause: Condition, name: string): boolean =>
    operandsOf(clause)[0]?.kind === "path" &&
    operandsOf(clause).every((operand, index) =>
      index === 0 ? operand.kind === "path" && operand.path.root === name : operand.kind === "slot",
    );
  const hash = clauses.find((clause) => ofKey(clause, schema.hash.name));
  if (hash === undefined) throw validation(`Query condition missed key schema element: ${schema.hash.name}`);
  if (hash.kind !== "compare" || hash.by !== "=") throw validation("Query key condition not supported");
  const [range, ...more] = clauses.filter((clause) => clause !== hash);
  if (range !== undefined) {
    const isRange = schema.range !== undefined && ofKey(range, schema.range.name);
    if (!isRange) {
      throw validation(
        schema.range === undefined
          ? "Query key condition not supported"
          : `Query condition missed key schema element: ${schema.range.name}`,
      );
    }
    const isPossible =
      (range.kind === "compare" && range.by !== "<>") || range.kind === "between" || range.kind === "begins";
    if (!isPossible || more.length > 0) throw validation("Query key condition not supported");
  }
  const value = hash.right.kind === "slot" ? values[hash.right.slot] : undefined;
  if (value?.[schema.hash.type] === undefined) {
    throw invalidValue("Condition parameter type does not match schema type");
  }
  return { partition: partitionOf(schema, value), range };
}

function query(tables: Tables, input: Input, call: Call): object {
  onlyKnown(input, "Query", [...PAGED, "KeyConditionExpression", "ScanIndexForward"]);
  const request = pagedOf(tables, input, call, "Query");
  const { table, expressions, filter, after } = request;
  const keys = expressions.condition("KeyConditionExpression", input["KeyConditionExpression"]);
  if (keys === undefined) {
    throw validation("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
  }
  expressions.finish();
  for (const operand of filter === undefined ? [] : operandsOf(filter.condition)) {
    if (operand.kind === "path" && isKey(table.schema, operand.path.root)) {
      throw validation(
        `Filter Expression can only contain non-primary key attributes: Primary key attribute: ${operand.path.root}`,
      );
    }
  }
  const { partition, range } = keyCondition(keys, table.schema);
  const forward = input["ScanIndexForward"] === undefined || booleanIn(input, "ScanIndexForward");
  return pageAnswer(readPage({ ...request, source: matching() }), request, input);

  function* matching(): Generator<Item> {
    for (const item of ordered(table, partition, forward, after)) {
      if (range === undefined || holds(range, item, keys?.values ?? [])) yield item;
    }
  }
}

function scan(tables: Tables, input: Input, call: Call): object {
  onlyKnown(input, "Scan", [...PAGED, "Segment", "TotalSegments"]);
  const request = pagedOf(tables, input, call, "Scan");
  request.expressions.finish();
  const segments = integerIn(input, "TotalSegments", 1, 1_000_000);
  const segment = integerIn(input, "Segment", 0, 999_999);
  if ((segments === undefined) !== (segment === undefined)) {
    throw validation(
      segments === undefined
        ? "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
        : "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
    );
  }
  if (segment !== undefined && segments !== undefined && segment >= segments) {
    throw validation(
      `The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: ${segment} is not less than TotalSegments: ${segments}`,
    );
  }
  const source = request.table.items.scan(segment, segments, request.after);
  return pageAnswer(readPage({ ...request, source }), request, input);
}

export function readOperations(tables: Tables): Record<string, (input: Input, call: Call) => object> {
  return {
    GetItem: (input, call) => getItem(tables, input, call),
    BatchGetItem: (input, call) => batchGetItem(tables, input, call),
    Query: (input, call) => query(tables, input, call),
    Scan: (input, call) => scan(tables, input, call),
  };
}

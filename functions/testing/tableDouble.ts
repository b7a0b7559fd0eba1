/**
 * A DynamoDB table for unit tests: just the statements and requests that `statements.ts` and `move.ts` make, each checked
 * for its shape, so that a statement of another form fails the test instead of passing unread.
 */
import type { AttributeValue, BatchStatementRequest, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { BatchExecuteStatementCommand, BatchGetItemCommand, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import type { DynamoDbSdk, Item } from "../sdk";

interface Answer {
  Error?: { Code: string; Message: string; Item?: Item };
}

export interface TableDouble {
  readonly sdk: DynamoDbSdk;
  readonly items: Map<string, Item>;
  /** How many requests of each command were sent. */
  readonly requests: Record<string, number>;
  /** What the table's stream shows, in the order of the writes. */
  readonly stream: { readonly old: Item | undefined; readonly now: Item }[];
  /** Called before each statement; may answer in its place. */
  intercept?: (statement: BatchStatementRequest) => Answer | undefined;
  /** Called before each transaction: another writer may come between. */
  meanwhile?: () => Promise<void>;
}

type Put = (item: Item) => void;

function bytesOf(value: AttributeValue): number {
  if (value.M !== undefined) return 3 + sizeOf(value.M) + Object.keys(value.M).length;
  return value.B?.length ?? Buffer.byteLength(value.S ?? value.N ?? "x");
}
const sizeOf = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + bytesOf(value), 0);

const text = (value: AttributeValue | undefined): string | undefined => value?.S;

const oversized = (words: string): Answer => ({
  Error: { Code: "ValidationError", Message: `${words} has exceeded the maximum allowed size` },
});

interface Statement {
  readonly items: ReadonlyMap<string, Item>;
  readonly put: Put;
  readonly maxBytes: number;
  readonly statement: string;
  readonly parameters: readonly AttributeValue[];
}

function insert({ items, put, maxBytes, statement, parameters }: Statement): Answer {
  const names = [...statement.matchAll(/'((?:[^']|'')*)': \?/g)].map((match) => match[1] ?? "");
  const item: Item = Object.fromEntries(names.map((name, index) => [name, parameters[index] ?? { NULL: true }]));
  const key = text(item["_key"]) ?? "";
  if (names.length !== parameters.length) throw new Error(`INSERT with ${names.length} names: ${statement}`);
  if (sizeOf(item) > maxBytes) return oversized("Item size");
  if (items.has(key)) return { Error: { Code: "DuplicateItem", Message: "Duplicate primary key exists in table" } };
  put(item);
  return {};
}

function update({ items, put, maxBytes, statement, parameters }: Statement): Answer {
  const match =
    /^UPDATE "[^"]+" ((?:SET "(?:[^"]+)"=\? ?)+)((?:REMOVE "[^"]+" ?)*)WHERE "_key"=\?((?: AND "\w+"<\?)*)$/.exec(
      statement,
    );
  if (match === null) throw new Error(`a statement of another form: ${statement}`);
  const names = (part: string | undefined): string[] => [...(part ?? "").matchAll(/"([^"]+)"/g)].map((m) => m[1] ?? "");
  const [sets, removes, clauses] = [names(match[1]), names(match[2]), names(match[3])];
  const overlap = sets.filter((name) => removes.includes(name));
  if (overlap.length > 0) throw new Error(`sets and removes ${overlap.join()}`);
  const key = text(parameters[sets.length]) ?? "";
  const item = items.get(key);
  const failed = { Code: "ConditionalCheckFailed", Message: "The conditional request failed" };
  if (item === undefined) return { Error: failed };
  const holds = clauses.every((name, index) => {
    const stored = text(item[name]);
    return stored !== undefined && stored < (text(parameters[sets.length + 1 + index]) ?? "");
  });
  if (!holds) return { Error: { ...failed, Item: item } };
  const next = { ...item };
  sets.forEach((name, index) => (next[name] = parameters[index] ?? { NULL: true }));
  for (const name of removes) delete next[name];
  if (sizeOf(next) > maxBytes) return oversized("Item size to update");
  put(next);
  return {};
}

function conditionHolds(put: NonNullable<TransactWriteItem["Put"]>, stored: Item | undefined): boolean {
  const names = put.ExpressionAttributeNames ?? {};
  const values = put.ExpressionAttributeValues ?? {};
  return (put.ConditionExpression ?? "").split(" AND ").every((part) => {
    const absent = /^attribute_not_exists\((#\w+)\)$/.exec(part);
    if (absent !== null) return stored?.[names[absent[1] ?? ""] ?? ""] === undefined;
    const equal = /^(#\w+) = (:\w+)$/.exec(part);
    if (equal === null) throw new Error(`a condition of another form: ${part}`);
    return text(stored?.[names[equal[1] ?? ""] ?? ""]) === text(values[equal[2] ?? ""]);
  });
}

/** @param maxBytes of an item */
export function tableDouble(maxBytes = 400 * 1024): TableDouble {
  const items = new Map<string, Item>();
  const stream: TableDouble["stream"] = [];
  const put: Put = (item) => {
    const key = text(item["_key"]) ?? "";
    stream.push({ old: items.get(key), now: item });
    items.set(key, item);
  };
  const requests: Record<string, number> = {};
  const double: TableDouble = {
    items,
    requests,
    stream,
    sdk: {
      BatchExecuteStatementCommand,
      BatchGetItemCommand,
      TransactWriteItemsCommand,
      client: {
        send: async (command: object) => {
          if (command instanceof TransactWriteItemsCommand) await double.meanwhile?.();
          return answer(command);
        },
      },
    },
  };
  const run = (request: BatchStatementRequest): Answer => {
    const { Statement: statement = "", Parameters: parameters = [] } = request;
    return (statement.startsWith("INSERT") ? insert : update)({ items, put, maxBytes, statement, parameters });
  };
  const answer = (command: object): object => {
    requests[command.constructor.name] = (requests[command.constructor.name] ?? 0) + 1;
    if (command instanceof BatchExecuteStatementCommand) {
      const statements = command.input.Statements ?? [];
      if (statements.length > 25) throw new Error("more than 25 statements");
      return { Responses: statements.map((request) => double.intercept?.(request) ?? run(request)) };
    }
    if (command instanceof BatchGetItemCommand) {
      const all = Object.values(command.input.RequestItems ?? {}).flatMap(({ Keys = [] }) => Keys);
      if (all.some((key) => (text(key["_key"]) ?? "").length > 2048))
        throw Object.assign(new Error("Size of hashkey is too large"), { name: "ValidationException" });
      return {
        Responses: Object.fromEntries(
          Object.entries(command.input.RequestItems ?? {}).map(([name, { Keys = [] }]) => [
            name,
            Keys.map((key) => items.get(text(key["_key"]) ?? "")).filter((item) => item !== undefined),
          ]),
        ),
      };
    }
    if (command instanceof TransactWriteItemsCommand) {
      const puts = (command.input.TransactItems ?? []).map(({ Put }) => Put).filter((each) => each !== undefined);
      const CancellationReasons = puts.map((each) => {
        const item = each.Item ?? {};
        if (!conditionHolds(each, items.get(text(item["_key"]) ?? ""))) return { Code: "ConditionalCheckFailed" };
        return sizeOf(item) > maxBytes ? (oversized("Item size").Error ?? { Code: "" }) : { Code: "None" };
      });
      if (CancellationReasons.some(({ Code }) => Code !== "None")) {
        const error = new Error("cancelled");
        throw Object.assign(error, { name: "TransactionCanceledException", CancellationReasons });
      }
      for (const { Item: item = {} } of puts) put(item);
      return {};
    }
    throw new Error(`no ${command.constructor.name} here`);
  };
  return double;
}

/** Several items at once: TransactWriteItems, TransactGetItems and BatchWriteItem. */
import { createHash } from "node:crypto";
import { AwsError, type Call } from "../../core/service";
import { Consumption, readUnits, writeUnits } from "./capacity";
import { validation } from "./errors";
import { written, type Item } from "./item";
import { keyOf } from "./keys";
import { project } from "./path";
import { getOf } from "./reads";
import { attributesIn, isRecord, listIn, onlyKnown, recordIn, type Input } from "./request";
import { Access, type Tables } from "./tables";
import {
  askedOfUpdate,
  checkOf,
  deleteOf,
  evaluate,
  KEYED_MEMBERS,
  perform,
  PUT_MEMBERS,
  putOf,
  UPDATE_MEMBERS,
  updateOf,
  type Outcome,
  type Write,
} from "./writes";

const MAX_TRANSACTION_BYTES = 4 * 1024 * 1024;
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
/** How long a client token stands for its request. */
const TOKEN_MS = 10 * 60_000;

const ACTIONS = {
  Put: { action: "PutItem", members: PUT_MEMBERS, writeOf: putOf },
  Update: { action: "UpdateItem", members: UPDATE_MEMBERS, writeOf: updateOf },
  Delete: { action: "DeleteItem", members: KEYED_MEMBERS, writeOf: deleteOf },
  ConditionCheck: { action: "ConditionCheckItem", members: KEYED_MEMBERS, writeOf: checkOf },
} as const;

const isAction = (name: string | undefined): name is keyof typeof ACTIONS =>
  name !== undefined && Object.hasOwn(ACTIONS, name);

interface Reason {
  readonly Code: string;
  readonly Message?: string;
  readonly Item?: unknown;
}

const CODES: Readonly<Record<string, string>> = {
  ConditionalCheckFailedException: "ConditionalCheckFailed",
  ValidationException: "ValidationError",
};

function cancelled(reasons: readonly Reason[]): AwsError {
  const codes = reasons.map(({ Code }) => Code).join(", ");
  return new AwsError(
    "TransactionCanceledException",
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    400,
    { CancellationReasons: reasons },
  );
}

/** The one member of a structure that names what it asks for. */
function only(input: Input, what: string): readonly [string, Input] {
  const members = Object.entries(input).filter(([, value]) => value !== undefined && value !== null);
  const [member] = members;
  if (member === undefined || members.length > 1 || !isRecord(member[1])) {
    throw validation(`${what} can only contain one of Check, Put, Update or Delete`);
  }
  return [member[0], member[1]];
}

function writeOf(input: Input, access: Access): Write {
  const [name, request] = only(input, "TransactItems");
  if (!isAction(name)) throw validation("TransactItems can only contain one of Check, Put, Update or Delete");
  const { action, members, writeOf: read } = ACTIONS[name];
  onlyKnown(request, name, members);
  const required = { Update: "UpdateExpression", ConditionCheck: "ConditionExpression", Put: "Item", Delete: "Key" }[
    name
  ];
  if (request[required] === undefined) {
    throw validation(
      `1 validation error detected: Value null at 'transactItems.1.member.${name.toLowerCase()}' failed to satisfy constraint: ${required} must not be null`,
    );
  }
  const asked = name === "Update" ? askedOfUpdate(request) : undefined;
  return read(access.table(request["TableName"], action, asked), request);
}

/** Client tokens of the last ten minutes: a request that comes again is answered, not repeated. */
class Tokens {
  private readonly known = new Map<string, { readonly digest: string; readonly at: number }>();

  /** Whether the request has been done already. Throws if the token stands for another one. */
  isRepeat(account: string, token: unknown, items: unknown): boolean {
    if (token === undefined) return false;
    if (typeof token !== "string" || token.length === 0 || token.length > 36) {
      throw validation(
        `1 validation error detected: Value '${String(token)}' at 'clientRequestToken' failed to satisfy constraint: Member must have length between 1 and 36`,
      );
    }
    const known = this.known.get(`${account} ${token}`);
    if (known === undefined || Date.now() - known.at > TOKEN_MS) return false;
    if (known.digest === digest(items)) return true;
    throw new AwsError(
      "IdempotentParameterMismatchException",
      "Idempotent parameters do not match the request with the same client request token",
    );
  }

  remember(account: string, token: unknown, items: unknown): void {
    if (typeof token !== "string") return;
    const now = Date.now();
    for (const [name, { at }] of this.known) {
      if (now - at <= TOKEN_MS) break;
      this.known.delete(name);
    }
    this.known.set(`${account} ${token}`, { digest: digest(items), at: now });
  }
}

const digest = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("base64");

/** What each write would make; throws with a reason for each if any of them cannot be. Like a write, that is paid for. */
function evaluateAll(writes: readonly Write[], consumption: Consumption): Outcome[] {
  const reasons: Reason[] = [];
  const outcomes: Outcome[] = [];
  for (const write of writes) {
    try {
      outcomes.push(evaluate(write));
      reasons.push({ Code: "None" });
    } catch (error) {
      const code = error instanceof AwsError ? CODES[error.code] : undefined;
      if (!(error instanceof AwsError) || code === undefined) throw error;
      reasons.push({ Code: code, Message: error.message, ...error.fields });
    }
  }
  if (outcomes.length < writes.length) {
    for (const { table, key } of writes) consumption.write(table, key, writeUnits(table.items.get(key), undefined));
    throw cancelled(reasons);
  }
  return outcomes;
}

/**
 * All or nothing. Requests are taken one after the other here, so that a transaction never meets another one in mid-flight:
 * TransactionConflict does not occur.
 */
function transactWriteItems(tables: Tables, tokens: Tokens, input: Input, call: Call): object {
  onlyKnown(input, "TransactWriteItems", [
    "TransactItems",
    "ClientRequestToken",
    "ReturnConsumedCapacity",
    "ReturnItemCollectionMetrics",
  ]);
  const items = listIn(input, "TransactItems", 100);
  const access = new Access(tables, call);
  const consumption = new Consumption(input["ReturnConsumedCapacity"], 2);
  const writes = items.map((item) => writeOf(item, access));
  if (new Set(writes.map(({ table, key }) => `${table.arn} ${key.text}`)).size < writes.length) {
    throw validation("Transaction request cannot include multiple operations on one item");
  }
  if (tokens.isRepeat(call.account, input["ClientRequestToken"], input["TransactItems"])) {
    for (const { table, key } of writes) {
      consumption.read(table, readUnits(table.items.get(key)?.bytes ?? 0, true));
    }
    return consumption.all();
  }
  const outcomes = evaluateAll(writes, consumption);
  const bytes = outcomes.reduce((total, { old, next }) => total + Math.max(old?.bytes ?? 0, next?.bytes ?? 0), 0);
  if (bytes > MAX_TRANSACTION_BYTES) {
    throw validation("Collection size of items in the transaction exceeds the limit of 4 MB");
  }
  outcomes.forEach(({ old, next }, index) => {
    const write = writes[index];
    if (write === undefined) return;
    consumption.write(write.table, write.key, writeUnits(old, next));
    write.table.write(write.key, old, next);
  });
  tokens.remember(call.account, input["ClientRequestToken"], input["TransactItems"]);
  return consumption.all();
}

function transactGetItems(tables: Tables, input: Input, call: Call): object {
  onlyKnown(input, "TransactGetItems", ["TransactItems", "ReturnConsumedCapacity"]);
  const access = new Access(tables, call);
  const consumption = new Consumption(input["ReturnConsumedCapacity"], 2);
  let bytes = 0;
  const gets = listIn(input, "TransactItems", 100).map((item) => {
    const request = recordIn(item, "Get");
    onlyKnown(request, "Get", ["TableName", "Key", "ProjectionExpression", "ExpressionAttributeNames"]);
    const table = access.table(request["TableName"], "GetItem");
    return { table, ...getOf(table, request) };
  });
  if (new Set(gets.map(({ table, key }) => `${table.arn} ${key.text}`)).size < gets.length) {
    throw validation("Transaction request cannot include multiple operations on one item");
  }
  const responses = gets.map(({ table, key, paths }) => {
    const item: Item | undefined = table.items.get(key);
    bytes += item?.bytes ?? 0;
    consumption.read(table, readUnits(item?.bytes ?? 0, true));
    return item === undefined ? {} : { Item: paths === undefined ? written(item) : project(item, paths) };
  });
  if (bytes > MAX_TRANSACTION_BYTES) {
    throw validation("Collection size of items in the transaction exceeds the limit of 4 MB");
  }
  return { Responses: responses, ...consumption.all() };
}

/** Puts and deletes without conditions, each on its own. */
function batchWriteItem(tables: Tables, input: Input, call: Call): object {
  onlyKnown(input, "BatchWriteItem", ["RequestItems", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"]);
  const access = new Access(tables, call);
  const consumption = new Consumption(input["ReturnConsumedCapacity"]);
  const writes = Object.entries(recordIn(input, "RequestItems")).flatMap(([name, requests]) => {
    const table = access.table(name, "BatchWriteItem");
    return listIn({ RequestItems: requests }, "RequestItems", 25).map((request): Write => {
      const [kind, content] = only(request, "WriteRequest");
      if (kind === "PutRequest") {
        onlyKnown(content, kind, ["Item"]);
        return putOf(table, content);
      }
      onlyKnown(content, kind, ["Key"]);
      if (kind !== "DeleteRequest") throw validation("A WriteRequest holds a PutRequest or a DeleteRequest");
      const key = keyOf(table.schema, attributesIn(content, "Key"));
      return { table, key, tellsItem: false, make: () => undefined };
    });
  });
  if (writes.length === 0 || writes.length > 25)
    throw validation("Too many items requested for the BatchWriteItem call");
  if (new Set(writes.map(({ table, key }) => `${table.arn} ${key.text}`)).size < writes.length) {
    throw validation("Provided list of item keys contains duplicates");
  }
  // An item that is too large fails the whole batch, before anything is written.
  const bytes = writes.reduce((total, write) => total + (evaluate(write).next?.bytes ?? 0), 0);
  if (bytes > MAX_BATCH_BYTES) throw validation("The request is larger than 16 MB");
  for (const write of writes) perform(write, consumption);
  return { UnprocessedItems: {}, ...consumption.all() };
}

export function transactionOperations(tables: Tables): Record<string, (input: Input, call: Call) => object> {
  const tokens = new Tokens();
  return {
    TransactWriteItems: (input, call) => transactWriteItems(tables, tokens, input, call),
    TransactGetItems: (input, call) => transactGetItems(tables, input, call),
    BatchWriteItem: (input, call) => batchWriteItem(tables, input, call),
  };
}

import {
  GetItemCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  type AttributeValue,
  type TransactWriteItem,
} from "@aws-sdk/client-dynamodb";
import { harness, TABLE, tableArnOf, tableInputs, type Harness } from "./testing/harness";

let h: Harness;
beforeAll(async () => {
  h = await harness();
  h.create(TABLE, tableInputs("things"));
  h.create(TABLE, tableInputs("others"));
});
afterAll(() => h.close());

let unique = 0;
const fresh = (): string => `k${(unique += 1)}`;
const TableName = "things";
const keyed = (id: string, table = TableName): { TableName: string; Key: Record<string, AttributeValue> } => ({
  TableName: table,
  Key: { id: { S: id } },
});
const put = (id: string, more: object = {}): TransactWriteItem => ({
  Put: { TableName, Item: { id: { S: id }, n: { N: "1" } }, ...more },
});
const absent = {
  ConditionExpression: "attribute_not_exists(id)",
  ReturnValuesOnConditionCheckFailure: "ALL_OLD",
} as const;
const transact = (TransactItems: TransactWriteItem[], more: object = {}) =>
  h.client.send(new TransactWriteItemsCommand({ TransactItems, ...more }));
const numberOf = async (id: string): Promise<string | undefined> =>
  (await h.client.send(new GetItemCommand(keyed(id)))).Item?.["n"]?.N;

test("all writes or none, with a reason for each", async () => {
  const [a, b, c] = [fresh(), fresh(), fresh()];
  await transact([put(a), put(b, absent)]);
  const add = { UpdateExpression: "ADD n :n", ExpressionAttributeValues: { ":n": { N: "5" } } };
  await expect(
    transact([
      { Update: { ...keyed(a), ...add } },
      put(b, absent),
      { Delete: { ...keyed(c), ConditionExpression: "attribute_exists(id)" } },
      {
        Update: {
          ...keyed(fresh()),
          UpdateExpression: "SET x.y = :n",
          ExpressionAttributeValues: { ":n": { N: "5" } },
        },
      },
    ]),
  ).rejects.toMatchObject({
    name: "TransactionCanceledException",
    message:
      "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ConditionalCheckFailed, ValidationError]",
    CancellationReasons: [
      { Code: "None" },
      {
        Code: "ConditionalCheckFailed",
        Message: "The conditional request failed",
        Item: { id: { S: b }, n: { N: "1" } },
      },
      { Code: "ConditionalCheckFailed" },
      { Code: "ValidationError" },
    ],
  });
  expect(await numberOf(a)).toBe("1");
  await transact([
    { Update: { ...keyed(a), ...add } },
    { Delete: keyed(b) },
    { ConditionCheck: { ...keyed(c), ConditionExpression: "attribute_not_exists(id)" } },
    { Put: { TableName: "others", Item: { id: { S: a } } } },
  ]);
  expect([await numberOf(a), await numberOf(b)]).toEqual(["6", undefined]);
});

test("two writes of one item, too many, too much", async () => {
  const id = fresh();
  await expect(transact([put(id), { Delete: keyed(id) }])).rejects.toThrow(/multiple operations on one item/);
  await expect(transact(Array.from({ length: 101 }, () => put(fresh())))).rejects.toThrow(/less than or equal to 100/);
  const large = (): TransactWriteItem => put(fresh(), { Item: { id: { S: fresh() }, x: { S: "x".repeat(400_000) } } });
  await expect(transact(Array.from({ length: 11 }, large))).rejects.toThrow(/4 MB/);
  await transact(Array.from({ length: 10 }, large));
});

test("a request that comes again with its token is answered, not repeated", async () => {
  const id = fresh();
  const add: TransactWriteItem = {
    Update: { ...keyed(id), UpdateExpression: "ADD n :n", ExpressionAttributeValues: { ":n": { N: "1" } } },
  };
  const token = { ClientRequestToken: fresh() };
  await transact([add], token);
  await transact([add], token);
  expect(await numberOf(id)).toBe("1");
  await expect(transact([put(fresh())], token)).rejects.toMatchObject({ name: "IdempotentParameterMismatchException" });
  await transact([add]);
  expect(await numberOf(id)).toBe("2");
});

test("each write asks for its permission, and costs double", async () => {
  const { authorizer } = h.surroundings;
  authorizer.taken();
  const [a, b] = [fresh(), fresh()];
  const answer = await transact(
    [put(a), { ConditionCheck: { ...keyed(b, "others"), ConditionExpression: "attribute_not_exists(id)" } }],
    { ReturnConsumedCapacity: "TOTAL" },
  );
  expect(authorizer.taken()).toEqual([
    `dynamodb:PutItem ${tableArnOf("things")}`,
    `dynamodb:ConditionCheckItem ${tableArnOf("others")}`,
  ]);
  expect(answer.ConsumedCapacity).toEqual([
    { TableName: "things", CapacityUnits: 2, WriteCapacityUnits: 2 },
    { TableName: "others", CapacityUnits: 2, WriteCapacityUnits: 2 },
  ]);
});

test("reads of several items at one moment", async () => {
  const [a, b] = [fresh(), fresh()];
  await transact([put(a)]);
  const get = (id: string) => ({ Get: { ...keyed(id), ProjectionExpression: "n" } });
  const read = (...ids: string[]) =>
    h.client.send(new TransactGetItemsCommand({ TransactItems: ids.map(get), ReturnConsumedCapacity: "TOTAL" }));
  expect(await read(a, b)).toMatchObject({
    Responses: [{ Item: { n: { N: "1" } } }, {}],
    ConsumedCapacity: [{ CapacityUnits: 4, ReadCapacityUnits: 4 }],
  });
  await expect(read(a, a)).rejects.toThrow(/multiple operations on one item/);
});

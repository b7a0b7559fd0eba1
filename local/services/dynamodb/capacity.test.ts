import {
  BatchExecuteStatementCommand,
  DeleteItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  type AttributeValue,
} from "@aws-sdk/client-dynamodb";
import { harness, TABLE, tableInputs, type Harness } from "./testing/harness";

type Attributes = Record<string, AttributeValue>;

let h: Harness;
beforeAll(async () => {
  h = await harness();
});
afterAll(() => h.close());

test("write units by the kind of the item, a kilobyte at a time: the larger of before and after, and what fails", async () => {
  h.create(TABLE, tableInputs("kinds"));
  const units = () => h.service.statistics().find(({ name }) => name === "kinds")?.writeUnits;
  // Beside the value of x: `id`, three letters of it, `x`.
  const item = (id: string, bytes: number): Attributes => ({ id: { S: id }, x: { S: "x".repeat(bytes) } });
  const put = (id: string, bytes: number, more: object = {}) =>
    h.client.send(new PutItemCommand({ TableName: "kinds", Item: item(id, bytes), ...more }));
  await put("a#1", 1024 - 6);
  expect(units()).toEqual({ a: 1 });
  await put("b#1", 1024 - 5);
  expect(units()).toEqual({ a: 1, b: 2 });
  await put("b#1", 1);
  expect(units()).toEqual({ a: 1, b: 4 });
  await put("none", 1);
  expect(units()).toEqual({ a: 1, b: 4, "": 1 });
  const Key = { id: { S: "a#1" } };
  await h.client.send(new DeleteItemCommand({ TableName: "kinds", Key }));
  await h.client.send(new DeleteItemCommand({ TableName: "kinds", Key }));
  expect(units()).toEqual({ a: 3, b: 4, "": 1 });
  // A condition that fails costs what the present item has, and one unit where there is none.
  await put("c#1", 2048);
  await expect(put("c#1", 1, { ConditionExpression: "attribute_not_exists(id)" })).rejects.toThrow();
  await expect(put("c#2", 5000, { ConditionExpression: "attribute_exists(id)" })).rejects.toThrow();
  expect(units()).toMatchObject({ c: 3 + 3 + 1 });
  const Statement = `INSERT INTO "kinds" VALUE {'id': ?}`;
  await h.client.send(
    new BatchExecuteStatementCommand({
      Statements: ["d#1", "d#2", "c#1"].map((id) => ({ Statement, Parameters: [{ S: id }] })),
    }),
  );
  expect(units()).toMatchObject({ c: 3 + 3 + 1 + 3, d: 2 });
  const TransactItems = ["e#1", "e#2"].map((id) => ({ Put: { TableName: "kinds", Item: item(id, 10) } }));
  await h.client.send(new TransactWriteItemsCommand({ TransactItems }));
  expect(units()).toMatchObject({ e: 4 });
});

import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  type AttributeValue,
  type QueryCommandInput,
} from "@aws-sdk/client-dynamodb";
import { harness, TABLE, tableInputs, type Harness } from "./testing/harness";

type Attributes = Record<string, AttributeValue>;

let h: Harness;
beforeAll(async () => {
  h = await harness();
  h.create(TABLE, tableInputs("things"));
  h.create(TABLE, tableInputs("events", { rangeKey: "at" }));
});
afterAll(() => h.close());

test("queries: order, ranges, pages and filters", async () => {
  for (let at = 1; at <= 5; at += 1) {
    await h.client.send(
      new PutItemCommand({
        TableName: "events",
        Item: { id: { S: "q" }, at: { N: String(at) }, odd: { BOOL: at % 2 === 1 } },
      }),
    );
  }
  const query = async (KeyConditionExpression: string, values: Attributes, more: Partial<QueryCommandInput> = {}) => {
    const answer = await h.client.send(
      new QueryCommand({
        TableName: "events",
        KeyConditionExpression,
        ExpressionAttributeNames: { "#at": "at" },
        ExpressionAttributeValues: { ":id": { S: "q" }, ...values },
        ...more,
      }),
    );
    return { ...answer, ats: (answer.Items ?? []).map(({ at }) => Number(at?.N)) };
  };
  const two = { ":a": { N: "2" }, ":b": { N: "4.0" } };
  expect((await query("id = :id AND #at BETWEEN :a AND :b", two)).ats).toEqual([2, 3, 4]);
  const back = await query("id = :id AND #at < :b", { ":b": { N: "5" } }, { ScanIndexForward: false, Limit: 2 });
  expect(back).toMatchObject({ ats: [4, 3], LastEvaluatedKey: { id: { S: "q" }, at: { N: "3" } } });
  const rest = await query(
    "id = :id AND #at < :b",
    { ":b": { N: "5" } },
    { ScanIndexForward: false, ExclusiveStartKey: back.LastEvaluatedKey },
  );
  expect(rest.ats).toEqual([2, 1]);
  expect(rest.LastEvaluatedKey).toBeUndefined();
  const filtered = await query(
    "id = :id AND #at > :a",
    { ":a": { N: "0" }, ":t": { BOOL: true } },
    {
      FilterExpression: "odd = :t",
      ProjectionExpression: "#at",
      ReturnConsumedCapacity: "TOTAL",
    },
  );
  expect(filtered).toMatchObject({
    Items: [{ at: { N: "1" } }, { at: { N: "3" } }, { at: { N: "5" } }],
    Count: 3,
    ScannedCount: 5,
    ConsumedCapacity: { TableName: "events", CapacityUnits: 0.5 },
  });
  await expect(query("#at = :id", {})).rejects.toThrow("Query condition missed key schema element: id");
  await expect(query("id = :id AND #at <> :a", { ":a": { N: "1" } })).rejects.toThrow(/not supported/);
  await expect(query("id = :id", { ":t": { N: "1" } }, { FilterExpression: "#at = :t" })).rejects.toThrow(
    /non-primary key/,
  );
});

test("a scan in segments, and pages of a megabyte", async () => {
  h.create(TABLE, tableInputs("large"));
  const ids = Array.from({ length: 7 }, (_, index) => `i${index}`);
  for (const id of ids) {
    await h.client.send(
      new PutItemCommand({ TableName: "large", Item: { id: { S: id }, x: { S: "x".repeat(300_000) } } }),
    );
  }
  const seen: string[] = [];
  let pages = 0;
  for (const Segment of [0, 1]) {
    let ExclusiveStartKey: Attributes | undefined;
    do {
      const page = await h.client.send(
        new ScanCommand({
          TableName: "large",
          Segment,
          TotalSegments: 2,
          ExclusiveStartKey,
          ProjectionExpression: "id",
        }),
      );
      pages += 1;
      expect(page.Count).toBeLessThanOrEqual(4);
      seen.push(...(page.Items ?? []).map(({ id }) => id?.S ?? ""));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
  }
  expect(pages).toBeGreaterThan(2);
  expect(seen.sort()).toEqual(ids);
  const limited = await h.client.send(new ScanCommand({ TableName: "large", Limit: 2, Select: "COUNT" }));
  expect(limited).toMatchObject({ Count: 2, ScannedCount: 2, LastEvaluatedKey: expect.anything() });
});

test("batches of gets and writes", async () => {
  const [a, b] = ["a", "b"];
  const put = (id: string) => ({ PutRequest: { Item: { id: { S: id }, x: { S: "x" } } } });
  const write = (...requests: object[]) =>
    h.client.send(new BatchWriteItemCommand({ RequestItems: { things: requests } }));
  expect(await write(put(a), put(b))).toMatchObject({ UnprocessedItems: {} });
  await expect(write(put(a), { DeleteRequest: { Key: { id: { S: a } } } })).rejects.toThrow(/contains duplicates/);
  await write({ DeleteRequest: { Key: { id: { S: b } } } });
  const read = (...keys: string[]) =>
    h.client.send(
      new BatchGetItemCommand({
        RequestItems: {
          things: { Keys: keys.map((id) => ({ id: { S: id } })), ProjectionExpression: "x", ConsistentRead: true },
        },
        ReturnConsumedCapacity: "TOTAL",
      }),
    );
  expect(await read(a, b)).toMatchObject({
    Responses: { things: [{ x: { S: "x" } }] },
    UnprocessedKeys: {},
    ConsumedCapacity: [{ TableName: "things", CapacityUnits: 2 }],
  });
  await expect(read(a, a)).rejects.toThrow(/contains duplicates/);
  await expect(read(...Array.from({ length: 101 }, (_, n) => `${n}`))).rejects.toThrow(/Too many items/);
});

test("a batch of gets answers sixteen megabytes and names the rest", async () => {
  const keys = Array.from({ length: 60 }, (_, index) => ({ id: { S: `i${index}` } }));
  h.create(TABLE, tableInputs("huge"));
  for (const Item of keys) {
    await h.client.send(new PutItemCommand({ TableName: "huge", Item: { ...Item, x: { S: "x".repeat(400_000) } } }));
  }
  const answer = await h.client.send(new BatchGetItemCommand({ RequestItems: { huge: { Keys: keys } } }));
  const [got, left] = [answer.Responses?.["huge"] ?? [], answer.UnprocessedKeys?.["huge"]?.Keys ?? []];
  expect(got).toHaveLength(41);
  expect(left).toHaveLength(19);
});

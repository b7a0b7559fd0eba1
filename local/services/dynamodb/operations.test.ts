import {
  DeleteItemCommand,
  DescribeTableCommand,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { harness, TABLE, tableArnOf, tableInputs, type Harness } from "./testing/harness";

type Attributes = Record<string, AttributeValue>;

let h: Harness;
beforeAll(async () => {
  h = await harness();
  h.create(TABLE, tableInputs("things"));
});
afterAll(() => h.close());

let unique = 0;
const fresh = (): string => `k${(unique += 1)}`;
const TableName = "things";

const put = async (Item: Attributes, more: object = {}): Promise<unknown> =>
  h.client.send(new PutItemCommand({ TableName, Item, ...more }));
const get = async (id: string): Promise<Attributes | undefined> =>
  (await h.client.send(new GetItemCommand({ TableName, Key: { id: { S: id } } }))).Item;
const update = async (id: string, UpdateExpression: string, more: Partial<UpdateItemCommandInput> = {}) =>
  (await h.client.send(new UpdateItemCommand({ TableName, Key: { id: { S: id } }, UpdateExpression, ...more })))
    .Attributes;

test("all types of values survive, normalised", async () => {
  const id = fresh();
  const item: Attributes = {
    id: { S: id },
    n: { N: "12.300" },
    b: { B: Uint8Array.from([0, 255, 7]) },
    t: { BOOL: false },
    nil: { NULL: true },
    ss: { SS: ["x", "y"] },
    ns: { NS: ["1", "2.0"] },
    bs: { BS: [Uint8Array.from([1])] },
    l: { L: [{ S: "" }, { M: { constructor: { N: "1" } } }] },
    // A name that every object of JavaScript has.
    constructor: { S: "c" },
  };
  await put(item);
  expect(await get(id)).toEqual({ ...item, n: { N: "12.3" }, ns: { NS: ["1", "2"] } });
});

test("conditions of a put, and the item that did not meet them", async () => {
  const id = fresh();
  const condition = { ConditionExpression: "attribute_not_exists(id)", ReturnValuesOnConditionCheckFailure: "ALL_OLD" };
  await put({ id: { S: id }, v: { N: "1" } }, condition);
  await expect(put({ id: { S: id } }, condition)).rejects.toMatchObject({
    name: "ConditionalCheckFailedException",
    message: "The conditional request failed",
    Item: { id: { S: id }, v: { N: "1" } },
  });
  const values = { ExpressionAttributeNames: { "#0": "v" }, ExpressionAttributeValues: { ":0": { N: "1.0" } } };
  const replaced = await put(
    { id: { S: id }, v: { N: "2" } },
    { ConditionExpression: "#0 = :0", ReturnValues: "ALL_OLD", ...values },
  );
  expect(replaced).toMatchObject({ Attributes: { v: { N: "1" } } });
});

test.each([
  ["a.b[1] = :two AND size(l) > :one", true],
  ["attribute_type(l, :L) AND NOT contains(s, :none)", true],
  ["n BETWEEN :one AND :two OR begins_with(s, :none)", true],
  ["n IN (:two, :none)", false],
  ["NOT (n = :one OR n = :two)", false],
  ["absent <> :one", true],
  ["absent < :one", false],
])("ConditionExpression %s", async (ConditionExpression, expected) => {
  const id = fresh();
  await put({
    id: { S: id },
    n: { N: "1" },
    s: { S: "text" },
    l: { L: [{ N: "1" }, { N: "2" }] },
    a: { M: { b: { L: [{ N: "1" }, { N: "2" }] } } },
  });
  const all: Attributes = { ":one": { N: "1" }, ":two": { N: "2" }, ":none": { S: "-" }, ":L": { S: "L" } };
  const ExpressionAttributeValues = Object.fromEntries(
    Object.entries(all).filter(([name]) => ConditionExpression.includes(name)),
  );
  const remove = h.client.send(
    new DeleteItemCommand({ TableName, Key: { id: { S: id } }, ConditionExpression, ExpressionAttributeValues }),
  );
  if (expected) await remove;
  else await expect(remove).rejects.toMatchObject({ name: "ConditionalCheckFailedException" });
});

test("updates: every action sees the item as it was", async () => {
  const id = fresh();
  const ExpressionAttributeValues: Attributes = {
    ":one": { N: "1" },
    ":list": { L: [{ S: "z" }] },
    ":set": { SS: ["a", "b"] },
    ":map": { M: { x: { N: "1" } } },
  };
  await update(id, "SET a = if_not_exists(a, :one) + :one, l = :list, m = :map ADD s :set, n :one", {
    ExpressionAttributeValues,
  });
  expect(await get(id)).toEqual({
    id: { S: id },
    a: { N: "2" },
    l: { L: [{ S: "z" }] },
    m: { M: { x: { N: "1" } } },
    s: { SS: ["a", "b"] },
    n: { N: "1" },
  });
  const returned = await update(
    id,
    "SET a = n, b = a - :half, l = list_append(l, l), m.y.#z = :t REMOVE m.x DELETE s :a",
    {
      ExpressionAttributeNames: { "#z": "z" },
      ExpressionAttributeValues: { ":half": { N: "0.5" }, ":t": { BOOL: true }, ":a": { SS: ["a"] } },
      ReturnValues: "UPDATED_NEW",
    },
  ).catch((error: Error) => error.message);
  expect(returned).toMatch(/document path .* invalid for update/);
  await update(id, "SET a = n, b = a - :half, l = list_append(l, l), m.y = :t REMOVE m.x DELETE s :a", {
    ExpressionAttributeValues: { ":half": { N: "0.5" }, ":t": { BOOL: true }, ":a": { SS: ["a"] } },
  });
  expect(await update(id, "REMOVE l[0], s SET l[7] = n", { ReturnValues: "ALL_NEW" })).toEqual({
    id: { S: id },
    a: { N: "1" },
    b: { N: "1.5" },
    l: { L: [{ S: "z" }, { N: "1" }] },
    m: { M: { y: { BOOL: true } } },
    n: { N: "1" },
  });
  // Indexes are those of the list before the update.
  await update(id, "SET l = :l", {
    ExpressionAttributeValues: { ":l": { L: ["0", "1", "2", "3"].map((N) => ({ N })) } },
  });
  expect(await update(id, "REMOVE l[0], l[2] SET l[1] = n", { ReturnValues: "UPDATED_NEW" })).toMatchObject({
    l: { L: [{ N: "1" }, { N: "3" }] },
  });
  expect(await update(id, "SET a = b", { ReturnValues: "UPDATED_OLD" })).toEqual({ a: { N: "1" } });
});

test("requests that DynamoDB refuses", async () => {
  const id = fresh();
  const value = { ExpressionAttributeValues: { ":v": { N: "1" } } };
  await put({ id: { S: id }, s: { S: "x" } });
  const failing: readonly [() => Promise<unknown>, RegExp][] = [
    [() => put({}), /Missing the key id in the item/],
    [() => put({ id: { N: "1" } }), /Type mismatch for key id expected: S actual: N/],
    [() => put({ id: { S: "" } }), /cannot contain an empty string value. Key: id/],
    [() => put({ id: { S: "x".repeat(2049) } }), /hashkey/],
    [
      () => put({ id: { S: id }, big: { S: "x".repeat(409_600) } }),
      /^Item size has exceeded the maximum allowed size$/,
    ],
    [() => put({ id: { S: id }, set: { SS: [] } }), /set {2}may not be empty/],
    [() => put({ id: { S: id }, set: { SS: ["a", "a"] } }), /contains duplicates/],
    [() => put({ id: { S: id } }, { ConditionExpression: "size(id) >" }), /Syntax error; token: "<EOF>"/],
    [() => put({ id: { S: id } }, { ConditionExpression: "_id = :v", ...value }), /Syntax error/],
    [() => put({ id: { S: id } }, { ConditionExpression: "name = :v", ...value }), /reserved keyword: name/],
    [() => put({ id: { S: id } }, { ConditionExpression: "#x = :v", ...value }), /not defined; attribute name: #x/],
    [() => put({ id: { S: id } }, { ConditionExpression: "x = :x", ...value }), /not defined; attribute value: :x/],
    [
      () => put({ id: { S: id } }, { ConditionExpression: "attribute_exists(x)", ...value }),
      /unused in expressions: keys: {:v}/,
    ],
    [
      () => put({ id: { S: id } }, { ConditionExpression: "sum(x) = :v", ...value }),
      /Invalid function name; function: sum/,
    ],
    [() => put({ id: { S: id } }, { Expected: { id: { Exists: false } } }), /Expected of PutItem is not supported/],
    [() => put({ id: { S: id } }, { TableName: "nowhere" }), /Requested resource not found/],
    [() => update(id, "SET id = :v", value), /part of the key/],
    [() => update(id, "SET a = :v, a.b = :v", value), /paths overlap/],
    [() => update(id, "SET a = absent + :v", value), /does not exist in the item/],
    [() => update(id, "ADD s :v", value), /incorrect data type/],
    [() => update(id, "SET a = :v SET b = :v", value), /only be used once/],
    [
      () => h.client.send(new GetItemCommand({ TableName, Key: { id: { S: id }, x: { S: id } } })),
      /number of conditions/,
    ],
    [() => h.client.send(new GetItemCommand({ TableName, Key: { x: { S: id } } })), /does not match the schema/],
  ];
  for (const [request, reason] of failing) await expect(request()).rejects.toThrow(reason);
  expect(await get(id)).toEqual({ id: { S: id }, s: { S: "x" } });
});

test("units: a kilobyte each for what is written, before or after; counted for the report", async () => {
  h.create(TABLE, tableInputs("counted"));
  const write = async (Item: Attributes) =>
    (await h.client.send(new PutItemCommand({ TableName: "counted", Item, ReturnConsumedCapacity: "TOTAL" })))
      .ConsumedCapacity;
  expect(await write({ id: { S: "a" }, x: { S: "x".repeat(2000) } })).toEqual({
    TableName: "counted",
    CapacityUnits: 2,
  });
  expect(await write({ id: { S: "a" } })).toEqual({ TableName: "counted", CapacityUnits: 2 });
  const failing = { TableName: "counted", Item: { id: { S: "a" } }, ConditionExpression: "attribute_not_exists(id)" };
  await expect(h.client.send(new PutItemCommand(failing))).rejects.toThrow();
  await h.client.send(new GetItemCommand({ TableName: "counted", Key: { id: { S: "a" } }, ConsistentRead: true }));
  expect(h.service.statistics().find(({ name }) => name === "counted")).toEqual({
    arn: tableArnOf("counted"),
    name: "counted",
    account: "111111111111",
    region: "eu-west-1",
    items: 1,
    bytes: 3,
    writeUnits: { "": 5 },
    readUnits: 1,
    streamRecords: 0,
    kinesisUnits: 0,
  });
});

test("accounts see their own tables; another's needs its ARN", async () => {
  const other = h.clientOf("arn:aws:iam::222222222222:role/x");
  expect((await other.send(new ListTablesCommand({}))).TableNames).toEqual([]);
  expect((await h.client.send(new ListTablesCommand({ Limit: 1 }))).TableNames).toHaveLength(1);
  await expect(other.send(new DescribeTableCommand({ TableName }))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
  const { Table } = await other.send(new DescribeTableCommand({ TableName: tableArnOf(TableName) }));
  expect(Table).toMatchObject({ TableStatus: "ACTIVE", KeySchema: [{ AttributeName: "id", KeyType: "HASH" }] });
});

test("the customer's key: each caller must be allowed to decrypt, for writing too", async () => {
  const kmsKeyArn = `arn:aws:kms:eu-west-1:111111111111:key/k`;
  h.create(TABLE, tableInputs("secret", { serverSideEncryption: { enabled: true, kmsKeyArn } }));
  const { authorizer } = h.surroundings;
  authorizer.taken();
  const write = () => h.client.send(new PutItemCommand({ TableName: "secret", Item: { id: { S: "a" } } }));
  await write();
  expect(authorizer.asked.at(-1)).toMatchObject({
    action: "kms:Decrypt",
    resource: kmsKeyArn,
    context: {
      "kms:ViaService": "dynamodb.eu-west-1.amazonaws.com",
      "kms:EncryptionContext:aws:dynamodb:tableName": "secret",
    },
  });
  expect(authorizer.taken()).toEqual([`dynamodb:PutItem ${tableArnOf("secret")}`, `kms:Decrypt ${kmsKeyArn}`]);
  authorizer.denies = ({ action }) => action === "kms:Decrypt";
  await expect(write()).rejects.toMatchObject({ name: "AccessDeniedException" });
  authorizer.denies = () => false;
});

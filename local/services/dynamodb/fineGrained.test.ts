/**
 * What a policy's conditions are told of a request: the attributes it names, and what it wants back.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
import {
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type ScanCommandInput,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { harness, TABLE, tableInputs, type Harness } from "./testing/harness";

let h: Harness;
beforeAll(async () => {
  h = await harness();
  h.create(TABLE, tableInputs("things"));
});
afterAll(() => h.close());

const TableName = "things";
const scan = (input: Partial<ScanCommandInput>) => () => h.client.send(new ScanCommand({ TableName, ...input }));
const update = (input: Partial<UpdateItemCommandInput>) => () =>
  h.client.send(new UpdateItemCommand({ TableName, Key: { id: { S: "a" } }, ...input }));

/** The context of the first question that a request brings about. */
async function told(request: () => Promise<unknown>): Promise<unknown> {
  const { authorizer } = h.surroundings;
  authorizer.taken();
  await request();
  return authorizer.asked[0]?.context;
}

test.each([
  ["that names nothing wants all", {}, { "dynamodb:Attributes": ["id"], "dynamodb:Select": "ALL_ATTRIBUTES" }],
  [
    "names what it shows and what it looks at, by the attribute that a path begins with",
    {
      ProjectionExpression: "#a, b[1].c",
      FilterExpression: "attribute_not_exists(d) OR e.f < :one",
      ExpressionAttributeNames: { "#a": "first name" },
      ExpressionAttributeValues: { ":one": { N: "1" } },
    },
    { "dynamodb:Attributes": ["b", "d", "e", "first name", "id"], "dynamodb:Select": "SPECIFIC_ATTRIBUTES" },
  ],
  [
    "says what it selects",
    { ProjectionExpression: "b", Select: "SPECIFIC_ATTRIBUTES" as const },
    { "dynamodb:Attributes": ["b", "id"], "dynamodb:Select": "SPECIFIC_ATTRIBUTES" },
  ],
  ["may count", { Select: "COUNT" as const }, { "dynamodb:Attributes": ["id"], "dynamodb:Select": "COUNT" }],
])("a scan %s", async (_, input, expected) => {
  expect(await told(scan(input))).toEqual(expected);
});

test("a scan of specific attributes that names none is refused", async () => {
  const nothing = scan({ Select: "SPECIFIC_ATTRIBUTES" });
  await expect(nothing()).rejects.toThrow(/Must specify the AttributesToGet or ProjectionExpression/);
});

test("an update names what it sets, reads and compares, and says what it returns", async () => {
  const more = { ExpressionAttributeValues: { ":v": { S: "v" } } };
  const copies = { UpdateExpression: "SET a = if_not_exists(b.c, :v) REMOVE d", ConditionExpression: "size(e) < :n" };
  const values = { ExpressionAttributeValues: { ":v": { S: "v" }, ":n": { N: "9" } } };
  await update({ UpdateExpression: "SET e = :v", ...more })();
  expect(await told(update({ ...copies, ...values }))).toEqual({
    "dynamodb:Attributes": ["a", "b", "d", "e", "id"],
    "dynamodb:ReturnValues": "NONE",
  });
  const returning = update({ UpdateExpression: "SET a = :v", ReturnValues: "ALL_OLD", ...more });
  expect(await told(returning)).toMatchObject({ "dynamodb:ReturnValues": "ALL_OLD" });
});

test("each update of a transaction is asked about by itself", async () => {
  const { authorizer } = h.surroundings;
  authorizer.taken();
  const Update = (id: string, attribute: string) => ({
    Update: {
      ...{ TableName, Key: { id: { S: id } }, UpdateExpression: `SET ${attribute} = :v` },
      ExpressionAttributeValues: { ":v": { S: "v" } },
    },
  });
  await h.client.send(
    new TransactWriteItemsCommand({ TransactItems: [Update("a", "first_"), Update("b", "second_")] }),
  );
  expect(authorizer.asked.flatMap(({ context }) => context?.["dynamodb:Attributes"] ?? [])).toEqual([
    ...["first_", "id"],
    ...["id", "second_"],
  ]);
});

test("IN takes a hundred values", async () => {
  const among = (count: number) => {
    const names = Array.from({ length: count }, (_, index) => `:v${index}`);
    return scan({
      FilterExpression: `a IN (${names.join(", ")})`,
      ExpressionAttributeValues: Object.fromEntries(names.map((name) => [name, { S: name }])),
    });
  };
  await among(100)();
  await expect(among(101)()).rejects.toThrow("The IN operator is provided with too many operands");
});

import {
  BatchExecuteStatementCommand,
  ExecuteStatementCommand,
  GetItemCommand,
  type AttributeValue,
  type BatchStatementRequest,
  type BatchStatementResponse,
} from "@aws-sdk/client-dynamodb";
import { harness, TABLE, tableArnOf, tableInputs, type Harness } from "./testing/harness";

let h: Harness;
beforeAll(async () => {
  h = await harness();
  h.create(TABLE, tableInputs("things"));
  h.create(TABLE, tableInputs("events", { rangeKey: "at" }));
});
afterAll(() => h.close());

let unique = 0;
/** A key of its own for each test. */
const fresh = (): string => `k${(unique += 1)}`;

const execute = async (Statement: string, ...Parameters: AttributeValue[]): Promise<Record<string, AttributeValue>[]> =>
  (await h.client.send(new ExecuteStatementCommand({ Statement, ...(Parameters.length > 0 && { Parameters }) })))
    .Items ?? [];

const batch = async (...Statements: BatchStatementRequest[]): Promise<BatchStatementResponse[]> =>
  (await h.client.send(new BatchExecuteStatementCommand({ Statements }))).Responses ?? [];

const stored = async (id: string): Promise<Record<string, AttributeValue> | undefined> =>
  (await h.client.send(new GetItemCommand({ TableName: "things", Key: { id: { S: id } } }))).Item;

test("a batch: each statement on its own, with the errors of a batch", async () => {
  const [a, b, c] = [fresh(), fresh(), fresh()];
  const insert = (id: string): BatchStatementRequest => ({
    Statement: `INSERT INTO "things" VALUE {'id': ?, 'n': ?, '_v': ?}`,
    Parameters: [{ S: id }, { N: "1.50" }, { S: "5" }],
  });
  expect(await batch(insert(a), insert(b))).toEqual([{ TableName: "things" }, { TableName: "things" }]);
  const update = (id: string, below: string, more: Partial<BatchStatementRequest> = {}): BatchStatementRequest => ({
    Statement: `UPDATE "things" SET "n"=? SET "x"=? REMOVE "_v" REMOVE "none" WHERE "id"=? AND "_v"<?`,
    Parameters: [{ N: "2" }, { S: "x" }, { S: id }, { S: below }],
    ...more,
  });
  const { Responses: answers = [] } = await h.client.send(
    new BatchExecuteStatementCommand({
      Statements: [
        insert(a),
        update(b, "5", { ReturnValuesOnConditionCheckFailure: "ALL_OLD" }),
        update(c, "9", { ReturnValuesOnConditionCheckFailure: "ALL_OLD" }),
        { Statement: `UPDATE "things" SET "n"=? WHERE "other"=?`, Parameters: [{ N: "1" }, { S: "x" }] },
        { Statement: `UPDATE "nowhere" SET "n"=? WHERE "id"=?`, Parameters: [{ N: "1" }, { S: "x" }] },
        { Statement: `MERGE "things"` },
      ],
      ReturnConsumedCapacity: "TOTAL",
    }),
  );
  expect(answers.map(({ Error }) => Error?.Code)).toEqual([
    "DuplicateItem",
    "ConditionalCheckFailed",
    "ConditionalCheckFailed",
    "ValidationError",
    "ResourceNotFound",
    "ValidationError",
  ]);
  expect(answers[0]?.Error?.Message).toBe("Duplicate primary key exists in table");
  expect(answers[1]?.Error?.Item).toEqual({ id: { S: b }, n: { N: "1.5" }, _v: { S: "5" } });
  expect(answers[2]?.Error?.Item).toBeUndefined();
  expect(answers[3]?.Error?.Message).toMatch(/mandatory equality on all key attributes/);
  expect(answers[5]?.Error?.Message).toMatch(/^Statement wasn't well formed/);
  expect(await batch(update(b, "6"))).toEqual([{ TableName: "things" }]);
  expect(await stored(b)).toEqual({ id: { S: b }, n: { N: "2" }, x: { S: "x" } });
});

test("a batch is refused whole: two statements about one item, reads among writes, too many", async () => {
  const id = fresh();
  const put = { Statement: `INSERT INTO "things" VALUE {'id': ?}`, Parameters: [{ S: id }] };
  const remove = { Statement: `DELETE FROM "things" WHERE "id"=?`, Parameters: [{ S: id }] };
  const select = { Statement: `SELECT * FROM "things" WHERE "id"=?`, Parameters: [{ S: "other" }] };
  await expect(batch(put, remove)).rejects.toMatchObject({ name: "ValidationException" });
  await expect(batch(put, select)).rejects.toMatchObject({ name: "ValidationException" });
  await expect(batch(...Array.from({ length: 26 }, () => select))).rejects.toThrow(/less than or equal to 25/);
  expect(await stored(id)).toBeUndefined();
});

test("a batch of reads", async () => {
  const [a, b] = [fresh(), fresh()];
  await execute(`INSERT INTO things VALUE {'id': ?, 'm': {'list': [1, 'two', null]}}`, { S: a });
  const select = (what: string, id: string): BatchStatementRequest => ({
    Statement: `SELECT ${what} FROM "things" WHERE "id"=?`,
    Parameters: [{ S: id }],
  });
  expect(await batch(select("m.list[1], id", a), select("*", b))).toEqual([
    { TableName: "things", Item: { id: { S: a }, m: { M: { list: { L: [{ S: "two" }] } } } } },
    { TableName: "things" },
  ]);
  const [answer] = await batch({ Statement: `SELECT * FROM "things" WHERE "x"='1'` });
  expect(answer?.Error).toMatchObject({ Code: "ValidationError", Message: expect.stringMatching(/primary key/) });
});

test("literals, nested paths, arithmetic, sets and what RETURNING gives back", async () => {
  const id = fresh();
  await execute(
    `INSERT INTO "things" VALUE {'id': '${id}', 'n': -1.0e1, 'it''s': 'o''clock', 'set': <<'a', 'b'>>, 'list': [], 'm': {'x': true}}`,
  );
  expect(await stored(id)).toEqual({
    id: { S: id },
    n: { N: "-10" },
    "it's": { S: "o'clock" },
    set: { SS: ["a", "b"] },
    list: { L: [] },
    m: { M: { x: { BOOL: true } } },
  });
  const where = `WHERE "id"='${id}'`;
  expect(
    await execute(`UPDATE "things" SET n = n + 12, m.y = ? ${where} RETURNING MODIFIED NEW *`, { S: "y" }),
  ).toEqual([{ n: { N: "2" }, m: { M: { y: { S: "y" } } } }]);
  await execute(
    `UPDATE "things" SET "set" = set_delete("set", <<'a'>>) SET "list" = list_append("list", ['z']) ${where}`,
  );
  expect(await execute(`UPDATE "things" REMOVE "it's", m, "list"[0] ${where} RETURNING ALL NEW *`)).toEqual([
    { id: { S: id }, n: { N: "2" }, set: { SS: ["b"] }, list: { L: [] } },
  ]);
  expect(await execute(`DELETE FROM "things" ${where} AND n = 2 RETURNING ALL OLD *`)).toHaveLength(1);
  // Nothing to delete is no error.
  expect(await execute(`DELETE FROM "things" ${where} AND n = 2`)).toEqual([]);
});

test.each([
  [`n BETWEEN 4 AND 6`, true],
  [`n NOT BETWEEN 4 AND 6`, false],
  [`n IN (1, 5)`, true],
  [`n IN [1, 2]`, false],
  [`n > 4 AND NOT n >= 6`, true],
  [`n <> 5 OR t <= 'abc'`, true],
  [`n != 5`, false],
  [`"none" IS MISSING AND t IS NOT MISSING`, true],
  [`t IS MISSING`, false],
  [`nil IS NULL AND t IS NOT NULL`, true],
  [`begins_with(t, 'ab') AND contains("set", 'y')`, true],
  [`begins_with(t, 'bc')`, false],
  [`attribute_type(n, 'N') AND size(t) = 3`, true],
  [`(n = 5 OR n = 6) AND m.x[1] = 8`, true],
  [`"none" < 5`, false],
  // What is missing differs from everything.
  [`"none" <> 5`, true],
  // Different types do not compare.
  [`t > 5`, false],
])("WHERE %s", async (condition, expected) => {
  const id = fresh();
  await execute(
    `INSERT INTO "things" VALUE {'id': '${id}', 'n': 5, 't': 'abc', 'nil': null, 'set': <<'x', 'y'>>, 'm': {'x': [7, 8]}}`,
  );
  const update = execute(
    `UPDATE "things" SET hit = true WHERE "id"='${id}' AND ${condition.includes(" OR ") ? `(${condition})` : condition}`,
  );
  if (expected) await update;
  else await expect(update).rejects.toMatchObject({ name: "ConditionalCheckFailedException" });
});

test("the single statement's errors", async () => {
  const id = fresh();
  await execute(`INSERT INTO "things" VALUE {'id': ?, 'a': 1}`, { S: id });
  const failing: readonly [string, AttributeValue[], object][] = [
    [`INSERT INTO "things" VALUE {'id': ?}`, [{ S: id }], { name: "DuplicateItemException" }],
    [
      `INSERT INTO "things" VALUE {'id': ?}`,
      [{ S: "" }],
      { message: expect.stringMatching(/empty string value. Key: id/) },
    ],
    [`INSERT INTO "things" VALUE {'id': ?}`, [{ N: "1" }], { message: expect.stringMatching(/expected: S actual: N/) }],
    [`INSERT INTO "things" VALUE {'a': ?}`, [{ N: "1" }], { message: expect.stringMatching(/Missing the key id/) }],
    [
      `INSERT INTO "things" VALUE {'id': ?, 'a': ?}`,
      [{ S: "x" }],
      { message: expect.stringMatching(/Number of parameters/) },
    ],
    [
      `UPDATE "things" SET "id"=? WHERE "id"=?`,
      [{ S: "x" }, { S: id }],
      { message: expect.stringMatching(/part of the key/) },
    ],
    [
      `UPDATE "things" SET "a"=? SET "a"=? WHERE "id"=?`,
      [{ S: "x" }, { S: "y" }, { S: id }],
      { message: expect.stringMatching(/overlap/) },
    ],
    [
      `UPDATE "things" SET a.b=? WHERE "id"=?`,
      [{ S: "x" }, { S: id }],
      { message: expect.stringMatching(/document path/) },
    ],
    [
      `UPDATE "things" SET "a"=? WHERE "id"=?`,
      [{ S: "x".repeat(409_600) }, { S: id }],
      { message: "Item size to update has exceeded the maximum allowed size" },
    ],
    [`SELECT * FROM "things"."index"`, [], { message: expect.stringMatching(/not supported/) }],
    [`SELECT * FROM "things" ORDER BY id`, [], { message: expect.stringMatching(/not supported/) }],
    [`UPDATE "things" SET "a"=1 WHERE "id"='${"x".repeat(8200)}'`, [], { message: expect.stringMatching(/8192/) }],
  ];
  for (const [statement, parameters, error] of failing) {
    await expect(execute(statement, ...parameters)).rejects.toMatchObject(error);
  }
  expect(await stored(id)).toEqual({ id: { S: id }, a: { N: "1" } });
});

test("SELECT reads a partition in order, or everything in pages", async () => {
  for (const at of [3, 1, 2])
    await execute(`INSERT INTO "events" VALUE {'id': 'a', 'at': ${at}, 'even': ${at % 2 === 0}}`);
  await execute(`INSERT INTO "events" VALUE {'id': 'b', 'at': 1, 'even': false}`);
  expect(await execute(`SELECT "at" FROM "events" WHERE "id"=? AND "at" > 1`, { S: "a" })).toEqual([
    { at: { N: "2" } },
    { at: { N: "3" } },
  ]);
  const seen: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await h.client.send(
      new ExecuteStatementCommand({ Statement: `SELECT * FROM events WHERE even = false`, Limit: 1, NextToken }),
    );
    seen.push(...(page.Items ?? []).map(({ id, at }) => `${id?.S}${at?.N}`));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  expect(seen.sort()).toEqual(["a1", "a3", "b1"]);
});

test("each statement asks for its own permission; in a batch a refusal is the statement's answer", async () => {
  const { authorizer } = h.surroundings;
  authorizer.taken();
  const id = fresh();
  await execute(`INSERT INTO "things" VALUE {'id': ?}`, { S: id });
  await execute(`UPDATE "things" SET a=1 WHERE "id"=?`, { S: id });
  await execute(`SELECT * FROM "things" WHERE "id"=?`, { S: id });
  await execute(`DELETE FROM "things" WHERE "id"=?`, { S: id });
  expect(authorizer.taken()).toEqual(
    ["Insert", "Update", "Select", "Delete"].map((verb) => `dynamodb:PartiQL${verb} ${tableArnOf("things")}`),
  );
  authorizer.denies = ({ action }) => action === "dynamodb:PartiQLDelete";
  const answers = await batch(
    { Statement: `DELETE FROM "things" WHERE "id"='a'` },
    { Statement: `INSERT INTO "things" VALUE {'id': ?}`, Parameters: [{ S: fresh() }] },
  );
  authorizer.denies = () => false;
  expect(answers.map(({ Error }) => Error?.Code)).toEqual(["AccessDenied", undefined]);
});

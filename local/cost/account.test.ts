import { batchesOf, hopLines, tableLines, totalOf } from "./account";
import { GB } from "./testing";
import type { Amount } from "./usage";

const counts = { "monolith.shifts": 150, "monolith.users": 50 };
const used: Amount[] = [
  { hop: "Kinesis changes", price: "kinesisPut", amount: GB / 1000, table: "monolith.shifts" },
  { hop: "DynamoDB raw", price: "dynamodbWrite", amount: 300, table: "monolith.shifts" },
  { hop: "DynamoDB raw", price: "dynamodbWrite", amount: 100, table: "monolith.users" },
  { hop: "S3 results", price: "s3Put", amount: 2 },
];

test("by hop, for a million changes: quantities in the price's unit, tables together", () => {
  const lines = hopLines({ used, counts });
  expect(lines.map(({ hop, price }) => [hop, price])).toEqual([
    ["Kinesis changes", "kinesisPut"],
    ["DynamoDB raw", "dynamodbWrite"],
    ["S3 results", "s3Put"],
  ]);
  // 200 changes: times 5,000. 5 GB at $0.08, 2 million units at $0.625, 10 thousand requests at $0.005.
  expect(lines.map(({ quantity }) => quantity)).toEqual([5, 2, 10].map((value) => expect.closeTo(value, 9)));
  expect(lines.map(({ usd }) => usd)).toEqual([0.4, 1.25, 0.05].map((value) => expect.closeTo(value, 9)));
});

test("by table, for a million changes of each, with its share of all; what is of none stands for itself", () => {
  const lines = tableLines({ used, counts });
  const whole = totalOf(used);
  expect(whole).toBeCloseTo((0.4 + 1.25 + 0.05) / 5000, 12);
  expect(lines).toEqual([
    {
      ...{ table: "monolith.shifts", changes: 150, share: expect.closeTo((0.00008 + 0.0001875) / whole, 9) },
      usd: { Kinesis: expect.closeTo(0.00008 * (1e6 / 150), 9), DynamoDB: expect.closeTo(1.25, 9) },
      total: expect.closeTo(0.00008 * (1e6 / 150) + 1.25, 9),
    },
    {
      ...{ table: "monolith.users", changes: 50, share: expect.closeTo(0.0000625 / whole, 9) },
      ...{ usd: { DynamoDB: expect.closeTo(1.25, 9) }, total: expect.closeTo(1.25, 9) },
    },
    {
      ...{ table: undefined, changes: 200, share: expect.closeTo(0.00001 / whole, 9) },
      ...{ usd: { S3: expect.closeTo(0.05, 9) }, total: expect.closeTo(0.05, 9) },
    },
  ]);
  expect(lines.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
});

test("what follows from the size of batches: the invocations and their lines, and nothing else", () => {
  const more: Amount[] = [
    ...used,
    { hop: "Lambda capture", price: "lambdaRequest", amount: 20 },
    { hop: "Lambda capture", price: "lambdaDuration", amount: 1000 },
    { hop: "Lambda capture", price: "logs", amount: GB / 1e6 },
  ];
  const batches = batchesOf({ used: more, counts, pace: 1, batches: { records: 800, invocations: 20 } });
  const usd = (20 * 0.2e-6 + 0.5e-6) * 5000;
  expect(batches).toEqual({
    ...{ size: 40, usd: expect.closeTo(usd, 9), single: expect.closeTo(usd * 40, 9) },
    full: expect.closeTo((usd * 40) / 1000, 9),
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { fixedCosts } from "./fixed";
import { keptIn } from "./kept";
import { PRICES } from "./prices";
import { arns, counters, everyKind, GB, KB, names } from "./testing";
import { gbSeconds, logBytes, summed, usageOf, usedBetween } from "./usage";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "cost-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("every count as an amount of something with a price, under its hop and table", () => {
  const used = usageOf(counters(folder), names).map(({ hop, price, amount, table }) => [hop, price, amount, table]);
  expect(used).toEqual([
    ["Kinesis changes", "kinesisPut", 4 * KB, undefined],
    ["Kinesis changes", "kinesisPolled", 16 * KB, undefined],
    ["Kinesis changes", "kinesisPushed", 5 * KB, undefined],
    // Six of the seven days, as a part of a month of 730 hours.
    ["Kinesis changes", "kinesisRetention", (4 * KB * 144) / 730, undefined],
    ["Kinesis service-changes", "kinesisPut", KB, undefined],
    ["Kinesis service-changes", "kinesisPolled", KB, undefined],
    ["Kinesis service-changes", "kinesisPushed", 0, undefined],
    ["Kinesis service-changes", "kinesisRetention", 0, undefined],
    ["Lambda capture", "lambdaRequest", 2, undefined],
    ["Lambda capture", "lambdaDuration", 1769 / 1024, undefined],
    ["Lambda capture", "logs", 4 + 6 + 2 * 26 + 2 * (141 + 236 + 2 * 26), undefined],
    ["DynamoDB raw", "dynamodbWrite", 6, "monolith.shifts"],
    ["DynamoDB raw", "dynamodbWrite", 2, "monolith.users"],
    ["DynamoDB raw", "dynamodbRead", 8, undefined],
    ["DynamoDB raw", "dynamodbCapture", 0, undefined],
    ["DynamoDB payroll", "dynamodbWrite", 5, "monolith.shifts"],
    ["DynamoDB payroll", "dynamodbWrite", 1, undefined],
    ["DynamoDB payroll", "dynamodbRead", 0, undefined],
    ["DynamoDB payroll", "dynamodbCapture", 0, undefined],
    ["DynamoDB clocking.punches", "dynamodbWrite", 3, "clocking.punches"],
    ["DynamoDB clocking.punches", "dynamodbRead", 0, undefined],
    ["DynamoDB clocking.punches", "dynamodbCapture", 3, "clocking.punches"],
    ["Firehose", "firehosePut", 5 * KB, "monolith.shifts"],
    ["Firehose", "firehoseConversion", 5 * KB, "monolith.shifts"],
    ["S3 lake", "s3Put", 7, "monolith.shifts"],
    ["S3 lake", "s3Get", 0, "monolith.shifts"],
    ["S3 lake", "s3Put", 1, "monolith.shifts"],
    ["S3 lake", "s3Get", 0, "monolith.shifts"],
    ["S3 lake", "s3Put", 1, "monolith.shifts"],
    ["S3 lake", "s3Get", 2, "monolith.shifts"],
    ["S3 failures", "s3Put", 1, undefined],
    ["S3 failures", "s3Get", 0, undefined],
    ["Athena", "athenaScan", 10 * KB * KB, undefined],
  ]);
});

test("whatever is counted has a price, and every price is of something that is counted or declared", () => {
  const services = counters(folder);
  const used: string[] = usageOf(services, names).map(({ price }) => price);
  const kept = keptIn(services, names, 1).flatMap(({ prices }) => prices);
  const declared = fixedCosts([{ resources: everyKind }], 1).map(({ price }) => price);
  const unused = Object.entries(PRICES).filter(
    ([name, price]) => ![...used, ...kept].includes(name) && !declared.includes(price),
  );
  expect(unused).toEqual([]);
});

test("a function that computes takes as many GB-seconds whatever its memory, until it has a whole CPU", () => {
  const of = (memorySize: number) => gbSeconds({ billedDuration: 1000, memorySize });
  expect([of(512), of(1769), of(2048)]).toEqual([1769 / 1024, 1769 / 1024, 2]);
});

test("log lines with what CloudWatch and Lambda add", () => {
  expect(logBytes("", 0)).toBe(0);
  expect(logBytes("é\n\nxyz\n", 0)).toBe(2 + 3 + 2 * 26);
  expect(logBytes("", 3)).toBe(3 * (141 + 236 + 2 * 26));
});

test("a retention that has another price is refused", () => {
  const other = Object.assign(Object.create(names), { retentionHours: () => 169 });
  expect(() => usageOf(counters(folder), other)).toThrow("A retention of 169 hours has no price here: 168 at most");
});

test("what was used between two moments; the same hop, price and table are one", () => {
  const of = (amount: number, table?: string) => ({
    ...({ hop: "DynamoDB raw", price: "dynamodbWrite", amount } as const),
    ...(table === undefined ? {} : { table }),
  });
  expect(summed([of(1, "a"), of(2, "b"), of(3, "a"), of(4)])).toEqual([of(4, "a"), of(2, "b"), of(4)]);
  expect(usedBetween([of(1, "a"), of(2, "b")], [of(5, "a"), of(2, "b"), of(7)])).toEqual([of(4, "a"), of(7)]);
});

test("what is kept, for a million: items with DynamoDB's hundred bytes, rows of the lake as files", () => {
  const kept = keptIn(counters(folder), names, 4);
  const raw = kept.find(({ what }) => what === "DynamoDB raw");
  // 10 items of 100 bytes each: 200 with what DynamoDB adds; $0.25 storage and $0.20 backup a GB.
  expect(raw).toMatchObject({ of: "rows", bytes: 200e6 });
  expect(raw?.usd).toBeCloseTo((200e6 / GB) * 0.45, 10);
  expect(kept.slice(-2)).toMatchObject([
    { what: "Lake, changes", of: "changes", bytes: GB * 1e4 },
    // Both copies, of four rows.
    { of: "rows", bytes: (2 * GB * 1e6) / 4 },
  ]);
  expect(kept.at(-1)?.usd).toBeCloseTo(500_000 * 0.023, 6);
  expect(names.of(arns.raw)).toBe("raw");
});

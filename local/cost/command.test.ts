import { runCommand, type Surroundings } from "../../ops/command";
import { cost } from "./command";
import { DMS_HOUR, PRICES } from "./prices";
import type { CostRun, runCost } from "./run";

const counted: CostRun = {
  load: { rows: 1000, used: [{ hop: "DynamoDB raw", price: "dynamodbWrite", amount: 1000, table: "monolith.shifts" }] },
  fullLoad: { rows: 1000, used: [] },
  changes: {
    counts: { "monolith.shifts": 1000 },
    pace: 26.84,
    used: [
      { hop: "DynamoDB raw", price: "dynamodbWrite", amount: 1500, table: "monolith.shifts" },
      { hop: "Firehose", price: "firehosePut", amount: 2 ** 20, table: "monolith.shifts" },
    ],
    batches: { records: 4000, invocations: 200 },
  },
  kpis: { queries: 15, used: [] },
  kept: [{ what: "DynamoDB raw", of: "rows", bytes: 2 ** 30, prices: ["dynamodbStorage"], usd: 0.25 }],
  fixed: [
    { what: "DMS dms.r6i.large", count: 1, price: undefined, usd: undefined },
    { what: "DMS dms.t3.medium", count: 1, price: DMS_HOUR["dms.t3.medium"], usd: 54.385 },
    { what: "KMS keys", count: 7, price: PRICES.kmsKey, usd: 7 },
  ],
};

function setUp(run: typeof runCost = async () => counted) {
  const printed: string[] = [];
  const notes: string[] = [];
  const abort = new AbortController();
  const surroundings: Surroundings = {
    ...{ folder: "/project", environment: {}, signal: abort.signal },
    print: (text) => void printed.push(text),
    note: (text) => void notes.push(text),
    status: () => undefined,
    input: async () => "",
  };
  const ask = (...argv: string[]) => runCommand("cost", (args, around) => cost(args, around, run), argv, surroundings);
  return { printed, notes, abort, ask };
}

/** Without the spaces that set columns. */
const linesOf = (text = ""): string[] => text.split("\n").map((line) => line.trim().replace(/ {2,}/g, " | "));

test("prints what a million changes cost by hop and by table, and what each month costs", async () => {
  const { printed, ask } = setUp();
  expect(await ask()).toBe(0);
  const lines = linesOf(printed[0]);
  expect(lines).toContain("DynamoDB raw | writes | 1.5 | 0.625 per million units | 0.938 | 97%");
  // Not confirmed, and marked.
  expect(lines).toContain("Firehose | records put | 0.9766 | 0.029 per GB ? | 0.028 | 3%");
  expect(lines).toContain("monolith.shifts | 1,000 | 0.938 | 0.028 | 0.966 | 100%");
  expect(lines).toContain("DMS dms.r6i.large | 1 | no price known: local/cost/prices.ts | ?");
  expect(lines).toContain("KMS keys | 7 | 1 per key and month | 7.00");
  expect(lines).toContain("61.38 and what has no price");
  expect(lines).toContain("DynamoDB raw | a million rows | 1.00 | 0.250");
  expect(lines).toContain("The initial load through the stream, a million rows | 0.625");
  expect(printed[0]).toContain("1,000 changes, batched as 26.84 a second are on AWS");
});

test("--json: the figures, with the prices and their dates", async () => {
  const { printed, ask } = setUp();
  expect(await ask("--json")).toBe(0);
  expect(JSON.parse(printed[0] ?? "")).toMatchObject({
    region: "us-east-1",
    prices: { dynamodbWrite: { usd: 0.625, read: "2026-08", from: "price list" } },
    changes: {
      counts: { "monolith.shifts": 1000 },
      aMillionByHop: [{ hop: "DynamoDB raw", price: "dynamodbWrite", quantity: 1.5, usd: 0.9375 }, {}],
      aMillionByTable: [{ table: "monolith.shifts" }],
    },
    monthly: [{}, {}, { what: "KMS keys", usd: 7 }],
  });
});

test("help, and arguments that it does not have", async () => {
  const { printed, notes, ask } = setUp(() => Promise.reject(new Error("it must not run")));
  expect(await ask("-h")).toBe(0);
  expect(printed[0]).toContain("npm run cost -- [options]");
  expect(await ask("--changes", "5")).toBe(2);
  expect(await ask("shifts")).toBe(2);
  expect(notes).toEqual([
    expect.stringMatching(/^cost: Unknown option '--changes'.*\(--help lists the options\)$/),
    expect.stringMatching(/^cost: Unexpected argument 'shifts'.*\(--help lists the options\)$/),
  ]);
});

test("Ctrl-C ends what was started, also what it was too early for", async () => {
  const closed: string[] = [];
  const { notes, abort, ask } = setUp(async (_, onStart) => {
    abort.abort();
    onStart?.(async () => void closed.push("late"));
    throw new Error("gone");
  });
  expect(await ask()).toBe(130);
  expect([closed, notes.at(-1)]).toEqual([["late"], "cost: interrupted."]);

  const other = setUp(async (_, onStart) => {
    onStart?.(async () => void closed.push("in time"));
    other.abort.abort();
    throw new Error("gone");
  });
  expect(await other.ask()).toBe(130);
  expect(closed).toEqual(["late", "in time"]);
});

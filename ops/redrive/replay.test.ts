import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import type { Surroundings } from "../command";
import type { FailedItems } from "./failures";
import { replay } from "./replay";

const DAY = 86_400;
const seconds = (): number => Date.now() / 1000;

const batch = (ages: readonly number[]): FailedItems => ({
  ...{ kind: "items", key: "aws/lambda/format/1", body: "", function: "format", day: "2026-11-24" },
  items: ages.map((age, index) => ({
    reason: "RetryAttemptsExhausted",
    record: {
      eventID: String(index),
      dynamodb: { ApproximateCreationDateTime: seconds() - age, SequenceNumber: String(index) },
    },
  })),
});

/** Whether the function was called, and what became of the records. */
async function replayed(failure: FailedItems): Promise<{ calls: number; fates: string[] }> {
  let calls = 0;
  const send = (): Promise<never> => {
    calls += 1;
    return Promise.reject(new Error("called"));
  };
  const clients = {
    s3: new S3Client({ region: "eu-west-1" }),
    lambda: Object.assign(new LambdaClient({ region: "eu-west-1" }), { send }),
  };
  const nothing = (): void => undefined;
  const surroundings: Surroundings = {
    ...{ folder: "", environment: {}, signal: new AbortController().signal, input: async () => "" },
    ...{ print: nothing, note: nothing, status: nothing },
  };
  const scope = { stack: "data", bucket: "failures", functions: { format: "format-1" } } as const;
  const result = await replay([failure], () => true, scope, clients, surroundings).catch(() => []);
  return { calls, fates: result.map(({ fate }) => fate) };
}

test("a batch of a table's stream goes back within a day, and not later: no compaction keeps deletes", async () => {
  expect(await replayed(batch([60, DAY + 60]))).toEqual({ calls: 0, fates: ["expired", "expired"] });
  expect((await replayed(batch([60, DAY - 60]))).calls).toBe(1);
});

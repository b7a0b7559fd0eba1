import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { KinesisStreamRecord } from "aws-lambda";
import type { FailedItems, FailedRecord } from "./failures";
import { batches, identity, sendItems, sendRecords } from "./send";

const record = (sequenceNumber: string, stream = "arn:a", data = ""): FailedRecord => ({
  reason: "not-json",
  record: {
    kinesis: { kinesisSchemaVersion: "1.0", partitionKey: "k", sequenceNumber, data, approximateArrivalTimestamp: 0 },
    ...{ eventSource: "aws:kinesis", eventVersion: "1.0", eventID: "", eventName: "", invokeIdentityArn: "" },
    ...{ awsRegion: "", eventSourceARN: stream },
  },
});
const numbers = (all: KinesisStreamRecord[][]): string[][] =>
  all.map((batch) => batch.map(({ kinesis }) => kinesis.sequenceNumber));

describe("records go back", () => {
  test("in the order of their stream, each once, streams apart", () => {
    const all = ["10", "9", "10", "100"].map((number) => record(number));
    expect(numbers(batches([...all, record("1", "arn:b")]))).toEqual([["9", "10", "100"], ["1"]]);
  });

  test("in batches that Lambda takes", () => {
    const many = Array.from({ length: 501 }, (_, index) => record(String(index)));
    expect(batches(many).map(({ length }) => length)).toEqual([500, 1]);
    const big = Array.from({ length: 5 }, (_, index) => record(String(index), "arn:a", "x".repeat(1_000_000)));
    expect(batches(big).map(({ length }) => length)).toEqual([4, 1]);
  });
});

/** A function that answers one batch after the other. */
function lambda(...answers: object[]): { client: Pick<LambdaClient, "send">; asked: number[] } {
  const asked: number[] = [];
  const send = async ({ input }: { input: { Payload: Uint8Array } }): Promise<object> => {
    asked.push(JSON.parse(Buffer.from(input.Payload).toString()).Records.length);
    return answers[asked.length - 1] ?? {};
  };
  return { client: { send: send as unknown as LambdaClient["send"] }, asked };
}
const answer = (body: object, more = {}): object => ({ Payload: Buffer.from(JSON.stringify(body)), ...more });
const ignore = (): void => undefined;

describe("what became of records", () => {
  const one = record("1");
  const two = record("2");
  const fateOf = (fates: ReadonlyMap<string, string>, { record }: FailedRecord) => fates.get(identity(record));

  test("is what the function says; what it does not name has failed", async () => {
    const { client } = lambda(answer({ batchItemFailures: [], fates: { "1": "stale" } }));
    const { fates, problem } = await sendRecords(client, "f", [one, two], ignore);
    expect([fateOf(fates, one), fateOf(fates, two), problem]).toEqual(["stale", "failed", undefined]);
  });

  test("of a function that does not work: failed, and no other batch is tried", async () => {
    const { client, asked } = lambda(answer({ errorMessage: "no" }, { FunctionError: "Unhandled" }));
    const { fates, problem } = await sendRecords(client, "f", [one, record("1", "arn:b")], ignore);
    expect(asked).toEqual([1]);
    expect([...fates.values()]).toEqual(["failed", "failed"]);
    expect(problem).toContain("no");
  });

  test("of a function that is not deployed anew yet is unknown", async () => {
    const { client } = lambda(answer({ batchItemFailures: [] }));
    const { fates, problem } = await sendRecords(client, "f", [one], ignore);
    expect(fateOf(fates, one)).toBe("failed");
    expect(problem).toContain("deploy this version");
  });

  test("of a table's stream, too: all of an object together", async () => {
    const item = (SequenceNumber: string) => ({
      reason: "row-too-large",
      record: { eventSourceARN: "arn:t", dynamodb: { SequenceNumber } },
    });
    const common = { key: "k", body: "", function: "format", day: "2026-11-24", kind: "items" } as const;
    const failure: FailedItems = { ...common, items: ["1", "2", "3"].map(item) };
    const { client, asked } = lambda(answer({ fates: { "1": "applied", "2": "parked" } }), answer({}));
    const { fates } = await sendItems(client, "f", failure);
    expect([...fates]).toEqual([
      ["arn:t 1", "applied"],
      ["arn:t 2", "parked"],
      ["arn:t 3", "failed"],
    ]);
    expect(asked).toEqual([3]);
    expect((await sendItems(client, "f", failure)).problem).toContain("deploy this version");
  });
});

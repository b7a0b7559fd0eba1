import type { S3Client } from "@aws-sdk/client-s3";
import type { Failure } from "./failures";
import type { Fate } from "./fate";
import type { Fates } from "./send";
import { settle } from "./settle";

type Input = { readonly Key: string; readonly Body?: string };

/** Says what was asked of the bucket, in order. */
function bucket(): { s3: Pick<S3Client, "send">; asked: string[] } {
  const asked: string[] = [];
  const send = async ({ input, constructor }: { input: Input; constructor: { name: string } }): Promise<object> => {
    asked.push(`${constructor.name} ${input.Key}${input.Body === undefined ? "" : ` ${JSON.stringify(input.Body)}`}`);
    return {};
  };
  return { s3: { send: send as unknown as S3Client["send"] }, asked };
}

const records = ["1", "2"].map((sequenceNumber) => ({
  reason: "not-json",
  line: `line ${sequenceNumber}`,
  record: {
    kinesis: {
      kinesisSchemaVersion: "1.0",
      partitionKey: "k",
      sequenceNumber,
      data: "",
      approximateArrivalTimestamp: 0,
    },
    ...{ eventSource: "aws:kinesis", eventVersion: "1.0", eventID: "", eventName: "", invokeIdentityArn: "" },
    ...{ awsRegion: "", eventSourceARN: "arn:a" },
  },
}));
const common = { key: "k", body: "all", function: "payroll", day: "2026-11-24", records };
const parked: Failure = { kind: "parked", ...common };
const givenUp: Failure = { kind: "given-up", ...common };

test.each([
  [
    "taken whole is moved",
    parked,
    "applied",
    "stale",
    ['PutObjectCommand redriven/t/k "all"', "DeleteObjectCommand k"],
  ],
  [
    "of which some failed keeps those",
    parked,
    "parked",
    "failed",
    ['PutObjectCommand redriven/t/k "line 1\\n"', 'PutObjectCommand k "line 2\\n"'],
  ],
  ["that failed or is too old stays", parked, "failed", "expired", []],
  ["of Lambda's stays whole until all is taken", givenUp, "applied", "failed", []],
  [
    "of Lambda's that is taken is moved",
    givenUp,
    "applied",
    "applied",
    ['PutObjectCommand redriven/t/k "all"', "DeleteObjectCommand k"],
  ],
] as const)("an object %s", async (_what, failure, first, second, expected) => {
  const { s3, asked } = bucket();
  await settle(
    s3,
    "b",
    failure,
    new Map([
      ["arn:a 1", first],
      ["arn:a 2", second],
    ]),
    "t",
  );
  expect(asked).toEqual(expected);
});

test("records of a table's stream are moved together", async () => {
  const { s3, asked } = bucket();
  const item = (SequenceNumber: string) => ({ reason: "row-too-large", record: { dynamodb: { SequenceNumber } } });
  const items: Failure = { ...common, kind: "items", items: [item("1"), item("2")] };
  const fates = (first: Fate, second: Fate): Fates =>
    new Map([
      [" 1", first],
      [" 2", second],
    ]);
  await settle(s3, "b", items, fates("applied", "failed"), "t");
  expect(asked).toEqual([]);
  await settle(s3, "b", items, fates("applied", "parked"), "t");
  expect(asked).toEqual(['PutObjectCommand redriven/t/k "all"', "DeleteObjectCommand k"]);
});

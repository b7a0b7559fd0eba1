import { AwsError } from "../../core/service";
import { checkDestination, checkReading } from "./permissions";
import { FakeStream, ROLE, STREAM, TABLE_STREAM } from "./testing/world";

const KEY = "arn:aws:kms:eu-west-1:111111111111:key/stream";
const CONSUMER = `${STREAM}/consumer/capture:1`;
const role = { arn: ROLE, account: "222222222222" };

/** What is asked, with the resource, until something is refused. */
function asked(run: (authorizer: Parameters<typeof checkReading>[0]) => void, denied?: string): string[] {
  const questions: string[] = [];
  run({
    check(principal, action, resource, context) {
      expect(principal).toBe(role);
      questions.push(`${action} ${resource}${context === undefined ? "" : ` ${JSON.stringify(context)}`}`);
      if (action === denied) throw new AwsError("AccessDeniedException", `may not ${action}`);
    },
  });
  return questions;
}

test("a Kinesis stream with a customer's key", () => {
  const stream = new FakeStream(STREAM, KEY);
  expect(asked((authorizer) => checkReading(authorizer, role, stream, STREAM))).toEqual([
    ...["DescribeStream", "DescribeStreamSummary", "ListShards", "GetShardIterator", "GetRecords"].map(
      (action) => `kinesis:${action} ${STREAM}`,
    ),
    `kms:Decrypt ${KEY} ${JSON.stringify({
      "kms:ViaService": "kinesis.eu-west-1.amazonaws.com",
      "kms:CallerAccount": "222222222222",
      "kms:EncryptionContext:aws:kinesis:arn": STREAM,
    })}`,
  ]);
});

test("a consumer of a Kinesis stream", () => {
  expect(asked((authorizer) => checkReading(authorizer, role, new FakeStream(), CONSUMER))).toEqual([
    `kinesis:DescribeStream ${STREAM}`,
    `kinesis:DescribeStreamSummary ${STREAM}`,
    `kinesis:ListShards ${STREAM}`,
    `kinesis:SubscribeToShard ${CONSUMER}`,
  ]);
});

test("a DynamoDB stream", () => {
  expect(asked((authorizer) => checkReading(authorizer, role, new FakeStream(TABLE_STREAM), TABLE_STREAM))).toEqual([
    ...["DescribeStream", "GetShardIterator", "GetRecords"].map((action) => `dynamodb:${action} ${TABLE_STREAM}`),
    "dynamodb:ListStreams *",
  ]);
});

test("the failure destination", () => {
  expect(asked((authorizer) => checkDestination(authorizer, role, "failures", "aws/lambda/id/*"))).toEqual([
    "s3:ListBucket arn:aws:s3:::failures",
    "s3:PutObject arn:aws:s3:::failures/aws/lambda/id/*",
  ]);
});

test("a refusal says what could not be done, and why", () => {
  const stream = new FakeStream(STREAM, KEY);
  expect(() => asked((authorizer) => checkReading(authorizer, role, stream, STREAM), "kms:Decrypt")).toThrow(
    `Cannot access stream ${STREAM}. may not kms:Decrypt`,
  );
  expect(() => asked((authorizer) => checkDestination(authorizer, role, "failures", "x"), "s3:PutObject")).toThrow(
    "Cannot write to the failure destination failures. may not s3:PutObject",
  );
});

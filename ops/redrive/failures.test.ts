import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { readFailures, reasonsOf } from "./failures";

/** A bucket with these objects. */
function bucket(objects: Readonly<Record<string, string>>): S3Client {
  const send = async (command: object): Promise<object> => {
    if (command instanceof ListObjectsV2Command) return { Contents: Object.keys(objects).map((Key) => ({ Key })) };
    if (!(command instanceof GetObjectCommand)) throw new Error(`no ${command.constructor.name} here`);
    return { Body: { transformToString: async () => objects[command.input.Key ?? ""] } };
  };
  // The paginator takes a real client only.
  const client = new S3Client({});
  jest.spyOn(client, "send").mockImplementation(send);
  return client;
}

const line = (stream: string, reason: string, data: string): string =>
  `${JSON.stringify({
    ...{ reason, detail: "", stream, sequenceNumber: "7", partitionKey: "k", arrivedAt: 0 },
    data: Buffer.from(data).toString("base64"),
  })}\n`;

test("what a function parked goes back as what it came as: a message of the stream, or an item of raw", async () => {
  const record = {
    eventSourceARN: "arn:aws:dynamodb:eu-west-1:2:table/raw/stream/1",
    dynamodb: { SequenceNumber: "7" },
  };
  const { failures, unreadable } = await readFailures(
    bucket({
      "capture/parked/2026-11-24/7.jsonl": line("arn:aws:kinesis:eu-west-1:1:stream/changes", "not-json", "{"),
      "format/parked/2026-11-24/7.jsonl":
        line(record.eventSourceARN, "row-too-large", JSON.stringify(record)) +
        line(record.eventSourceARN, "value-gone", JSON.stringify(record)),
    }),
    "bucket",
    "",
    {},
  );
  expect(unreadable).toEqual([]);
  expect(failures).toMatchObject([
    {
      kind: "parked",
      function: "capture",
      records: [{ reason: "not-json", record: { kinesis: { sequenceNumber: "7" } } }],
    },
    {
      kind: "items",
      function: "format",
      items: [
        { reason: "row-too-large", record },
        { reason: "value-gone", record },
      ],
    },
  ]);
  expect(failures.map((failure) => [...reasonsOf(failure)])).toEqual([
    [["not-json", 1]],
    [
      ["row-too-large", 1],
      ["value-gone", 1],
    ],
  ]);
});

import { Principals } from "../../core/principals";
import { ParquetConverter } from "./converter";
import { DeliveryStream } from "./stream";
import { readSettings } from "./settings";

const role = "arn:aws:iam::222222222222:role/delivery";
const scope = { account: "222222222222", region: "eu-west-1" };
const mebibyte = Buffer.alloc(1024 * 1024);

/** A stream that delivers nothing: nobody may do anything. Its buffer is 128 MiB, its interval 300 seconds. */
function stuckStream(): DeliveryStream {
  const settings = readSettings(
    {
      name: "shops",
      destination: "extended_s3",
      extendedS3Configuration: {
        bucketArn: "arn:aws:s3:::lake",
        roleArn: role,
        errorOutputPrefix: "errors/!{firehose:error-output-type}/",
        dataFormatConversionConfiguration: {
          inputFormatConfiguration: { deserializer: { openXJsonSerDe: {} } },
          outputFormatConfiguration: { serializer: { parquetSerDe: {} } },
          schemaConfiguration: { databaseName: "lake", tableName: "shops", roleArn: role },
        },
      },
    },
    { ...scope, type: "stream", name: "shops", urn: "", autoName: "" },
  );
  const refuse = (): never => {
    throw new Error("no right");
  };
  return new DeliveryStream("arn", scope, settings, {
    surroundings: {
      folder: "",
      authorizer: { check: refuse },
      policies: { setIdentityPolicy: refuse, setResourcePolicy: refuse },
      principals: new Principals(),
      endpointUrl: refuse,
      haste: 1,
    },
    objects: { folder: refuse, put: refuse, putFile: refuse, keys: refuse, authorizeRead: refuse },
    catalog: {
      database: refuse,
      databases: refuse,
      table: refuse,
      tables: refuse,
      putTable: refuse,
      deleteTable: refuse,
    },
    converter: new ParquetConverter(),
  });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a record is billed five kilobytes at a time", async () => {
  const stream = stuckStream();
  const billed = (bytes: number): number => {
    const before = stream.statistics().billedBytes;
    stream.put(Buffer.alloc(bytes));
    return stream.statistics().billedBytes - before;
  };
  expect([0, 1, 5120, 5121, 10_241].map(billed)).toEqual([5120, 5120, 5120, 10_240, 15_360]);
  await stream.close();
});

test("the size delivers without waiting for the interval", async () => {
  const stream = stuckStream();
  for (let sent = 0; sent < 127; sent += 1) stream.put(mebibyte);
  await turn();
  expect(stream.statistics()).toMatchObject({ failedAttempts: 0, waitingRecords: 127 });
  stream.put(mebibyte);
  await turn();
  expect(stream.statistics()).toMatchObject({ failedAttempts: 1, waitingRecords: 128 });
  await stream.close();
});

test("what the destination does not take is held up to a limit, then the caller is told to slow down", async () => {
  const stream = stuckStream();
  for (let sent = 0; sent < 256; sent += 1) stream.put(mebibyte);
  expect(() => stream.put(Buffer.alloc(1))).toThrow("Slow down.");
  await expect(stream.flush()).rejects.toThrow("no right");
  expect(stream.statistics()).toMatchObject({ records: 256, waitingRecords: 256, lastFailure: "no right" });
  await stream.close();
});

import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { principalOf } from "../../core/contracts";
import { BUCKET, ROLE, testS3, type TestS3 } from "./testing";

let s3: TestS3;
beforeAll(async () => {
  s3 = await testS3();
});
afterAll(() => s3.close());

const of = (folder: string) => {
  const found = s3.service.statistics().find((one) => one.folder === folder);
  return found && { puts: found.puts, gets: found.gets, objects: found.objects, bytes: found.bytes };
};
const key = (Key: string) => ({ Bucket: BUCKET, Key });

test("requests by folder: writing and listing cost more than reading, deleting nothing", async () => {
  const { client, service } = s3;
  expect(service.statistics()).toEqual([]);
  await client.send(new PutObjectCommand({ ...key("changes/shifts/a"), Body: "four" }));
  await client.send(new PutObjectCommand({ ...key("top"), Body: "123" }));
  expect(of("changes/shifts")).toEqual({ puts: 1, gets: 0, objects: 1, bytes: 4 });
  expect(of("")).toEqual({ puts: 1, gets: 0, objects: 1, bytes: 3 });
  await client.send(new CopyObjectCommand({ ...key("full/shifts/b"), CopySource: `${BUCKET}/changes/shifts/a` }));
  expect(of("full/shifts")).toEqual({ puts: 1, gets: 0, objects: 1, bytes: 4 });
  await client.send(new GetObjectCommand(key("changes/shifts/a")));
  await client.send(new HeadObjectCommand(key("changes/shifts/a")));
  await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: "changes/shifts/" }));
  expect(of("changes/shifts")).toEqual({ puts: 2, gets: 2, objects: 1, bytes: 4 });
  await client.send(new DeleteObjectCommand(key("changes/shifts/a")));
  await client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: [{ Key: "top" }] } }));
  expect(of("changes/shifts")).toEqual({ puts: 2, gets: 2, objects: 0, bytes: 0 });
  expect(of("")).toEqual({ puts: 1, gets: 0, objects: 0, bytes: 0 });
});

test("what Firehose and Athena put counts as well", async () => {
  await s3.service.put(principalOf(ROLE), BUCKET, "inside/x.parquet", "12345");
  expect(of("inside")).toEqual({ puts: 1, gets: 0, objects: 1, bytes: 5 });
});

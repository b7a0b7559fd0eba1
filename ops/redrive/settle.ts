/** Moves what has been taken out of the way, to `redriven/<time>/<key>`: first the copy, then the original goes. */
import { DeleteObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { Fate } from "./fate";
import { REDRIVEN, type FailedRecord, type Failure } from "./failures";
import { identity, type Fates } from "./send";

type S3 = Pick<S3Client, "send">;

/** Was put back and is done with; also what was parked again: it has an object of its own now. */
const isTaken = (fate: Fate | undefined): boolean => fate !== undefined && fate !== "failed" && fate !== "expired";

const text = (lines: readonly (string | undefined)[]): string => lines.map((line) => `${line ?? ""}\n`).join("");

/**
 * @param found what became of the records that were put back; the others stay
 * @param stamp of this run
 */
export async function settle(s3: S3, bucket: string, failure: Failure, found: Fates, stamp: string): Promise<void> {
  const { key, body } = failure;
  const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  const remove = () => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  const done = `${REDRIVEN}${stamp}/${key}`;
  const records = failure.kind === "items" ? failure.items : failure.records;
  const taken = records.filter(({ record }) => isTaken(found.get(identity(record))));
  if (taken.length === records.length) {
    await put(done, body);
    await remove();
  } else if (taken.length > 0 && failure.kind === "parked") {
    const isDone = ({ record }: FailedRecord): boolean => isTaken(found.get(identity(record)));
    await put(done, text(failure.records.filter(isDone).map(({ line }) => line)));
    await put(key, text(failure.records.filter((record) => !isDone(record)).map(({ line }) => line)));
  }
  // Lambda's object is one document, and items go together: it stays whole until all of it has been taken. What comes again
  // does no harm.
}

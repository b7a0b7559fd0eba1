/** What `promote` needs of AWS. The SDK's modules come as arguments: they are required inside the handler factory (sdk.ts). */
import type * as Athena from "@aws-sdk/client-athena";
import type * as Glue from "@aws-sdk/client-glue";
import type * as S3 from "@aws-sdk/client-s3";
import { groupsOf } from "./groups";
import { deleteObjects } from "./deleteObjects";
import { viewSql } from "./load";
import type { LakeFiles, LakeObject, PromoteOptions } from "./promote";

/**
 * Bytes of a part in which an object is copied. What is larger is copied in parts: one request takes 5 GiB at most, and up to
 * 10,000 parts make an object (S3 guide, "Copying an object using multipart upload").
 */
const PART = 1024 ** 3;
/** Parts of an object at a time. */
const PARTS = 6;

/** @param part bytes of a part, for tests */
export function lakeFiles(sdk: typeof S3, client: Pick<S3.S3Client, "send">, bucket: string, part = PART): LakeFiles {
  const copyInParts = async (
    { bytes }: LakeObject,
    to: string,
    source: Pick<S3.CopyObjectCommandInput, "CopySource" | "CopySourceIfMatch">,
  ): Promise<void> => {
    const target = { Bucket: bucket, Key: to };
    const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(target));
    const upload = { ...target, UploadId };
    try {
      const Parts: S3.CompletedPart[] = [];
      const numbers = Array.from({ length: Math.ceil(bytes / part) }, (_, index) => index + 1);
      for (const group of groupsOf(numbers, PARTS)) {
        const copied = group.map(async (PartNumber) => {
          const CopySourceRange = `bytes=${(PartNumber - 1) * part}-${Math.min(PartNumber * part, bytes) - 1}`;
          const command = new sdk.UploadPartCopyCommand({ ...upload, ...source, PartNumber, CopySourceRange });
          return { PartNumber, ETag: (await client.send(command)).CopyPartResult?.ETag };
        });
        // All of them, for a part under way would outlive an upload that is broken off.
        for (const settled of await Promise.allSettled(copied)) {
          if (settled.status === "rejected") throw settled.reason;
          Parts.push(settled.value);
        }
      }
      await client.send(new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
    } catch (error) {
      // What cannot be removed now the bucket removes by itself.
      await client.send(new sdk.AbortMultipartUploadCommand(upload)).catch(() => undefined);
      throw error;
    }
  };
  return {
    async list(Prefix) {
      const found: LakeObject[] = [];
      let ContinuationToken: string | undefined;
      do {
        const command = new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix, ContinuationToken });
        const page: S3.ListObjectsV2CommandOutput = await client.send(command);
        for (const { Key = "", Size = 0, LastModified, ETag = "" } of page.Contents ?? [])
          found.push({ key: Key, bytes: Size, modified: LastModified?.getTime() ?? 0, etag: ETag });
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
      return found;
    },
    async tail({ key, etag }, bytes) {
      const request = { Bucket: bucket, Key: key, Range: `bytes=-${bytes}`, IfMatch: etag };
      const { Body } = await client.send(new sdk.GetObjectCommand(request));
      return (await Body?.transformToByteArray()) ?? new Uint8Array();
    },
    async copy(object, to) {
      const source = { CopySource: `${bucket}/${encodeURI(object.key)}`, CopySourceIfMatch: object.etag };
      if (object.bytes > part) return copyInParts(object, to, source);
      await client.send(new sdk.CopyObjectCommand({ Bucket: bucket, Key: to, ...source }));
    },
    remove: (keys) => deleteObjects({ client, DeleteObjectsCommand: sdk.DeleteObjectsCommand }, bucket, keys),
  };
}

/** Milliseconds between looks at a running statement. */
const FIRST_LOOK = 100;
const LAST_LOOK = 5_000;

interface QueryPlace {
  readonly workgroup: string;
  readonly database: string;
}

/**
 * Runs a statement of Athena to its end.
 * @returns its id, and why it failed if it did
 * @throws the SDK's error if Athena does not begin it
 */
export async function runStatement(
  sdk: typeof Athena,
  client: Pick<Athena.AthenaClient, "send">,
  sql: string,
  { workgroup, database }: QueryPlace,
): Promise<{ readonly id: string | undefined; readonly problem?: string }> {
  const { QueryExecutionId: id } = await client.send(
    new sdk.StartQueryExecutionCommand({
      QueryString: sql,
      WorkGroup: workgroup,
      QueryExecutionContext: { Database: database },
    }),
  );
  for (let pause = FIRST_LOOK; ; pause = Math.min(pause * 2, LAST_LOOK)) {
    const { QueryExecution } = await client.send(new sdk.GetQueryExecutionCommand({ QueryExecutionId: id }));
    const { State, StateChangeReason, AthenaError } = QueryExecution?.Status ?? {};
    if (State === "SUCCEEDED") return { id };
    if (State === "FAILED" || State === "CANCELLED") {
      const problem = AthenaError?.ErrorMessage ?? StateChangeReason ?? `the statement was ${State.toLowerCase()}`;
      return { id, problem };
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

export function athenaQuery(
  sdk: typeof Athena,
  client: Pick<Athena.AthenaClient, "send">,
  place: QueryPlace,
): PromoteOptions["query"] {
  return async (sql) => {
    const { id, problem } = await runStatement(sdk, client, sql, place);
    if (problem !== undefined) throw new Error(`Athena: ${problem} (${sql.slice(0, 60)}...)`);
    if (!sql.startsWith("SELECT")) return [];
    const { ResultSet } = await client.send(new sdk.GetQueryResultsCommand({ QueryExecutionId: id }));
    // The first row is the columns' names.
    return (ResultSet?.Rows ?? []).slice(1).map(({ Data = [] }) => Data.map(({ VarCharValue }) => VarCharValue));
  };
}

export function viewReader(
  sdk: typeof Glue,
  client: Pick<Glue.GlueClient, "send">,
  database: string,
): PromoteOptions["viewSql"] {
  return async (view) => {
    try {
      const { Table } = await client.send(new sdk.GetTableCommand({ DatabaseName: database, Name: view }));
      return viewSql(Table?.ViewOriginalText);
    } catch (error) {
      if (error instanceof Error && error.name === "EntityNotFoundException") return undefined;
      throw error;
    }
  };
}

/** What `promote` needs of AWS. The SDK's modules come as arguments: they are required inside the handler factory (sdk.ts). */
import type * as Athena from "@aws-sdk/client-athena";
import type * as Glue from "@aws-sdk/client-glue";
import type * as S3 from "@aws-sdk/client-s3";
import { viewSql } from "./load";
import type { LakeFiles, LakeObject, PromoteOptions } from "./promote";

export function lakeFiles(sdk: typeof S3, client: Pick<S3.S3Client, "send">, bucket: string): LakeFiles {
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
    async copy({ key, etag }, to) {
      await client.send(
        new sdk.CopyObjectCommand({
          Bucket: bucket,
          Key: to,
          CopySource: `${bucket}/${encodeURI(key)}`,
          CopySourceIfMatch: etag,
        }),
      );
    },
    async remove(keys) {
      // As many as one request takes.
      for (let index = 0; index < keys.length; index += 1000) {
        const Objects = keys.slice(index, index + 1000).map((Key) => ({ Key }));
        const { Errors = [] } = await client.send(
          new sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
        );
        const [error] = Errors;
        if (error !== undefined) throw new Error(`S3 did not delete ${error.Key ?? ""}: ${error.Message ?? ""}`);
      }
    },
  };
}

/** Milliseconds between looks at a running statement. */
const FIRST_LOOK = 100;
const LAST_LOOK = 5_000;

export function athenaQuery(
  sdk: typeof Athena,
  client: Pick<Athena.AthenaClient, "send">,
  { workgroup, database }: { readonly workgroup: string; readonly database: string },
): PromoteOptions["query"] {
  return async (sql) => {
    const { QueryExecutionId } = await client.send(
      new sdk.StartQueryExecutionCommand({
        QueryString: sql,
        WorkGroup: workgroup,
        QueryExecutionContext: { Database: database },
      }),
    );
    for (let pause = FIRST_LOOK; ; pause = Math.min(pause * 2, LAST_LOOK)) {
      const { QueryExecution } = await client.send(new sdk.GetQueryExecutionCommand({ QueryExecutionId }));
      const { State, StateChangeReason = "", AthenaError } = QueryExecution?.Status ?? {};
      if (State === "FAILED" || State === "CANCELLED")
        throw new Error(`Athena: ${AthenaError?.ErrorMessage ?? StateChangeReason} (${sql.slice(0, 60)}...)`);
      if (State === "SUCCEEDED") {
        if (!sql.startsWith("SELECT")) return [];
        const { ResultSet } = await client.send(new sdk.GetQueryResultsCommand({ QueryExecutionId }));
        // The first row is the columns' names.
        return (ResultSet?.Rows ?? []).slice(1).map(({ Data = [] }) => Data.map(({ VarCharValue }) => VarCharValue));
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
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

/** One query from its submission to its end. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { rm, writeFile } from "node:fs/promises";
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Catalog, ObjectStore } from "../../../core/contracts";
import { keyArn } from "../../../core/keys";
import { AwsError, type Authorizer, type ConditionContext, type Principal, type Scope } from "../../../core/service";
import type { Statement } from "../sql/ast";
import { QueryError } from "../sql/errors";
import type { Footers } from "../tables/parquet";
import { Session } from "../translate/session";
import { compile, compileUnload, copyTo, copyToParquet, csvLine } from "./compile";
import { runSql, type Engine } from "./engine";
import type { ColumnInfo } from "./output";
import { columnInfo } from "./output";
import { runStatement, tablesOf } from "./statements";

export interface ExecutionDeps {
  readonly engine: Engine;
  readonly authorizer: Authorizer;
  readonly footers: Footers;
  readonly objects: ObjectStore;
  readonly catalog: Catalog;
  /** For files on their way to S3. */
  readonly folder: string;
}

export interface Work {
  readonly statement: Statement;
  readonly principal: Principal;
  readonly scope: Scope;
  readonly database?: string;
  readonly now: Date;
  /** Most bytes that may be scanned. */
  readonly cutoff?: number;
  readonly location: { readonly bucket: string; readonly key: string };
  /** With which the result is encrypted; beside the bucket's own, which S3 asks for. */
  readonly kmsKey?: string;
  /** An earlier result that may be taken instead; asked when the caller's rights to the tables are known. */
  reuse(): Outcome | undefined;
}

export interface Outcome {
  readonly columns: readonly ColumnInfo[];
  /** Where the CSV of a query lies; nothing of other statements. */
  readonly result?: { readonly bucket: string; readonly key: string };
  /** What other statements answer. */
  readonly lines: readonly string[];
  readonly bytes: number;
  readonly isReused: boolean;
}

export interface Progress {
  /** Throws if the query has been stopped. */
  check(): void;
  scanned(bytes: number): void;
  planned(): void;
  /** What to interrupt while DuckDB works. */
  working(connection: DuckDBConnection | undefined): void;
}

/** What S3 asks KMS on behalf of whoever writes or reads a result. */
export function kmsRequest(
  key: string,
  scope: Scope,
  { account }: Principal,
): [arn: string, context: ConditionContext] {
  const context = { "kms:ViaService": `s3.${scope.region}.amazonaws.com`, "kms:CallerAccount": account };
  return [keyArn(key, scope), context];
}

/** Thrown where a limit ends a query. */
export class Cancelled extends Error {}

export async function execute(work: Work, deps: ExecutionDeps, progress: Progress): Promise<Outcome> {
  const { statement, principal, scope } = work;
  const access = { catalog: deps.catalog, principal, scope };
  const session = new Session(tablesOf(access), work.database, work.now);
  if (statement.kind === "unload") return unload(statement, session, work, deps, progress);
  if (statement.kind !== "query") {
    const { columns, lines } = runStatement(statement, session, access);
    progress.planned();
    const { bucket, key } = work.location;
    const text = lines.map((line) => `${line}\n`).join("");
    await save(work, deps, () => deps.objects.put(principal, bucket, key, text));
    const infos = columns.map((name) => ({ ...columnInfo(name, { kind: "varchar" }), Type: "string", Precision: 0 }));
    return { columns: infos, lines, bytes: 0, isReused: false };
  }
  const connection = await deps.engine.connect();
  try {
    const reader = { ...deps, connection, principal, now: work.now };
    const compiled = await compile(statement.query, session, reader);
    progress.planned();
    progress.check();
    const earlier = work.reuse();
    if (earlier) return earlier;
    progress.scanned(compiled.bytes);
    if (work.cutoff !== undefined && compiled.bytes > work.cutoff)
      throw new Cancelled("Bytes scanned limit was exceeded");
    progress.working(connection);
    await write(compiled.sql, compiled.columns, work, deps, connection);
    return { columns: compiled.columns, result: work.location, lines: [], bytes: compiled.bytes, isReused: false };
  } finally {
    progress.working(undefined);
    connection.closeSync();
  }
}

/** Writes a query's rows as a file of Parquet, with the caller's rights. */
async function unload(
  { query, to, compression }: Statement & { kind: "unload" },
  session: Session,
  work: Work,
  deps: ExecutionDeps,
  progress: Progress,
): Promise<Outcome> {
  const { principal } = work;
  const [, bucket = "", prefix = ""] = /^s3:\/\/([^/]+)\/(.*)$/.exec(to) ?? [];
  const file = `${deps.folder}/${work.location.key.replace(/^.*\//, "")}.parquet`;
  const connection = await deps.engine.connect();
  try {
    if ((await deps.objects.keys(principal, bucket, prefix)).length > 0)
      throw new QueryError("HIVE_PATH_ALREADY_EXISTS", `Target directory for UNLOAD already exists: ${to}`);
    const compiled = await compileUnload(query, session, { ...deps, connection, principal, now: work.now });
    progress.planned();
    progress.check();
    progress.scanned(compiled.bytes);
    if (work.cutoff !== undefined && compiled.bytes > work.cutoff)
      throw new Cancelled("Bytes scanned limit was exceeded");
    progress.working(connection);
    const rows = await runSql(connection, copyToParquet(compiled.sql, file, compression));
    const key = `${prefix}${work.location.key.replace(/^.*\/|\.\w+$/g, "")}`;
    if (rows > 0) await deps.objects.putFile(principal, bucket, key, file);
    return { columns: [], lines: [], bytes: compiled.bytes, isReused: false };
  } finally {
    progress.working(undefined);
    connection.closeSync();
    await rm(file, { force: true });
  }
}

async function write(
  sql: string,
  columns: readonly ColumnInfo[],
  work: Work,
  deps: ExecutionDeps,
  connection: DuckDBConnection,
): Promise<void> {
  const { location } = work;
  const file = `${deps.folder}/${location.key.replace(/^.*\//, "")}`;
  const rows = `${file}.rows`;
  try {
    await runSql(connection, copyTo(sql, rows));
    await writeFile(file, csvLine(columns.map(({ Name }) => Name)));
    await pipeline(createReadStream(rows), createWriteStream(file, { flags: "a" }));
    await save(work, deps, () => deps.objects.putFile(work.principal, location.bucket, location.key, file));
  } finally {
    await Promise.all([rm(rows, { force: true }), rm(file, { force: true })]);
  }
}

/** Puts a result into its place with the caller's rights. */
async function save(
  { principal, scope, location, kmsKey }: Work,
  { authorizer }: ExecutionDeps,
  put: () => Promise<void>,
): Promise<void> {
  try {
    if (kmsKey !== undefined) {
      const [arn, context] = kmsRequest(kmsKey, scope, principal);
      authorizer.check(principal, "kms:GenerateDataKey", arn, context);
    }
    await put();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const path = `s3://${location.bucket}/${location.key}`;
    throw new QueryError("PERMISSION_DENIED", `Access denied when writing output to url: ${path} (${error.message})`);
  }
}

/** A task that writes whole tables to S3 as Parquet, and ends. AWS DMS guide, "Using Amazon S3 as a target". */
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import {
  DeleteObjectsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  type ObjectCannedACL,
} from "@aws-sdk/client-s3";
import type { Client } from "pg";
import type { FromTask, S3Target, StopReason, TableState, TableStatistics, TaskSpec } from "../spec";
import { readTables, type SourceTable } from "./catalog";
import { readCheckpoint, writeCheckpoint } from "./checkpoint";
import { now } from "./clock";
import { CopyOut, createClient } from "./connection";
import { FatalError, isRefusedBySource, messageOf } from "./errors";
import type { Log } from "./log";
import { NO_TABLES, policies, SkippedRow, SuspendedTable } from "./policy";
import { copySql, fileColumns, ParquetWriter, type FileColumn } from "./parquet";

const KIB = 1024;
/** Written to the temporary file at once. */
const BLOCK = 1024 * KIB;

interface Work {
  readonly table: SourceTable;
  state: TableState;
  rows: number;
  started?: number;
  ended?: number;
}

/** `2026-11-24T22:00:01.123456Z` -> `2026-11-24 22:00:01.123456` */
const stamp = (time: string): string => time.slice(0, 26).replace("T", " ");

export class S3Task {
  private readonly s3: S3Client;
  private readonly query: Client;
  private readonly writer = new ParquetWriter();
  private readonly startedAt = stamp(now());
  private works: Work[] = [];
  private before: readonly TableStatistics[] = [];
  private readonly clients = new Set<Client>();
  private stopped = false;
  private stopNow: () => void = () => undefined;
  private readonly stopping = new Promise<StopReason>((resolve) => (this.stopNow = () => resolve("NORMAL")));

  constructor(
    private readonly spec: TaskSpec,
    private readonly target: S3Target,
    private readonly log: Log,
    private readonly tell: (message: FromTask) => void,
  ) {
    const { endpoint, region, ...credentials } = spec.aws;
    this.s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    this.query = createClient(spec.source, "query", `dms ${spec.name}`);
  }

  /** Resolves with why it ended. @throws what made it fail. */
  async run(): Promise<StopReason> {
    try {
      return await Promise.race([this.work(), this.stopping]);
    } finally {
      this.stopped = true;
      for (const client of [...this.clients, this.query]) client.connection.stream.destroy();
      this.s3.destroy();
    }
  }

  stop(): void {
    this.stopNow();
  }

  /** @param tables of the task, each loaded */
  reload(tables: readonly { schema: string; table: string }[]): void {
    this.log.warn("TASK_MANAGER", `A full load loads each table once; not again: ${JSON.stringify(tables)}`);
  }

  private async work(): Promise<StopReason> {
    const { spec, log } = this;
    this.query.on("error", () => undefined);
    await this.query.connect();
    const { mapping, source, settings } = spec;
    const found = await readTables(this.query, mapping, source.settings, settings.TargetMetadata.SupportLobs);
    if (found.length === 0 && settings.ErrorBehavior.FailOnNoTablesCaptured) throw new FatalError(NO_TABLES);
    // A resumed load leaves alone what it has loaded.
    this.before = readCheckpoint(spec.folder)?.loaded ?? [];
    const isDone = ({ schema, name }: SourceTable): boolean =>
      this.before.some((known) => known.schema === schema && known.table === name);
    this.works = found.filter((table) => !isDone(table)).map((table) => ({ table, state: "Before load", rows: 0 }));
    this.tellTables();
    this.tell({ kind: "running" });
    log.info("TASK_MANAGER", `Task '${spec.name}' running full load in ${spec.start} mode`);

    const queue = [...this.works];
    const next = async (): Promise<void> => {
      for (let work = queue.shift(); work !== undefined && !this.stopped; work = queue.shift()) await this.load(work);
    };
    await Promise.all(Array.from({ length: settings.FullLoadSettings.MaxFullLoadSubTasks }, next));
    await this.writer.close();
    return "FULL_LOAD_ONLY_FINISHED";
  }

  private tellTables(): void {
    const tables = this.works.map(({ table, state, rows, started, ended }): TableStatistics => ({
      ...{ schema: table.schema, table: table.name, state, fullLoadRows: rows, reloaded: false },
      ...{ inserts: 0, updates: 0, deletes: 0, ddls: 0 },
      ...(started === undefined ? {} : { loadStarted: started }),
      ...(ended === undefined ? {} : { loadEnded: ended }),
    }));
    const all = [...this.before, ...tables];
    this.tell({ kind: "tables", tables: all });
    writeCheckpoint(this.spec.folder, { loaded: all.filter(({ state }) => state === "Table completed") });
  }

  private async load(work: Work): Promise<void> {
    const { spec, target, log } = this;
    const { table } = work;
    const rules = policies(spec.settings, spec.source, log);
    work.state = "Full load";
    work.started = Date.now();
    this.tellTables();
    log.info("TASK_MANAGER", `Start loading table '${table.schema}'.'${table.name}'`);
    try {
      const { LimitedSizeLobMode, LobMaxSize } = spec.settings.TargetMetadata;
      const columns = fileColumns(
        table,
        spec.mapping,
        target,
        spec.source.settings,
        LimitedSizeLobMode ? LobMaxSize : undefined,
      );
      if (spec.settings.FullLoadSettings.TargetTablePrepMode !== "DO_NOTHING") await this.removeFiles(table);
      await this.copy(work, columns);
      work.state = "Table completed";
      work.ended = Date.now();
      log.info("TASK_MANAGER", `Load finished for table '${table.schema}'.'${table.name}'. ${work.rows} rows sent`);
    } catch (error) {
      if (this.stopped) return;
      if (isRefusedBySource(error)) rules.onBadTable(table, messageOf(error));
      else if (!(error instanceof SuspendedTable)) throw error;
      work.state = "Table error";
    }
    this.tellTables();
  }

  private get common() {
    const { bucketName: Bucket, expectedBucketOwner } = this.target;
    return { Bucket, ...(expectedBucketOwner === undefined ? {} : { ExpectedBucketOwner: expectedBucketOwner }) };
  }

  private prefix({ schema, name }: SourceTable): string {
    const folder = this.target.bucketFolder.replace(/^\/+|\/+$/g, "");
    return `${folder === "" ? "" : `${folder}/`}${schema}/${name}/`;
  }

  private async removeFiles(table: SourceTable): Promise<void> {
    const pages = paginateListObjectsV2({ client: this.s3 }, { ...this.common, Prefix: this.prefix(table) });
    for await (const { Contents = [] } of pages) {
      if (Contents.length === 0) continue;
      const { Errors = [] } = await this.s3.send(
        new DeleteObjectsCommand({ ...this.common, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } }),
      );
      const [first] = Errors;
      if (first !== undefined)
        throw new FatalError(`${first.Key ?? ""} could not be deleted: ${first.Message ?? first.Code ?? ""}`);
    }
  }

  /** The table's rows, a file of them after the other; the source waits while one is written. */
  private async copy(work: Work, columns: readonly FileColumn[]): Promise<void> {
    const { spec, target } = this;
    const limit = target.maxFileSize * KIB;
    const client = createClient(spec.source, "load", `dms ${spec.name} load`);
    client.on("error", () => undefined);
    this.clients.add(client);
    await client.connect();
    let number = 0;
    let file = new Rows(this.temporary(work, (number += 1)));
    /** Of the files that are full, one after the other. */
    let uploads = Promise.resolve();
    let waiting = 0;
    const copy = new CopyOut(copySql(work.table, columns), (chunk) => {
      if (file.size + chunk.length > limit && file.count > 0) {
        const full = file;
        const of = number;
        file = new Rows(this.temporary(work, (number += 1)));
        waiting += 1;
        copy.pause();
        uploads = uploads
          .then(() => this.upload(work, columns, full, of))
          .then(() => {
            waiting -= 1;
            if (waiting === 0) copy.resume();
          });
        uploads.catch((error: unknown) => copy.abort(error));
      }
      file.add(chunk);
    });
    try {
      client.query(copy);
      await copy.done;
      await uploads;
      if (file.count > 0) await this.upload(work, columns, file, number);
    } finally {
      file.remove();
      this.clients.delete(client);
      client.connection.stream.destroy();
    }
  }

  private temporary({ table }: Work, number: number): string {
    return path.join(this.spec.folder, `${encodeURIComponent(`${table.schema}.${table.name}`)}-${number}.csv`);
  }

  private async upload(work: Work, columns: readonly FileColumn[], rows: Rows, number: number): Promise<void> {
    const { spec, target, log } = this;
    const parquet = `${rows.file}.parquet`;
    try {
      rows.close();
      const timestamp = target.useTaskStartTimeForFullLoadTimestamp ? this.startedAt : stamp(now());
      const job = { columns, csv: rows.file, longest: rows.longest, parquet, target, timestamp };
      const { truncated } = await this.writer.write(job);
      if (truncated !== undefined) {
        try {
          policies(spec.settings, spec.source, log).onTruncated(work.table, truncated);
        } catch (error) {
          if (error instanceof SkippedRow) {
            throw new FatalError(`${error.message} local dms: IGNORE_RECORD is not supported for files.`);
          }
          throw error;
        }
      }
      await this.s3.send(
        new PutObjectCommand({
          ...this.common,
          Key: `${this.prefix(work.table)}LOAD${number.toString(16).toUpperCase().padStart(8, "0")}.parquet`,
          Body: await readFile(parquet),
          ...encryption(target),
          ...(target.cannedAcl === undefined ? {} : { ACL: target.cannedAcl as ObjectCannedACL }),
        }),
      );
      work.rows += rows.count;
      this.tellTables();
    } finally {
      rows.remove();
      rmSync(parquet, { force: true });
    }
  }
}

function encryption({ encryptionMode, serverSideEncryptionKmsKeyId }: S3Target) {
  if (encryptionMode === undefined) return {};
  return encryptionMode === "SSE_S3"
    ? { ServerSideEncryption: "AES256" as const }
    : { ServerSideEncryption: "aws:kms" as const, SSEKMSKeyId: serverSideEncryptionKmsKeyId };
}

/** A temporary file of CSV lines. */
class Rows {
  count = 0;
  size = 0;
  longest = 0;
  private descriptor: number | undefined;
  private pending: Buffer[] = [];
  private pendingSize = 0;

  constructor(readonly file: string) {}

  /** `line` is copied. */
  add(line: Buffer): void {
    this.count += 1;
    this.size += line.length;
    this.longest = Math.max(this.longest, line.length);
    this.pending.push(Buffer.from(line));
    this.pendingSize += line.length;
    if (this.pendingSize >= BLOCK) this.flush();
  }

  private flush(): void {
    this.descriptor ??= openSync(this.file, "w");
    writeSync(this.descriptor, Buffer.concat(this.pending));
    this.pending = [];
    this.pendingSize = 0;
  }

  close(): void {
    this.flush();
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  remove(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
    rmSync(this.file, { force: true });
  }
}

/**
 * A lake as the data account has it, in a folder: changes in a folder a day, full loads that land and are promoted by the
 * function's own code, through the SDK's clients.
 */
import * as athenaSdk from "@aws-sdk/client-athena";
import * as glueSdk from "@aws-sdk/client-glue";
import * as s3Sdk from "@aws-sdk/client-s3";
import { DuckDBInstance } from "@duckdb/node-api";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Finished } from "../../functions/finished";
import { FOLDERS, promote, type LakeFiles, type PromoteOptions, type Promotions } from "../../functions/promote";
import { athenaQuery, lakeFiles, viewReader } from "../../functions/promoteClients";
import { changeColumns, fullColumns, pseudonymColumns, type GlueColumn } from "../../infra/data/columns";
import {
  changesTable,
  compactedTable,
  fullTable,
  groupOf,
  hasFullLoad,
  hasPseudonyms,
  pseudonymsTable,
} from "../../infra/data/currentState";
import { promotedTables } from "../../infra/data/promotion";
import { inOrder } from "../../infra/data/viewOrder";
import { viewSources } from "../../infra/data/views";
import type { SqlFile } from "../../infra/project";
import { principalOf } from "../../local/core/contracts";
import { startEndpoint } from "../../local/core/http";
import { KnownPrincipals, Principals } from "../../local/core/principals";
import type { LocalService, Surroundings } from "../../local/core/service";
import { athenaService } from "../../local/services/athena/athena";
import { ParquetConverter } from "../../local/services/firehose/converter";
import { columnsOf } from "../../local/services/firehose/values";
import { glueService } from "../../local/services/glue/glue";
import { s3Service } from "../../local/services/s3/s3";
import type { Table } from "../../model";
import { runQuery, type QueryResult } from "../../ops/athena";

type Row = Readonly<Record<string, unknown>>;

export interface Lake {
  query(sql: string): Promise<QueryResult>;
  /** Rows of changes, as Firehose leaves them on a day: `2026-11-24`. */
  deliver(table: Table, day: string, rows: readonly Row[]): Promise<void>;
  /** A file of a full load, as DMS leaves it, of rows in the form of changes. */
  land(table: Table, file: string, rows: readonly Row[]): Promise<void>;
  /** What DMS does before it loads a table again. */
  clearLanding(table: Table): Promise<void>;
  /** Runs the function. `loads` is what DMS says, by `<schema>.<table>`; undefined while a load is running. */
  promote(
    loads: ReadonlyMap<string, Finished> | undefined,
    now: number,
    around?: (options: PromoteOptions) => PromoteOptions,
  ): Promise<Promotions>;
  /** The SQL of a view as it stands. */
  viewSql(view: string): Promise<string | undefined>;
  close(): Promise<void>;
}

const scope = { account: "222222222222", region: "eu-west-1" };
const operator = principalOf(`arn:aws:iam::${scope.account}:root`);
const BUCKET = "lake";
const DATABASE = "lake";
const PARQUET = {
  InputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
  OutputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
  SerdeInfo: { SerializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe" },
};

const glueColumns = (columns: readonly GlueColumn[]) => columns.map(({ name: Name, type: Type }) => ({ Name, Type }));

/** As infra/data/catalog.ts declares them, but for the range of days: a test must not depend on today. */
const DAYS = {
  "projection.enabled": "true",
  "projection.dt.type": "date",
  "projection.dt.format": "yyyy-MM-dd",
  "projection.dt.range": "2026-01-01,2099-12-31",
};
/** What makes a row the state of its key, if it does not say otherwise. */
const CHANGE = {
  _op: "insert",
  _version: "1//",
  _position: "1",
  _committed_at: "2026-01-01T00:00:00.000000Z",
};
const LOADS = { "projection.enabled": "true", "projection.load.type": "injected" };

export async function startLake(tables: readonly Table[], views: readonly SqlFile[] = []): Promise<Lake> {
  const folder = await mkdtemp(join(tmpdir(), "lake-"));
  const authorizer = new KnownPrincipals();
  const principals = new Principals();
  const surroundings: Surroundings = {
    folder,
    authorizer,
    policies: { setIdentityPolicy: () => undefined, setResourcePolicy: () => undefined },
    principals,
    endpointUrl: () => "",
    haste: 1,
  };
  const objects = s3Service(surroundings);
  const catalog = glueService(surroundings);
  const engine = athenaService(surroundings, { objects, catalog });
  await make(objects, "aws:s3/bucket:Bucket", { bucket: BUCKET });
  await make(catalog, "aws:glue/catalogDatabase:CatalogDatabase", { name: DATABASE });
  const workgroup = "kpi";
  await make(engine, "aws:athena/workgroup:Workgroup", {
    name: workgroup,
    configuration: { resultConfiguration: { outputLocation: `s3://${BUCKET}/results/` } },
  });

  const declare = (name: string, columns: readonly GlueColumn[], location: string, key: string): void =>
    catalog.putTable(operator, scope, {
      Name: name,
      DatabaseName: DATABASE,
      CatalogId: scope.account,
      TableType: "EXTERNAL_TABLE",
      Parameters: key === "dt" ? DAYS : LOADS,
      StorageDescriptor: { Columns: glueColumns(columns), Location: `s3://${BUCKET}/${location}/`, ...PARQUET },
      PartitionKeys: [{ Name: key, Type: "string" }],
    });
  for (const table of tables) {
    const place = (of: string): string => `${of}/${groupOf(table)}/${table.name}`;
    declare(changesTable(table), changeColumns(table), `changes/${table.name}`, "dt");
    if (hasFullLoad(table)) declare(fullTable(table), fullColumns(table), place(FOLDERS.full), "load");
    else declare(compactedTable(table), changeColumns(table), place(FOLDERS.compacted), "load");
    if (hasPseudonyms(table))
      declare(pseudonymsTable(table), pseudonymColumns(table), place(FOLDERS.pseudonyms), "load");
  }

  const apis = [objects, catalog, engine].flatMap((service) => service.apis ?? []);
  const endpoint = await startEndpoint(apis, { principals, authorizer });
  const settings = { endpoint: endpoint.url, region: scope.region, credentials: principals.mint(operator.arn) };
  const s3 = new s3Sdk.S3Client({ ...settings, forcePathStyle: true });
  const glue = new glueSdk.GlueClient(settings);
  const athena = new athenaSdk.AthenaClient(settings);
  const files: LakeFiles = lakeFiles(s3Sdk, s3, BUCKET);
  const viewSql = viewReader(glueSdk, glue, DATABASE);
  const query = (sql: string): Promise<QueryResult> => runQuery(sql, { client: athena, workgroup, database: DATABASE });
  const converter = new ParquetConverter();
  const duck = await DuckDBInstance.create(":memory:");
  let count = 0;

  for (const { name, sql } of inOrder(viewSources(tables, views)))
    await query(`CREATE OR REPLACE VIEW ${name} AS ${sql}`);
  return {
    query,
    viewSql,
    async deliver(table, day, rows) {
      if (rows.length === 0) return;
      const file = join(folder, `${(count += 1)}.parquet`);
      const documents = rows.map((row) => Buffer.from(JSON.stringify({ ...CHANGE, ...row })));
      const { faults } = await converter.convert(
        documents,
        columnsOf(glueColumns(changeColumns(table))),
        "SNAPPY",
        file,
      );
      if (faults.size > 0) throw new Error(`${table.name}: ${JSON.stringify([...faults])}`);
      await objects.putFile(operator, BUCKET, `changes/${table.name}/dt=${day}/${count}.parquet`, file);
    },
    async land(table, name, rows) {
      const file = join(folder, `${(count += 1)}.parquet`);
      const connection = await duck.connect();
      await connection.run(`COPY (${loadOf(table, rows)}) TO '${file}' (FORMAT parquet, COMPRESSION gzip)`);
      connection.closeSync();
      await objects.putFile(operator, BUCKET, `${FOLDERS.landing}/${table.schema}/${table.name}/${name}`, file);
    },
    async clearLanding(table) {
      const landed = await files.list(`${FOLDERS.landing}/${table.schema}/${table.name}/`);
      await files.remove(landed.map(({ key }) => key));
    },
    promote(loads, now, around = (options) => options) {
      const options: PromoteOptions = {
        tables: promotedTables(tables),
        files,
        lake: `s3://${BUCKET}`,
        finished: async () => loads,
        query: athenaQuery(athenaSdk, athena, { workgroup, database: DATABASE }),
        viewSql,
        now: () => now,
        remaining: () => Infinity,
        log: () => undefined,
      };
      return promote(around(options));
    },
    async close() {
      for (const client of [s3, glue, athena]) client.destroy();
      await endpoint.close();
      await engine.close?.();
      await converter.close();
      duck.closeSync();
      await rm(folder, { recursive: true });
    },
  };
}

async function make({ providers }: LocalService, type: string, inputs: Record<string, unknown>): Promise<void> {
  await providers[type]?.create(inputs, { ...scope, type, name: "lake", urn: "", autoName: "" });
}

const DUCK_TYPES: Readonly<Record<string, string>> = {
  string: "varchar",
  int: "integer",
  float: "real",
  binary: "blob",
};

/** Rows with the types of a full load. */
function loadOf(table: Table, rows: readonly Row[]): string {
  const columns = fullColumns(table);
  const literal = (value: unknown): string =>
    value === null || value === undefined ? "NULL" : `'${String(value).replaceAll("'", "''")}'`;
  const values = rows.map((row) => `(${columns.map(({ name }) => literal(row[name])).join(", ")})`);
  const names = columns.map(({ name }) => `"${name}"`);
  const typed = columns.map(({ name, type }) => `CAST("${name}" AS ${DUCK_TYPES[type] ?? type}) AS "${name}"`);
  // DuckDB knows no VALUES without rows.
  const from =
    rows.length === 0
      ? `(SELECT ${names.map((name) => `NULL AS ${name}`).join(", ")} WHERE false)`
      : `(VALUES ${values.join(", ")})`;
  return `SELECT ${typed.join(", ")} FROM ${from} AS t(${names.join(", ")})`;
}

/** For tests: an object store that is a folder, a catalog that is a map, and the service behind a real client. */
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
  type QueryExecution,
  type StartQueryExecutionCommandInput,
} from "@aws-sdk/client-athena";
import { DuckDBInstance } from "@duckdb/node-api";
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Catalog, GlueTable, ObjectStore } from "../../../core/contracts";
import { startEndpoint } from "../../../core/http";
import type { Principal } from "../../../core/service";
import { testContext, testSurroundings, type TestSurroundings } from "../../../core/testing/surroundings";
import { athenaService } from "../athena";

export const ACCOUNT = "222222222222";
export const ANALYST = `arn:aws:iam::${ACCOUNT}:role/analyst`;

function fakeObjects({ folder, authorizer }: TestSurroundings): ObjectStore {
  const pathOf = (bucket: string, key: string): string => join(folder, "s3", bucket, key);
  const ask = (principal: Principal, action: string, bucket: string, key: string): void =>
    authorizer.check(principal, action, `arn:aws:s3:::${bucket}/${key}`);
  const place = (bucket: string, key: string): string => {
    const path = pathOf(bucket, key);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  };
  return {
    folder: (bucket) => join(folder, "s3", bucket),
    put: async (principal, bucket, key, body) => {
      ask(principal, "s3:PutObject", bucket, key);
      writeFileSync(place(bucket, key), body);
    },
    putFile: async (principal, bucket, key, file) => {
      ask(principal, "s3:PutObject", bucket, key);
      renameSync(file, place(bucket, key));
    },
    keys: async (principal, bucket, prefix) => {
      authorizer.check(principal, "s3:ListBucket", `arn:aws:s3:::${bucket}`, { "s3:prefix": prefix });
      const root = join(folder, "s3", bucket);
      const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      const keys = files.map((entry) => relative(root, join(entry.parentPath, entry.name)));
      return keys.filter((key) => key.startsWith(prefix)).sort();
    },
    authorizeRead: (principal, bucket, key) => ask(principal, "s3:GetObject", bucket, key),
  };
}

class FakeCatalog implements Catalog {
  readonly byName = new Map<string, GlueTable>();

  constructor(private readonly authorizer: TestSurroundings["authorizer"]) {}

  database(_scope: unknown, name: string): { Name: string } | undefined {
    return name === "lake" ? { Name: name } : undefined;
  }
  databases(): { Name: string }[] {
    return [{ Name: "lake" }];
  }
  table(principal: Principal, _scope: unknown, database: string, name: string): GlueTable | undefined {
    this.authorizer.check(principal, "glue:GetTable", `table/${database}/${name}`);
    return this.byName.get(`${database}.${name}`);
  }
  tables(): GlueTable[] {
    return [...this.byName.values()];
  }
  putTable(principal: Principal, _scope: unknown, table: GlueTable): void {
    this.authorizer.check(principal, "glue:CreateTable", `table/${table.DatabaseName}/${table.Name}`);
    this.byName.set(`${table.DatabaseName}.${table.Name}`, table);
  }
  deleteTable(_principal: Principal, _scope: unknown, database: string, name: string): void {
    this.byName.delete(`${database}.${name}`);
  }
}

/** A table of Parquet files at `s3://lake/<name>/`. */
export function parquetTable(
  name: string,
  columns: Readonly<Record<string, string>>,
  more: {
    readonly partitionKeys?: Readonly<Record<string, string>>;
    readonly parameters?: Record<string, string>;
  } = {},
): GlueTable {
  const list = (of: Readonly<Record<string, string>>) => Object.entries(of).map(([Name, Type]) => ({ Name, Type }));
  return {
    Name: name,
    DatabaseName: "lake",
    CatalogId: ACCOUNT,
    TableType: "EXTERNAL_TABLE",
    Parameters: { classification: "parquet", ...more.parameters },
    StorageDescriptor: {
      Columns: list(columns),
      Location: `s3://lake/${name}/`,
      InputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
      OutputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
      SerdeInfo: { SerializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe" },
    },
    PartitionKeys: list(more.partitionKeys ?? {}),
  };
}

/** Settings of a partition column `dt` of days. */
export const DAYS = {
  "projection.enabled": "true",
  "projection.dt.type": "date",
  "projection.dt.format": "yyyy-MM-dd",
  "projection.dt.range": "2026-01-01,NOW",
};

export interface Answer {
  readonly execution: QueryExecution;
  /** Without the row of names. */
  readonly rows: (string | null)[][];
  readonly names: string[];
  readonly types: string[];
}

export class Lake {
  readonly surroundings = testSurroundings();
  readonly catalog = new FakeCatalog(this.surroundings.authorizer);
  readonly service = athenaService(this.surroundings, {
    objects: fakeObjects(this.surroundings),
    catalog: this.catalog,
  });
  private duck: Promise<DuckDBInstance> | undefined;
  private endpoint: { url: string; close(): Promise<void> } | undefined;
  private made: AthenaClient | undefined;

  get client(): AthenaClient {
    if (!this.made) throw new Error("start() comes first");
    return this.made;
  }

  async start(configuration: Record<string, unknown> = {}): Promise<void> {
    mkdirSync(join(this.surroundings.folder, "s3/lake"), { recursive: true });
    mkdirSync(join(this.surroundings.folder, "s3/results"), { recursive: true });
    const { principals, authorizer } = this.surroundings;
    this.endpoint = await startEndpoint(this.service.apis ?? [], { principals, authorizer });
    this.made = new AthenaClient({
      endpoint: this.endpoint.url,
      region: "eu-west-1",
      credentials: principals.mint(ANALYST),
      maxAttempts: 1,
    });
    await this.service.providers["aws:athena/workgroup:Workgroup"]?.create(
      {
        name: "kpis",
        configuration: { resultConfiguration: { outputLocation: "s3://results/kpis/" }, ...configuration },
      },
      testContext("aws:athena/workgroup:Workgroup", ACCOUNT),
    );
  }

  /** Writes the rows of a query of DuckDB as an object. */
  async write(key: string, sql: string): Promise<void> {
    const path = join(this.surroundings.folder, "s3/lake", key);
    mkdirSync(dirname(path), { recursive: true });
    const connection = await (await (this.duck ??= DuckDBInstance.create(":memory:"))).connect();
    await connection.run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`);
    connection.closeSync();
  }

  add(...tables: GlueTable[]): void {
    for (const table of tables) this.catalog.byName.set(`lake.${table.Name}`, table);
  }

  async finish(id: string): Promise<QueryExecution> {
    for (;;) {
      const { QueryExecution: execution } = await this.client.send(
        new GetQueryExecutionCommand({ QueryExecutionId: id }),
      );
      const state = execution?.Status?.State;
      if (execution && state !== "QUEUED" && state !== "RUNNING") return execution;
    }
  }

  async run(sql: string, more: Partial<StartQueryExecutionCommandInput> = {}): Promise<QueryExecution> {
    const { QueryExecutionId: id = "" } = await this.client.send(
      new StartQueryExecutionCommand({
        QueryString: sql,
        WorkGroup: "kpis",
        QueryExecutionContext: { Database: "lake" },
        ...more,
      }),
    );
    return this.finish(id);
  }

  /** Runs a statement that succeeds. */
  async query(sql: string, more: Partial<StartQueryExecutionCommandInput> = {}): Promise<Answer> {
    const execution = await this.run(sql, more);
    if (execution.Status?.State !== "SUCCEEDED") throw new Error(execution.Status?.StateChangeReason);
    const { ResultSet } = await this.client.send(
      new GetQueryResultsCommand({ QueryExecutionId: execution.QueryExecutionId }),
    );
    const all = (ResultSet?.Rows ?? []).map(({ Data = [] }) => Data.map(({ VarCharValue }) => VarCharValue ?? null));
    const types = (ResultSet?.ResultSetMetadata?.ColumnInfo ?? []).map(({ Type = "" }) => Type);
    const [names = [], ...rows] = execution.StatementType === "DML" ? all : [[], ...all];
    return { execution, rows, names: names.map(String), types };
  }

  /** Why a statement does not succeed. */
  async failure(sql: string, more: Partial<StartQueryExecutionCommandInput> = {}): Promise<string | undefined> {
    const { Status } = await this.run(sql, more);
    return Status?.State === "SUCCEEDED" ? undefined : Status?.StateChangeReason;
  }

  async close(): Promise<void> {
    this.made?.destroy();
    await this.service.close?.();
    await this.endpoint?.close();
    (await this.duck)?.closeSync();
    rmSync(this.surroundings.folder, { recursive: true, force: true });
  }
}

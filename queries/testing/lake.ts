/** A lake in a folder: changes in Parquet, the current-state views and those of queries/views on top, queried as Athena would. */
import { AthenaClient } from "@aws-sdk/client-athena";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changeColumns, fullColumns } from "../../infra/data/columns";
import { changesTable, currentState, fullTable, hasFullLoad, viewName } from "../../infra/data/currentState";
import { inOrder, type ViewSource } from "../../infra/data/viewOrder";
import type { SqlFile } from "../../infra/project";
import { principalOf, type GlueTable } from "../../local/core/contracts";
import { startEndpoint } from "../../local/core/http";
import { KnownPrincipals, Principals } from "../../local/core/principals";
import type { LocalService, Surroundings } from "../../local/core/service";
import { athenaService } from "../../local/services/athena/athena";
import { ParquetConverter } from "../../local/services/firehose/converter";
import { columnsOf } from "../../local/services/firehose/values";
import { glueService } from "../../local/services/glue/glue";
import { s3Service } from "../../local/services/s3/s3";
import { lakeTables, type Table } from "../../model";
import { runQuery, type QueryResult } from "../../ops/athena";

export interface Lake {
  query(sql: string): Promise<QueryResult>;
  close(): Promise<void>;
}

const scope = { account: "222222222222", region: "eu-west-1" };
const operator = principalOf(`arn:aws:iam::${scope.account}:root`);
const DATABASE = "lake";
const PARQUET = {
  InputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
  OutputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
  SerdeInfo: { SerializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe" },
};

const glueTable = (name: string, columns: ReturnType<typeof changeColumns>): GlueTable => ({
  Name: name,
  DatabaseName: DATABASE,
  CatalogId: scope.account,
  TableType: "EXTERNAL_TABLE",
  Parameters: {},
  StorageDescriptor: {
    Columns: columns.map(({ name: Name, type: Type }) => ({ Name, Type })),
    Location: `s3://${DATABASE}/${name}/`,
    ...PARQUET,
  },
  PartitionKeys: [],
});

/**
 * @param rows by table, each a row as `toLakeJson` would send its values; a table that is left out is empty.
 * @param later by table, columns that the model learnt after the files were written.
 */
export async function startLake(
  rows: Readonly<Record<string, readonly object[]>>,
  views: readonly SqlFile[],
  later: Readonly<Record<string, readonly string[]>> = {},
): Promise<Lake> {
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
  const s3 = s3Service(surroundings);
  const glue = glueService(surroundings);
  await make(s3, "aws:s3/bucket:Bucket", { bucket: DATABASE });
  await make(glue, "aws:glue/catalogDatabase:CatalogDatabase", { name: DATABASE });

  const converter = new ParquetConverter();
  for (const table of lakeTables) {
    const columns = changeColumns(table);
    glue.putTable(operator, scope, glueTable(changesTable(table), columns));
    if (hasFullLoad(table)) glue.putTable(operator, scope, glueTable(fullTable(table), fullColumns(table)));
    const documents = (rows[table.name] ?? []).map((row) => Buffer.from(JSON.stringify({ ...row, ...CHANGE })));
    if (documents.length === 0) continue;
    const file = join(folder, `${table.name}.parquet`);
    const written = columns.filter(({ name }) => !(later[table.name] ?? []).includes(name));
    const schema = columnsOf(written.map(({ name: Name, type: Type }) => ({ Name, Type })));
    const { faults } = await converter.convert(documents, schema, "SNAPPY", file);
    if (faults.size > 0) throw new Error(`${table.name}: ${JSON.stringify([...faults])}`);
    await s3.putFile(operator, DATABASE, `${changesTable(table)}/rows.parquet`, file);
  }
  await converter.close();

  const athena = athenaService(surroundings, { objects: s3, catalog: glue });
  const endpoint = await startEndpoint(athena.apis ?? [], { principals, authorizer });
  const workgroup = "kpi";
  await make(athena, "aws:athena/workgroup:Workgroup", {
    name: workgroup,
    configuration: { resultConfiguration: { outputLocation: `s3://${DATABASE}/results/` } },
  });
  const credentials = principals.mint(operator.arn);
  const client = new AthenaClient({ endpoint: endpoint.url, region: scope.region, credentials });
  const query = (sql: string): Promise<QueryResult> => runQuery(sql, { client, workgroup, database: DATABASE });
  for (const { name, sql } of inOrder([...lakeTables.map(generated), ...views.map(written)])) {
    await query(`CREATE OR REPLACE VIEW ${name} AS ${sql}`);
  }
  return {
    query,
    async close() {
      client.destroy();
      await endpoint.close();
      await athena.close?.();
      await rm(folder, { recursive: true });
    },
  };
}

async function make({ providers }: LocalService, type: string, inputs: Record<string, unknown>): Promise<void> {
  await providers[type]?.create(inputs, { ...scope, type, name: "lake", urn: "", autoName: "" });
}

/** What makes a row the state of its key. */
const CHANGE = {
  _op: "insert",
  _version: "1//",
  _position: "1",
  _committed_at: "2026-01-01T00:00:00.000000Z",
};

const generated = (table: Table): ViewSource => ({
  name: viewName(table),
  sql: currentState(table),
  origin: table.name,
  basis: "",
});

const written = ({ name, text, file }: SqlFile): ViewSource => ({ name, sql: text, origin: file, basis: "" });

/**
 * Every PostgreSQL type, all the way: PostgreSQL -> DMS' JSON -> Kinesis -> DynamoDB -> Firehose -> Parquet -> Athena, and
 * PostgreSQL -> DMS' Parquet -> Athena. What comes out must be what plain SQL says of the source.
 */
import { AthenaClient } from "@aws-sdk/client-athena";
import {
  DatabaseMigrationServiceClient,
  StartReplicationTaskCommand,
} from "@aws-sdk/client-database-migration-service";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Client } from "pg";
import { compareRows, type Comparison } from "../local/demo/compare";
import { start, type Deployment } from "../local/demo/deploy";
import { itemRows, lakeRows, serviceItems, sourceColumns, sourceRows } from "../local/demo/rows";
import { promoteLoads } from "../local/demo/promoted";
import { silentProgress } from "../local/demo/progress";
import { loadEnds, pipesRunDry, replicationCatchesUp } from "../local/demo/settle";
import { connect } from "../local/sample/connect";
import { types } from "../model";
import { dataOutputs } from "../ops/deployment";
import { everything } from "./roundTrip/model";

const ROWS = fs.readFileSync(path.join(__dirname, "roundTrip/rows.sql"), "utf8");
const [schema = "", before = "", after = ""] = ROWS.split(/^-- (?:before|after)\b.*$/m);
const program = path.join(__dirname, "roundTrip/program");
const silent = (): void => undefined;

async function fill(client: Client): Promise<number> {
  await client.query(schema + before);
  return 6;
}

let folder: string;
let deployment: Deployment | undefined;
let monolith: Client | undefined;
const clients: { destroy(): void }[] = [];

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "tributary-"));
  fs.chmodSync(folder, 0o755);
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  await monolith?.end();
  await deployment?.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

test("the table has a column of every type", () => {
  expect(new Set(everything.columns.map(({ type }) => type))).toEqual(new Set(Object.keys(types)));
});

test("every value comes back, loaded and changed, from the stream and from a full load", async () => {
  const running = (deployment = await start({ folder, fill, program, progress: silentProgress }));
  const source = (monolith = await connect(running.monolith));
  const ofProd = await running.up("prod");
  const ofData = await running.up("data");
  const { cloud, region, operators } = running;
  const settings = (arn: string) => ({ endpoint: cloud.url, region, credentials: cloud.credentials(arn) });
  const dms = new DatabaseMigrationServiceClient(settings(operators.prod));
  const dynamodb = new DynamoDBClient(settings(operators.prod));
  const athena = new AthenaClient(settings(operators.data));
  const lambda = new LambdaClient(settings(operators.data));
  clients.push(dms, dynamodb, athena, lambda);

  const tableName = (ofProd["serviceTables"] as Record<string, string>)["follower"] ?? "";
  const columns = await sourceColumns(source, everything.name);
  const names = columns.map(({ name }) => name);
  const query = { client: athena, workgroup: String(ofData["workgroup"]), database: String(ofData["database"]) };
  const compare = async (when: string): Promise<Comparison[]> => {
    await replicationCatchesUp(source, { dms, taskArn: String(ofProd["changesTaskArn"]) }, silent);
    await pipesRunDry(cloud, silent);
    const expected = await sourceRows(source, everything.name, columns, everything.key);
    const items = await serviceItems(dynamodb, tableName);
    const inService = itemRows(items.get("monolith.everything") ?? [], columns, everything.key);
    const inLake = await lakeRows(everything.name, columns, everything.key, query);
    return [
      compareRows({ store: "service", table: when, columns: names }, expected, inService),
      compareRows({ store: "lake", table: when, columns: names }, expected, inLake),
    ];
  };
  const differences = (found: readonly Comparison[]): string[] =>
    found.flatMap(({ store, table, examples }) => examples.map((text) => `${table}, ${store}: ${text}`));

  const loaded = await compare("loaded");
  expect(loaded.map(({ rows }) => rows)).toEqual([6, 6]);
  expect(differences(loaded)).toEqual([]);
  await source.query(after);
  expect(differences(await compare("changed"))).toEqual([]);
  // From now on the view stands on the full load alone.
  const taskArn = String(ofProd["fullLoadTaskArn"]);
  await dms.send(
    new StartReplicationTaskCommand({ ReplicationTaskArn: taskArn, StartReplicationTaskType: "start-replication" }),
  );
  await loadEnds({ dms, taskArn }, silent);
  expect(await promoteLoads(lambda, dataOutputs.parse(ofData).functions.promote)).toEqual(["public.everything"]);
  expect(differences(await compare("full load"))).toEqual([]);
}, 180_000);

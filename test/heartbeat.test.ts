/**
 * The heartbeat from the monolith to the lake, and what the data account's alarms make of it: as it goes, and as it fails to
 * at one place or another.
 */
import { AthenaClient } from "@aws-sdk/client-athena";
import { DatabaseMigrationServiceClient } from "@aws-sdk/client-database-migration-service";
import { DeleteTableCommand, GlueClient } from "@aws-sdk/client-glue";
import { LambdaClient, UpdateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import { start, type Deployment } from "../local/demo/deploy";
import { silentProgress } from "../local/demo/progress";
import { replicationCatchesUp } from "../local/demo/settle";
import { connect } from "../local/sample/connect";
import { createSample } from "../local/sample/sample";
import { runQuery } from "../ops/athena";
import { dataOutputs, prodOutputs, type DataOutputs, type ProdOutputs } from "../ops/deployment";
import { breaches, watching, type Watching } from "./heartbeat/cloudWatch";

const silent = (): void => undefined;
const size = { shops: 3, users: 6, shifts: 10 };

let folder: string;
let deployment: Deployment;
let monolith: Client;
let prod: ProdOutputs;
let data: DataOutputs;
let watched: Watching;
let dms: DatabaseMigrationServiceClient;
let lambda: LambdaClient;
let glue: GlueClient;
let athena: AthenaClient;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "tributary-"));
  fs.chmodSync(folder, 0o755);
  deployment = await start({ folder, progress: silentProgress, fill: (client) => createSample(client, size) });
  monolith = await connect(deployment.monolith);
  prod = prodOutputs.parse(await deployment.up("prod"));
  data = dataOutputs.parse(await deployment.up("data"));
  const { cloud, region, operators } = deployment;
  const settings = (arn: string) => ({ endpoint: cloud.url, region, credentials: cloud.credentials(arn) });
  dms = new DatabaseMigrationServiceClient(settings(operators.prod));
  lambda = new LambdaClient(settings(operators.data));
  glue = new GlueClient(settings(operators.data));
  athena = new AthenaClient(settings(operators.data));
  watched = watching(path.join(folder, "cloud"), "data");
  await settled();
}, 120_000);

afterAll(async () => {
  for (const client of [dms, lambda, glue, athena]) client?.destroy();
  await monolith?.end();
  await deployment?.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** Until nothing moves any more, as far as it may. */
async function settled(): Promise<void> {
  await replicationCatchesUp(monolith, { dms, taskArn: prod.changesTaskArn }, silent);
  const { services } = deployment.cloud;
  const isBusy = (): boolean =>
    services.lambda
      .mappings()
      .some(({ state, recordsBehind, batchesInFlight }) => state === "Enabled" && recordsBehind + batchesInFlight > 0);
  while (isBusy()) await delay(20);
  // What cannot be delivered waits.
  await services.firehose.flush().catch(silent);
}

function logLines(): string[] {
  const { lambda: functions } = deployment.cloud.services;
  const found = functions.statistics().find((each) => each.functionName === data.functions["format"]);
  return fs.readFileSync(found?.logFile ?? "", "utf8").split("\n");
}

/** Records of the heartbeat that Firehose has written to S3. */
function delivered(): number {
  const { firehose } = deployment.cloud.services;
  const found = firehose.statistics().find(({ name }) => name === "tributary-heartbeat");
  return found === undefined ? 0 : found.records - found.waitingRecords - found.failedRecords;
}

/** A period of the alarms in which `work` happens. */
async function period(work: () => Promise<unknown>) {
  const before = { lines: logLines().length, delivered: delivered() };
  await work();
  await settled();
  const ages = watched.values("heartbeat-age", logLines().slice(before.lines - 1));
  // Firehose reports nothing in a period in which it writes nothing.
  const records = [delivered() - before.delivered].filter((count) => count > 0);
  return {
    ages,
    late: breaches(watched.alarm("heartbeat-late"), ages),
    missing: breaches(watched.alarm("heartbeat-missing"), records),
  };
}

const beat = () => monolith.query("update heartbeat set beat_at = clock_timestamp()");

async function switched(functionName: string, Enabled: boolean): Promise<void> {
  const of = deployment.cloud.services.lambda.mappings().filter((mapping) => mapping.functionName === functionName);
  for (const { uuid: UUID } of of) await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled }));
}

test("a beat reaches the lake, and its age is the time that it took", async () => {
  const began = Date.now();
  const { ages, late, missing } = await period(beat);
  expect({ late, missing }).toEqual({ late: false, missing: false });
  expect(ages).toHaveLength(1);
  expect(ages[0]).toBeGreaterThan(0);
  expect(ages[0]).toBeLessThan((Date.now() - began) / 1000);
  const { rows } = await monolith.query<{ at: string }>(
    `select to_char(beat_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from heartbeat`,
  );
  const { database, workgroup } = data;
  const ask = (sql: string) => runQuery(sql, { client: athena, database, workgroup });
  expect((await ask("select beat_at_iso from heartbeat")).rows).toEqual([[rows[0]?.at]]);
  // docs/operations.md
  const [[seconds] = []] = (await ask("select date_diff('second', beat_at, now()) from heartbeat")).rows;
  expect(Number(seconds)).toBeGreaterThanOrEqual(0);
  expect(Number(seconds)).toBeLessThanOrEqual((Date.now() - began) / 1000 + 1);
});

test("other changes are no heartbeat", async () => {
  const { ages, late, missing } = await period(() => monolith.query("update shops set active = not active"));
  expect({ ages, late, missing }).toEqual({ ages: [], late: false, missing: true });
});

test.each(["capture", "format"] as const)(
  "without %s it is missing, and comes as old as it is",
  async (name) => {
    const functionName = data.functions[name] ?? "";
    await switched(functionName, false);
    let committed = 0;
    const off = await period(async () => {
      await beat();
      committed = Date.now();
    });
    expect(off).toEqual({ ages: [], late: false, missing: true });
    const waited = (Date.now() - committed) / 1000;
    const on = await period(() => switched(functionName, true));
    expect(on.missing).toBe(false);
    expect(on.ages).toHaveLength(1);
    expect(on.ages[0]).toBeGreaterThanOrEqual(waited);
  },
  30_000,
);

test("it is late from ten minutes on", () => {
  const late = watched.alarm("heartbeat-late");
  expect([[600], [601], [601, 5]].map((ages) => breaches(late, ages))).toEqual([false, true, false]);
});

test("what Firehose cannot write is young, and missing in the lake", async () => {
  await glue.send(new DeleteTableCommand({ DatabaseName: data.database, Name: "changes_heartbeat" }));
  const { ages, late, missing } = await period(beat);
  expect(ages).toHaveLength(1);
  expect({ late, missing }).toEqual({ late: false, missing: true });
}, 30_000);

/**
 * The laptop cloud to work with: both stacks deployed, a gentle workload on the monolith, and a file that tells the operator's
 * commands where it is (ops/deployment.ts).
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import {
  DatabaseMigrationServiceClient,
  StartReplicationTaskCommand,
} from "@aws-sdk/client-database-migration-service";
import * as path from "node:path";
import {
  dataOutputs,
  LOCAL_FILE,
  prodOutputs,
  type Account,
  type ClientSettings,
  type DataOutputs,
  type LocalCloud,
} from "../ops/deployment";
import { promoteLoads } from "../ops/full-load/promote";
import { start, type Deployment } from "./demo/deploy";
import type { Progress } from "./demo/progress";
import { loadEnds } from "./demo/settle";
import { createSample, type SampleSize } from "./sample/sample";
import { startWriters, type Writers } from "./sample/writers";

export interface LaptopOptions {
  /** Of the cloud's files; emptied first. */
  readonly folder: string;
  /** Below it `LOCAL_FILE` is written: the project's folder, where the commands look. */
  readonly home: string;
  readonly size: SampleSize;
  /** Changes a second in the monolith; 0 for none. */
  readonly pace: number;
  readonly seed: number;
  readonly progress: Progress;
  /** Called as soon as there is something to end, with what ends it. */
  readonly onStart?: (close: () => Promise<void>) => void;
}

export interface Laptop {
  readonly deployment: Deployment;
  /** The data account, in the role of analysts. */
  readonly analyst: Account<DataOutputs>;
  /** How many the workload has committed so far. */
  changes(): number;
  /** Ends everything; safe to call twice. */
  close(): Promise<void>;
}

/** So many changes the workload makes at most: more than fit into a month. */
const MANY = 100_000_000;

/** @throws Error when something cannot be started; whatever was is ended by then. */
export async function startLaptop(options: LaptopOptions): Promise<Laptop> {
  const { folder, home, size, progress } = options;
  const file = path.join(home, LOCAL_FILE);
  const deployment = await start({ folder, progress, fill: (monolith) => createSample(monolith, size) });
  let writers: Writers | undefined;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    rmSync(file, { force: true });
    closed ??= deployment.close();
    writers?.stop();
    return closed;
  };
  options.onStart?.(close);
  try {
    const outputs = { prod: await deployment.up("prod"), data: await deployment.up("data") };
    const prod = prodOutputs.parse(outputs.prod);
    const data = dataOutputs.parse(outputs.data);
    const { operators, cloud, region } = deployment;
    const settings = (operator: string): ClientSettings => ({
      ...{ endpoint: cloud.url, region, credentials: cloud.credentials(operator) },
    });
    progress.step("Full load to the lake");
    const rows = await load(settings(operators.prod), prod.fullLoadTaskArn, (state) => progress.update(state));
    const { signal } = new AbortController();
    const status = (text: string): void => progress.update(text);
    await promoteLoads({ outputs: data, settings: settings(operators.data) }, { status, signal });
    progress.done(`${rows.toLocaleString("en")} rows as Parquet`);
    if (options.pace > 0) {
      const { seed, pace } = options;
      writers = startWriters(deployment.monolith, { size, seed, changes: MANY, over: (MANY / pace) * 1000 });
      writers.result.catch((error: Error) => {
        // It also ends when it is told to.
        if (closed === undefined) progress.print(error.message);
      });
    }
    const found: LocalCloud = {
      pid: process.pid,
      url: cloud.url,
      region,
      prod: { ...cloud.credentials(operators.prod), outputs: { ...outputs.prod, ...prod } },
      data: { ...cloud.credentials(operators.data), outputs: { ...outputs.data, ...data } },
    };
    mkdirSync(path.dirname(file), { recursive: true });
    // Nobody else needs the access keys; they die with the process.
    rmSync(file, { force: true });
    writeFileSync(file, `${JSON.stringify(found, undefined, 2)}\n`, { mode: 0o600 });
    const analyst = { outputs: data, settings: settings(String(outputs.data["analystRoleArn"])) };
    return { deployment, analyst, changes: () => writers?.changes() ?? 0, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The lake's first full load, which a schedule would not start (infra/prod/fullLoad.ts). @returns how many rows it has */
async function load(settings: ClientSettings, taskArn: string, progress: (state: string) => void): Promise<number> {
  const dms = new DatabaseMigrationServiceClient(settings);
  try {
    await dms.send(
      new StartReplicationTaskCommand({
        ReplicationTaskArn: taskArn,
        StartReplicationTaskType: "start-replication",
      }),
    );
    return await loadEnds({ dms, taskArn }, progress);
  } finally {
    dms.destroy();
  }
}

/** The local deployment: a cloud, a monolith, and both stacks. */
import * as path from "node:path";
import { parse } from "yaml";
import { readFileSync, writeFileSync } from "node:fs";
import type { Client } from "pg";
import { z } from "zod";
import { startCloud, type Cloud, type Progress as Step } from "../cloud";
import { startPostgres, type Postgres } from "../postgres";
import { projectFolder } from "../project";
import { connect } from "../sample/connect";
import type { Progress } from "./progress";

/** The settings of the example configuration that the surroundings of a stack must fit. */
const settings = z.object({
  config: z.object({
    "aws:region": z.string(),
    "tributary:prodAccountId": z.string(),
    "tributary:dataAccountId": z.string(),
    "tributary:source": z.looseObject({ secretArn: z.string(), database: z.string() }).optional(),
  }),
});

const outputs = {
  prod: z.object({
    changesStreamArn: z.string(),
    changesTaskArn: z.string(),
    fullLoadTaskArn: z.string(),
    serviceTables: z.record(z.string(), z.string()),
    ownTables: z.record(z.string(), z.string()),
    failuresBucket: z.string(),
  }),
  data: z.object({
    lakeBucket: z.string(),
    rawTable: z.string(),
    overflowBucket: z.string(),
    failuresBucket: z.string(),
    database: z.string(),
    workgroup: z.string(),
    functions: z.object({ promote: z.string() }),
    kpis: z.record(z.string(), z.string()),
  }),
};

/** The outputs that the demo reads. */
export const prodOutputs = outputs.prod;
export const dataOutputs = outputs.data;
export type ProdOutputs = z.output<typeof outputs.prod>;
export type DataOutputs = z.output<typeof outputs.data>;

export interface Deployment {
  readonly cloud: Cloud;
  readonly monolith: Postgres;
  readonly region: string;
  /** ARN of the operator of each account. */
  readonly operators: { readonly prod: string; readonly data: string };
  /** Deploys a stack and returns its outputs. */
  up(stack: "prod" | "data", options?: { readonly refresh?: true }): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** Buffers and starts take a fortieth of AWS's time here: five minutes of a delivery stream pass in 7.5 seconds. */
const HASTE = 40;

const INFRA = path.join(__dirname, "../../infra/index");

export interface StartOptions {
  readonly folder: string;
  /** Creates and fills the monolith's tables; returns how many rows there are. */
  readonly fill: (monolith: Client) => Promise<number>;
  /** See `Surroundings`. Default: forty times as fast as on AWS. */
  readonly haste?: number;
  /** Path of the Pulumi program. Default: that of `infra/`. */
  readonly program?: string;
  readonly progress: Progress;
}

/** Starts the monolith, filled, and the cloud, empty. What is started is ended again if the rest fails. */
export async function start({
  folder,
  fill,
  haste = HASTE,
  program = INFRA,
  progress,
}: StartOptions): Promise<Deployment> {
  const project = projectFolder();
  const read = settings.parse(parse(readFileSync(path.join(project, "Pulumi.prod.yaml"), "utf8"))).config;
  const region = read["aws:region"];
  const accounts = { prod: read["tributary:prodAccountId"], data: read["tributary:dataAccountId"] };
  const source = read["tributary:source"];
  if (source === undefined)
    throw new Error("Pulumi.prod.yaml has no tributary:source, which the demo's monolith takes");

  progress.step("Starting PostgreSQL and the laptop cloud");
  const cloud = await startCloud({ folder: path.join(folder, "cloud"), haste, region });
  let monolith: Postgres | undefined;
  const close = async (): Promise<void> => {
    await cloud.close();
    await monolith?.stop();
  };
  try {
    const server = (monolith = await startPostgres({ folder: path.join(folder, "postgres"), fresh: true }));
    progress.step("Filling the monolith");
    const client = await connect(server);
    const rows = await fill(client);
    await client.end();
    progress.done(`${rows.toLocaleString("en")} rows`);
    const { host, port, user: username, password } = server;
    // As a person fetches that of RDS.
    const certificate = path.resolve(folder, "monolith-ca.pem");
    writeFileSync(certificate, server.caCertificate);
    const config = { prod: { "tributary:source": { ...source, certificate } }, data: {} };
    cloud.services.secrets.putSecret(source.secretArn, JSON.stringify({ host, port, username, password }));

    const up: Deployment["up"] = async (stack, options) => {
      progress.step(`pulumi up, stack ${stack}, account ${accounts[stack]}`);
      let count = 0;
      const onProgress = ({ action, type, name }: Step): void => {
        count += 1;
        progress.update(`${action} ${name} (${type.split(":").pop() ?? type})`);
      };
      const settings = { stack, account: accounts[stack], program, config: config[stack] };
      const state = await cloud.up({ ...settings, ...options, onProgress });
      progress.done(`${count} resources`);
      return state.outputs;
    };
    return {
      cloud,
      monolith: server,
      region,
      operators: { prod: `arn:aws:iam::${accounts.prod}:root`, data: `arn:aws:iam::${accounts.data}:root` },
      up,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

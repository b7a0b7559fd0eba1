/**
 * Where the pipeline is: both stacks' outputs, and how to reach their accounts. On AWS the outputs come from the Pulumi CLI
 * and the credentials from the environment; with `--local` both come from the file that a running laptop cloud keeps.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { CannotRun } from "./command";
import { messageOf } from "./preflight/errors";

const names = z.record(z.string(), z.string());

/** What the commands read of the outputs; infra/prod/index.ts and infra/data/index.ts describe them. */
export const prodOutputs = z.object({
  changesTaskArn: z.string(),
  fullLoadTaskArn: z.string(),
  failuresBucket: z.string(),
  functions: names,
});
export const dataOutputs = z.object({
  lakeKeyArn: z.string(),
  rawTable: z.string(),
  failuresBucket: z.string(),
  functions: names.and(z.object({ promote: z.string() })),
  database: z.string(),
  workgroup: z.string(),
  analystWorkgroup: z.string(),
});

export type ProdOutputs = z.output<typeof prodOutputs>;
export type DataOutputs = z.output<typeof dataOutputs>;

const localAccount = <Shape extends z.ZodType>(outputs: Shape) =>
  z.object({ accessKeyId: z.string(), secretAccessKey: z.string(), outputs });

/** The content of `LOCAL_FILE`. */
const localShape = z.object({
  /** Of the process that is the cloud. */
  pid: z.int(),
  url: z.string(),
  region: z.string(),
  prod: localAccount(prodOutputs),
  data: localAccount(dataOutputs),
});
export type LocalCloud = z.output<typeof localShape>;

/** In the project's folder. It holds the access keys of the laptop cloud, which open nothing else. */
export const LOCAL_FILE = ".local/cloud.json";

/** For every client of the AWS SDK. */
export interface ClientSettings {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Of the shared configuration file. */
  readonly profile?: string;
}

export interface Account<Outputs> {
  readonly outputs: Outputs;
  readonly settings: ClientSettings;
}

/** Each stack is looked for when it is asked for: a command that works in one account needs nothing of the other. */
export interface Deployment {
  prod(): Promise<Account<ProdOutputs>>;
  data(): Promise<Account<DataOutputs>>;
}

export interface Whereabouts {
  readonly local: boolean;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Prints a stack's outputs as JSON; tests put another in the place of the CLI. */
  readonly stackOutput?: (stack: string, folder: string) => Promise<string>;
}

type Stack = "prod" | "data";

export function findDeployment(where: Whereabouts): Deployment {
  if (where.local) {
    const of = (stack: Stack) => async () => localAccountOf(await readLocal(where.folder), stack);
    return { prod: of("prod"), data: of("data") } as Deployment;
  }
  return {
    prod: () => onAws("prod", prodOutputs, ({ changesTaskArn }) => changesTaskArn, where),
    data: () => onAws("data", dataOutputs, ({ lakeKeyArn }) => lakeKeyArn, where),
  };
}

function localAccountOf(cloud: LocalCloud, stack: Stack): Account<unknown> {
  const { outputs, ...credentials } = cloud[stack];
  return { outputs, settings: { region: cloud.region, endpoint: cloud.url, credentials } };
}

async function readLocal(folder: string): Promise<LocalCloud> {
  let text: string;
  try {
    text = await readFile(path.join(folder, LOCAL_FILE), "utf8");
  } catch {
    throw new CannotRun("No laptop cloud is running here: start one with npm start, and leave it running.");
  }
  const cloud = localShape.safeParse(parsed(text));
  if (!cloud.success) throw new CannotRun(`${LOCAL_FILE} is of another version: stop the laptop cloud, and npm start.`);
  if (!isAlive(cloud.data.pid)) {
    throw new CannotRun(`The laptop cloud (process ${cloud.data.pid}) has ended: start it again with npm start.`);
  }
  return cloud.data;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function onAws<Shape extends z.ZodType>(
  stack: Stack,
  shape: Shape,
  arnOf: (outputs: z.output<Shape>) => string,
  { folder, environment, stackOutput = pulumiOutput }: Whereabouts,
): Promise<Account<z.output<Shape>>> {
  const read = shape.safeParse(parsed(await stackOutput(stack, folder)));
  if (!read.success) {
    const missing = read.error.issues[0]?.path.join(".") ?? "";
    throw new CannotRun(
      `The stack ${stack} has no output ${missing}: deploy it with this version of the program (pulumi up -s ${stack}).`,
    );
  }
  const profile = environment[`TRIBUTARY_${stack.toUpperCase()}_PROFILE`];
  const region = arnOf(read.data).split(":")[3] ?? "";
  return { outputs: read.data, settings: { region, ...(profile === undefined ? {} : { profile }) } };
}

async function pulumiOutput(stack: string, folder: string): Promise<string> {
  try {
    const command = promisify(execFile)("pulumi", ["stack", "output", "--json", "--stack", stack], { cwd: folder });
    return (await command).stdout;
  } catch (error) {
    const { code, stderr }: { readonly code?: unknown; readonly stderr?: unknown } = Object(error);
    if (code === "ENOENT") {
      throw new CannotRun(
        "The Pulumi CLI, which knows where the stacks are, is not installed: https://www.pulumi.com/docs/install/. " +
          "(Did you mean the laptop cloud? Then add --local.)",
      );
    }
    const said = typeof stderr === "string" && stderr !== "" ? stderr.trim() : messageOf(error);
    throw new CannotRun(`The outputs of the stack ${stack} cannot be read: ${said}`);
  }
}

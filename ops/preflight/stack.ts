/** The settings of a stack that concern the source, from its Pulumi.<stack>.yaml. */
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { CannotLook, messageOf } from "./errors";
import { DATABASE_SECRET, DEFAULT_ENGINE_VERSION } from "./expected";

export interface Stack {
  /** Name of the file, for messages. */
  readonly file: string;
  readonly region?: string;
  /** `secret`: ARN, or the name of the one that the program makes with its database. */
  readonly source?: {
    readonly secret: string;
    readonly database: string;
    /** Path of the file with the authorities of the server's certificate. */
    readonly caFile?: string;
  };
  /** Of the replication instance. */
  readonly engineVersion: string;
}

const sourceShape = z
  .object({
    secretArn: z.string().optional(),
    create: z.object({}).optional(),
    database: z.string(),
    certificate: z.string().optional(),
  })
  .transform(({ secretArn, create, database, certificate }) => {
    const secret = secretArn ?? (create === undefined ? undefined : DATABASE_SECRET);
    return secret === undefined ? undefined : { secret, database, caFile: certificate };
  });

/** Only what is read here: infra/config.ts checks the rest when the program runs. */
const shape = z.object({
  config: z
    .object({
      "aws:region": z.string().optional(),
      "tributary:source": sourceShape.optional().catch(undefined),
      "tributary:replication": z.object({ engineVersion: z.string().optional() }).optional(),
    })
    .default({}),
});

/** @throws CannotLook if there is no such file, or it is no settings file. */
export async function readStack(name: string, folder: string): Promise<Stack> {
  const file = `Pulumi.${name}.yaml`;
  let text: string;
  try {
    text = await readFile(path.join(folder, file), "utf8");
  } catch {
    throw new CannotLook(
      `There is no ${file} in ${folder}: name the stack with -s, and run it in the project's folder.`,
    );
  }
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new CannotLook(`${file} is no YAML: ${messageOf(error)}`);
  }
  const read = shape.safeParse(content);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new CannotLook(`${file}, ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not as expected"}.`);
  }
  const { config } = read.data;
  const source = config["tributary:source"];
  return {
    file,
    region: config["aws:region"],
    source: source?.caFile === undefined ? source : { ...source, caFile: path.resolve(folder, source.caFile) },
    engineVersion: config["tributary:replication"]?.engineVersion ?? DEFAULT_ENGINE_VERSION,
  };
}

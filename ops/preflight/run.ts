/** Preflight from the command line to its exit code. */
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { heartbeatOf, type Table } from "../../model";
import { readCatalog } from "./catalog";
import { check } from "./check";
import { connect, fromEnvironment, fromSecret, fromUrl, isVerified, type Environment, type Target } from "./connection";
import { CannotLook, messageOf } from "./errors";
import { expected, type Expected } from "./expected";
import { tableKey } from "./finding";
import { measure } from "./measure";
import { HELP, readOptions, type Options } from "./options";
import { countsOf, renderJson, renderText, type Report } from "./report";
import type { Source } from "./source";
import { readStack, type Stack } from "./stack";

export interface Surroundings {
  readonly model: readonly Table[];
  readonly environment: Environment;
  /** The project's. */
  readonly folder: string;
  /** `YYYY-MM-DD` */
  readonly today: string;
  /** For the report. */
  print(text: string): void;
  /** For what went wrong. */
  complain(text: string): void;
  readonly secrets?: SecretsManagerClient;
}

/** A URL is the plainest wish; a stack that is named beats an environment that may be another's. */
async function target(options: Options, stack: Stack, { environment, secrets }: Surroundings): Promise<Target> {
  const found =
    options.url !== undefined
      ? fromUrl(options.url)
      : ((options.stack === undefined ? fromEnvironment(environment) : undefined) ??
        (await fromSecret(stack, secrets)));
  return options.ca === undefined ? found : { ...found, caFile: options.ca };
}

async function read(target: Target, model: readonly Table[], wanted: Expected): Promise<Source> {
  const client = await connect(target);
  try {
    const catalog = await readCatalog(client, model, wanted.artifactsSchema);
    const heartbeat = heartbeatOf(model);
    const options = { lobMaxKb: wanted.lobMaxKb, ...(heartbeat === undefined ? {} : { heartbeat }) };
    return { ...catalog, measured: await measure(client, catalog.tables, options) };
  } catch (error) {
    throw new CannotLook(`The catalog cannot be read: ${messageOf(error)}.`);
  } finally {
    await client.end();
  }
}

/** Looks at a source. @throws CannotLook */
export async function look(target: Target, model: readonly Table[], wanted: Expected): Promise<Report> {
  const source = await read(target, model, wanted);
  const { database, user, version } = source.server;
  return {
    host: target.host,
    port: target.port,
    database,
    user,
    serverVersion: version,
    engineVersion: wanted.engineVersion,
    tlsVerified: isVerified(target),
    tables: model.map(tableKey),
    measured: source.measured,
    findings: check(source, model, wanted),
  };
}

/** @returns the exit code: 0 no errors, 1 errors, 2 could not look. */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<0 | 1 | 2> {
  try {
    const options = readOptions(argv);
    if (options.help) {
      surroundings.print(HELP);
      return 0;
    }
    const stack = await readStack(options.stack ?? "prod", surroundings.folder);
    const where = await target(options, stack, surroundings);
    const report = await look(where, surroundings.model, expected(stack.engineVersion, surroundings.today));
    surroundings.print(options.json ? renderJson(report) : renderText(report));
    return countsOf(report.findings).error > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof CannotLook)) throw error;
    surroundings.complain(`preflight: ${error.message}`);
    return 2;
  }
}

/** Where the source is and how to get in: from a URL, from the environment, or from the secret of the stack. */
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { readFile } from "node:fs/promises";
import { Client, type ClientConfig } from "pg";
import { z } from "zod";
import { CannotLook, messageOf } from "./errors";
import type { Stack } from "./stack";

/** Ours of the connection's settings: what libpq's names say. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: string;
  /** As libpq has them: disable, allow, prefer, require, verify-ca, verify-full. */
  readonly sslMode?: string;
  /** File with the certificates of those who may vouch for the server. */
  readonly caFile?: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORT = 5432;

/** @throws CannotLook */
export function fromUrl(text: string): Target {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new CannotLook("The URL cannot be read: expected postgres://user:password@host:port/database.");
  }
  if (!/^postgres(ql)?:$/.test(url.protocol)) {
    throw new CannotLook(`The URL begins with ${url.protocol}//, expected postgres://.`);
  }
  const database = decodeURIComponent(url.pathname.slice(1));
  const user = decodeURIComponent(url.username);
  if (url.hostname === "" || database === "" || user === "") {
    throw new CannotLook(
      "The URL lacks a user, a host or a database: expected postgres://user:password@host:port/database.",
    );
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
    database,
    user,
    password: url.password === "" ? undefined : decodeURIComponent(url.password),
    sslMode: url.searchParams.get("sslmode") ?? undefined,
    caFile: url.searchParams.get("sslrootcert") ?? undefined,
  };
}

/** By DATABASE_URL, or by PGHOST and its like as psql reads them; undefined if neither is set. */
export function fromEnvironment(environment: Environment): Target | undefined {
  const url = environment["DATABASE_URL"];
  if (url !== undefined && url !== "") return fromUrl(url);
  const host = environment["PGHOST"];
  if (host === undefined || host === "") return undefined;
  const user = environment["PGUSER"] ?? environment["USER"] ?? "";
  return {
    host,
    port: Number(environment["PGPORT"] ?? DEFAULT_PORT),
    database: environment["PGDATABASE"] ?? user,
    user,
    password: environment["PGPASSWORD"],
    sslMode: environment["PGSSLMODE"],
    caFile: environment["PGSSLROOTCERT"],
  };
}

/** As DMS reads it; the port may be text. */
const secretShape = z.object({
  host: z.string(),
  port: z.coerce.number().int(),
  username: z.string(),
  password: z.string(),
});

/** With the credentials that DMS will use. @throws CannotLook */
export async function fromSecret({ file, region, source }: Stack, client?: SecretsManagerClient): Promise<Target> {
  if (source === undefined) {
    throw new CannotLook(
      `${file} has no tributary:source with database, and secretArn or create: give the source with --url.`,
    );
  }
  const secrets = client ?? new SecretsManagerClient({ region: source.secret.split(":")[3] ?? region });
  let text: string | undefined;
  try {
    text = (await secrets.send(new GetSecretValueCommand({ SecretId: source.secret }))).SecretString;
  } catch (error) {
    const reason = messageOf(error);
    throw new CannotLook(
      `The secret ${source.secret} (${file}) cannot be read: ${reason} ` +
        "Use credentials of its account that may read it, or give the source with --url.",
    );
  } finally {
    if (client === undefined) secrets.destroy();
  }
  let content: unknown;
  try {
    content = JSON.parse(text ?? "");
  } catch {
    content = undefined;
  }
  const read = secretShape.safeParse(content);
  if (!read.success) {
    throw new CannotLook(
      `The secret ${source.secret} is not what DMS needs: a JSON object with username, password, host and port.`,
    );
  }
  const { host, port, username, password } = read.data;
  return { host, port, user: username, password, database: source.database, caFile: source.caFile };
}

type Tls = Exclude<ClientConfig["ssl"], undefined>;

/** Encrypted unless somebody says otherwise, and verified if there is something to verify by. @throws CannotLook */
export async function tls({ sslMode, caFile }: Target): Promise<Tls> {
  if (sslMode === "disable") return false;
  if (caFile === undefined) return { rejectUnauthorized: sslMode === "verify-full" };
  let ca: string;
  try {
    ca = await readFile(caFile, "utf8");
  } catch {
    throw new CannotLook(
      `The certificate file ${caFile} cannot be read: it is --ca, sslrootcert or PGSSLROOTCERT, or tributary:source.certificate ` +
        "of the stack (docs/configuration.md says how to fetch it).",
    );
  }
  // Through a tunnel the host has another name than its certificate.
  return sslMode === "verify-ca" ? { ca, checkServerIdentity: () => undefined } : { ca };
}

export const isVerified = ({ sslMode, caFile }: Target): boolean =>
  sslMode !== "disable" && (caFile !== undefined || sslMode === "verify-full");

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/does not support SSL/, "DMS insists on TLS, too. To look nevertheless, add sslmode=disable to the URL."],
  [
    /certificate|altnames/i,
    "Give those who vouch for it with --ca (for RDS https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem); " +
      "through a tunnel add sslmode=verify-ca.",
  ],
  [
    /timeout|ETIMEDOUT|ENOTFOUND|ECONNREFUSED|EHOSTUNREACH/,
    "Run it where the database can be reached, or through a tunnel with --url.",
  ],
];

const CONNECT_MILLISECONDS = 10_000;
const SESSION = "set default_transaction_read_only = on; set statement_timeout = '20s'; set lock_timeout = '3s'";

/** A session that changes nothing and holds up nobody. @throws CannotLook */
export async function connect(target: Target): Promise<Client> {
  const { host, port, database, user, password } = target;
  const client = new Client({
    host,
    port,
    database,
    user,
    password,
    ssl: await tls(target),
    application_name: "tributary preflight",
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
  });
  // A connection that breaks fails the query that is under way, which is where it is heard of.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query(SESSION);
  } catch (error) {
    await client.end().catch(() => undefined);
    const reason = messageOf(error);
    const hint = HINTS.find(([pattern]) => pattern.test(reason))?.[1];
    throw new CannotLook(
      `${user}@${host}:${port}/${database} cannot be reached: ${reason}.${hint === undefined ? "" : ` ${hint}`}`,
    );
  }
  return client;
}

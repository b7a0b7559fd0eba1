import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { startPostgres } from "./postgres";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tributary-postgres-"));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const serverPid = () => Number(fs.readFileSync(path.join(folder, "data", "postmaster.pid"), "utf8").split("\n")[0]);
const isRunning = (pid: number) =>
  fs.existsSync(`/proc/${pid}`) && !fs.readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test("keeps its data, leaves no process, refuses a folder in use, and takes over what a killed run left", async () => {
  const first = await startPostgres({ folder });
  await query(first.url, "CREATE TABLE kept AS SELECT 1 AS n");
  await query(first.url, "SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
  await expect(query(first.url.replace(/\?.*/, ""), "SELECT 1")).rejects.toThrow("no encryption");
  await expect(query(first.url.replace(/&.*/, ""), "SELECT 1")).rejects.toThrow("unable to verify");
  const issued = first.caCertificate;
  const pid = serverPid();
  await first.stop();
  await first.stop();
  expect(isRunning(pid)).toBe(false);

  // Another process starts it and is killed with no chance to stop it.
  const script = `require("ts-node/register/transpile-only");
    require(${JSON.stringify(path.join(__dirname, "postgres.ts"))}).startPostgres({ folder: ${JSON.stringify(folder)} })
      .then(() => { console.log("started"); setInterval(() => {}, 1000); });`;
  const other = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => other.stdout.once("data", resolve));
  await expect(startPostgres({ folder })).rejects.toThrow(`Process ${other.pid} uses the database`);
  const orphan = serverPid();
  other.kill("SIGKILL");
  await new Promise((resolve) => other.once("exit", resolve));

  const second = await startPostgres({ folder });
  expect(isRunning(orphan)).toBe(false);
  expect(second.caCertificate).toBe(issued);
  expect(await query(second.url, "SELECT n, slot_name FROM kept, pg_replication_slots")).toEqual([
    { n: 1, slot_name: "s" },
  ]);
  const last = serverPid();
  await second.stop();
  for (const limit = Date.now() + 5000; isRunning(last) && Date.now() < limit;) await delay(10);
  expect(isRunning(last)).toBe(false);
}, 60_000);

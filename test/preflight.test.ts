/** Preflight against a real PostgreSQL: what it finds where something is wrong, and that it finds nothing else. */
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Client } from "pg";
import { startEndpoint } from "../local/core/http";
import { testSurroundings } from "../local/core/testing/surroundings";
import { startPostgres, type Postgres } from "../local/postgres";
import { connect as connectAs } from "../local/sample/connect";
import { secretsService } from "../local/services/secrets";
import { tables, type Table } from "../model";
import { readCatalog } from "../ops/preflight/catalog";
import { connect, fromUrl } from "../ops/preflight/connection";
import { expected } from "../ops/preflight/expected";
import { CHECKS, type Finding } from "../ops/preflight/finding";
import { measure } from "../ops/preflight/measure";
import { look, run } from "../ops/preflight/run";
import { readStack } from "../ops/preflight/stack";
import { badTables } from "./preflight/badTables";

const TODAY = "2026-11-24";
const project = path.join(__dirname, "..");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "preflight-"));
let postgres: Postgres;
let client: Client;

beforeAll(async () => {
  fs.chmodSync(folder, 0o755);
  postgres = await startPostgres({ folder });
  client = await connectAs(postgres);
  await client.query(fs.readFileSync(path.join(project, "local/sample/schema.sql"), "utf8"));
}, 60_000);

afterAll(async () => {
  await client?.end();
  await postgres?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

const brief = ({ level, check, columns = [] }: Finding): string => [level, check, ...columns].join(" ");
const withTable = (finding: Finding): string => `${finding.table ?? "database"}: ${brief(finding)}`;

/** A database of its own, made by `sql`, with `url` to it. */
async function database(name: string, sql: string): Promise<{ url: string; admin: Client }> {
  await client.query(`create database ${name}`);
  const url = postgres.url.replace("/monolith?", `/${name}?`);
  const admin = await connectAs({ ...postgres, url });
  await admin.query(sql);
  return { url, admin };
}

interface Around {
  readonly model?: readonly Table[];
  readonly secrets?: SecretsManagerClient;
  /** Of the stack's settings. */
  readonly folder?: string;
}

async function ran(argv: readonly string[], more: Around = {}) {
  const printed: string[] = [];
  const complaints: string[] = [];
  const code = await run(argv, {
    model: more.model ?? tables,
    environment: {},
    folder: more.folder ?? project,
    today: TODAY,
    print: (text) => printed.push(text),
    complain: (text) => complaints.push(text),
    ...(more.secrets === undefined ? {} : { secrets: more.secrets }),
  });
  return { code, printed: printed.join("\n"), complaints: complaints.join("\n") };
}

/** What is true of the server that every test uses. */
const SERVER = ["database: warning engine-version", "database: note worker-processes"];

test("the sample monolith: only what is true of it, and no error", async () => {
  const { findings, tlsVerified } = await look(fromUrl(postgres.url), tables, expected("3.6.1", TODAY));
  expect(findings.map(withTable)).toEqual([
    // 18 is newer than AWS' list; PostgreSQL's own defaults are below what AWS asks for.
    SERVER[1],
    SERVER[0],
    "public.shops: warning null-not-seen tags",
    "public.users: warning null-not-seen email skills badge",
    "public.contracts: warning null-not-seen terms",
    "public.absences: warning null-not-seen comment certificate",
  ]);
  expect(tlsVerified).toBe(true);
});

describe("tables that are wrong in one way each", () => {
  let findings: readonly Finding[] = [];
  let url = "";
  let admin: Client;
  const model = badTables.map((bad) => bad.model);
  const again = async () => (await look(fromUrl(url), model, expected("3.6.1", TODAY))).findings;

  beforeAll(async () => {
    ({ url, admin } = await database("wrong", badTables.map(({ sql }) => sql).join("\n")));
    findings = await again();
  }, 60_000);
  afterAll(() => admin.end());

  test("each shows what is wrong with it, and nothing else", () => {
    const found = model.map(({ name }) => [
      name,
      findings.filter(({ table }) => table === `public.${name}`).map(brief),
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(badTables.map((bad) => [bad.model.name, bad.found])));
  });

  test("what concerns the database", () => {
    const found = findings.filter(({ table }) => table === undefined);
    expect(found.map(withTable).sort()).toEqual(
      ["database: note not-replicated", "database: note truncate", ...[...SERVER].reverse()].sort(),
    );
    expect(found.find(({ check }) => check === "not-replicated")?.what).toContain("public.Twin, public.child.");
  });

  test("the statements of the fixes fix", async () => {
    const fixed = [
      "unlogged",
      "parent",
      "keyless",
      "late",
      "silent",
      "indexed",
      "not_full",
      "emptied",
      "deferring",
      "coalesced",
      "free",
    ];
    const of = (all: readonly Finding[]) =>
      all.filter(({ table = "" }) => fixed.includes(table.replace("public.", "")));
    expect(new Set(of(findings).map(({ table }) => table)).size).toBe(fixed.length);
    for (const { sql = "" } of of(findings)) await admin.query(sql);
    expect(of(await again()).map(withTable)).toEqual([]);
  });

  test("a large table is sampled, and a table that is locked does not hold up the others", async () => {
    await admin.query(
      "create table big (id bigint primary key, note text); insert into big select i, repeat('x', 900) from generate_series(1, 900) i",
    );
    const holder = await connectAs({ ...postgres, url });
    await holder.query("begin; lock table endless");
    await admin.query("set lock_timeout = '10ms'");
    const wanted = ["big", "endless", "long"].map((name) => ({ schema: "public", name }));
    const catalog = await readCatalog(admin, wanted, "public");
    const measured = await measure(admin, catalog.tables, { lobMaxKb: 512, wholeBytes: 100_000 });
    await holder.end();
    const percents = Object.fromEntries(
      measured.map(({ name, percent, failure }) => [name, failure ?? Math.round(percent)]),
    );
    expect(percents).toEqual({ big: 11, endless: "canceling statement due to lock timeout", long: 100 });
    const late = await measure(admin, catalog.tables, { lobMaxKb: 512, budget: -1 });
    expect(late.every(({ failure }) => failure?.includes("were over"))).toBe(true);
  });
});

test("the statements of the fixes make the heartbeat, and make it beat", async () => {
  const { url, admin } = await database("still", "");
  const model = tables.filter(({ heartbeat }) => heartbeat !== undefined);
  const found = async () =>
    (await look(fromUrl(url), model, expected("3.6.1", TODAY))).findings.filter(({ table }) => table !== undefined);
  const missing = await found();
  expect(missing.map(brief)).toEqual(["error table-missing"]);
  await admin.query(missing[0]?.sql ?? "");
  expect(await found()).toEqual([]);
  await admin.query("truncate heartbeat");
  const empty = await found();
  expect(empty.map(brief)).toEqual(["warning heartbeat-still beat_at"]);
  await admin.query(empty[0]?.sql ?? "");
  expect(await found()).toEqual([]);
  await admin.query("update heartbeat set beat_at = now() - interval '6 minutes'");
  const [still] = await found();
  expect(still?.what).toContain("is 6 minutes old");
  // pg_cron is not among PostgreSQL's own extensions: what it would run in this database.
  await admin.query(/'(UPDATE [^']*)', 'still'\)/.exec(still?.sql ?? "")?.[1] ?? "");
  expect(await found()).toEqual([]);
  await admin.end();
});

test("a user with few rights, on a server with tight limits", async () => {
  const { url, admin } = await database(
    "narrow",
    `create role reader login password 'reader';
     alter role reader set idle_in_transaction_session_timeout = '1min';
     create table closed (id bigint primary key);
     create table filtered (id bigint primary key); alter table filtered enable row level security;
     grant select on filtered to reader`,
  );
  const model = badTables
    .slice(0, 2)
    .map((bad, index) => ({ ...bad.model, name: ["closed", "filtered"][index] ?? "" }));
  const wanted = { ...expected("3.6.1", TODAY), openTransactionSeconds: 0 };
  const reader = url.replace("//postgres:postgres@", "//reader:reader@");
  const found = async (as: string) => (await look(fromUrl(as), model, wanted)).findings;
  const narrow = await found(reader);
  expect(narrow.map(withTable)).toEqual([
    "database: error replication-role",
    "database: error schema-create",
    "database: warning ddl-trigger",
    SERVER[1],
    "database: warning session-timeout",
    "database: note sessions-hidden",
    SERVER[0],
    "public.closed: error select-grant",
    "public.filtered: error row-security",
  ]);
  for (const { sql = "" } of narrow.filter(({ check }) => check !== "worker-processes")) await admin.query(sql);
  await admin.query("begin; select 1");
  expect((await found(reader)).map(withTable)).toEqual([SERVER[1], "database: warning open-transactions", SERVER[0]]);
  await admin.query("rollback");

  const inForce = async (values: Readonly<Record<string, string>>): Promise<void> => {
    const sql = "select json_object_agg(name, setting) as found from pg_settings where name = any ($1)";
    await admin.query("select pg_reload_conf()");
    // It only asks the server, which reads its files when it comes to it.
    for (;;) {
      const { rows } = await admin.query<{ found: Record<string, string> }>(sql, [Object.keys(values)]);
      if (Object.entries(values).every(([name, value]) => rows[0]?.found[name] === value)) return;
    }
  };
  const tight = { wal_sender_timeout: "5000", max_slot_wal_keep_size: "100", idle_replication_slot_timeout: "60" };
  const usual = { wal_sender_timeout: "60000", max_slot_wal_keep_size: "-1", idle_replication_slot_timeout: "0" };
  try {
    for (const [name, value] of Object.entries(tight)) await admin.query(`alter system set ${name} = '${value}'`);
    await inForce(tight);
    await admin.query("select pg_create_logical_replication_slot('idle', 'test_decoding')");
    expect((await found(url)).map(withTable)).toEqual([
      SERVER[1],
      "database: error wal-sender-timeout",
      "database: warning slot-limit",
      "database: warning slot-limit",
      "database: warning slot-inactive",
      SERVER[0],
    ]);
    await admin.query("select pg_drop_replication_slot('idle')");
  } finally {
    await admin.query("alter system reset all");
    await inForce(usual);
    await admin.end();
  }
}, 30_000);

describe("from the command line", () => {
  const model = badTables.slice(0, 1).map((bad) => bad.model);

  test("exit codes: 0 without errors, 1 with, 2 without a look", async () => {
    const fine = await ran(["--url", postgres.url]);
    expect(fine).toMatchObject({ code: 0, complaints: "" });
    expect(fine.printed).toContain("Nothing found in public.shifts, public.heartbeat.");
    expect(fine.printed).toMatch(/6 tables of the model looked at: 0 errors, 5 warnings, \d notes?\./);
    expect(await ran(["--url", postgres.url], { model })).toMatchObject({ code: 1 });
    const unknown = await ran(["--url", postgres.url.replace("//postgres:postgres@", "//nobody:x@")]);
    expect(unknown).toMatchObject({
      code: 2,
      printed: "",
      complaints: expect.stringContaining("password authentication failed"),
    });
  });

  test("JSON", async () => {
    const { printed } = await ran(["--url", postgres.url, "--json"], { model });
    expect(JSON.parse(printed)).toMatchObject({
      database: "monolith",
      counts: { error: 1 },
      findings: [{ check: "table-missing", level: "error", table: "public.gone" }, {}, {}, {}],
    });
  });

  test("a connection that breaks is an error of the query, and changes nothing before", async () => {
    const session = await connect(fromUrl(postgres.url));
    await expect(session.query("create table made (id int)")).rejects.toThrow("read-only transaction");
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tributary preflight'",
    );
    await expect(session.query("select 1")).rejects.toThrow();
    await session.end();
  });

  test("a certificate of somebody else", async () => {
    const other = path.join(folder, "other.pem");
    const { makeServerCertificate } = await import("../local/certificate");
    fs.writeFileSync(other, (await makeServerCertificate()).authority);
    const { code, complaints } = await ran(["--url", postgres.url, "--ca", other]);
    expect(code).toBe(2);
    expect(complaints).toMatch(/certificate.*--ca/);
  });

  test("by the secret of the stack", async () => {
    const surroundings = testSurroundings();
    const service = secretsService(surroundings);
    const endpoint = await startEndpoint(service.apis ?? [], surroundings);
    const credentials = surroundings.principals.mint("arn:aws:iam::111111111111:root");
    const secrets = new SecretsManagerClient({
      endpoint: endpoint.url,
      region: "eu-west-1",
      credentials,
      maxAttempts: 1,
    });
    const arn = (await readStack("prod", project)).source?.secret ?? "";
    try {
      expect(await ran(["-s", "prod"], { secrets })).toMatchObject({
        code: 2,
        complaints: expect.stringMatching(/Pulumi\.prod\.yaml\) cannot be read: .*can't find the specified secret/),
      });
      service.putSecret(arn, "{}");
      expect(await ran(["-s", "prod"], { secrets })).toMatchObject({
        code: 2,
        complaints: expect.stringContaining("username, password, host and port"),
      });
      const { host, port, user: username, password } = postgres;
      service.putSecret(arn, JSON.stringify({ host, port: String(port), username, password }));
      expect(await ran(["-s", "prod"], { secrets })).toMatchObject({
        code: 2,
        complaints: expect.stringContaining("rds-ca.pem cannot be read"),
      });
      // The stack's settings beside the authority that they name.
      fs.copyFileSync(path.join(project, "Pulumi.prod.yaml"), path.join(folder, "Pulumi.prod.yaml"));
      fs.writeFileSync(path.join(folder, "rds-ca.pem"), postgres.caCertificate);
      const { code, printed } = await ran(["-s", "prod"], { secrets, folder });
      expect(code).toBe(0);
      expect(printed).toMatch(/^PostgreSQL .*, monolith at 127\.0\.0\.1:\d+ as postgres; DMS 3\.6\.1\./);
    } finally {
      secrets.destroy();
      await endpoint.close();
      fs.rmSync(surroundings.folder, { recursive: true });
    }
  });
});

test("docs/preflight.md has a section for every finding, and for nothing else", () => {
  const text = fs.readFileSync(path.join(project, "docs/preflight.md"), "utf8");
  const headings = [...text.matchAll(/^### `([a-z-]+)`$/gm)].map(([, name]) => name);
  expect([...headings].sort()).toEqual([...CHECKS].sort());
});

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Client } from "pg";
import { tables } from "../../model";
import { parseType } from "../../model/types";
import { startPostgres, type Postgres } from "../postgres";
import { connect } from "./connect";
import { beat } from "./heartbeat";
import { createSample, SAMPLE_TABLES } from "./sample";
import { runWorkload } from "./workload";

const size = { shops: 12, users: 60, shifts: 300 };
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sample-"));
let postgres: Postgres;
let client: Client;

beforeAll(async () => {
  fs.chmodSync(folder, 0o755);
  postgres = await startPostgres({ folder });
  client = await connect(postgres);
  await createSample(client, size);
}, 30_000);

afterAll(async () => {
  await client?.end();
  await postgres?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

test("model/monolith.ts describes what the database has", async () => {
  expect(tables.map(({ name }) => name)).toEqual(SAMPLE_TABLES);
  for (const table of tables) {
    const { rows } = await client.query<{ name: string; type: string; enumerated: boolean; nullable: boolean }>(
      `select attname as name, format_type(atttypid, atttypmod) as type, typtype = 'e' as enumerated, not attnotnull as nullable
       from pg_attribute join pg_type on pg_type.oid = atttypid where attrelid = $1::regclass and attnum > 0 order by attnum`,
      [table.name],
    );
    const described = table.columns.map(({ name, type, precision, scale, nullable }) => ({
      name,
      type,
      precision,
      scale,
      nullable,
    }));
    expect(described).toEqual(
      rows.map(({ name, type, enumerated, nullable }) => ({
        name,
        precision: undefined,
        scale: undefined,
        ...(enumerated ? { type: "enum" } : parseType(type)),
        nullable,
      })),
    );
    const facts = await client.query<{ key: string[]; full: boolean }>(
      `select relreplident = 'f' as full, (select array_agg(attname::text order by array_position(indkey::int[], attnum::int))
         from pg_index join pg_attribute on attrelid = indrelid and attnum = any (indkey) where indrelid = pg_class.oid and indisprimary) as key
       from pg_class where oid = $1::regclass`,
      [table.name],
    );
    expect(facts.rows).toEqual([{ key: table.key, full: table.replicaIdentityFull }]);
  }
});

test("the rows are the same each time, with the values that are hard to carry", async () => {
  const ask = async (sql: string): Promise<unknown> => Object.values((await client.query(sql)).rows[0] ?? {})[0];
  expect(await ask("select min(id)::text from shifts")).toBe("9007199254740994");
  expect(await ask("select md5(string_agg(users::text, '' order by id)) from users")).toBe(
    "7b1157d1d9d5df539d17cbec5ece103c",
  );
  for (const what of [
    "contracts where length(terms) > 3000",
    "contracts where terms is null",
    "contracts where terms = ''",
    "users where badge = ''",
    "users where skills = '{}'",
    "users where phone = ''",
    "shops where settings::text like '%\\\\\\\\%'",
  ]) {
    expect([what, Number(await ask(`select count(*) from ${what}`)) > 0]).toEqual([what, true]);
  }
});

test("the heart beats until it is told to stop", async () => {
  const beats = async (): Promise<number> =>
    Number((await client.query("select extract(epoch from beat_at) as at from heartbeat")).rows[0]?.at);
  const stop = new AbortController();
  const before = await beats();
  const beating = beat(() => connect(postgres), stop.signal);
  while ((await beats()) === before);
  stop.abort();
  await beating;
  expect(await beats()).toBeGreaterThan(before);
});

test("the workload makes as many changes as it is asked for, and leaves no transaction open", async () => {
  const result = await runWorkload({ connect: () => connect(postgres), size, seed: 7, changes: 500, over: 0 });
  expect(result.changes).toBeGreaterThanOrEqual(500);
  const kinds = await client.query<{ n_tup_ins: string; n_tup_upd: string; n_tup_del: string }>(
    "select sum(n_tup_ins) as n_tup_ins, sum(n_tup_upd) as n_tup_upd, sum(n_tup_del) as n_tup_del from pg_stat_user_tables",
  );
  for (const count of Object.values(kinds.rows[0] ?? {})) expect(Number(count)).toBeGreaterThan(0);
  expect(
    (await client.query("select 1 from users where first_name = 'Noé' and last_name = 'D''Été'")).rowCount,
  ).toBeGreaterThan(0);
  expect((await client.query("select 1 from shifts where note = 'never happened'")).rowCount).toBe(0);
});

import { brief, server as source } from "../testing/build";
import type { Server } from "../source";
import { server } from "./server";

const role = (more: Partial<Server["role"]>) => source({ role: { ...source().role, replication: false, ...more } });
const artifacts = (more: Partial<Server["artifacts"]>, who: Partial<Server["role"]> = {}) =>
  source({ artifacts: { ...source().artifacts, ...more }, role: { ...source().role, ...who } });

test("a server as DMS wants it", () => {
  expect(server(source())).toEqual([]);
});

test("a read replica; a server without TLS", () => {
  expect(brief(server(source({ isReplica: true, settings: { ssl: "off" } })))).toEqual([
    "error read-replica",
    "error tls-off",
  ]);
});

test("who may replicate", () => {
  expect(server(role({}))).toMatchObject([
    { check: "replication-role", level: "error", sql: 'ALTER ROLE "dms" REPLICATION;' },
  ]);
  expect(server({ ...role({}), isRds: true })[0]?.sql).toBe('GRANT rds_replication TO "dms";');
  for (const right of ["superuser", "replication", "rdsReplication", "rdsSuperuser"] as const) {
    expect(server(role({ [right]: true }))).toEqual([]);
  }
});

test("heartbeat and record of DDL: made by DMS, or there already", () => {
  expect(server(artifacts({ create: false }))).toMatchObject([
    {
      check: "schema-create",
      level: "error",
      what: expect.stringContaining("awsdms_heartbeat"),
      sql: 'GRANT USAGE, CREATE ON SCHEMA "public" TO "dms";',
    },
  ]);
  expect(server(artifacts({ create: false, hasHeartbeat: true }))).toEqual([]);
});

test("the event trigger: made by a superuser, made beforehand, disabled", () => {
  const [missing] = server(artifacts({ trigger: null }));
  expect(missing).toMatchObject({ check: "ddl-trigger", level: "warning" });
  expect(missing?.sql).toContain("CREATE EVENT TRIGGER awsdms_intercept_ddl");
  expect(server(artifacts({ trigger: null }, { rdsSuperuser: true }))).toEqual([]);
  expect(brief(server(artifacts({ trigger: "D" })))).toEqual(["warning ddl-trigger"]);
});

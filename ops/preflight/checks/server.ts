/** What the server is, and what the replication user may do on it. */
import { escapeIdentifier } from "pg";
import { ddlAuditSql } from "../ddlAudit";
import type { Finding } from "../finding";
import type { Server } from "../source";

function kind(server: Server): Finding[] {
  const findings: Finding[] = [];
  if (server.isReplica) {
    findings.push({
      check: "read-replica",
      level: "error",
      what: "It is a read replica: DMS follows no changes there, and its heartbeat cannot write.",
      fix: "Point the source at the primary.",
    });
  }
  if (server.settings["ssl"] === "off") {
    findings.push({
      check: "tls-off",
      level: "error",
      what: "The server takes no TLS, and the source endpoint insists on it (sslMode): DMS cannot connect.",
      fix: "Give the server a certificate and switch ssl on. On RDS it is on.",
      ...(server.isRds ? {} : { sql: "ALTER SYSTEM SET ssl = on;\nSELECT pg_reload_conf();" }),
    });
  }
  return findings;
}

function role({ role, user, isRds }: Server): Finding[] {
  if (role.superuser || role.replication || role.rdsReplication || role.rdsSuperuser) return [];
  const name = escapeIdentifier(user);
  return [
    {
      check: "replication-role",
      level: "error",
      what: `${user} may not open a replication connection: DMS cannot make a slot, and follows nothing.`,
      fix: isRds ? "Grant it, as the master user." : "Grant it, as a superuser.",
      sql: isRds ? `GRANT rds_replication TO ${name};` : `ALTER ROLE ${name} REPLICATION;`,
    },
  ];
}

function artifacts(server: Server): Finding[] {
  const { artifacts, user } = server;
  const { schema } = artifacts;
  const isAdministrator = server.role.superuser || server.role.rdsSuperuser;
  const findings: Finding[] = [];
  const missing = [
    ...(artifacts.hasHeartbeat ? [] : ["awsdms_heartbeat"]),
    ...(artifacts.hasAudit ? [] : ["awsdms_ddl_audit"]),
  ];
  if (!artifacts.create && missing.length > 0) {
    findings.push({
      check: "schema-create",
      level: "error",
      what:
        `${user} may not create in schema ${schema}, where DMS makes ${missing.join(" and ")}: without the heartbeat a quiet ` +
        "database lets the log pile up, without the other no change of a table's columns is seen.",
      fix: "Grant it.",
      sql: `GRANT USAGE, CREATE ON SCHEMA ${escapeIdentifier(schema)} TO ${escapeIdentifier(user)};`,
    });
  }
  if (artifacts.trigger === "D") {
    findings.push({
      check: "ddl-trigger",
      level: "warning",
      what: "The event trigger awsdms_intercept_ddl is disabled: changes of a table's columns are not seen.",
      fix: "Enable it.",
      sql: "ALTER EVENT TRIGGER awsdms_intercept_ddl ENABLE;",
    });
  } else if (artifacts.trigger === null && !isAdministrator) {
    findings.push({
      check: "ddl-trigger",
      level: "warning",
      what:
        `${user} cannot make the event trigger by which DMS sees changes of a table's columns (captureDdls): ` +
        "that takes a superuser or rds_superuser.",
      fix: `Make it beforehand: the table and the function as ${user}, the trigger as the master user.`,
      sql: ddlAuditSql(schema),
    });
  }
  return findings;
}

export const server = (one: Server): Finding[] => [...kind(one), ...role(one), ...artifacts(one)];

/**
 * How a task learns of ALTER TABLE and the like: the audit table and event trigger that DMS puts on the source. The statement
 * appears in the log at its place among the changes. AWS DMS guide, "Using a PostgreSQL database as an AWS DMS source".
 */
import type { Client } from "pg";
import { escapeIdentifier } from "pg";
import type { SourceTable } from "./catalog";
import type { ControlOperation } from "./control";

export const AUDIT_TABLE = "awsdms_ddl_audit";

/** Nothing is changed where the objects stand already, as for a user who may not create event triggers. */
export async function createDdlArtifacts(client: Client, schema: string): Promise<void> {
  const { rowCount } = await client.query("select 1 from pg_event_trigger where evtname = 'awsdms_intercept_ddl'");
  if (rowCount !== null && rowCount > 0) return;
  const at = escapeIdentifier(schema);
  await client.query(`
    create table if not exists ${at}.awsdms_ddl_audit (
      c_key bigserial primary key,
      c_time timestamp,
      c_user varchar(64),
      c_txn varchar(16),
      c_tag varchar(24),
      c_oid integer,
      c_name varchar(64),
      c_schema varchar(64),
      c_ddlqry text
    );
    create or replace function ${at}.awsdms_intercept_ddl() returns event_trigger
    language plpgsql security definer as $$
    declare _qry text;
    begin
      if (tg_tag = 'CREATE TABLE' or tg_tag = 'ALTER TABLE' or tg_tag = 'DROP TABLE') then
        select current_query() into _qry;
        insert into ${at}.awsdms_ddl_audit values (
          default, current_timestamp, current_user, cast(txid_current() as varchar(16)), tg_tag, 0, '', current_schema, _qry);
        delete from ${at}.awsdms_ddl_audit;
      end if;
    end;
    $$;
    create event trigger awsdms_intercept_ddl on ddl_command_end execute procedure ${at}.awsdms_intercept_ddl();`);
}

/** What became of a table, in the words of the control messages. */
export function alterations(before: SourceTable, after: SourceTable): ControlOperation[] {
  const operations: ControlOperation[] = [];
  const old = new Map(before.columns.map((column) => [column.number, column]));
  for (const column of after.columns) {
    const known = old.get(column.number);
    old.delete(column.number);
    if (known === undefined) {
      operations.push("add-column");
      continue;
    }
    if (known.name !== column.name) operations.push("rename-column");
    const { pgType, precision, scale, length } = column;
    if (pgType !== known.pgType || precision !== known.precision || scale !== known.scale || length !== known.length) {
      operations.push("column-type-change");
    }
  }
  for (let dropped = old.size; dropped > 0; dropped--) operations.push("drop-column");
  return operations;
}

const HEARTBEAT_TABLE = "awsdms_heartbeat";

/** Writes a row that says when the task was last alive, so that the slot moves on while the captured tables rest. */
export async function beat(client: Client, schema: string, task: string): Promise<void> {
  const table = `${escapeIdentifier(schema)}.${HEARTBEAT_TABLE}`;
  const { rowCount } = await client.query("select 1 where to_regclass($1) is not null", [table]);
  if (rowCount === 0) {
    await client.query(`create table if not exists ${table} (
      hb_key varchar(64) primary key, hb_created_at timestamp, hb_created_by varchar(64),
      hb_last_heartbeat_at timestamp, hb_last_heartbeat_by varchar(64))`);
  }
  await client.query(
    `insert into ${table} values ($1, localtimestamp, $1, localtimestamp, $1)
     on conflict (hb_key) do update set hb_last_heartbeat_at = localtimestamp, hb_last_heartbeat_by = $1`,
    [task],
  );
}

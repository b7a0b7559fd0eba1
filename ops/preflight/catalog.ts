/** Reads the source's catalog: one query for the server, one for all relations, one for the tables of the model. */
import type { ClientBase } from "pg";
import type { TableName } from "./finding";
import type { CatalogTable, Relation, Server, Source } from "./source";

/** Settings that a check reads. Those that the server does not know are left out of the answer. */
const SETTINGS = [
  "wal_level",
  "ssl",
  "max_replication_slots",
  "max_wal_senders",
  "max_worker_processes",
  "max_logical_replication_workers",
  "autovacuum_max_workers",
  "max_parallel_workers",
  "wal_sender_timeout",
  "max_slot_wal_keep_size",
  "idle_replication_slot_timeout",
  "idle_in_transaction_session_timeout",
  "idle_session_timeout",
  "transaction_timeout",
  "statement_timeout",
];

/**
 * `reset_val` and not `setting`: what a session of this user begins with. Slots go through JSON, since their columns differ
 * between versions. The roles of RDS are looked up by name, for they exist there only.
 */
const SERVER = `
select
  current_setting('server_version') as version,
  current_setting('server_version_num')::int as "versionNumber",
  current_database() as database,
  current_user as user,
  pg_is_in_recovery() as "isReplica",
  exists (select from pg_roles where rolname = 'rdsadmin') as "isRds",
  (select json_object_agg(name, reset_val) from pg_settings where name = any($1)) as settings,
  (select json_build_object(
     'superuser', rolsuper,
     'replication', rolreplication,
     'rdsReplication', exists (select from pg_roles where rolname = 'rds_replication' and pg_has_role(me.oid, oid, 'MEMBER')),
     'rdsSuperuser', exists (select from pg_roles where rolname = 'rds_superuser' and pg_has_role(me.oid, oid, 'MEMBER')),
     'seesSessions', pg_has_role(me.oid, 'pg_read_all_stats', 'USAGE'))
   from pg_roles me where rolname = current_user) as role,
  (select coalesce(json_agg(json_build_object(
     'name', slot ->> 'slot_name',
     'plugin', slot ->> 'plugin',
     'active', (slot ->> 'active')::boolean,
     'walStatus', slot ->> 'wal_status',
     'lag', pg_wal_lsn_diff(
       case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end,
       (slot ->> 'restart_lsn')::pg_lsn)) order by slot ->> 'slot_name'), '[]')
   from (select to_jsonb(pg_replication_slots) as slot from pg_replication_slots) as slots) as slots,
  (select count(*)::int from pg_stat_replication) as senders,
  json_build_object(
    'schema', $2::text,
    'create', exists (select from pg_namespace where nspname = $2 and has_schema_privilege(oid, 'USAGE')
                        and has_schema_privilege(oid, 'CREATE')),
    'hasHeartbeat', to_regclass(quote_ident($2) || '.awsdms_heartbeat') is not null,
    'hasAudit', to_regclass(quote_ident($2) || '.awsdms_ddl_audit') is not null,
    'trigger', (select evtenabled from pg_event_trigger where evtname = 'awsdms_intercept_ddl')) as artifacts,
  (select coalesce(json_agg(json_build_object(
     'pid', pid, 'user', coalesce(usename, ''), 'state', coalesce(state, ''),
     'seconds', floor(extract(epoch from clock_timestamp() - xact_start))) order by xact_start), '[]')
   from pg_stat_activity
   where xact_start is not null and pid <> pg_backend_pid() and backend_type = 'client backend') as transactions,
  (select coalesce(json_agg(gid order by prepared), '[]') from pg_prepared_xacts) as prepared`;

const RELATIONS = `
select nspname as schema, relname as name, relkind as kind, relpersistence as persistence,
  relispartition as "isPartition",
  exists (select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e') as "ofExtension"
from pg_class c join pg_namespace n on n.oid = relnamespace
where relkind in ('r', 'p', 'v', 'm', 'f')
  and nspname not in ('pg_catalog', 'information_schema') and nspname !~ '^pg_toast'
order by nspname, relname`;

/**
 * For the relations whose schemas and names are given. It takes no lock on them: pg_get_indexdef() would, which is why the
 * call of coalesce() is looked for in the parsed expression.
 */
const TABLES = `
select nspname as schema, relname as name, relkind as kind, relpersistence as persistence,
  relispartition as "isPartition", false as "ofExtension",
  relreplident as identity,
  (select coalesce(json_agg(json_build_object(
     'name', attname,
     'type', format_type(atttypid, atttypmod),
     'typeName', typname,
     'typeKind', typtype,
     'isArray', typcategory = 'A',
     'baseType', case typtype when 'd' then format_type(typbasetype, typtypmod) end,
     'nullable', not attnotnull,
     'generated', attgenerated) order by attnum), '[]')
   from pg_attribute join pg_type t on t.oid = atttypid
   where attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
  (select coalesce(json_agg(attname order by place), '[]')
   from pg_constraint cross join unnest(conkey) with ordinality as key (attnum, place)
     join pg_attribute a on a.attrelid = conrelid and a.attnum = key.attnum
   where conrelid = c.oid and contype = 'p') as key,
  exists (select from pg_constraint where conrelid = c.oid and contype = 'p' and condeferrable) as "keyDeferrable",
  (select json_build_object('name', indexrelid::regclass::text, 'columns',
     (select coalesce(json_agg(attname), '[]') from pg_attribute where attrelid = indrelid and attnum = any (indkey)))
   from pg_index where indrelid = c.oid and indisreplident) as "identityIndex",
  (select coalesce(json_agg(json_build_object('name', conname, 'definition', pg_get_constraintdef(oid)) order by conname), '[]')
   from pg_constraint where conrelid = c.oid and condeferrable and contype <> 'p') as deferrable,
  (select coalesce(json_agg(relname order by relname), '[]')
   from pg_index join pg_class on pg_class.oid = indexrelid
   where indrelid = c.oid and indisunique and indexprs::text ~ '\\{COALESCE') as "coalesceIndexes",
  (select json_build_object('name', rolname, 'superuser', rolsuper, 'truncates', has_table_privilege(oid, c.oid, 'TRUNCATE'))
   from pg_roles where oid = relowner) as owner,
  (select coalesce(json_agg(distinct coalesce(rolname, 'PUBLIC')), '[]')
   from aclexplode(relacl) as granted left join pg_roles on oid = grantee
   where privilege_type = 'TRUNCATE' and grantee <> relowner and rolsuper is not true) as truncaters,
  has_schema_privilege(n.oid, 'USAGE') as "schemaUsable",
  has_table_privilege(c.oid, 'SELECT') as selectable,
  relrowsecurity and row_security_active(c.oid) as "rowsHidden",
  case when relispartition then (select inhparent::regclass::text from pg_inherits where inhrelid = c.oid) end as parent,
  (select coalesce(json_agg(inhrelid::regclass::text order by inhrelid::regclass::text), '[]')
   from pg_inherits where inhparent = c.oid) as children
from unnest($1::text[], $2::text[]) as wanted (schema, name)
  join pg_namespace n on nspname = wanted.schema
  join pg_class c on relnamespace = n.oid and relname = wanted.name and relkind in ('r', 'p', 'v', 'm', 'f')`;

/** All at one moment, and without a right to change anything. */
export async function readCatalog(
  client: ClientBase,
  wanted: readonly TableName[],
  artifactsSchema: string,
): Promise<Omit<Source, "measured">> {
  await client.query("begin transaction isolation level repeatable read read only");
  try {
    const servers = await client.query<Server>(SERVER, [SETTINGS, artifactsSchema]);
    const relations = await client.query<Relation>(RELATIONS);
    const tables = await client.query<CatalogTable>(TABLES, [
      wanted.map(({ schema }) => schema),
      wanted.map(({ name }) => name),
    ]);
    const [server] = servers.rows;
    if (server === undefined) throw new Error("The server said nothing about itself.");
    return { server, relations: relations.rows, tables: tables.rows };
  } finally {
    await client.query("rollback");
  }
}

/**
 * What DMS makes on the source to see DDL, for a user who may not make it himself. Names, columns and types are those that
 * DMS expects: DMS guide, "Migrating an Amazon RDS for PostgreSQL database without using the master user account".
 */
import { escapeIdentifier } from "pg";

export function ddlAuditSql(schemaName: string): string {
  const schema = escapeIdentifier(schemaName);
  return `CREATE TABLE ${schema}.awsdms_ddl_audit (
  c_key bigserial PRIMARY KEY, c_time timestamp, c_user varchar(64), c_txn varchar(16), c_tag varchar(24),
  c_oid integer, c_name varchar(64), c_schema varchar(64), c_ddlqry text
);
CREATE FUNCTION ${schema}.awsdms_intercept_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF tg_tag IN ('CREATE TABLE', 'ALTER TABLE', 'DROP TABLE') THEN
    INSERT INTO ${schema}.awsdms_ddl_audit VALUES (DEFAULT, current_timestamp, current_user,
      cast(txid_current() AS varchar(16)), tg_tag, 0, '', current_schema, current_query());
    DELETE FROM ${schema}.awsdms_ddl_audit;
  END IF;
END $$;
GRANT ALL ON ${schema}.awsdms_ddl_audit, ${schema}.awsdms_ddl_audit_c_key_seq TO PUBLIC;
CREATE EVENT TRIGGER awsdms_intercept_ddl ON ddl_command_end EXECUTE FUNCTION ${schema}.awsdms_intercept_ddl();`;
}

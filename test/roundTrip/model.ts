/** A table with a column of every PostgreSQL type that the model knows. */
import * as pg from "drizzle-orm/pg-core";
import { MONOLITH, type Service } from "../../model";
import { describeTable } from "../../model/table";

/** A type that drizzle has no function for. */
const other = (sql: string) => pg.customType<{ data: string }>({ dataType: () => sql })();

const mood = pg.pgEnum("mood", ["sad", "ok", "très content"]);

export const everything = describeTable(
  MONOLITH,
  pg.pgTable("everything", {
    id: pg.bigint({ mode: "bigint" }).primaryKey(),
    c_smallint: pg.smallint(),
    c_integer: pg.integer(),
    c_bigint: pg.bigint({ mode: "bigint" }),
    c_numeric: pg.numeric({ precision: 30, scale: 10 }),
    c_numeric_38: pg.numeric({ precision: 38, scale: 0 }),
    c_number: pg.numeric(),
    c_real: pg.real(),
    c_double: pg.doublePrecision(),
    c_boolean: pg.boolean(),
    c_char: pg.char({ length: 3 }),
    c_varchar: pg.varchar({ length: 40 }),
    c_text: pg.text(),
    c_json: pg.json(),
    c_jsonb: pg.jsonb(),
    c_array: pg.text().array(),
    c_hstore: other("hstore"),
    c_xml: other("xml"),
    c_tsvector: other("tsvector"),
    c_bytea: other("bytea"),
    c_uuid: pg.uuid(),
    c_enum: mood(),
    c_date: pg.date(),
    c_time: pg.time(),
    c_timetz: pg.time({ withTimezone: true }),
    c_timestamp: pg.timestamp(),
    c_timestamptz: pg.timestamp({ withTimezone: true }),
    c_interval: pg.interval(),
    c_inet: pg.inet(),
    c_cidr: pg.cidr(),
    c_macaddr: pg.macaddr(),
    c_bit: other("bit(4)"),
    c_varbit: other("bit varying(9)"),
    c_range: other("int4range"),
  }),
  { comment: "One row per set of values that are hard to carry" },
);

export const follower: Service = {
  name: "follower",
  comment: "Follows every column",
  follows: [{ table: "everything" }],
  owns: [],
};

/** A table as the model knows it: drizzle's description of what the database has, and what a database does not know. */
import type { PgTable } from "drizzle-orm/pg-core";
import { getTableConfig } from "drizzle-orm/pg-core";
import { lakeFault } from "./lake";
import { looksPrivate } from "./privacy";
import type { Column, Privacy } from "./types";
import { parseType } from "./types";

/** Plain data; everything about a table derives from it. */
export interface Table {
  /** `monolith`, or the service that owns the table. */
  readonly source: string;
  /** PostgreSQL schema; for a service's own table the empty text. */
  readonly schema: string;
  readonly name: string;
  /** Columns of the primary key, in its order. */
  readonly key: readonly string[];
  readonly columns: readonly Column[];
  readonly comment: string;
  readonly replicaIdentityFull: boolean;
  /** Of the heartbeat: the column with the time of the last beat. */
  readonly heartbeat?: string;
}

export interface TableNotes {
  /** One line for the catalog: what one row is. */
  readonly comment: string;
  /** Columns that never enter the lake: names, e-mail, phone, social security number and the like. */
  readonly private?: readonly string[];
  /** Columns of which the lake gets a keyed hash: equal values have equal hashes, in every table. */
  readonly pseudonym?: readonly string[];
  /** Columns whose name looks private (`privacy.ts`) and that somebody decided to show all the same. */
  readonly open?: readonly string[];
  /** By column, for the catalog. */
  readonly comments?: Readonly<Record<string, string>>;
  /** The database has `REPLICA IDENTITY FULL` for it, and DMS reads with test_decoding. */
  readonly replicaIdentityFull?: boolean;
  /**
   * The table is the heartbeat: one row, in which this column is set to the time once a minute. It goes the way of all tables,
   * so that the data account sees when that way is slow or broken, however quiet the others are (docs/operations.md).
   */
  readonly heartbeat?: string;
}

/** A mistake in the model; the message names table and column and says what to do. */
export class ModelError extends Error {}

/**
 * @throws ModelError for a table without primary key, an unsupported type, notes that name no column, or what the lake cannot
 * have (`lake.ts`).
 */
export function describeTable(source: string, table: PgTable, notes: TableNotes): Table {
  const config = getTableConfig(table);
  const at = `model: table "${config.name}"`;
  const inline = config.columns.filter((column) => column.primary).map((column) => column.name);
  const composite = config.primaryKeys[0]?.columns.map((column) => column.name);
  const key = composite ?? inline;
  if (key.length === 0) {
    throw new ModelError(
      `${at} has no primary key: DMS ignores its updates and deletes. Give it one, or leave it out.`,
    );
  }
  const decided = [...(notes.private ?? []), ...(notes.pseudonym ?? []), ...(notes.open ?? [])];
  const named = [...decided, ...Object.keys(notes.comments ?? {})];
  for (const name of named) {
    if (!config.columns.some((column) => column.name === name)) {
      throw new ModelError(`${at} notes a column "${name}" that it does not have.`);
    }
  }
  const twice = decided.find((name, index) => decided.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new ModelError(
      `${at}, column "${twice}" is decided twice: let it stand in one of private, pseudonym and open.`,
    );
  }
  const columns = config.columns.map((column): Column => {
    const sql = column.getSQLType();
    const type =
      column.enumValues !== undefined && !sql.includes("char") && sql !== "text" ? enumType(sql) : parseType(sql);
    if (type === undefined) {
      throw new ModelError(
        `${at}, column "${column.name}": type "${sql}" is not in model/types.ts. Add it there, or leave the column out.`,
      );
    }
    if (column.name.startsWith("_")) {
      throw new ModelError(
        `${at}, column "${column.name}": names with a leading underscore are ours. Leave the column out.`,
      );
    }
    const privacy = privacyOf(column.name, notes, at);
    if (privacy !== "open" && key.includes(column.name)) {
      throw new ModelError(
        `${at}, column "${column.name}" is part of the key and cannot be private: no change could be told apart.`,
      );
    }
    return {
      name: column.name,
      ...type,
      nullable: !column.notNull,
      privacy,
      comment: notes.comments?.[column.name] ?? "",
    };
  });
  const fault = lakeFault({ name: config.name, comment: notes.comment, columns });
  if (fault !== undefined) throw new ModelError(`${at}${fault}`);
  if (notes.heartbeat !== undefined) checkHeartbeat(notes.heartbeat, { source, key, columns }, at);
  return {
    source,
    schema: source === MONOLITH ? (config.schema ?? "public") : "",
    name: config.name,
    key,
    columns,
    comment: notes.comment,
    replicaIdentityFull: notes.replicaIdentityFull ?? false,
    ...(notes.heartbeat === undefined ? {} : { heartbeat: notes.heartbeat }),
  };
}

const INTEGERS: readonly string[] = ["smallint", "integer", "bigint"];

/** The simplest table there is, so that `npm run preflight` can say how to make it, and whether it beats. */
function checkHeartbeat(
  beat: string,
  { source, key, columns }: Pick<Table, "source" | "key" | "columns">,
  at: string,
): void {
  if (source !== MONOLITH) throw new ModelError(`${at} is the heartbeat: only a table of the monolith can be it.`);
  const fits = ({ name, type, nullable }: Column): boolean =>
    name === beat ? type === "timestamp with time zone" && !nullable : INTEGERS.includes(type);
  if (columns.length !== 2 || key.length !== 1 || key.includes(beat) || !columns.every(fits)) {
    throw new ModelError(
      `${at} is the heartbeat: it must have a key of one integer, and "${beat}", a timestamptz that is never null; no more.`,
    );
  }
}

/** @throws ModelError if there are several */
export function heartbeatOf(tables: readonly Table[]): Table | undefined {
  const [first, second] = tables.filter(({ heartbeat }) => heartbeat !== undefined);
  if (first !== undefined && second !== undefined) {
    throw new ModelError(`model: both "${first.name}" and "${second.name}" are the heartbeat: all tables go one way.`);
  }
  return first;
}

/** @throws ModelError for a column that looks private and that nobody has decided about. */
function privacyOf(name: string, { private: dropped, pseudonym, open }: TableNotes, at: string): Privacy {
  if (dropped?.includes(name) === true) return "drop";
  if (pseudonym?.includes(name) === true) return "pseudonym";
  if (open?.includes(name) !== true && looksPrivate(name)) {
    throw new ModelError(
      `${at}, column "${name}": the name looks private. Decide in model/tables.ts (model/services.ts for a service's ` +
        `own table): private (never in the lake, the rule), pseudonym (a keyed hash, to join on) or open (as it is).`,
    );
  }
  return "open";
}

/** The source of the tables that DMS replicates. */
export const MONOLITH = "monolith";

const enumType = (sql: string): Pick<Column, "type"> => ({ type: sql.endsWith("[]") ? "array" : "enum" });

/** What the checks know of the source: what the queries returned, as plain data. */
import type { PgType } from "../../model";
import { parseType } from "../../model/types";
import type { TableName } from "./finding";

/** Anything of `pg_class` that a model's table could be taken for. */
export interface Relation extends TableName {
  /** `relkind`: r table, p partitioned table, v view, m materialized view, f foreign table. */
  readonly kind: "r" | "p" | "v" | "m" | "f";
  /** `relpersistence`: p permanent, u unlogged, t temporary. */
  readonly persistence: "p" | "u" | "t";
  readonly isPartition: boolean;
  readonly ofExtension: boolean;
}

export interface CatalogColumn {
  readonly name: string;
  /** As `format_type` writes it. */
  readonly type: string;
  /** `typname`, without schema and modifiers. */
  readonly typeName: string;
  /** `typtype`: b base, c composite, d domain, e enum, r range, m multirange, p pseudo. */
  readonly typeKind: "b" | "c" | "d" | "e" | "r" | "m" | "p";
  readonly isArray: boolean;
  /** Of a domain, what it stands on. */
  readonly baseType: string | null;
  readonly nullable: boolean;
  /** `attgenerated`: s stored, v virtual, empty for an ordinary column. */
  readonly generated: "s" | "v" | "";
}

/** A relation that the model describes, in detail. */
export interface CatalogTable extends Relation {
  readonly columns: readonly CatalogColumn[];
  /** The primary key in its order; empty if there is none. */
  readonly key: readonly string[];
  readonly keyDeferrable: boolean;
  /** `relreplident`: d default, f full, n nothing, i an index. */
  readonly identity: "d" | "f" | "n" | "i";
  readonly identityIndex: { readonly name: string; readonly columns: readonly string[] } | null;
  /** Deferrable constraints beside the primary key. */
  readonly deferrable: readonly { readonly name: string; readonly definition: string }[];
  /** Unique indexes whose definition calls coalesce(). */
  readonly coalesceIndexes: readonly string[];
  readonly owner: { readonly name: string; readonly superuser: boolean; readonly truncates: boolean };
  /** Roles with TRUNCATE beside owner and superusers; PUBLIC for everyone. */
  readonly truncaters: readonly string[];
  readonly schemaUsable: boolean;
  readonly selectable: boolean;
  /** Policies hide rows from the user we are. */
  readonly rowsHidden: boolean;
  /** Parent of a partition, as SQL writes it. */
  readonly parent: string | null;
  /** Partitions, or tables that inherit. */
  readonly children: readonly string[];
}

export interface Slot {
  readonly name: string;
  readonly plugin: string | null;
  readonly active: boolean;
  /** `wal_status`: reserved, extended, unreserved, lost; null where it says nothing. */
  readonly walStatus: string | null;
  /** Bytes of log that are kept because of it; null if it keeps none. */
  readonly lag: number | null;
}

export interface Server {
  readonly version: string;
  /** `server_version_num`. */
  readonly versionNumber: number;
  readonly database: string;
  /** Whom we are connected as: the replication user, if the credentials are those of DMS. */
  readonly user: string;
  readonly isReplica: boolean;
  readonly isRds: boolean;
  /** Of `pg_settings`, in its base units, as they hold for a session of this user. */
  readonly settings: Readonly<Record<string, string>>;
  readonly role: {
    readonly superuser: boolean;
    readonly replication: boolean;
    readonly rdsReplication: boolean;
    readonly rdsSuperuser: boolean;
    /** May see the sessions of others. */
    readonly seesSessions: boolean;
  };
  readonly slots: readonly Slot[];
  /** Connections that take the log now: replicas, tasks, backups. */
  readonly senders: number;
  /** The schema in which DMS keeps its heartbeat and its record of DDL. */
  readonly artifacts: {
    readonly schema: string;
    readonly create: boolean;
    readonly hasHeartbeat: boolean;
    readonly hasAudit: boolean;
    /** `evtenabled` of the trigger that writes DDL down: D disabled; null if there is none. */
    readonly trigger: string | null;
  };
  /** Open transactions of others, the oldest first. */
  readonly transactions: readonly {
    readonly pid: number;
    readonly user: string;
    readonly state: string;
    readonly seconds: number;
  }[];
  readonly prepared: readonly string[];
}

/** What reading a table's rows showed. */
export interface Measured extends TableName {
  /** Percent of the table's pages that were read; 100 is every row. */
  readonly percent: number;
  /** Why nothing was read, in which case there is nothing else. */
  readonly failure?: string;
  readonly largeObjects: readonly LargestValue[];
  readonly infinite: readonly string[];
  /** Columns with an integer of 19 digits. */
  readonly longIntegers: readonly string[];
  /** Of the heartbeat; null if it has no row. */
  readonly secondsSinceBeat?: number | null;
}

export interface LargestValue {
  readonly column: string;
  /** Bytes of LobMaxSize that the largest value found needs. */
  readonly bytes: number;
}

export interface Source {
  readonly server: Server;
  readonly relations: readonly Relation[];
  readonly tables: readonly CatalogTable[];
  readonly measured: readonly Measured[];
}

export interface ReadType {
  readonly type: PgType;
  readonly precision?: number;
  readonly scale?: number;
}

/** The model's type for a column of the database; undefined if the model has none. A domain counts as what it stands on. */
export function modelType(column: CatalogColumn): ReadType | undefined {
  if (column.isArray) return { type: "array" };
  switch (column.typeKind) {
    case "e":
      return { type: "enum" };
    case "r":
      return { type: "range" };
    case "d":
      return column.baseType === null ? undefined : parseType(column.baseType);
    case "b":
      // Types of an extension bear the name of its schema.
      return parseType(column.type) ?? parseType(column.typeName);
    default:
      return undefined;
  }
}

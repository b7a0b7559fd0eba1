/** What a task's process is told, and what it tells: plain data over the channel between the two. */
import type { TaskSettings } from "./settings";

export type MigrationType = "full-load" | "cdc" | "full-load-and-cdc";
export type SslMode = "none" | "require" | "verify-ca" | "verify-full";

export interface PostgresSettings {
  readonly captureDdls: boolean;
  readonly ddlArtifactsSchema: string;
  /** Seconds that a statement may take on the source. */
  readonly executeTimeout: number;
  readonly failTasksOnLobTruncation: boolean;
  readonly heartbeatEnable: boolean;
  /** Minutes. */
  readonly heartbeatFrequency: number;
  readonly heartbeatSchema: string;
  readonly mapBooleanAsBoolean: boolean;
  readonly mapJsonbAsClob: boolean;
  readonly mapLongVarcharAs: "wstring" | "clob" | "nclob";
  /** A numeric without precision: as text with all its digits, instead of NUMERIC(28,6). */
  readonly mapUnboundedNumericAsString: boolean;
}

export interface SourceSpec {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly sslMode: SslMode;
  /** PEM of who must have signed the server's certificate, for the two verifying modes. */
  readonly certificate?: string;
  readonly settings: PostgresSettings;
}

export interface KinesisTarget {
  readonly engine: "kinesis";
  readonly streamArn: string;
  readonly messageFormat: "json" | "json-unformatted";
  readonly includeControlDetails: boolean;
  readonly includeNullAndEmpty: boolean;
  readonly includePartitionValue: boolean;
  readonly includeTableAlterOperations: boolean;
  readonly includeTransactionDetails: boolean;
  readonly partitionIncludeSchemaTable: boolean;
  readonly useLargeIntegerValue: boolean;
}

export interface S3Target {
  readonly engine: "s3";
  readonly bucketName: string;
  readonly bucketFolder: string;
  readonly parquetVersion: "parquet-1-0" | "parquet-2-0";
  readonly parquetTimestampInMillisecond: boolean;
  readonly compressionType: "NONE" | "GZIP";
  readonly rowGroupLength: number;
  /** KB of a file's rows before compression. */
  readonly maxFileSize: number;
  readonly timestampColumnName?: string;
  readonly useTaskStartTimeForFullLoadTimestamp: boolean;
  readonly encryptionMode?: "SSE_S3" | "SSE_KMS";
  readonly serverSideEncryptionKmsKeyId?: string;
  readonly expectedBucketOwner?: string;
  readonly cannedAcl?: string;
}

/** The rules of the task's table mappings, checked. Names may hold `%` where the guide allows it. */
export interface Mapping {
  readonly selections: readonly { schema: string; table: string; action: "include" | "exclude" }[];
  /** Exact names. */
  readonly objects: readonly { schema: string; table: string; partitionKeyType?: PartitionKeyType }[];
  readonly removedColumns: readonly { schema: string; table: string; column: string }[];
  /** Columns that become strings of at most `length` characters. */
  readonly strings: readonly { schema: string; table: string; column: string; length: number }[];
}
export type PartitionKeyType = "primary-key" | "schema-table";

export interface TaskSpec {
  readonly name: string;
  /** The last part of the task's ARN. */
  readonly resourceId: string;
  /** The task's own: checkpoint, log, temporary files. */
  readonly folder: string;
  readonly migrationType: MigrationType;
  /** `fresh` forgets what was: a new slot, every table loaded again. */
  readonly start: "fresh" | "resume";
  readonly settings: TaskSettings;
  readonly mapping: Mapping;
  readonly source: SourceSpec;
  readonly target: KinesisTarget | S3Target;
  readonly aws: {
    readonly endpoint: string;
    readonly region: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  };
}

/** As DescribeTableStatistics calls them. */
export type TableState =
  "Before load" | "Full load" | "Table is being reloaded" | "Table completed" | "Table error" | "Table does not exist";

export interface TableStatistics {
  readonly schema: string;
  readonly table: string;
  readonly state: TableState;
  readonly fullLoadRows: number;
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
  readonly ddls: number;
  readonly reloaded: boolean;
  /** Milliseconds since the epoch. */
  readonly loadStarted?: number;
  readonly loadEnded?: number;
}

export type StopReason = "NORMAL" | "FULL_LOAD_ONLY_FINISHED";

export type ToTask =
  | { readonly kind: "start"; readonly spec: TaskSpec }
  | { readonly kind: "stop" }
  | { readonly kind: "reload"; readonly tables: readonly { schema: string; table: string }[] };

export type FromTask =
  | { readonly kind: "running" }
  | { readonly kind: "tables"; readonly tables: readonly TableStatistics[] }
  /** Everything before this log position is on the stream. `XXXXXXXX/XXXXXXXX` */
  | { readonly kind: "position"; readonly position: string }
  | { readonly kind: "stopped"; readonly reason: StopReason }
  /** Recoverable: the surroundings failed (connection, endpoint), and a later attempt may succeed. */
  | { readonly kind: "failed"; readonly message: string; readonly recoverable: boolean };

export const tableName = ({ schema, table }: { schema: string; table: string }): string => `${schema}.${table}`;

/**
 * What the services of the laptop cloud offer one another in the same process. Each method takes the principal that acts
 * (a delivery stream's role, a function's role) and asks the authorizer just as the API would; no call goes unasked.
 */
import type { Principal, Scope } from "./service";

/** S3 for Firehose, Athena and Lambda's failure destinations. */
export interface ObjectStore {
  /** The folder that holds the bucket's objects, each a file under its key, for DuckDB to read. Throws `NoSuchBucket`. */
  folder(bucket: string): string;
  put(principal: Principal, bucket: string, key: string, body: Buffer | string): Promise<void>;
  /** Moves a finished file into the bucket. */
  putFile(principal: Principal, bucket: string, key: string, file: string): Promise<void>;
  /** Keys under a prefix, sorted. */
  keys(principal: Principal, bucket: string, prefix: string): Promise<string[]>;
  /** Asks whether the principal may read the object (s3:GetObject and the bucket's key), for a reader of the folder. */
  authorizeRead(principal: Principal, bucket: string, key: string): void;
}

export interface GlueColumn {
  readonly Name: string;
  /** Hive type: `bigint`, `string`, `decimal(30,10)`, ... */
  readonly Type: string;
  readonly Comment?: string;
}

/** A table or view of the catalog, in the shape of Glue's API. */
export interface GlueTable {
  readonly Name: string;
  readonly DatabaseName: string;
  readonly CatalogId: string;
  readonly TableType: "EXTERNAL_TABLE" | "VIRTUAL_VIEW";
  readonly Description?: string;
  readonly Parameters: Readonly<Record<string, string>>;
  readonly StorageDescriptor: {
    readonly Columns: readonly GlueColumn[];
    /** `s3://bucket/prefix/`; empty for a view. */
    readonly Location: string;
    readonly InputFormat?: string;
    readonly OutputFormat?: string;
    readonly SerdeInfo?: {
      readonly SerializationLibrary?: string;
      readonly Parameters?: Readonly<Record<string, string>>;
    };
  };
  readonly PartitionKeys: readonly GlueColumn[];
  /** Of a view: the comment in which Athena keeps it, base64 of JSON. */
  readonly ViewOriginalText?: string;
  readonly ViewExpandedText?: string;
}

/** Glue for Athena and Firehose. Names are lower case. */
export interface Catalog {
  database(scope: Scope, name: string): { readonly Name: string } | undefined;
  databases(scope: Scope): readonly { readonly Name: string }[];
  table(principal: Principal, scope: Scope, database: string, name: string): GlueTable | undefined;
  tables(principal: Principal, scope: Scope, database: string): readonly GlueTable[];
  /** Creates or replaces. */
  putTable(principal: Principal, scope: Scope, table: GlueTable): void;
  deleteTable(principal: Principal, scope: Scope, database: string, name: string): void;
}

/** Kinesis for DynamoDB's streaming destination. */
export interface RecordSink {
  append(
    principal: Principal,
    streamArn: string,
    records: readonly { readonly partitionKey: string; readonly data: Buffer }[],
  ): void;
}

/** Secrets Manager for DMS. */
export interface SecretReader {
  /** The secret's text. Throws `ResourceNotFoundException` or `AccessDeniedException`. */
  secretString(principal: Principal, secretArn: string): string;
}

/** The principal of a role or of an account's root, by its ARN. */
export function principalOf(arn: string): Principal {
  const account = arn.split(":")[4];
  if (account === undefined || !/^\d{12}$/.test(account)) throw new Error(`"${arn}" names no account`);
  return { arn, account };
}

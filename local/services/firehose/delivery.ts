/**
 * One batch of records on its way to S3, with the stream's role: what does not convert goes to the error prefix first, then
 * the Parquet object is written. A batch that failed is tried again from the step that failed.
 */
import { mkdir, rm } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { assume } from "../../core/assume";
import type { Catalog, GlueTable, ObjectStore } from "../../core/contracts";
import { AwsError, type Principal, type Scope, type Surroundings } from "../../core/service";
import type { ParquetConverter } from "./converter";
import type { Fault } from "./documents";
import { objectKey } from "./prefix";
import type { StreamSettings } from "./settings";
import { columnsOf, schemaFault } from "./values";

export interface FirehoseRecord {
  readonly data: Buffer;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
  readonly sequence: number;
}

/** Records that are delivered together. */
export interface Batch {
  readonly records: readonly FirehoseRecord[];
  /** The object that holds the records which do not convert, once it is written. */
  errorKey: string | undefined;
}

export interface Target {
  readonly arn: string;
  readonly scope: Scope;
  readonly settings: StreamSettings;
  readonly version: number;
}

export interface Outcome {
  readonly rows: number;
  readonly objects: number;
  readonly failedRecords: number;
}

export interface DeliveryDeps {
  readonly surroundings: Surroundings;
  readonly objects: ObjectStore;
  readonly catalog: Catalog;
  readonly converter: ParquetConverter;
}

/** Firehose in one of the stream's roles. It names the account as external id ("Grant Firehose access to its resources"). */
function inRole(
  roleArn: string,
  { arn, scope }: Pick<Target, "arn" | "scope">,
  { surroundings }: DeliveryDeps,
): Principal {
  return assume(surroundings.authorizer, "firehose.amazonaws.com", roleArn, {
    "sts:ExternalId": scope.account,
    "aws:SourceAccount": scope.account,
    "aws:SourceArn": arn,
  });
}

/**
 * The table whose columns the records get. Asked for is what the guide lists ("Grant Firehose access to an AWS Glue table").
 * @throws an `AwsError` if the role may not read it, if it does not exist, or if it cannot be written here.
 */
export function schemaTable(target: Omit<Target, "version">, deps: DeliveryDeps): GlueTable {
  const { scope, settings } = target;
  const schema = settings.destination.dataFormatConversionConfiguration.schemaConfiguration;
  const { databaseName: database, tableName: name, catalogId, region } = schema;
  const where = { account: catalogId ?? scope.account, region: region ?? scope.region };
  const role = inRole(schema.roleArn, target, deps);
  const table = deps.catalog.table(role, where, database, name);
  for (const action of ["glue:GetTableVersion", "glue:GetTableVersions"]) {
    for (const path of ["catalog", `database/${database}`, `table/${database}/${name}`]) {
      deps.surroundings.authorizer.check(role, action, `arn:aws:glue:${where.region}:${where.account}:${path}`);
    }
  }
  if (table === undefined) {
    throw new AwsError(
      "InvalidArgumentException",
      `The specified table/database could not be found: ${database}.${name}. Names are case-sensitive here, and lower case.`,
    );
  }
  const fault = schemaFault(table.StorageDescriptor.Columns);
  if (fault === undefined) return table;
  throw new AwsError("InvalidArgumentException", `local firehose: in the table ${database}.${name}, ${fault}.`);
}

/** What Firehose tries when a stream is created or changed. @throws an `AwsError`; see `schemaTable`. */
export function checkRoles(target: Omit<Target, "version">, deps: DeliveryDeps): void {
  inRole(target.settings.destination.roleArn, target, deps);
  schemaTable(target, deps);
}

/** What the guide lists beside s3:PutObject, which the store asks for ("Grant Firehose access to an Amazon S3 destination"). */
function askForBucket({ scope, settings }: Target, role: Principal, key: string, deps: DeliveryDeps): void {
  const { authorizer } = deps.surroundings;
  const { bucketArn, kmsKeyArn } = settings.destination;
  for (const action of ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]) {
    authorizer.check(role, action, bucketArn);
  }
  for (const action of ["s3:AbortMultipartUpload", "s3:GetObject"]) {
    authorizer.check(role, action, `${bucketArn}/${key}`);
  }
  if (kmsKeyArn === undefined) return;
  const through = {
    "kms:ViaService": `s3.${scope.region}.amazonaws.com`,
    "kms:EncryptionContext:aws:s3:arn": `${bucketArn}/${key}`,
  };
  for (const action of ["kms:Decrypt", "kms:GenerateDataKey"]) authorizer.check(role, action, kmsKeyArn, through);
}

/** Members as the guide lists them, with the names of the codes that delivered objects show ("Handle errors for data format conversion"). */
function errorLines(target: Target, batch: Batch, faults: ReadonlyMap<number, Fault>, table: GlueTable): string {
  const { region } = target.settings.destination.dataFormatConversionConfiguration.schemaConfiguration;
  const dataCatalogTable = {
    catalogId: table.CatalogId,
    databaseName: table.DatabaseName,
    tableName: table.Name,
    region: region ?? target.scope.region,
    versionId: "LATEST",
    catalogArn: null,
  };
  const attemptEndingTimestamp = Date.now();
  return batch.records
    .flatMap(({ data, arrivedAt, sequence }, index) => {
      const fault = faults.get(index);
      if (fault === undefined) return [];
      const line = {
        attemptsMade: 1,
        arrivalTimestamp: arrivedAt,
        lastErrorCode: fault.code,
        lastErrorMessage: fault.message,
        attemptEndingTimestamp,
        rawData: data.toString("base64"),
        sequenceNumber: String(sequence),
        subSequenceNumber: null,
        dataCatalogTable,
      };
      return `${JSON.stringify(line)}\n`;
    })
    .join("");
}

/** @throws whatever stands in the way; the batch then waits for another attempt. */
export async function deliver(target: Target, batch: Batch, deps: DeliveryDeps): Promise<Outcome> {
  const { settings, version } = target;
  const { destination, prefixes, bucket, name: stream } = settings;
  const table = schemaTable(target, deps);
  const columns = columnsOf(table.StorageDescriptor.Columns);
  const { compression } =
    destination.dataFormatConversionConfiguration.outputFormatConfiguration.serializer.parquetSerDe;
  const folder = join(deps.surroundings.folder, "firehose");
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${randomUUID()}.parquet`);
  try {
    const data = batch.records.map((record) => record.data);
    const { rows, faults } = await deps.converter.convert(data, columns, compression, file);
    const at = new Date(batch.records[0]?.arrivedAt ?? Date.now());
    const role = inRole(destination.roleArn, target, deps);
    if (faults.size > 0 && batch.errorKey === undefined) {
      const key = objectKey({ prefix: prefixes.errors, stream, version, at, extension: "" });
      askForBucket(target, role, key, deps);
      await deps.objects.put(role, bucket, key, errorLines(target, batch, faults, table));
      batch.errorKey = key;
    }
    if (rows > 0) {
      const key = objectKey({ prefix: prefixes.data, stream, version, at, extension: ".parquet" });
      askForBucket(target, role, key, deps);
      await deps.objects.putFile(role, bucket, key, file);
    }
    return { rows, objects: (rows > 0 ? 1 : 0) + (faults.size > 0 ? 1 : 0), failedRecords: faults.size };
  } finally {
    await rm(file, { force: true });
  }
}

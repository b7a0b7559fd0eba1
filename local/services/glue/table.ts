/** What a table of the catalog may be. Glue itself takes nearly anything; refused is what Athena could not query. */
import { z } from "zod";
import type { GlueColumn, GlueTable } from "../../core/contracts";
import { isHiveType } from "./hiveType";
import { projectionFault } from "./projection";

const text = z.record(z.string(), z.string());

const column = z.strictObject({
  Name: z.string(),
  Type: z.string().default("string"),
  Comment: z.string().optional(),
  Parameters: text.optional(),
});

/** `TableInput` of the Glue API: https://docs.aws.amazon.com/glue/latest/webapi/API_TableInput.html */
export const tableInput = z.strictObject({
  Name: z
    .string()
    .min(1)
    .transform((name) => name.toLowerCase()),
  Description: z.string().optional(),
  Owner: z.string().optional(),
  Retention: z.number().int().min(0).optional(),
  StorageDescriptor: z.strictObject({
    Columns: z.array(column).default([]),
    Location: z.string().default(""),
    InputFormat: z.string().optional(),
    OutputFormat: z.string().optional(),
    Compressed: z.boolean().optional(),
    NumberOfBuckets: z.number().int().max(0, "Bucketed tables are not supported locally").optional(),
    SerdeInfo: z
      .strictObject({
        Name: z.string().optional(),
        SerializationLibrary: z.string().optional(),
        Parameters: text.optional(),
      })
      .optional(),
    BucketColumns: z.array(z.string()).max(0, "Bucketed tables are not supported locally").optional(),
    SortColumns: z.array(z.unknown()).max(0, "Sorted buckets are not supported locally").optional(),
    Parameters: text.optional(),
    StoredAsSubDirectories: z.boolean().optional(),
  }),
  PartitionKeys: z.array(column).default([]),
  ViewOriginalText: z.string().optional(),
  ViewExpandedText: z.string().optional(),
  TableType: z.enum(
    ["EXTERNAL_TABLE", "VIRTUAL_VIEW"],
    "Athena cannot query a table whose TableType is neither EXTERNAL_TABLE nor VIRTUAL_VIEW",
  ),
  Parameters: text.default({}),
});
export type TableInput = z.output<typeof tableInput>;

/** A table as the catalog keeps it, with what Glue adds. */
export interface StoredTable extends TableInput, Pick<GlueTable, "DatabaseName" | "CatalogId"> {
  readonly VersionId: string;
  /** Seconds since the epoch. */
  readonly CreateTime: number;
  readonly UpdateTime: number;
}

const PARQUET = {
  InputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
  OutputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
  SerializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
} as const;

/** In UTF-8. https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog-tables.html */
const BYTES = { name: 255, comment: 255, description: 2048 } as const;

/** What is longer than Glue takes, in its words (`ValidationException`); undefined if nothing is. */
export function lengthFault({ Name, Description, StorageDescriptor, PartitionKeys }: TableInput): string | undefined {
  const ofColumns = (columns: readonly GlueColumn[], at: string) =>
    columns.flatMap((column, index) => [
      { at: `${at}.${index + 1}.member.name`, text: column.Name, most: BYTES.name },
      { at: `${at}.${index + 1}.member.comment`, text: column.Comment, most: BYTES.comment },
    ]);
  const parts = [
    { at: "table.name", text: Name, most: BYTES.name },
    { at: "table.description", text: Description, most: BYTES.description },
    ...ofColumns(StorageDescriptor.Columns, "table.storageDescriptor.columns"),
    ...ofColumns(PartitionKeys, "table.partitionKeys"),
  ];
  const long = parts.find(({ text: value = "", most }) => Buffer.byteLength(value) > most);
  return (
    long &&
    `1 validation error detected: Value '${long.text ?? ""}' at '${long.at}' failed to satisfy constraint: ` +
      `Member must have length less than or equal to ${long.most}`
  );
}

/** The only special character that Athena takes in a name is the underscore. */
export const isName = (name: string): boolean => /^[a-z0-9_]{1,255}$/.test(name);

function columnsFault(columns: readonly GlueColumn[]): string | undefined {
  const seen = new Set<string>();
  for (const { Name, Type } of columns) {
    if (!isName(Name)) return `the column "${Name}": expected lower-case letters, digits and underscores`;
    if (seen.has(Name)) return `the column "${Name}" stands twice; a partition key is no column of the data`;
    seen.add(Name);
    if (!isHiveType(Type)) {
      return `the column "${Name}" has the type "${Type}": expected a Hive type such as int, bigint, string, decimal(10,2)`;
    }
  }
  return undefined;
}

function formatFault({ InputFormat, OutputFormat, SerdeInfo }: TableInput["StorageDescriptor"]): string | undefined {
  const found = { InputFormat, OutputFormat, SerializationLibrary: SerdeInfo?.SerializationLibrary };
  for (const [member, expected] of Object.entries(PARQUET)) {
    const value = found[member as keyof typeof found];
    if (value !== expected)
      return `${member} is ${JSON.stringify(value) ?? "missing"}: only Parquet is supported locally (${expected})`;
  }
  return undefined;
}

/** Why Athena, or Athena's local stand-in, could not query this table; undefined if it could. */
export function tableFault(table: TableInput): string | undefined {
  const { Name, StorageDescriptor: storage, PartitionKeys: keys } = table;
  if (!isName(Name)) return `the name "${Name}": expected lower-case letters, digits and underscores`;
  const fault = columnsFault([...storage.Columns, ...keys]);
  if (fault !== undefined) return fault;
  if (table.TableType === "VIRTUAL_VIEW") {
    if (keys.length > 0) return "a view has no partition keys";
    return /^\/\* Presto View: [A-Za-z0-9+/]+=* \*\/$/.test(table.ViewOriginalText ?? "")
      ? undefined
      : "ViewOriginalText is not what Athena writes: /* Presto View: <base64 of JSON> */";
  }
  if (storage.Columns.length === 0) return "the table has no columns";
  if (!/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/(.*[^/]\/)?$/.test(storage.Location)) {
    return `Location is "${storage.Location}": expected s3://bucket/prefix/ with a slash at the end`;
  }
  return formatFault(storage) ?? projectionFault(table.Parameters, keys);
}

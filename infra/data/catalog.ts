/** The Glue database and the tables behind the views: the changes of every table, and the full loads of the monolith's. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Table } from "../../model";
import { FOLDERS } from "../../functions/promote";
import { PREFIX } from "../contract";
import type { GlueColumn } from "./columns";
import { changeColumns, fullColumns, pseudonymColumns } from "./columns";
import {
  changesTable,
  compactedTable,
  fullTable,
  groupOf,
  hasFullLoad,
  hasPseudonyms,
  pseudonymsTable,
} from "./currentState";
import { CHANGES_FOLDER } from "./lake";
import { SchemaGuard } from "./schemaGuard";
import { lakeSchemas } from "./schemas";

export interface CatalogArgs {
  readonly tables: readonly Table[];
  /** See `SchemaGuard`. */
  readonly decisions: readonly string[];
  readonly bucket: aws.s3.Bucket;
}

/** The first day that can have changes: nothing was delivered before. */
const FIRST_DAY = "2026-01-01";

export const changesFolder = (table: Table): string => `${CHANGES_FOLDER}/${table.name}/`;

const PARQUET = {
  inputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
  outputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
  serDeInfo: {
    serializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    parameters: { "serialization.format": "1" },
  },
};

export class Catalog extends pulumi.ComponentResource {
  readonly database: aws.glue.CatalogDatabase;
  /** `changes_*`, by table. */
  readonly changes: ReadonlyMap<Table, aws.glue.CatalogTable>;
  readonly all: readonly aws.glue.CatalogTable[];
  private readonly guard: SchemaGuard;

  constructor(name: string, { tables, bucket, decisions }: CatalogArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:data:Catalog", name, {}, options);
    this.database = new aws.glue.CatalogDatabase(
      "lake",
      { name: PREFIX, description: "The lake: current-state views, and the changes and full loads they stand on" },
      { parent: this },
    );
    this.guard = new SchemaGuard("schemas", { schemas: lakeSchemas(tables), decisions }, { parent: this });
    this.changes = new Map(tables.map((table) => [table, this.changesTable(table, bucket)]));
    const full = tables.filter(hasFullLoad).map((table) => this.fullTable(table, bucket));
    const pseudonyms = tables.filter(hasPseudonyms).map((table) => this.pseudonymsTable(table, bucket));
    const own = tables.filter((table) => !hasFullLoad(table)).map((table) => this.compactedTable(table, bucket));
    this.all = [...this.changes.values(), ...full, ...pseudonyms, ...own];
    this.registerOutputs({});
  }

  private changesTable(table: Table, bucket: aws.s3.Bucket): aws.glue.CatalogTable {
    const location = pulumi.interpolate`s3://${bucket.bucket}/${changesFolder(table)}`;
    return this.table(changesTable(table), {
      description: `${table.comment}: every accepted change, one row each`,
      columns: changeColumns(table),
      location,
      partitionKeys: [{ name: "dt", type: "string", comment: "Day of delivery, UTC; not of the change" }],
      // Athena works the partitions out: nobody has to add one a day.
      parameters: {
        "projection.enabled": "true",
        "projection.dt.type": "date",
        "projection.dt.format": "yyyy-MM-dd",
        "projection.dt.range": `${FIRST_DAY},NOW`,
        "projection.dt.interval": "1",
        "projection.dt.interval.unit": "DAYS",
        "storage.location.template": pulumi.interpolate`${location}dt=\${dt}/`,
      },
    });
  }

  private fullTable(table: Table, bucket: aws.s3.Bucket): aws.glue.CatalogTable {
    return this.loadedTable(fullTable(table), FOLDERS.full, table, bucket, {
      description: `${table.comment}: full loads; a query must name one`,
      columns: fullColumns(table),
    });
  }

  private pseudonymsTable(table: Table, bucket: aws.s3.Bucket): aws.glue.CatalogTable {
    return this.loadedTable(pseudonymsTable(table), FOLDERS.pseudonyms, table, bucket, {
      description: `${table.comment}: its pseudonyms as of a full load, which has none; a query must name one`,
      columns: pseudonymColumns(table),
    });
  }

  private compactedTable(table: Table, bucket: aws.s3.Bucket): aws.glue.CatalogTable {
    return this.loadedTable(compactedTable(table), FOLDERS.compacted, table, bucket, {
      description: `${table.comment}: changes, compacted; a query must name a compaction`,
      columns: changeColumns(table),
    });
  }

  /** Of the loads that lie there the view names the one to read: no other is ever looked for. */
  private loadedTable(
    name: string,
    folder: string,
    table: Table,
    bucket: aws.s3.Bucket,
    shape: { readonly description: string; readonly columns: readonly GlueColumn[] },
  ): aws.glue.CatalogTable {
    const location = pulumi.interpolate`s3://${bucket.bucket}/${folder}/${groupOf(table)}/${table.name}/`;
    return this.table(name, {
      ...shape,
      location,
      partitionKeys: [{ name: "load", type: "string", comment: "When the load began" }],
      parameters: {
        "projection.enabled": "true",
        "projection.load.type": "injected",
        "storage.location.template": pulumi.interpolate`${location}load=\${load}/`,
      },
    });
  }

  private table(
    name: string,
    args: {
      readonly description: string;
      readonly columns: readonly GlueColumn[];
      readonly location: pulumi.Output<string>;
      readonly partitionKeys: readonly GlueColumn[];
      readonly parameters: Readonly<Record<string, pulumi.Input<string>>>;
    },
  ): aws.glue.CatalogTable {
    return new aws.glue.CatalogTable(
      name,
      {
        databaseName: this.database.name,
        name,
        description: args.description,
        tableType: "EXTERNAL_TABLE",
        parameters: { EXTERNAL: "TRUE", classification: "parquet", ...args.parameters },
        ...(args.partitionKeys.length === 0 ? {} : { partitionKeys: [...args.partitionKeys] }),
        storageDescriptor: { location: args.location, columns: [...args.columns], ...PARQUET },
      },
      { parent: this, dependsOn: [this.guard] },
    );
  }
}

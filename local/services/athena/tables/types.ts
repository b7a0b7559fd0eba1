/** Whether a column of a Parquet file fits the type the catalog gives it, and how it is read. */
import { duckName, type Type } from "../sql/types";

const SMALL = ["TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT"];

/**
 * SQL of `column` (of type `parquet`, in DuckDB's terms) as the catalog's type; nothing if Athena would refuse the file,
 * or if it is not known what Athena reads. Trino's rules: `ColumnReaderFactory` of its Parquet reader.
 */
export function readColumn(column: string, parquet: string, type: Type): string | undefined {
  const plain = `CAST(${column} AS ${duckName(type)})`;
  switch (type.kind) {
    case "boolean":
    case "date":
      return parquet === type.kind.toUpperCase() ? column : undefined;
    case "tinyint":
    case "smallint":
    case "integer":
      return SMALL.includes(parquet) ? plain : undefined;
    case "bigint":
      return [...SMALL, "BIGINT", "UINTEGER"].includes(parquet) ? plain : undefined;
    case "real":
      return parquet === "FLOAT" ? column : undefined;
    case "double":
      return parquet === "DOUBLE" || parquet === "FLOAT" ? plain : undefined;
    case "varchar":
      if (parquet === "BLOB") return `decode(${column})`;
      if (parquet !== "VARCHAR") return undefined;
      return type.length === undefined ? column : `substr(${column}, 1, ${type.length})`;
    case "varbinary":
      if (parquet === "VARCHAR") return `encode(${column})`;
      return parquet === "BLOB" ? column : undefined;
    case "decimal": {
      const found = /^DECIMAL\((\d+),(\d+)\)$/.exec(parquet);
      return found && Number(found[1]) <= type.precision && Number(found[2]) === type.scale ? plain : undefined;
    }
    case "timestamp": {
      if (parquet === "TIMESTAMP") return `athena_round_time(${column}, 1000)`;
      return parquet === "TIMESTAMP WITH TIME ZONE" ? `athena_round_time(timezone('UTC', ${column}), 1000)` : undefined;
    }
    case "array": {
      const inner = /^(.*)\[\]$/.exec(parquet)?.[1];
      const item = inner === undefined ? undefined : readColumn("item", inner, type.element);
      return item === undefined ? undefined : `list_transform(${column}, lambda item: ${item})`;
    }
    default:
      return undefined;
  }
}

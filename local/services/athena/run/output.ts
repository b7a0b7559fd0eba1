/**
 * Values as Athena prints them, in SQL, and the types as its API names them.
 * https://docs.aws.amazon.com/athena/latest/APIReference/API_ColumnInfo.html
 */
import { unsupported } from "../sql/errors";
import { typeName, type Type } from "../sql/types";
import { decimalText, timestampText } from "../translate/casts";
import { jsonText } from "../translate/json";
import type { Output } from "../translate/queries";
import { quote } from "../translate/typed";

export interface ColumnInfo {
  readonly CatalogName: "hive";
  readonly SchemaName: "";
  readonly TableName: "";
  readonly Name: string;
  readonly Label: string;
  readonly Type: string;
  readonly Precision: number;
  readonly Scale: number;
  readonly Nullable: "UNKNOWN";
  readonly CaseSensitive: boolean;
}

const PRECISIONS: Readonly<Record<string, number>> = {
  tinyint: 3,
  smallint: 5,
  integer: 10,
  bigint: 19,
  real: 17,
  double: 17,
  timestamp: 3,
  "timestamp with time zone": 3,
  varbinary: 1073741824,
};

export function columnInfo(name: string, type: Type): ColumnInfo {
  const [precision, scale] = type.kind === "decimal" ? [type.precision, type.scale] : [PRECISIONS[type.kind] ?? 0, 0];
  return {
    CatalogName: "hive",
    SchemaName: "",
    TableName: "",
    Name: name,
    Label: name,
    Type: type.kind === "real" ? "float" : type.kind,
    Precision: type.kind === "varchar" ? (type.length ?? 2147483647) : precision,
    Scale: scale,
    Nullable: "UNKNOWN",
    CaseSensitive: type.kind === "varchar",
  };
}

/** Trino's name for a column without one. */
export function outputName(column: Output, index: number): string {
  return column.name ?? `_col${index}`;
}

/** SQL of the text that stands in Athena's results for `sql`. */
export function printed(sql: string, type: Type): string {
  switch (type.kind) {
    case "varchar":
      return sql;
    case "unknown":
      return "CAST(NULL AS VARCHAR)";
    case "boolean":
    case "tinyint":
    case "smallint":
    case "integer":
    case "bigint":
      return `CAST(${sql} AS VARCHAR)`;
    case "decimal":
      return decimalText(sql, type);
    case "double":
    case "real":
      return `athena_java_number(CAST(${sql} AS VARCHAR))`;
    case "date":
      return `strftime(${sql}, '%Y-%m-%d')`;
    case "time":
      return `substr(CAST(${sql} AS VARCHAR) || CASE WHEN contains(CAST(${sql} AS VARCHAR), '.') THEN '000' ELSE '.000' END, 1, 12)`;
    case "timestamp":
      return timestampText(`athena_round_time(${sql}, 1000)`, 3);
    case "timestamp with time zone": {
      if (type.zone === undefined) {
        throw unsupported(
          undefined,
          "a result of values that each have their own time zone (put AT TIME ZONE behind it)",
        );
      }
      const local = `athena_round_time(timezone(${quote(type.zone)}, ${sql}), 1000)`;
      return `(${timestampText(local, 3)} || ${quote(` ${type.zone}`)})`;
    }
    case "varbinary":
      return `rtrim(regexp_replace(lower(hex(${sql})), '(..)', '\\1 ', 'g'))`;
    case "json":
      return jsonText(sql);
    case "array": {
      const items = `list_transform(${sql}, lambda item: coalesce(${printed("item", type.element)}, 'null'))`;
      return `('[' || array_to_string(${items}, ', ') || ']')`;
    }
    default:
      throw unsupported(undefined, `a result of type ${typeName(type)}`);
  }
}

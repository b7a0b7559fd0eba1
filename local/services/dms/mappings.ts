/**
 * Table mappings: which tables, and how. AWS DMS guide, "Using table mapping to specify task settings".
 * https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TableMapping.html
 */
import { z } from "zod";
import { AwsError } from "../../core/service";
import { checked, parseObject } from "./settings";
import type { Mapping } from "./spec";

const table = { "schema-name": z.string().min(1), "table-name": z.string().min(1) };
const common = {
  "rule-id": z.union([z.string().min(1), z.number().int()]).transform(String),
  "rule-name": z.union([z.string().min(1), z.number().int()]).transform(String),
};

const selection = z.strictObject({
  ...common,
  "rule-type": z.literal("selection"),
  "rule-action": z.enum(["include", "exclude"], "Only include and exclude are supported"),
  "object-locator": z.strictObject(table),
  filters: z.array(z.never("Source filters are not supported")).optional(),
});

const objectMapping = z.strictObject({
  ...common,
  "rule-type": z.literal("object-mapping"),
  "rule-action": z.literal("map-record-to-record", "Only map-record-to-record is supported"),
  "object-locator": z.strictObject(table),
  "mapping-parameters": z
    .strictObject({
      "partition-key-type": z
        .enum(["primary-key", "schema-table"], "Only primary-key and schema-table are supported")
        .optional(),
    })
    .optional(),
});

const transformation = z.strictObject({
  ...common,
  "rule-type": z.literal("transformation"),
  "rule-target": z.literal("column", "Only rules for columns are supported"),
  "rule-action": z.enum(["remove-column", "change-data-type"], "Only remove-column and change-data-type are supported"),
  "object-locator": z.strictObject({ ...table, "column-name": z.string().min(1) }),
  "data-type": z
    .strictObject({
      type: z.literal("string", "Only the change to string is supported"),
      length: z.coerce.number().int().min(1).max(2_147_483_647),
    })
    .optional(),
});

const shape = z.strictObject({
  rules: z.array(z.discriminatedUnion("rule-type", [selection, objectMapping, transformation])).min(1),
});

const invalid = (message: string): AwsError => new AwsError("InvalidParameterValueException", message);

/**
 * @param engine of the target endpoint
 * @throws AwsError InvalidParameterValueException that names the rule.
 */
export function readMappings(text: string, engine: "kinesis" | "s3"): Mapping {
  const { rules } = checked(shape, parseObject(text, "Table mappings"), "Table mappings");
  const mapping = { selections: [], objects: [], removedColumns: [], strings: [] } as {
    -readonly [Part in keyof Mapping]: Mapping[Part][number][];
  };
  const ids = new Set<string>();
  for (const rule of rules) {
    const id = rule["rule-id"];
    const at = `Table mappings: rule ${id} ("${rule["rule-name"]}")`;
    if (ids.has(id)) throw invalid(`${at}: the rule-id ${id} is used twice.`);
    ids.add(id);
    const { "schema-name": schema, "table-name": name } = rule["object-locator"];
    if (rule["rule-type"] === "selection") {
      mapping.selections.push({ schema, table: name, action: rule["rule-action"] });
    } else if (rule["rule-type"] === "object-mapping") {
      if (engine !== "kinesis") throw invalid(`${at}: object mapping is for streams, not for ${engine}.`);
      if (`${schema}${name}`.includes("%")) {
        throw invalid("Exact schema and table required when using object mapping rule with '3.5' engine.");
      }
      const type = rule["mapping-parameters"]?.["partition-key-type"];
      mapping.objects.push({ schema, table: name, ...(type === undefined ? {} : { partitionKeyType: type }) });
    } else {
      const column = rule["object-locator"]["column-name"];
      const type = rule["data-type"];
      if (rule["rule-action"] === "remove-column") {
        if (type !== undefined) throw invalid(`${at}: remove-column takes no data-type.`);
        mapping.removedColumns.push({ schema, table: name, column });
      } else {
        if (engine !== "s3") throw invalid(`${at}: change-data-type is supported for S3 targets only.`);
        if (type === undefined) throw invalid(`${at}: change-data-type needs a data-type.`);
        mapping.strings.push({ schema, table: name, column, length: type.length });
      }
    }
  }
  if (!mapping.selections.some(({ action }) => action === "include")) {
    throw invalid("Table mappings: no selection rule includes a table.");
  }
  return mapping;
}

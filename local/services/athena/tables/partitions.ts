/**
 * Partition projection: which folders of a table exist for Athena.
 * https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
 */
import type { GlueTable } from "../../../core/contracts";
import { QueryError, unsupported } from "../sql/errors";

/** Says whether a value of the partition column is projected. */
type Projection = (value: string) => boolean;

export interface Partitioning {
  readonly columns: readonly string[];
  /** The values of a file's folders, in the order of the columns; nothing if the file is in no partition. */
  valuesOf(relativeKey: string): readonly string[] | undefined;
}

export function partitioningOf(table: GlueTable, now: Date): Partitioning | undefined {
  const columns = table.PartitionKeys.map(({ Name }) => Name.toLowerCase());
  if (columns.length === 0) return undefined;
  const { Parameters: parameters } = table;
  const path = `${table.DatabaseName}.${table.Name}`;
  if (parameters["projection.enabled"]?.toLowerCase() !== "true") {
    throw unsupported(undefined, `the table ${path}, which has partition columns without partition projection,`);
  }
  const template = parameters["storage.location.template"];
  const expected = `${folder(table.StorageDescriptor.Location)}${columns.map((column) => `${column}=\${${column}}/`).join("")}`;
  if (template !== undefined && template !== expected) {
    throw unsupported(undefined, `the storage.location.template "${template}" of ${path} (it reads "${expected}")`);
  }
  const projections = columns.map((column) => projectionOf(column, parameters, path, now));
  return {
    columns,
    valuesOf: (relativeKey) => {
      const folders = relativeKey.split("/").slice(0, -1);
      const values = columns.map((column, index) => {
        const prefix = `${column}=`;
        const part = folders[index];
        return part?.startsWith(prefix) ? decodeURIComponent(part.slice(prefix.length)) : undefined;
      });
      const complete = values.filter((value) => value !== undefined);
      if (complete.length !== columns.length) return undefined;
      return complete.every((value, index) => projections[index]?.(value)) ? complete : undefined;
    },
  };
}

/**
 * Asks for the condition without which Athena does not read a table with injected partitions.
 * https://docs.aws.amazon.com/athena/latest/ug/partition-projection-dynamic-id-partitioning.html
 *
 * @param filters as `Scan` has them
 */
export function requireInjected({ PartitionKeys, Parameters }: GlueTable, filters: readonly string[]): void {
  for (const { Name } of PartitionKeys) {
    const column = Name.toLowerCase();
    if (Parameters[`projection.${column}.type`] !== "injected") continue;
    const equals = new RegExp(
      `^\\(*p\\."${column}"\\)* (= \\(*'(?:[^']|'')*'|IN \\('(?:[^']|'')*'(?:, '(?:[^']|'')*')*)\\)*$`,
    );
    const named = filters.filter((filter) => filter.includes(`p."${column}"`));
    if (named.length > 0 && named.every((filter) => equals.test(filter))) continue;
    throw new QueryError(
      "CONSTRAINT_VIOLATION",
      `For the injected projected partition column ${column}, the WHERE clause must contain only static equality conditions, and at least one such condition must be present.`,
    );
  }
}

/** A location as a prefix of keys ends in a slash. */
export function folder(location: string): string {
  return location.endsWith("/") ? location : `${location}/`;
}

function projectionOf(column: string, parameters: GlueTable["Parameters"], path: string, now: Date): Projection {
  const setting = (name: string): string | undefined => parameters[`projection.${column}.${name}`];
  const invalid = (why: string): QueryError =>
    new QueryError("HIVE_INVALID_METADATA", `Table ${path}: projection of the partition column ${column}: ${why}`);
  const type = setting("type");
  switch (type) {
    case "enum": {
      const values = setting("values")
        ?.split(",")
        .map((value) => value.trim());
      if (!values) throw invalid("projection.<column>.values is missing");
      return (value) => values.includes(value);
    }
    case "date": {
      const [from, to, ...others] = (setting("range") ?? "").split(",").map((bound) => bound.trim());
      const format = setting("format");
      if (!from || !to || others.length > 0 || !format)
        throw invalid("projection.<column>.range and format are needed");
      if ((setting("interval") ?? "1") !== "1")
        throw unsupported(undefined, `projection.${column}.interval of ${path}`);
      const read = reader(format);
      if (!read) throw unsupported(undefined, `the date format "${format}" of projection.${column} of ${path}`);
      const [first, last] = [bound(from, read, now), bound(to, read, now)];
      if (first === undefined || last === undefined)
        throw invalid(`the range "${from},${to}" does not fit the format "${format}"`);
      return (value) => {
        const moment = read(value);
        return moment !== undefined && moment >= first && moment <= last;
      };
    }
    case "injected":
      // Every value that the query names; `requireInjected` asks that it names one.
      return () => true;
    case undefined:
      throw invalid("projection.<column>.type is missing");
    default:
      throw unsupported(undefined, `partition projection of type ${type} (of ${path})`);
  }
}

const FIELDS = ["yyyy", "MM", "dd", "HH"] as const;

/** Reads texts of a format of years, months, days and hours; milliseconds since 1970. */
function reader(format: string): ((text: string) => number | undefined) | undefined {
  const order: string[] = [];
  const pattern = format.replace(/[A-Za-z]+|[^A-Za-z]/g, (part) => {
    if (FIELDS.some((field) => field === part)) {
      order.push(part);
      return `(\\d{${part.length}})`;
    }
    return /^[A-Za-z]/.test(part) ? "\0" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  if (pattern.includes("\0") || order[0] !== "yyyy") return undefined;
  const whole = new RegExp(`^${pattern}$`);
  return (text) => {
    const found = whole.exec(text);
    if (!found) return undefined;
    const value = (field: string, otherwise: string): number => Number(found[order.indexOf(field) + 1] ?? otherwise);
    const at = (field: (typeof FIELDS)[number], otherwise: number): number =>
      order.includes(field) ? value(field, String(otherwise)) : otherwise;
    return Date.UTC(at("yyyy", 1970), at("MM", 1) - 1, at("dd", 1), at("HH", 0));
  };
}

const UNITS: Readonly<Record<string, number>> = {
  WEEK: 7 * 24 * 60 * 60 * 1000,
  DAY: 24 * 60 * 60 * 1000,
  HOUR: 60 * 60 * 1000,
  MINUTE: 60 * 1000,
  SECOND: 1000,
};

function bound(text: string, read: (text: string) => number | undefined, now: Date): number | undefined {
  const relative = /^NOW(?:\s*([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?$/.exec(text);
  if (!relative) return read(text);
  const [, sign = "+", count = "0", unit = "DAY"] = relative;
  const by = Number(`${sign}${count}`);
  const moment = new Date(now);
  if (unit === "YEAR") moment.setUTCFullYear(moment.getUTCFullYear() + by);
  else if (unit === "MONTH") moment.setUTCMonth(moment.getUTCMonth() + by);
  else return now.getTime() + by * (UNITS[unit] ?? 0);
  return moment.getTime();
}

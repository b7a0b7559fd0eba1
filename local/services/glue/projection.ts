/**
 * Partition projection: the parameters of a table that tell Athena which partitions there are.
 * https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
 */
import type { GlueColumn } from "../../core/contracts";

type Parameters = Readonly<Record<string, string>>;

const PREFIX = "projection.";
const TEMPLATE = "storage.location.template";
const NOW = /^\s*NOW\s*(?:[+-]\s*\d+\s*(?:YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?\s*)?$/;
const UNITS = ["YEARS", "MONTHS", "WEEKS", "DAYS", "HOURS", "MINUTES", "SECONDS", "MILLISECONDS"];

/** By projection type: the settings it needs and those it may have beside `type`. */
const SETTINGS: Readonly<Record<string, { needs: readonly string[]; takes: readonly string[] }>> = {
  enum: { needs: ["values"], takes: [] },
  integer: { needs: ["range"], takes: ["interval", "digits"] },
  date: { needs: ["range", "format"], takes: ["interval", "interval.unit"] },
  injected: { needs: [], takes: [] },
};

const isCount = (text: string): boolean => /^\s*[1-9]\d*\s*$/.test(text);

/** A pattern of Java's DateTimeFormatter that is made of year, month, day and time only, as a regular expression. */
function datePattern(format: string): RegExp | undefined {
  const fields: Readonly<Record<string, string>> = {
    yyyy: "\\d{4}",
    MM: "\\d\\d",
    dd: "\\d\\d",
    HH: "\\d\\d",
    mm: "\\d\\d",
    ss: "\\d\\d",
  };
  let source = "";
  for (const [token] of format.matchAll(/'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+/g)) {
    if (/^[A-Za-z]/.test(token)) {
      const field = fields[token];
      if (field === undefined) return undefined;
      source += field;
    } else source += token.replaceAll("'", "").replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  }
  return new RegExp(`^${source}$`);
}

function rangeFault(column: string, type: string, settings: Parameters): string | undefined {
  const name = `${PREFIX}${column}.range`;
  const range = settings["range"] ?? "";
  const ends = range.split(",");
  const [from, to] = ends;
  if (from === undefined || to === undefined || ends.length !== 2) {
    return `${name} is "${range}": expected the first and the last value with a comma between them`;
  }
  if (type === "integer") {
    if (!ends.every((end) => /^\s*-?\d{1,19}\s*$/.test(end))) return `${name} is "${range}": expected two integers`;
    return BigInt(from.trim()) > BigInt(to.trim()) ? `${name} is "${range}": it ends before it begins` : undefined;
  }
  const format = settings["format"] ?? "";
  const pattern = datePattern(format);
  if (pattern === undefined) {
    return `${PREFIX}${column}.format is "${format}": only yyyy, MM, dd, HH, mm and ss are supported locally`;
  }
  const wrong = ends.find((end) => !NOW.test(end) && !pattern.test(end));
  if (wrong !== undefined)
    return `${name} is "${range}": "${wrong}" is neither relative to NOW nor in the format ${format}`;
  const fields = format.replace(/'[^']*'|[^A-Za-z]/g, "");
  const sortsAsText = "yyyyMMddHHmmss".startsWith(fields);
  if (sortsAsText && !NOW.test(from) && !NOW.test(to) && from > to) {
    return `${name} is "${range}": it ends before it begins`;
  }
  // At the precision of a day or a month the interval has a default; finer or coarser it has none.
  const isPlain = format.includes("MM") && !/[Hms]/.test(format);
  return isPlain || (settings["interval"] !== undefined && settings["interval.unit"] !== undefined)
    ? undefined
    : `${PREFIX}${column}.interval and .interval.unit are needed with the format ${format}`;
}

function columnFault(column: string, settings: Parameters): string | undefined {
  const type = settings["type"]?.trim().toLowerCase() ?? "";
  const known = SETTINGS[type];
  if (known === undefined) {
    return `${PREFIX}${column}.type is "${settings["type"] ?? ""}": expected enum, integer, date or injected`;
  }
  const missing = known.needs.find((name) => settings[name] === undefined || settings[name] === "");
  if (missing !== undefined) return `${PREFIX}${column}.${missing} is missing; the type ${type} needs it`;
  const strange = Object.keys(settings).find(
    (name) => name !== "type" && !known.needs.concat(known.takes).includes(name),
  );
  if (strange !== undefined) return `${PREFIX}${column}.${strange} is no setting of the type ${type}`;
  for (const name of ["interval", "digits"]) {
    const value = settings[name];
    if (value !== undefined && !isCount(value))
      return `${PREFIX}${column}.${name} is "${value}": expected a positive integer`;
  }
  const unit = settings["interval.unit"];
  if (unit !== undefined && !UNITS.includes(unit.trim().toUpperCase())) {
    return `${PREFIX}${column}.interval.unit is "${unit}": expected one of ${UNITS.join(", ")}`;
  }
  return type === "integer" || type === "date" ? rangeFault(column, type, settings) : undefined;
}

/** What Athena would not accept in the projection of a table with these partition keys; undefined if nothing. */
export function projectionFault(parameters: Parameters, partitionKeys: readonly GlueColumn[]): string | undefined {
  const enabled = parameters[`${PREFIX}enabled`];
  if (enabled !== undefined && !/^(true|false)$/i.test(enabled)) {
    return `${PREFIX}enabled is "${enabled}": expected true or false`;
  }
  if (enabled?.toLowerCase() !== "true") {
    // Athena would look for partitions in the catalog, and find none: nothing here registers them.
    return partitionKeys.length > 0
      ? `the table has partition keys but not ${PREFIX}enabled = true; partitions in the catalog are not supported locally`
      : undefined;
  }
  if (partitionKeys.length === 0) return `${PREFIX}enabled is true, but the table has no partition keys`;
  const byColumn = new Map(partitionKeys.map(({ Name }) => [Name, {} as Record<string, string>]));
  for (const [name, value] of Object.entries(parameters)) {
    if (!name.startsWith(PREFIX) || name === `${PREFIX}enabled`) continue;
    const [column = "", ...setting] = name.slice(PREFIX.length).split(".");
    const settings = byColumn.get(column);
    if (settings === undefined) return `${name} is set, but the table has no partition key "${column}"`;
    settings[setting.join(".")] = value;
  }
  const missing = [...byColumn].filter(([, settings]) => Object.keys(settings).length === 0).map(([name]) => name);
  if (missing.length > 0) {
    return (
      "the table is configured for partition projection, but the following partition columns are missing " +
      `projection configuration: [${missing.join(", ")}]`
    );
  }
  for (const [column, settings] of byColumn) {
    const fault = columnFault(column, settings);
    if (fault !== undefined) return fault;
  }
  return templateFault(parameters[TEMPLATE], [...byColumn.keys()]);
}

function templateFault(template: string | undefined, columns: readonly string[]): string | undefined {
  if (template === undefined) return undefined;
  if (!template.startsWith("s3://") || !template.endsWith("/")) {
    return `${TEMPLATE} is "${template}": expected an s3:// URL that ends with a slash`;
  }
  const missing = columns.find((column) => !template.includes(`\${${column}}`));
  if (missing !== undefined) return `${TEMPLATE} is "${template}": it has no \${${missing}}`;
  const placeholders = [...template.matchAll(/\$\{([^}]*)\}/g)].map(([, name = ""]) => name);
  const strange = placeholders.find((name) => !columns.includes(name));
  return strange === undefined
    ? undefined
    : `${TEMPLATE} is "${template}": the table has no partition key "${strange}"`;
}

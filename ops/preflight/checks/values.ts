/** What the rows themselves hold. */
import { escapeIdentifier } from "pg";
import type { Expected } from "../expected";
import { enumerate, quotedTable, tableKey, type Finding } from "../finding";
import type { Measured } from "../source";

/** From here on a value is worth a warning, though it still passes. */
export const CLOSE = 0.75;

/** "in all rows" or "in a sample of ..." */
const where = ({ percent }: Measured): string =>
  percent >= 100 ? "measured in all rows" : `measured in a sample of ${Number(percent.toPrecision(2))} % of the table`;

function largeObjects(measured: Measured, { lobMaxKb }: Expected): Finding[] {
  const limit = lobMaxKb * 1024;
  return measured.largeObjects
    .filter(({ bytes }) => bytes > limit * CLOSE)
    .map(({ column, bytes }) => {
      const over = bytes > limit;
      const name = escapeIdentifier(column);
      return {
        check: "large-object",
        level: over ? "error" : "warning",
        table: tableKey(measured),
        columns: [column],
        what:
          `${column}: the largest value (${where(measured)}) needs ${bytes.toLocaleString("en")} bytes, and DMS takes ` +
          `${limit.toLocaleString("en")} (LobMaxSize; a character of text counts as two, or four). ` +
          (over ? "The task stops at such a value rather than cut it." : "A somewhat longer one stops the task."),
        fix:
          "Keep such values elsewhere (S3), or raise LOB_KB in infra/prod/mappings.ts: a message on the stream takes 1 MB in all. " +
          "Which rows they are:",
        sql:
          `SELECT ctid, octet_length(${name}::text) FROM ${quotedTable(measured)} ` +
          `WHERE ${name} IS NOT NULL ORDER BY 2 DESC LIMIT 10;`,
      };
    });
}

export function values(measured: Measured, expected: Expected): Finding[] {
  const at = { table: tableKey(measured) };
  if (measured.failure !== undefined) {
    return [
      {
        ...at,
        check: "not-measured",
        level: "note",
        what: `Its values were not looked at: ${measured.failure}. Large objects beyond LobMaxSize would go unnoticed.`,
        fix: "Run preflight again when the database has time for it.",
      },
    ];
  }
  const findings = largeObjects(measured, expected);
  const { infinite, longIntegers } = measured;
  if (infinite.length > 0) {
    findings.push({
      ...at,
      check: "infinity",
      level: "warning",
      columns: infinite,
      what:
        `${enumerate(infinite)} ${infinite.length === 1 ? "has" : "have"} rows with infinity (${where(measured)}): DMS makes ` +
        "9999-12-31 23:59:59 or 4713-01-01 BC of it.",
      fix: "Reckon with that in queries and services, or keep null for an open end. How many rows:",
      sql: infinite
        .map((name) => `SELECT count(*) FROM ${quotedTable(measured)} WHERE NOT isfinite(${escapeIdentifier(name)});`)
        .join("\n"),
    });
  }
  if (longIntegers.length > 0) {
    findings.push({
      ...at,
      check: "long-integer",
      level: "error",
      columns: longIntegers,
      what:
        `${enumerate(longIntegers)} ${longIntegers.length === 1 ? "has" : "have"} integers of 19 digits (${where(measured)}): ` +
        "DMS sends no more than 18 exactly (UseLargeIntegerValue), longer ones come rounded and are parked as unreadable.",
      fix: "Keep such numbers as text (a second column that a trigger fills will do), or leave the column out of the model.",
    });
  }
  return findings;
}

/** The findings for people, and for machines. */
import { count, enumerate, LEVELS, tableKey, type Finding, type Level } from "./finding";
import { sampled } from "./measure";
import type { Measured } from "./source";

export interface Report {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Of PostgreSQL. */
  readonly serverVersion: string;
  /** Of DMS. */
  readonly engineVersion: string;
  readonly tlsVerified: boolean;
  /** `<schema>.<name>` of the model's tables. */
  readonly tables: readonly string[];
  readonly measured: readonly Measured[];
  readonly findings: readonly Finding[];
}

type Counts = Readonly<Record<Level, number>>;

export function countsOf(findings: readonly Finding[]): Counts {
  const of = (level: Level) => findings.filter((finding) => finding.level === level).length;
  return { error: of("error"), warning: of("warning"), note: of("note") };
}

const rank = (finding: Finding): number => LEVELS.indexOf(finding.level);

/** Errors first; among equals the order in which they were found. */
const bySeverity = (findings: readonly Finding[]): Finding[] =>
  [...findings].sort((left, right) => rank(left) - rank(right));

const WIDTH = 110;

/** In lines of `WIDTH`, each behind `indent`. */
function wrap(text: string, indent: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines[lines.length - 1] ?? "";
    if (line !== "" && indent.length + line.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line) => indent + line).join("\n");
}

function entry({ check, level, what, fix, sql }: Finding): string {
  const code = sql === undefined ? [] : sql.split("\n").map((line) => `        ${line}`);
  return [`  ${level} ${check}`, wrap(what, "    "), wrap(`Fix: ${fix}`, "    "), ...code].join("\n");
}

function groups(findings: readonly Finding[]): [string, Finding[]][] {
  const byTable = new Map<string, Finding[]>();
  for (const finding of findings) {
    const name = finding.table === undefined ? "The database" : `Table ${finding.table}`;
    byTable.set(name, [...(byTable.get(name) ?? []), finding]);
  }
  const worst = (list: readonly Finding[]): number => Math.min(...list.map(rank));
  return [...byTable].sort(([, left], [, right]) => worst(left) - worst(right));
}

const summary = ({ error, warning, note }: Counts): string =>
  `${count(error, "error")}, ${count(warning, "warning")}, ${count(note, "note")}`;

export function renderText(report: Report): string {
  const { findings, tables, measured } = report;
  const clean = tables.filter((name) => findings.every(({ table }) => table !== name));
  const parts = sampled(measured);
  const unread = measured.filter(({ failure }) => failure !== undefined).map(tableKey);
  const found = summary(countsOf(findings));
  const rest = clean.length === tables.length ? `any of the ${count(tables.length, "table")}` : enumerate(clean, 20);
  return [
    `PostgreSQL ${report.serverVersion}, ${report.database} at ${report.host}:${report.port} as ${report.user}` +
      `${report.tlsVerified ? "" : " (server not verified: --ca)"}; DMS ${report.engineVersion}.`,
    "",
    ...groups(findings).flatMap(([name, list]) => [name, ...bySeverity(list).map(entry), ""]),
    ...(clean.length === 0 ? [] : [wrap(`Nothing found in ${rest}.`, "")]),
    ...(parts.length === 0 ? [] : [wrap(`Values looked at in a sample only: ${enumerate(parts, 20)}.`, "")]),
    ...(unread.length === 0 ? [] : [wrap(`Values not looked at: ${enumerate(unread, 20)}.`, "")]),
    findings.length === 0
      ? `Nothing found: ${count(tables.length, "table")} and the database are as the replication needs them.`
      : `${count(tables.length, "table")} of the model looked at: ${found}. docs/preflight.md says more of each.`,
  ].join("\n");
}

export function renderJson(report: Report): string {
  const { findings, measured, ...head } = report;
  const values = measured.map(({ schema, name, percent, failure }) => ({
    table: tableKey({ schema, name }),
    percent,
    ...(failure === undefined ? {} : { failure }),
  }));
  return JSON.stringify({ ...head, values, counts: countsOf(findings), findings: bySeverity(findings) }, null, 2);
}

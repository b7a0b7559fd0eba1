/**
 * The header of a KPI: the first comment lines of its SQL file say what it answers, for people and for a chart.
 *
 *     -- title: Active shops
 *     -- question: How many shops planned at least one shift, week by week?
 *     -- owner: product
 *     -- unit: shops
 *     -- grain: week
 *     -- chart: line
 *     -- draws: active_shops, planning_shops
 *     SELECT ...
 *
 * `draws` may be left out: then every numeric column but the first is drawn. What is drawn shares one axis, so name the columns
 * of the KPI's unit where others stand beside them: counts beside a percentage, say.
 */
export interface Kpi {
  /** The file's name without `.sql`: what one asks for it by. */
  readonly name: string;
  readonly title: string;
  readonly question: string;
  readonly owner: string;
  /** Of the values: hours, %, shops, ... */
  readonly unit: string;
  /** What one row is: week, shop, ... */
  readonly grain: string;
  readonly chart: Chart;
  /** The columns that are drawn, all of the KPI's unit. Left out: every numeric column but the first. Of a table none. */
  readonly draws?: readonly string[];
  /** The whole file, header included. */
  readonly sql: string;
}

export const charts = ["line", "bar", "number", "table"] as const;
export type Chart = (typeof charts)[number];

const MEMBERS = ["title", "question", "owner", "unit", "grain", "chart", "draws"] as const;
type Member = (typeof MEMBERS)[number];

/** A mistake in a KPI's file; the message names file and line and says what is expected. */
export class KpiError extends Error {}

const isMember = (name: string): name is Member => MEMBERS.some((member) => member === name);
const isChart = (text: string): text is Chart => charts.some((chart) => chart === text);

/**
 * @param file as a person would look for it, e.g. `queries/kpis/active_shops.sql`
 * @throws KpiError for a missing, empty, unknown or repeated member, for columns that are none, and for a file without a statement
 */
export function parseKpi(name: string, file: string, sql: string): Kpi {
  if (!/^[a-z][a-z0-9_]*$/.test(name))
    throw new KpiError(`${file}: name it in lower-case letters, digits and underscores, beginning with a letter.`);
  const lines = sql.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("--") && line.trim() !== "");
  if (end === -1) throw new KpiError(`${file}: there is no statement after the header.`);
  const found = new Map<Member, string>();
  lines.slice(0, end).forEach((line, index) => {
    const match = /^--\s*(\w+):\s*(.*?)\s*$/.exec(line);
    // Other comment lines explain the query and are no part of the header.
    if (match === null) return;
    const [, member = "", text = ""] = match;
    const at = `${file}, line ${index + 1}`;
    if (!isMember(member)) throw new KpiError(`${at}: "${member}" is none of ${MEMBERS.join(", ")}.`);
    if (found.has(member)) throw new KpiError(`${at}: "${member}" stands twice.`);
    if (text === "") throw new KpiError(`${at}: "${member}" is empty.`);
    found.set(member, text);
  });
  const text = (member: Member): string => {
    const value = found.get(member);
    if (value === undefined) throw new KpiError(`${file}: the header has no line "-- ${member}: ...".`);
    return value;
  };
  const chart = text("chart");
  if (!isChart(chart)) throw new KpiError(`${file}: chart is "${chart}", expected one of ${charts.join(", ")}.`);
  const draws = found.get("draws");
  if (draws !== undefined && chart === "table")
    throw new KpiError(`${file}: "draws" stands beside "chart: table", which shows every column.`);
  return {
    name,
    title: text("title"),
    question: text("question"),
    owner: text("owner"),
    unit: text("unit"),
    grain: text("grain"),
    chart,
    ...(draws === undefined ? {} : { draws: columns(draws, file) }),
    sql,
  };
}

/** The names, as Athena gives them: in lower case, between commas. */
function columns(text: string, file: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  names.forEach((name, index) => {
    if (!/^[a-z_][a-z0-9_]*$/.test(name))
      throw new KpiError(`${file}: draws has "${name}", expected columns between commas, in lower case.`);
    if (names.indexOf(name) !== index) throw new KpiError(`${file}: draws has "${name}" twice.`);
  });
  return names;
}

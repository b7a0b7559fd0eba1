/**
 * A full load as a current-state view names it, or a compaction, which is for a service's own table what a load is for the
 * monolith's. The view's SQL is the only place that says which load is in force: making
 * the view anew is one write of the catalog, so a reader sees the old load or the new one, whole. Whoever makes a view reads
 * the load out of the one that stands. Athena keeps a view's SQL formatted and without its comments, so the names are
 * literals with a form that nothing else has.
 */
export interface Load {
  /** When the load began, `20261124T080000123Z`, or how far a compaction surely reaches: the folder `load=<name>`, and its order. */
  readonly name: string;
  /** The folder of the pseudonyms that belong to it, of a table that has some: the load's name and that of the promotion. */
  readonly pseudonyms?: string;
}

export const LOAD = {
  name: "{{load}}",
  pseudonyms: "{{pseudonyms}}",
  since: "{{since}}",
  day: "{{day}}",
} as const;

/** In the templates of what a promotion takes along, or compacts: the names of the load before. */
export const BEFORE = { name: "{{load before}}", pseudonyms: "{{pseudonyms before}}", day: "{{day before}}" } as const;

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

export const loadName = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/[-:.]/g, "");

/** Epoch milliseconds. */
export function startOf({ name }: Load): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(name);
  if (parts === null) throw new Error(`"${name}" is no name of a full load.`);
  const [year = 0, month = 0, ...rest] = parts.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...rest);
}

/**
 * A template with a load's names and bounds.
 *
 * - Changes count from a minute before the load began: a transaction may bear a commit time shortly before the load's start
 *   and become visible only after its snapshot.
 * - Folders are read from the day before it began. A change is delivered after it was committed, however late; so one that
 *   was committed since then lies in the folder of that day (UTC) or a later one. The day more is for the clocks of the
 *   database and of Firehose, which may differ, and for Firehose itself: the folder of a file is the day of its oldest
 *   record, which may have come a buffer's time (15 minutes at most) before the change.
 */
export function fill(template: string, load: Load): string {
  const start = startOf(load);
  const since = new Date(start - MINUTE).toISOString();
  return template
    .replaceAll(LOAD.name, load.name)
    .replaceAll(LOAD.pseudonyms, load.pseudonyms ?? "")
    .replaceAll(LOAD.since, since.replace("T", " ").replace("Z", ""))
    .replaceAll(LOAD.day, new Date(start - DAY).toISOString().slice(0, 10));
}

/** A view's SQL with the names and bounds of its load taken out again. */
export const blank = (sql: string, load: Load): string =>
  [LOAD.pseudonyms, LOAD.since, LOAD.day, LOAD.name].reduce((text, mark) => {
    const filled = fill(mark, load);
    return filled === "" ? text : text.replaceAll(filled, mark);
  }, sql);

/** Only what is of the load before. */
export const fillBefore = (template: string, before: Load): string =>
  template
    .replaceAll(BEFORE.name, before.name)
    .replaceAll(BEFORE.pseudonyms, fill(LOAD.pseudonyms, before))
    .replaceAll(BEFORE.day, fill(LOAD.day, before));

/** The load that a view's SQL stands on. */
export function loadIn(sql: string): Load | undefined {
  const name = /'(\d{8}T\d{9}Z)'/.exec(sql)?.[1];
  const pseudonyms = /'(\d{8}T\d{9}Z-\d{8}T\d{9}Z)'/.exec(sql)?.[1];
  if (name === undefined) return undefined;
  return pseudonyms === undefined ? { name } : { name, pseudonyms };
}

/** The SQL of a view as Glue keeps it: `/* Presto View: <base64 of JSON> *\/`. */
export function viewSql(viewOriginalText: string | undefined): string | undefined {
  const encoded = /Presto View: (\S+)/.exec(viewOriginalText ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const view: unknown = JSON.parse(Buffer.from(encoded, "base64").toString("utf8"));
  const sql: unknown = typeof view === "object" && view !== null ? Reflect.get(view, "originalSql") : undefined;
  return typeof sql === "string" ? sql : undefined;
}

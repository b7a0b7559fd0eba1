/**
 * Promotes full loads. DMS writes every load over the one before, so it writes where no query reads (`landing/`). When it
 * has ended its files are copied to a folder of their own (`full/<schema>/<table>/load=<name>/`), counted, and the table's
 * view is made anew on them: that one statement is the switch. Whatever fails before leaves the view as it is, and the next
 * run goes on where this one ended.
 */
import type { Finished } from "./finished";
import type { Load } from "./load";
import { fill, fillBefore, loadIn, loadName, startOf } from "./load";

export interface PromotedTable {
  /** In the monolith, as DMS calls them. */
  readonly schema: string;
  readonly name: string;
  readonly view: string;
  /** The catalog's table of full loads. */
  readonly full: string;
  /** The view's SQL on a load, a template. */
  readonly onLoad: string;
  /** What is taken along, of a table with pseudonyms: queries, as templates. */
  readonly pseudonyms?: { readonly first: string; readonly next: string };
}

export interface LakeObject {
  readonly key: string;
  readonly bytes: number;
  /** Epoch milliseconds. */
  readonly modified: number;
  readonly etag: string;
}

/** The lake's bucket. */
export interface LakeFiles {
  list(prefix: string): Promise<LakeObject[]>;
  /** Within the bucket. @throws if the object is no longer the one that was listed */
  copy(from: LakeObject, to: string): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
}

export interface PromoteOptions {
  readonly tables: readonly PromotedTable[];
  readonly files: LakeFiles;
  /** s3://bucket */
  readonly lake: string;
  /** See `finishedLoads`. */
  finished(): Promise<ReadonlyMap<string, Finished> | undefined>;
  /** Runs a statement of Athena. @returns the rows of its answer */
  query(sql: string): Promise<(string | undefined)[][]>;
  /** The SQL of a view; undefined if there is no such view. */
  viewSql(view: string): Promise<string | undefined>;
  /** Epoch milliseconds. */
  now(): number;
  log(line: string): void;
}

export interface Promotions {
  /** Tables whose view stands on a new load. */
  readonly promoted: readonly string[];
  /** Tables whose load has not ended well, or is still running. */
  readonly waiting: readonly string[];
}

export const FOLDERS = { landing: "landing", full: "full", pseudonyms: "full/pseudonyms" } as const;

const HOUR = 3_600_000;
/** For how long the files of a load remain once another one is in force: queries that began before may still read them. */
const KEEP = 3 * 24 * HOUR;
/** Copies at a time. */
const COPIES = 8;

/** @throws Error if some table could not be promoted; the others are, by then. */
export async function promote(options: PromoteOptions): Promise<Promotions> {
  const loads = await options.finished();
  const promoted: string[] = [];
  const waiting: string[] = [];
  const problems: string[] = [];
  const began: number[] = [];
  for (const table of options.tables) {
    const name = `${table.schema}.${table.name}`;
    try {
      let current = loadIn((await options.viewSql(table.view)) ?? "");
      const load = loads?.get(name);
      if (load === undefined) waiting.push(name);
      else if (current === undefined || current.name < loadName(load.began)) {
        current = await promoteTable(table, load, current, options);
        if (current === undefined) waiting.push(name);
        else promoted.push(name);
      }
      if (current === undefined) continue;
      began.push(startOf(current));
      await removeOld(table, current, options);
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  options.log(JSON.stringify({ promoted: promoted.length, failed: problems.length, waiting, problems }));
  // Silence is an alarm, too: of a table that has no load at all.
  if (began.length === options.tables.length)
    options.log(JSON.stringify({ oldestLoadHours: (options.now() - Math.min(...began)) / HOUR }));
  if (problems.length > 0) throw new Error(`Full loads that could not be promoted:\n${problems.join("\n")}`);
  return { promoted, waiting };
}

/** @returns undefined if another load has begun meanwhile. */
async function promoteTable(
  table: PromotedTable,
  { began, rows }: Finished,
  before: Load | undefined,
  options: PromoteOptions,
): Promise<Load | undefined> {
  const name = loadName(began);
  await copyLoad(table, name, options);
  // Whoever began a load while we copied has deleted files under our hands.
  const now = (await options.finished())?.get(`${table.schema}.${table.name}`);
  if (now?.began !== began) return undefined;
  const [counted] = await options.query(`SELECT count(*) FROM "${table.full}" WHERE "load" = '${name}'`);
  const found = Number(counted?.[0]);
  if (found !== rows)
    throw new Error(`DMS has loaded ${rows} rows, and load=${name} has ${found}: the view keeps the load before.`);
  const load = await takePseudonyms(table, { name }, before, options);
  await options.query(`CREATE OR REPLACE VIEW "${table.view}" AS\n${fill(table.onLoad, load)}`);
  return load;
}

async function copyLoad(table: PromotedTable, load: string, { files }: PromoteOptions): Promise<void> {
  const from = `${FOLDERS.landing}/${table.schema}/${table.name}/`;
  const to = `${FOLDERS.full}/${table.schema}/${table.name}/load=${load}/`;
  // A copy that was interrupted goes on: files of a load do not change.
  const there = new Map((await files.list(to)).map(({ key, bytes }) => [key, bytes]));
  const landed = await files.list(from);
  const missing = landed.filter(({ key, bytes }) => there.get(to + key.slice(from.length)) !== bytes);
  for (let index = 0; index < missing.length; index += COPIES)
    await Promise.all(
      missing.slice(index, index + COPIES).map((object) => files.copy(object, to + object.key.slice(from.length))),
    );
}

/** Where the pseudonyms of a promotion lie. Each has a folder of its own: what a failed one has left is not in the way. */
async function takePseudonyms(
  { schema, name, pseudonyms }: PromotedTable,
  load: Load,
  before: Load | undefined,
  { lake, query, now }: PromoteOptions,
): Promise<Load> {
  if (pseudonyms === undefined) return load;
  const folder = `${load.name}-${loadName(now())}`;
  const select =
    before?.pseudonyms === undefined ? fill(pseudonyms.first, load) : fill(fillBefore(pseudonyms.next, before), load);
  await query(
    `UNLOAD (\n${select}) TO '${lake}/${FOLDERS.pseudonyms}/${schema}/${name}/load=${folder}/' WITH (format = 'PARQUET', compression = 'SNAPPY')`,
  );
  return { ...load, pseudonyms: folder };
}

/**
 * Removes the loads before the one in force. Not by a lifecycle rule, which goes by age: should the loads stop, it would
 * remove the one that the view reads.
 */
async function removeOld(
  { schema, name }: PromotedTable,
  current: Load,
  { files, now }: PromoteOptions,
): Promise<void> {
  const kept = { [FOLDERS.full]: current.name, [FOLDERS.pseudonyms]: current.pseudonyms ?? "" };
  const full = `${FOLDERS.full}/${schema}/${name}/`;
  const ofCurrent = await files.list(`${full}load=${current.name}/`);
  const promotedAt = Math.max(...ofCurrent.map(({ modified }) => modified));
  if (ofCurrent.length === 0 || now() - promotedAt < KEEP) return;
  for (const [folder, load] of Object.entries(kept)) {
    const prefix = `${folder}/${schema}/${name}/load=`;
    const loadOf = (key: string): string => key.slice(prefix.length).split("/")[0] ?? "";
    const old = (await files.list(prefix)).filter(({ key }) => loadOf(key) < load);
    if (old.length > 0) await files.remove(old.map(({ key }) => key));
  }
}

/**
 * Promotes full loads. DMS writes every load over the one before, so it writes where no query reads (`landing/`). When it
 * has ended its files are copied to a folder of their own (`full/<schema>/<table>/load=<name>/`), counted, and the table's
 * view is made anew on them: that one statement is the switch. Whatever fails before leaves the view as it is, and the next
 * run goes on where this one ended.
 *
 * A service's own table has no full load: DMS does not know it. There the changes themselves are compacted: the latest of
 * each key, written once, takes the place of all of them up to two days ago.
 */
import type { Finished } from "./finished";
import type { Load } from "./load";
import { fill, fillBefore, loadIn, loadName, startOf } from "./load";
import { footerBytes, parquetColumns } from "./parquetColumns";

/** Queries, as templates: from all changes, and from the load before and the changes since. */
export interface Taken {
  readonly first: string;
  readonly next: string;
}

export interface PromotedTable {
  /** In the monolith, as DMS calls them; of a service's own table its folder. */
  readonly schema: string;
  readonly name: string;
  readonly view: string;
  /** The catalog's table of full loads. */
  readonly full: string;
  /** The columns that a load may have: of others nobody has decided whether they are private. In lower case. */
  readonly columns: readonly string[];
  /** The view's SQL on a load, a template. */
  readonly onLoad: string;
  /** What is taken along, of a table with pseudonyms. */
  readonly pseudonyms?: Taken;
  /** Of a table without full loads. */
  readonly compaction?: Taken;
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
  /** The last bytes of an object, all of them if it has fewer. @throws if it is no longer the one that was listed */
  tail(of: LakeObject, bytes: number): Promise<Uint8Array>;
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

export const FOLDERS = {
  landing: "landing",
  full: "full",
  pseudonyms: "full/pseudonyms",
  compacted: "full/compacted",
} as const;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/**
 * For how long the files of a load remain once the next one is in force: queries that began before may still read them. They
 * may take half an hour (Athena guide, "Service quotas"); the rest of the day is for people who look what was there before.
 */
const KEEP = DAY;
/**
 * A compaction holds all changes that have been delivered, but counts as of two days ago: the view goes on to read the
 * folders since the day before that. A delete is not kept, and a change from before it may be delivered again as long as
 * *format* tries, which is a day; so the delete must be read that long, too.
 */
const SURE = 2 * DAY;
/** How old a compaction becomes. */
const COMPACT_AFTER = 4 * DAY;
/** Copies at a time. */
const COPIES = 8;
/** Bytes of a file's end that are read at first; a footer is seldom longer. */
const FOOTER = 64 * 1024;

/** @throws Error if some table could not be promoted; the others are, by then. */
export async function promote(options: PromoteOptions): Promise<Promotions> {
  const promoted: string[] = [];
  const waiting: string[] = [];
  const problems: string[] = [];
  const began: number[] = [];
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  let loads: ReadonlyMap<string, Finished> | undefined;
  await attempt("DMS", async () => {
    loads = await options.finished();
  });
  for (const table of options.tables) {
    const name = `${table.schema}.${table.name}`;
    await attempt(name, async () => {
      const before = loadIn((await options.viewSql(table.view)) ?? "");
      const load = loads?.get(name);
      const next =
        table.compaction === undefined
          ? await promoteTable(table, load, before, options)
          : await compact(table, table.compaction, before, options);
      if (next !== undefined) promoted.push(name);
      else if (table.compaction === undefined && !isInForce(load, before)) waiting.push(name);
      const current = next ?? before;
      if (current === undefined) return;
      began.push(startOf(current));
      await removeOld(table, current, options);
    });
  }
  options.log(JSON.stringify({ promoted: promoted.length, failed: problems.length, waiting, problems }));
  // Silence is an alarm, too: of a table that has no load at all.
  if (began.length === options.tables.length)
    options.log(JSON.stringify({ oldestLoadHours: (options.now() - Math.min(...began)) / HOUR }));
  if (problems.length > 0) throw new Error(`Full loads that could not be promoted:\n${problems.join("\n")}`);
  return { promoted, waiting };
}

/** Makes the view anew: the switch. */
async function stand(table: PromotedTable, load: Load, { query }: PromoteOptions): Promise<Load> {
  await query(`CREATE OR REPLACE VIEW "${table.view}" AS\n${fill(table.onLoad, load)}`);
  return load;
}

/** Writes what a query gives to a folder of the lake that is new. */
async function unload(select: string, folder: string, { lake, query }: PromoteOptions): Promise<void> {
  await query(`UNLOAD (\n${select}) TO '${lake}/${folder}/' WITH (format = 'PARQUET', compression = 'SNAPPY')`);
}

const selectOf = (taken: Taken, load: Load, before: Load | undefined): string =>
  before === undefined ? fill(taken.first, load) : fill(fillBefore(taken.next, before), load);

/** @returns undefined if the last one is young enough */
async function compact(
  table: PromotedTable,
  compaction: Taken,
  before: Load | undefined,
  options: PromoteOptions,
): Promise<Load | undefined> {
  const now = options.now();
  if (before !== undefined && now - startOf(before) < COMPACT_AFTER) return undefined;
  const load = { name: loadName(now - SURE) };
  const folder = `${FOLDERS.compacted}/${table.schema}/${table.name}/load=${load.name}`;
  await unload(selectOf(compaction, load, before), folder, options);
  return stand(table, load, options);
}

const isInForce = (finished: Finished | undefined, current: Load | undefined): boolean =>
  finished !== undefined && current !== undefined && loadName(finished.began) <= current.name;

/** @returns undefined if there is no newer load, or if another one has begun meanwhile */
async function promoteTable(
  table: PromotedTable,
  finished: Finished | undefined,
  before: Load | undefined,
  options: PromoteOptions,
): Promise<Load | undefined> {
  if (finished === undefined || isInForce(finished, before)) return undefined;
  const { began, rows } = finished;
  const name = loadName(began);
  await copyLoad(table, name, options);
  // Whoever began a load while we copied has deleted files under our hands.
  const now = (await options.finished())?.get(`${table.schema}.${table.name}`);
  if (now?.began !== began) return undefined;
  const [counted] = await options.query(`SELECT count(*) FROM "${table.full}" WHERE "load" = '${name}'`);
  const found = Number(counted?.[0]);
  if (found !== rows)
    throw new Error(`DMS has loaded ${rows} rows, and load=${name} has ${found}: the view keeps the load before.`);
  return stand(table, await takePseudonyms(table, { name }, before, options), options);
}

async function columnsOf(object: LakeObject, files: LakeFiles): Promise<string[]> {
  try {
    const tail = await files.tail(object, FOOTER);
    const needed = footerBytes(tail);
    return parquetColumns(needed <= tail.length ? tail : await files.tail(object, needed));
  } catch (error) {
    throw new Error(`${object.key}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * DMS writes every column that a table has and its mapping does not remove. One that the model does not know, or that has
 * become private since, must not get to where people read.
 */
async function checkColumns(table: PromotedTable, object: LakeObject, files: LakeFiles): Promise<void> {
  const names = await columnsOf(object, files);
  const strange = names.filter((name) => !table.columns.includes(name.toLowerCase()));
  if (strange.length > 0)
    throw new Error(
      `${object.key} has columns that the lake does not know: ${strange.join(", ")}. The view keeps the load before. ` +
        "Decide in model/tables.ts what they are, deploy prod and data, and load the table again.",
    );
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
      missing.slice(index, index + COPIES).map(async (object) => {
        await checkColumns(table, object, files);
        await files.copy(object, to + object.key.slice(from.length));
      }),
    );
}

/** Where the pseudonyms of a promotion lie. Each has a folder of its own: what a failed one has left is not in the way. */
async function takePseudonyms(
  { schema, name, pseudonyms }: PromotedTable,
  load: Load,
  before: Load | undefined,
  options: PromoteOptions,
): Promise<Load> {
  if (pseudonyms === undefined) return load;
  const folder = `${load.name}-${loadName(options.now())}`;
  // Of a table that had none until now there is nothing to go on from.
  const known = before?.pseudonyms === undefined ? undefined : before;
  await unload(selectOf(pseudonyms, load, known), `${FOLDERS.pseudonyms}/${schema}/${name}/load=${folder}`, options);
  return { ...load, pseudonyms: folder };
}

/**
 * Removes the loads that another one has followed. Not by a lifecycle rule, which goes by age: should the loads stop, it
 * would remove the one that the view reads.
 */
async function removeOld(
  { schema, name, compaction }: PromotedTable,
  current: Load,
  { files, now }: PromoteOptions,
): Promise<void> {
  const loads = compaction === undefined ? FOLDERS.full : FOLDERS.compacted;
  const inForce = { [loads]: current.name, [FOLDERS.pseudonyms]: current.pseudonyms ?? "" };
  for (const [folder, load] of Object.entries(inForce)) {
    const prefix = `${folder}/${schema}/${name}/load=`;
    const byLoad = new Map<string, LakeObject[]>();
    for (const object of await files.list(prefix)) {
      const of = object.key.slice(prefix.length).split("/")[0] ?? "";
      byLoad.set(of, [...(byLoad.get(of) ?? []), object]);
    }
    const names = [...byLoad.keys()].filter((other) => other <= load).sort();
    const old = names.filter((_, index) => {
      const next = byLoad.get(names[index + 1] ?? "");
      return next !== undefined && now() - Math.max(...next.map(({ modified }) => modified)) >= KEEP;
    });
    const keys = old.flatMap((of) => (byLoad.get(of) ?? []).map(({ key }) => key));
    if (keys.length > 0) await files.remove(keys);
  }
}

/**
 * Promotes full loads. DMS writes every load over the one before, so it writes where no query reads (`landing/`). When it
 * has ended its files are copied to a folder of their own (`full/<schema>/<table>/load=<name>/`), counted, and the table's
 * view is made anew on them: that one statement is the switch. Whatever fails before leaves the view as it is, and the next
 * run goes on where this one ended. Runs do not overlap: the function runs once at a time, and ends before it is ended.
 *
 * A service's own table has no full load: DMS does not know it. There the changes themselves are compacted: the latest of
 * each key, written once, takes the place of all of them up to two days ago.
 */
import { checkColumns } from "./checkColumns";
import type { Finished } from "./finished";
import { groupsOf } from "./groups";
import type { Load } from "./load";
import { fill, fillBefore, loadIn, loadName, startOf } from "./load";

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
  /** See `finishedLoads`; asked once a run, and once for each group of tables that were copied. */
  finished(): Promise<ReadonlyMap<string, Finished> | undefined>;
  /** Runs a statement of Athena. @returns the rows of its answer */
  query(sql: string): Promise<(string | undefined)[][]>;
  /** The SQL of a view; undefined if there is no such view. */
  viewSql(view: string): Promise<string | undefined>;
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds until the run is ended, whatever it does. */
  remaining(): number;
  log(line: string): void;
}

export interface Promotions {
  /** Tables whose view stands on a new load. */
  readonly promoted: readonly string[];
  /** Tables whose load has not ended well, or is still running. */
  readonly waiting: readonly string[];
  /** Tables that are left to the next run: for want of time, or because a deployment has made their view anew meanwhile. */
  readonly left: readonly string[];
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
/** Tables at a time: Athena runs 20 statements that make views at a time (Athena guide, "Service quotas"). */
const TABLES = 8;
/** Copies of a table at a time: with as many tables fewer than the SDK has sockets, 50. */
const COPIES = 6;
/** Milliseconds before its end in which a run begins nothing more: neither copies nor statements. */
const MARGIN = 180_000;

/** A table's view as the run has found it. */
interface View {
  readonly table: PromotedTable;
  readonly name: string;
  readonly sql: string | undefined;
  readonly load: Load | undefined;
  /** The load that DMS has ended, of a table that has some. */
  readonly finished: Finished | undefined;
}

type Outcome = "promoted" | "waiting" | "left" | "failed";

const nameOf = ({ schema, name }: PromotedTable): string => `${schema}.${name}`;

const hasTime = ({ remaining }: PromoteOptions): boolean => remaining() > MARGIN;

/** @throws Error if some table could not be promoted; the others are, by then. */
export async function promote(options: PromoteOptions): Promise<Promotions> {
  const { tables, now, log } = options;
  const outcomes = new Map<string, Outcome>();
  const problems: string[] = [];
  const attempt = async <Result>(what: string, work: () => Promise<Result>): Promise<Result | undefined> => {
    try {
      return await work();
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  const loads = await attempt("DMS", () => options.finished());
  const views: View[] = [];
  for (const group of groupsOf(tables, TABLES))
    await Promise.all(
      group.map((table) =>
        attempt(nameOf(table), async () => {
          const sql = await options.viewSql(table.view);
          const name = nameOf(table);
          views.push({ table, name, sql, load: loadIn(sql ?? ""), finished: loads?.get(name) });
        }),
      ),
    );
  /** Load in force, by the table's name. */
  const current = new Map(views.flatMap(({ name, load }) => (load === undefined ? [] : [[name, load] as const])));
  for (const { name, table, finished } of views)
    if (table.compaction === undefined && finished === undefined) outcomes.set(name, "waiting");
  const due = views.filter((view) => isDue(view, now()));
  for (const { name } of due) outcomes.set(name, "left");
  for (const group of groupsOf(due, TABLES)) await promoteGroup(group);
  await clean();

  const named = (outcome: Outcome): string[] => tables.map(nameOf).filter((name) => outcomes.get(name) === outcome);
  const result = { promoted: named("promoted"), waiting: named("waiting"), left: named("left") };
  log(JSON.stringify({ ...result, promoted: result.promoted.length, failed: problems.length, problems }));
  // Of views that could not be read nothing is known, and silence is an alarm.
  if (views.length > 0) {
    const ages = [...current.values()].map((load) => (now() - startOf(load)) / HOUR);
    log(JSON.stringify({ oldestLoadHours: Math.max(0, ...ages), tablesWithoutLoad: views.length - ages.length }));
  }
  if (problems.length > 0) throw new Error(`Full loads that could not be promoted:\n${problems.join("\n")}`);
  return result;

  async function promoteGroup(group: readonly View[]): Promise<void> {
    const copied: View[] = [];
    const settle = (view: View, work: () => Promise<Outcome>): Promise<unknown> =>
      attempt(view.name, async () => {
        outcomes.set(view.name, "failed");
        outcomes.set(view.name, await work());
      });
    await Promise.all(
      group.map((view) =>
        settle(view, async () => {
          if (await copyLoad(view, options)) copied.push(view);
          return "left";
        }),
      ),
    );
    // Whoever began a load while we copied has deleted files under our hands.
    const isOfDms = copied.some(({ finished }) => finished !== undefined);
    const after = isOfDms ? await attempt("DMS", () => options.finished()) : undefined;
    await Promise.all(
      copied.map((view) =>
        settle(view, async () => {
          if (after?.get(view.name)?.began !== view.finished?.began) return "waiting";
          const load = hasTime(options) ? await makeLoad(view, options) : undefined;
          if (load === undefined || !(await stand(view, load, options))) return "left";
          current.set(view.name, load);
          return "promoted";
        }),
      ),
    );
  }

  async function clean(): Promise<void> {
    for (const group of groupsOf(views, TABLES)) {
      if (!hasTime(options)) return;
      await Promise.all(
        group.map(({ name, table }) =>
          attempt(name, async () => {
            const load = current.get(name);
            if (load !== undefined) await removeOld(table, load, options);
          }),
        ),
      );
    }
  }
}

/** Whether there is a load to promote, or a compaction to make. */
function isDue({ table, load, finished }: View, now: number): boolean {
  if (table.compaction !== undefined) return load === undefined || now - startOf(load) >= COMPACT_AFTER;
  return finished !== undefined && (load === undefined || loadName(finished.began) > load.name);
}

/**
 * Makes the view anew: the switch. Unless somebody has made it anew since the run began: that is a deployment, whose view may
 * have other columns than this code, which it replaces before it makes views (infra/data/index.ts). The next run is of the
 * new code.
 *
 * @returns whether it was done
 */
async function stand({ table, sql }: View, load: Load, { query, viewSql }: PromoteOptions): Promise<boolean> {
  if ((await viewSql(table.view)) !== sql) return false;
  await query(`CREATE OR REPLACE VIEW "${table.view}" AS\n${fill(table.onLoad, load)}`);
  return true;
}

/** Writes what a query gives to a folder of the lake that is new. */
async function unload(select: string, folder: string, { lake, query }: PromoteOptions): Promise<void> {
  await query(`UNLOAD (\n${select}) TO '${lake}/${folder}/' WITH (format = 'PARQUET', compression = 'SNAPPY')`);
}

const selectOf = (taken: Taken, load: Load, before: Load | undefined): string =>
  before === undefined ? fill(taken.first, load) : fill(fillBefore(taken.next, before), load);

/** What the view is to stand on, complete: a compaction, or a load that has been copied. */
async function makeLoad({ table, load: before, finished }: View, options: PromoteOptions): Promise<Load | undefined> {
  const { schema, name, full, compaction } = table;
  if (compaction !== undefined) {
    const load = { name: loadName(options.now() - SURE) };
    const folder = `${FOLDERS.compacted}/${schema}/${name}/load=${load.name}`;
    await unload(selectOf(compaction, load, before), folder, options);
    return load;
  }
  if (finished === undefined) return undefined;
  const { began, rows } = finished;
  const load = { name: loadName(began) };
  const [counted] = await options.query(`SELECT count(*) FROM "${full}" WHERE "load" = '${load.name}'`);
  const found = Number(counted?.[0]);
  if (found !== rows)
    throw new Error(`DMS has loaded ${rows} rows, and load=${load.name} has ${found}: the view keeps the load before.`);
  return takePseudonyms(table, load, before, options);
}

/**
 * From where DMS writes to the load's own folder. A copy that was interrupted goes on: files of a load do not change.
 * @returns whether all are there; else there was no time
 */
async function copyLoad({ table, finished }: View, options: PromoteOptions): Promise<boolean> {
  if (finished === undefined) return true;
  const { files } = options;
  const from = `${FOLDERS.landing}/${table.schema}/${table.name}/`;
  const to = `${FOLDERS.full}/${table.schema}/${table.name}/load=${loadName(finished.began)}/`;
  const there = new Map((await files.list(to)).map(({ key, bytes }) => [key, bytes]));
  const landed = await files.list(from);
  const missing = landed.filter(({ key, bytes }) => there.get(to + key.slice(from.length)) !== bytes);
  for (const group of groupsOf(missing, COPIES)) {
    if (!hasTime(options)) return false;
    await Promise.all(
      group.map(async (object) => {
        await checkColumns(table, object, files);
        await files.copy(object, to + object.key.slice(from.length));
      }),
    );
  }
  return true;
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

/**
 * What each KPI reads as the change log grows: lakes with the same rows and once, ten and a hundred times the history of
 * them, before and after the promotion of a full load. The bytes are those that Athena would bill, by the footers of the
 * files that it would open (local/services/athena/README.md). A history repeats its rows and so compresses well: without
 * promotion a real one grows more than this one does.
 */
import { groupOf, hasFullLoad } from "../../infra/data/currentState";
import { sqlFiles } from "../../infra/project";
import { lakeTables, type Table } from "../../model";
import { parseKpi } from "../../model/kpi";
import { startLake, type Lake } from "../../queries/testing/lake";
import { ROWS } from "../../queries/testing/rows";
import type { Figure } from "./figures";

type Row = Readonly<Record<string, unknown>>;

/** How often every row has changed, at once the history. */
const UPDATES = 2;
const HISTORIES = [1, 10, 100] as const;
/** Folders of days over which a history is spread; the load comes much later. */
const DAYS = ["2026-04-01", "2026-04-02", "2026-04-03", "2026-04-04"];
const LOADED = Date.parse("2026-06-01T02:30:00Z");
const RECENT = "2026-06-01";
/** Companies like that of testing/rows.ts. */
const COPIES = 10;
/** Percent by which what a KPI reads may grow. */
const GOAL = 20;

/** The rows of the small lake, some companies of them. */
function rowsOf({ name }: Table): Row[] {
  const numbered = (value: unknown, copy: number): unknown => (typeof value === "number" ? value + 1000 * copy : value);
  return Array.from({ length: COPIES }, (_, copy) =>
    (ROWS[name] ?? []).map((row) => {
      const { id, shop_id, user_id } = row;
      const own =
        name === "shifts"
          ? String(BigInt(String(id)) + BigInt(1000 * copy))
          : name === "punches"
            ? String(id).replace(/^0{8}/, String(copy).padStart(8, "0"))
            : name === "contracts"
              ? `${String(id)}${copy}`
              : numbered(id, copy);
      return {
        ...row,
        ...(id === undefined ? {} : { id: own }),
        ...(shop_id === undefined ? {} : { shop_id: numbered(shop_id, copy) }),
        ...(user_id === undefined ? {} : { user_id: numbered(user_id, copy) }),
      };
    }),
  ).flat();
}

const changed = (rows: readonly Row[], round: number, at: string): Row[] =>
  rows.map((row) => ({
    ...row,
    ...{ _op: "update", _version: String(round).padStart(9, "0"), _position: String(round), _committed_at: at },
  }));

async function fill(lake: Lake, history: number): Promise<Map<string, { began: number; rows: number }>> {
  const loads = new Map<string, { began: number; rows: number }>();
  for (const table of lakeTables) {
    const rows = rowsOf(table);
    const rounds = Array.from({ length: UPDATES * history }, (_, round) => round);
    for (const [index, day] of DAYS.entries()) {
      const ofDay = rounds.filter((round) => Math.floor((round * DAYS.length) / rounds.length) === index);
      const changes = ofDay.flatMap((round) => changed(rows, round, `${day}T10:00:00.000000Z`));
      await lake.deliver(table, day, changes);
    }
    await lake.deliver(table, RECENT, changed(rows, rounds.length, `${RECENT}T08:00:00.000000Z`));
    if (!hasFullLoad(table)) continue;
    await lake.land(table, "LOAD00000001.parquet", rows);
    loads.set(`${groupOf(table)}.${table.name}`, { began: LOADED, rows: rows.length });
  }
  return loads;
}

interface Read {
  readonly bytes: number;
  readonly answer: string;
}

async function readBy(lake: Lake): Promise<Map<string, Read>> {
  const read = new Map<string, Read>();
  for (const { name, file, text } of sqlFiles("queries/kpis")) {
    const { rows, bytesScanned } = await lake.query(parseKpi(name, file, text).sql);
    read.set(name, { bytes: bytesScanned, answer: JSON.stringify(rows) });
  }
  return read;
}

/** @throws Error if a KPI's answer changes with the history or with the promotion: a figure counts only for right answers */
export async function benchScan(): Promise<Figure[]> {
  const unpromoted: Map<string, Read>[] = [];
  const promoted: Map<string, Read>[] = [];
  for (const history of HISTORIES) {
    const lake = await startLake(lakeTables, sqlFiles("queries/views"));
    try {
      const loads = await fill(lake, history);
      unpromoted.push(await readBy(lake));
      await lake.promote(loads, LOADED);
      promoted.push(await readBy(lake));
    } finally {
      await lake.close();
    }
  }
  const [first] = promoted;
  if (first === undefined) throw new Error("no lake was read");
  for (const [name, { answer, bytes }] of first) {
    if (bytes === 0) throw new Error(`${name} reads nothing`);
    for (const other of [...unpromoted, ...promoted])
      if (other.get(name)?.answer !== answer) throw new Error(`${name} does not answer alike on every lake`);
  }
  const growth = (lakes: readonly Map<string, Read>[], name: string): number => {
    const bytes = lakes.map((lake) => lake.get(name)?.bytes ?? NaN);
    return 100 * (Math.max(...bytes) / (bytes[0] ?? NaN) - 1);
  };
  const total = (lake: Map<string, Read>): number => [...lake.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    ...HISTORIES.flatMap((history, index): Figure[] =>
      [
        { lakes: unpromoted, what: "without promotion" },
        { lakes: promoted, what: "promoted" },
      ].map(({ lakes, what }) => ({
        name: `bytes read by all KPIs, ${history} x history, ${what}`,
        value: total(lakes[index] ?? new Map()),
        unit: "bytes",
      })),
    ),
    ...[...first.keys()].map((name) => ({
      name: `growth of what ${name} reads, up to 100 x history`,
      value: growth(promoted, name),
      unit: "%",
      goal: GOAL,
    })),
  ];
}

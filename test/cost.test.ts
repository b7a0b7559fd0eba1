/** The cost run, smaller: the real program and its workload, counted by the laptop cloud. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { hopLines, tableLines } from "../local/cost/account";
import { renderRun } from "../local/cost/report";
import { runCost } from "../local/cost/run";
import { silentProgress } from "../local/demo/progress";
import { lakeTables, tableId } from "../model";

test("every hop is counted, changes apart from loads, and all of it can be told apart by table", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tributary-cost-"));
  fs.chmodSync(folder, 0o755);
  try {
    const size = { shops: 20, users: 200, shifts: 800 };
    const { changes, load, fullLoad, kpis, fixed, kept } = await runCost({
      ...{ folder, size, changes: 600, over: 2_000, haste: 40, workedShifts: 40, seed: 7, progress: silentProgress },
    });
    const { counts, used } = changes;
    const ids = lakeTables.map(tableId).sort();
    expect(Object.keys(counts).sort()).toEqual(ids);
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThanOrEqual(600);

    // Every accepted change was written to raw once at least; the loads' writes are not among them.
    const units = (hop: string, table: string): number =>
      used
        .filter((one) => one.hop === hop && one.table === table && one.price === "dynamodbWrite")
        .reduce((sum, { amount }) => sum + amount, 0);
    for (const id of ids) expect(units("DynamoDB raw", id)).toBeGreaterThanOrEqual(counts[id] ?? Infinity);
    expect(units("DynamoDB clocking.punches", "clocking.punches")).toBe(counts["clocking.punches"]);
    const loaded = load.used.filter(({ hop, price }) => hop === "DynamoDB raw" && price === "dynamodbWrite");
    expect(loaded.reduce((sum, { amount }) => sum + amount, 0)).toBeGreaterThanOrEqual(load.rows);
    expect(fullLoad.rows).toBe(load.rows);

    const hops = [...new Set(hopLines(changes).map(({ hop }) => hop))];
    expect(hops).toEqual([
      ...["Kinesis changes", "Kinesis service-changes"],
      ...["Lambda payroll", "Lambda directory", "Lambda clocking", "Lambda format", "Lambda capture"],
      ...["DynamoDB clocking.punches", "DynamoDB payroll", "DynamoDB directory", "DynamoDB clocking", "DynamoDB raw"],
      ...["Firehose", "S3 lake"],
    ]);
    // Four readers of one stream, each of all of it.
    const bytes = (price: string): number =>
      used
        .filter((one) => one.hop === "Kinesis changes" && one.price === price)
        .reduce((sum, { amount }) => sum + amount, 0);
    expect(bytes("kinesisPolled")).toBeCloseTo(4 * bytes("kinesisPut"), 3);
    const lines = tableLines(changes);
    expect(lines.map(({ table }) => table).sort()).toEqual(ids);
    expect(lines.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);

    expect(kpis.used).toContainEqual({ hop: "Athena", price: "athenaScan", amount: kpis.queries * 10 * 2 ** 20 });
    expect(fixed.filter(({ usd }) => usd === undefined)).toEqual([]);
    expect(kept.every(({ bytes: stored }) => stored > 0)).toBe(true);
    expect(renderRun({ changes, load, fullLoad, kpis, fixed, kept })).not.toMatch(/NaN|Infinity|undefined/);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}, 240_000);

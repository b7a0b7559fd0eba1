/** Each KPI on a lake small enough to work the result out by hand (testing/rows.ts). */
import { lakeTables } from "../model";
import { parseKpi } from "../model/kpi";
import { sqlFiles } from "../infra/project";
import { drawChart } from "../ops/dashboard/charts";
import { startLake, type Lake } from "./testing/lake";
import { ROWS } from "./testing/rows";

const [JANUARY, FEBRUARY, MARCH] = ["2026-01-01", "2026-02-01", "2026-03-01"];
/** Mondays. */
const [JAN_19, FEB_02, MAR_09, MAR_16, MAR_23] = ["2026-01-19", "2026-02-02", "2026-03-09", "2026-03-16", "2026-03-23"];

type Value = string | number | null;
const EXPECTED: Readonly<Record<string, readonly (readonly (Value | undefined)[])[]>> = {
  weekly_active_shops: [
    [JAN_19, 1, 1, 1],
    [FEB_02, 1, 1, 1],
    [MAR_09, 1, 2, 2],
    [MAR_16, 1, 2, 2],
    [MAR_23, 0, 1, 0],
  ],
  planned_and_worked_hours: [
    [MAR_09, 1, "14.0", "6.5", "46.4"],
    [MAR_16, 1, "12.0", "11.0", "91.7"],
  ],
  schedule_lead_time: [
    [JAN_19, 1, "7.0", "100.0", "0.0", "0.0"],
    [FEB_02, 1, "14.0", "100.0", "100.0", "0.0"],
    [MAR_09, 4, "7.2", "50.0", "25.0", "25.0"],
    [MAR_16, 3, "4.5", "33.3", "0.0", "33.3"],
    [MAR_23, 1, null, "0.0", "0.0", "100.0"],
  ],
  // Days under contract: 93, 84, and 46 until the 18th.
  absence_rate: [
    [JANUARY, 3, 0, "0.0", "0.0", "0.0"],
    [FEBRUARY, 3, 0, "0.0", "0.0", "0.0"],
    [MARCH, 3, 8, "17.39", "4.35", "10.87"],
  ],
  planned_overtime: [
    [JAN_19, 1, 0, "0.0", "0.0"],
    [FEB_02, 1, 0, "0.0", "0.0"],
    [MAR_09, 3, 1, "2.0", "11.1"],
    [MAR_16, 2, 1, "1.0", "8.3"],
    [MAR_23, 1, 0, "0.0", "0.0"],
  ],
  planned_labour_cost: [
    [MARCH, 1, "Port", 2, "30.0", "275.0", "12.5", "8.0"],
    [MARCH, 2, "Gare", 1, "8.0", "80.0", "20.0", "4.0"],
    [FEBRUARY, 2, "Gare", 1, "10.0", "200.0", "20.0", "0.0"],
  ],
  payroll_preparation: [
    [JANUARY, 1, 1, 0, 0, 0, 0],
    [FEBRUARY, 1, 1, 0, 0, 0, 0],
    [MARCH, 3, 0, 1, 1, 1, 1],
  ],
  contract_mix: [
    ["permanent", 1, "50.0", "10.0", "12.5", 0],
    ["student", 1, "50.0", "5.0", null, 1],
  ],
  open_shifts: [
    [MAR_16, 2, 1, "50.0", "4.0", 1],
    [MAR_23, 2, 1, "50.0", "3.0", 1],
  ],
  no_shows: [
    [MAR_09, 2, 1, "50.0"],
    [MAR_16, 2, 0, "0.0"],
  ],
  feature_adoption: [
    ["free", 1, "0.0", "0.0", "0.0"],
    ["team", 1, "100.0", "0.0", "100.0"],
  ],
  churn_signals: [[2, "Gare", "free", "4.0", "10.0", "-60.0", 26]],
  headcount: [
    ["2025-06-01", 1, 1, 0],
    ["2025-07-01", 1, 0, 0],
    ["2025-08-01", 1, 0, 0],
    ["2025-09-01", 1, 0, 0],
    ["2025-10-01", 2, 1, 0],
    ["2025-11-01", 2, 0, 0],
    ["2025-12-01", 2, 0, 0],
    [JANUARY, 3, 1, 0],
    [FEBRUARY, 3, 0, 0],
    [MARCH, 2, 0, 1],
  ],
  people_seen: [
    ["employee", 2, "0.0", "50.0", "50.0"],
    ["owner", 2, "50.0", "100.0", "0.0"],
  ],
  shop_retention: [
    ["2025-01-01", 2, 1, 1, "50.0"],
    ["2025-04-01", 1, 1, 1, "100.0"],
  ],
};

const kpis = sqlFiles("queries/kpis").map(({ name, file, text }) => parseKpi(name, file, text));

/** A machine with other work to do takes its time over so many views. */
jest.setTimeout(60_000);

let lake: Lake;
beforeAll(async () => {
  lake = await startLake(lakeTables, sqlFiles("queries/views"));
  for (const table of lakeTables) await lake.deliver(table, "2026-01-01", ROWS[table.name] ?? []);
});
afterAll(() => lake.close());

test("every KPI has a result worked out by hand", () => {
  expect(kpis.map(({ name }) => name)).toEqual(Object.keys(EXPECTED).sort());
});

test.each(kpis.map((kpi) => [kpi.name, kpi] as const))("%s", async (name, kpi) => {
  const result = await lake.query(kpi.sql);
  const { rows } = result;
  const expected = EXPECTED[name]?.map((row) => row.map((value) => (value === null ? null : String(value))));
  expect(rows).toEqual(expected);
  // The columns that its header names are there and numbers, and its first column fits its chart.
  expect(() => drawChart(kpi, result)).not.toThrow();
});

test.each([...sqlFiles("queries/kpis"), ...sqlFiles("queries/views")].map((file) => [file.file, file.text] as const))(
  "%s reads well in a terminal",
  (_file, text) => {
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(text.replace(/'[^']*'|--.*/g, "")).toBe(text.replace(/'[^']*'|--.*/g, "").toLowerCase());
    if (_file.startsWith("queries/views")) expect(text).toMatch(/^-- comment: \S/);
  },
);

/** Each KPI on a lake small enough to work the result out by hand (testing/rows.ts). */
import { lakeTables } from "../model";
import { parseKpi } from "../model/kpi";
import { sqlFiles } from "../infra/project";
import { drawChart } from "../ops/dashboard/charts";
import { startLake, type Lake } from "./testing/lake";
import { AWKWARD, ROWS } from "./testing/rows";

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
  // Shop 1 in the week that is over: 6.5 (with its break), 6 and 2 hours were planned.
  planned_and_worked_hours: [[MAR_09, 1, "14.5", "6.5", "44.8"]],
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
  // Shifts 3 and 5, of which nobody came to the second, and 7; 8 is not over at the last punch.
  no_shows: [
    [MAR_09, 2, 1, "50.0"],
    [MAR_16, 1, 0, "0.0"],
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

const AWKWARD_EXPECTED: typeof EXPECTED = {
  // Days under contract: 4 times 31 and 28, and until March 18th 3 * 18 + 11. Of person 12's leave 11 days are under
  // contract, of 15's 3 days. 11's is undecided: 14 / 65, 11 / 65, 3 / 65.
  absence_rate: [
    [JANUARY, 4, 0, "0.0", "0.0", "0.0"],
    [FEBRUARY, 4, 0, "0.0", "0.0", "0.0"],
    [MARCH, 4, 14, "21.54", "16.92", "4.62"],
  ],
  // 1 and 2 with one clock-in, 4 by a clock-in half an hour early that nothing follows; 3's person was in another shop. Of
  // the 18th only 6 is over.
  no_shows: [
    [MAR_09, 4, 1, "25.0"],
    [MAR_16, 1, 0, "0.0"],
  ],
  // Planned: four shifts of 4 hours in shop 1, the break included and the draft left out; nothing in shop 2. Worked: 8 hours
  // in shop 1 and 4 in shop 2. The running week and the one of the wrong clock are left out.
  planned_and_worked_hours: [[MAR_09, 2, "16.0", "12.0", "75.0"]],
  // February: 11, whose absence reaches into it. March: 11 with the same, 12 on leave without a contract, 13 ready, 15 with
  // an unsigned contract and an undecided absence, though without a shift. 14's was refused. April is not prepared yet.
  payroll_preparation: [
    [FEBRUARY, 1, 0, 0, 0, 0, 1],
    [MARCH, 4, 1, 1, 1, 0, 2],
  ],
};

const kpis = sqlFiles("queries/kpis").map(({ name, file, text }) => parseKpi(name, file, text));

/** A machine with other work to do takes its time over so many views. */
jest.setTimeout(60_000);

let lake: Lake;
let awkward: Lake;
beforeAll(async () => {
  lake = await startLake(lakeTables, sqlFiles("queries/views"));
  for (const table of lakeTables) await lake.deliver(table, "2026-01-01", ROWS[table.name] ?? []);
  awkward = await startLake(lakeTables, sqlFiles("queries/views"));
});
afterAll(async () => {
  await lake.close();
  await awkward.close();
});

const textOf = (rows: (typeof EXPECTED)[string] = []) =>
  rows.map((row) => row.map((value) => (value === null ? null : String(value))));

test("every KPI has a result worked out by hand", () => {
  expect(kpis.map(({ name }) => name)).toEqual(Object.keys(EXPECTED).sort());
});

test.each(kpis.map((kpi) => [kpi.name, kpi] as const))("%s", async (name, kpi) => {
  const result = await lake.query(kpi.sql);
  expect(result.rows).toEqual(textOf(EXPECTED[name]));
  // The columns that its header names are there and numbers, and its first column fits its chart.
  expect(() => drawChart(kpi, result)).not.toThrow();
});

describe("what is easily counted wrongly", () => {
  const days: unknown[] = [];
  beforeAll(async () => {
    const { distant, ...rows } = AWKWARD;
    const deliveries = [["shifts", distant], ...Object.entries(rows)] as const;
    for (const [name, delivered] of deliveries) {
      for (const table of lakeTables.filter((each) => each.name === name))
        await awkward.deliver(table, "2026-01-01", delivered);
      days.push((await awkward.query("SELECT today, known_until FROM reporting_day")).rows[0]);
    }
  });

  test("today is the day of the last shift planned; of the last one that has begun; of the last punch", () =>
    expect(days).toEqual([
      ["2999-01-07", "2999-01-07 08:00:00.000"],
      ["2026-03-18", "2026-03-18 14:00:00.000"],
      // Two of them are of the year 2999.
      ["2026-03-18", "2026-03-18 12:00:00.000"],
      // Contracts and absences change nothing.
      ...Array<string[]>(2).fill(["2026-03-18", "2026-03-18 12:00:00.000"]),
    ]));

  test.each(kpis.filter(({ name }) => name in AWKWARD_EXPECTED).map((kpi) => [kpi.name, kpi] as const))(
    "%s",
    async (name, { sql }) => expect((await awkward.query(sql)).rows).toEqual(textOf(AWKWARD_EXPECTED[name])),
  );
});

test.each([...sqlFiles("queries/kpis"), ...sqlFiles("queries/views")].map((file) => [file.file, file.text] as const))(
  "%s reads well in a terminal",
  (_file, text) => {
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(text.replace(/'[^']*'|--.*/g, "")).toBe(text.replace(/'[^']*'|--.*/g, "").toLowerCase());
    if (_file.startsWith("queries/views")) expect(text).toMatch(/^-- comment: \S/);
  },
);

/** The demo, smaller: the real program, a real PostgreSQL, every service of the laptop cloud. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { isSame } from "../local/demo/compare";
import { silentProgress } from "../local/demo/progress";
import { runDemo } from "../local/demo/run";

test("what happens in the monolith and in a service reaches every store, value by value", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tributary-"));
  fs.chmodSync(folder, 0o755);
  try {
    const size = { shops: 20, users: 300, shifts: 1_500 };
    const result = await runDemo({
      folder,
      size,
      changes: 1_500,
      over: 4_000,
      workedShifts: 40,
      seed: 11,
      progress: silentProgress,
    });
    expect(result.problems).toEqual([]);
    expect(result.comparisons.filter((found) => !isSame(found))).toEqual([]);
    expect(result.comparisons.map(({ store, table }) => `${store} ${table}`)).toEqual([
      ...["payroll contracts", "payroll shifts", "payroll absences", "directory users", "clocking shops"],
      ...[
        "lake shops",
        "lake users",
        "lake contracts",
        "lake shifts",
        "lake absences",
        "lake heartbeat",
        "lake punches",
      ],
    ]);
    for (const { rows } of result.comparisons) expect(rows).toBeGreaterThan(0);
    expect(result.kpis.filter(({ result: { rows } }) => rows.length === 0).map(({ kpi }) => kpi.name)).toEqual([]);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}, 240_000);

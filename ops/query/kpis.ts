/** The KPIs, from their files: what is asked is what stands there, deployed or not yet. */
import { readdir, readFile } from "node:fs/promises";
import * as path from "node:path";
import { KpiError, parseKpi, type Kpi } from "../../model/kpi";
import { CannotRun } from "../command";

export const KPI_FOLDER = "queries/kpis";

/** By name. @param folder the project's @throws CannotRun for a file that is none, or if the folder is not there. */
export async function readKpis(folder: string): Promise<Kpi[]> {
  const home = path.join(folder, KPI_FOLDER);
  let files: string[];
  try {
    files = (await readdir(home)).filter((file) => file.endsWith(".sql")).sort();
  } catch {
    throw new CannotRun(`There is no ${KPI_FOLDER} in ${folder}: run it in the project's folder.`);
  }
  try {
    return await Promise.all(
      files.map(async (file) =>
        parseKpi(file.slice(0, -".sql".length), `${KPI_FOLDER}/${file}`, await readFile(path.join(home, file), "utf8")),
      ),
    );
  } catch (error) {
    if (error instanceof KpiError) throw new CannotRun(error.message);
    throw error;
  }
}

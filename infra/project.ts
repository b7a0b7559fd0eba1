/** The project's folder and its SQL files. The program runs from infra/ under the Pulumi CLI and from dist/infra/ elsewhere. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";

/** The folder of Pulumi.yaml; never the working directory, which depends on who runs the program. */
export function projectFolder(): string {
  for (let folder = __dirname; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, "Pulumi.yaml"))) return folder;
    if (path.dirname(folder) === folder) throw new Error(`No Pulumi.yaml above ${__dirname}: where is the project?`);
  }
}

export interface SqlFile {
  /** File name without `.sql`. */
  readonly name: string;
  /** From the project's folder, for messages. */
  readonly file: string;
  readonly text: string;
}

/** The SQL files of a folder of the project, by name. */
export function sqlFiles(folder: string): SqlFile[] {
  const absolute = path.join(projectFolder(), folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => ({
      name: name.slice(0, -".sql".length),
      file: `${folder}/${name}`,
      text: readFileSync(path.join(absolute, name), "utf8"),
    }));
}

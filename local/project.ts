/** Where the project lies: the folder of Pulumi.yaml, seen from the sources and from dist/ alike. */
import { existsSync } from "node:fs";
import * as path from "node:path";

export function projectFolder(): string {
  for (let folder = __dirname; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, "package.json"))) return folder;
    if (path.dirname(folder) === folder) throw new Error(`No package.json above ${__dirname}: where is the project?`);
  }
}

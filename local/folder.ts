/** The folder of a cloud: cleaned at the start, and never one that holds anything else, or that another process uses. */
import * as fs from "node:fs";
import * as path from "node:path";

/** Says that the folder is ours; holds the number of the process that uses it. */
const MARKER = "cloud.pid";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * Empties the folder, or makes it. Returns the way to give it back.
 * @throws Error if it holds what is not a cloud's, or is in use
 */
export function claimFolder(folder: string): () => void {
  const marker = path.join(folder, MARKER);
  if (fs.existsSync(folder) && fs.readdirSync(folder).length > 0) {
    if (!fs.existsSync(marker)) {
      throw new Error(
        `${folder} holds files that are not of a laptop cloud, which would empty it: name another folder.`,
      );
    }
    const holder = Number(fs.readFileSync(marker, "utf8"));
    if (holder > 0 && isAlive(holder)) {
      throw new Error(`Process ${holder} runs a laptop cloud in ${folder}. End it first, or name another folder.`);
    }
    fs.rmSync(folder, { recursive: true });
  }
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(marker, `${process.pid}\n`);
  return () => {
    // Whoever has removed the folder meanwhile has nothing to be told.
    if (fs.existsSync(marker)) fs.writeFileSync(marker, "");
  };
}

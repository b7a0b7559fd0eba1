/** CPU of a projection for a batch: of the code that is uploaded, in a process as Lambda starts it. */
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { ingest } from "../../functions/ingest";
import { callbackText } from "../../infra/closure";
import { NODE_OPTIONS } from "../../infra/function";
import { decodeDms } from "../../model/decode";
import type { Figure } from "./figures";

export async function benchIngest(): Promise<Figure[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tributary-bench-"));
  try {
    const archive = path.join(folder, "__index.js");
    fs.writeFileSync(archive, await callbackText(() => ({ ingest, decodeDms })));
    const program = [path.join(__dirname, "batch.js"), archive];
    const { stdout } = await promisify(execFile)(process.execPath, program, { env: { ...process.env, NODE_OPTIONS } });
    return [{ name: "projection, 1,000 changes", value: Number(stdout), unit: "ms CPU", goal: 20 }];
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** `npm start`: the whole pipeline on this machine, to work with; it stays up until Ctrl-C. */
import * as path from "node:path";
import { LOCAL_FILE } from "../ops/deployment";
import { messageOf } from "../ops/preflight/errors";
import { terminalProgress } from "./demo/progress";
import { startLaptop } from "./laptop";
import { openPage } from "./page";
import { projectFolder } from "./project";

const SIZE = { shops: 100, users: 2_000, shifts: 12_000 };
/** Changes a second. */
const PACE = 5;

const ready = (url: string): string => `
The laptop cloud is up, and people work on the monolith. The KPIs and the pipeline:

  ${url}

${LOCAL_FILE} says where the cloud is; in another terminal:

  npm run query -- --local weekly_active_shops
  npm run query -- --local "select date_diff('second', beat_at, now()) as seconds_behind from heartbeat"
  npm run full-load -- --local shifts
  npm run backfill -- --local payroll
  npm run redrive -- --local list

Ctrl-C ends it.`;

async function main(): Promise<void> {
  // The SDK's notice that it will want Node 22 one day is not for those who try this.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
  const progress = terminalProgress(process.stdout);
  const home = projectFolder();
  let close: (() => Promise<void>) | undefined;
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      interrupted = true;
      progress.print("Stopping ...");
      void (close?.() ?? Promise.resolve()).finally(() => process.exit(130));
    });
  }
  try {
    const laptop = await startLaptop({
      ...{ folder: path.join(home, ".local", "start"), home, size: SIZE, pace: PACE, seed: 2026, progress },
      onStart: (end) => (close = end),
    });
    const site = await openPage(laptop, home);
    close = () => site.close().then(laptop.close);
    site.ended.catch((error: unknown) => progress.print(`The page has ended: ${messageOf(error)}`));
    progress.print(ready(site.url));
  } catch (error) {
    // Whatever was under way fails when the cloud goes.
    if (interrupted) return;
    progress.print(`\n${messageOf(error)}`);
    process.exitCode = 1;
    await close?.();
  }
}

void main();

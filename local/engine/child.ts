/** The process that runs the Pulumi program. Pulumi's runtime is global state: one process runs one program once. */
import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";
import { Monitor } from "./monitor";
import type { FromProgram, ProgramRun, Request, ToProgram } from "./protocol";
import { shareTheScan } from "./scan";

const send = (message: FromProgram): void => {
  if (process.connected) process.send?.(message);
};

const waiting = new Map<number, (result: unknown) => void>();
let asked = 0;

/** There is no refusal: the engine ends this process at the first request that fails. */
const ask = (request: Request): Promise<unknown> =>
  new Promise((resolve) => {
    const number = ++asked;
    waiting.set(number, resolve);
    send({ kind: "request", number, request });
  });

/** As Pulumi does: an error that the program throws for people has no stack. */
function fail(error: unknown): void {
  if (!(error instanceof Error)) return send({ kind: "failed", message: String(error) });
  const { message, stack } = error;
  send({ kind: "failed", message, ...(isForPeople(error) || stack === undefined ? {} : { stack }) });
}

function isForPeople(error: unknown): boolean {
  return pulumi.RunError.isInstance(error) || (pulumi.ResourceError.isInstance(error) && error.hideStack === true);
}

/** What the module exports, or what the function that it exports returns. */
async function load(program: string): Promise<Record<string, unknown>> {
  const exported: unknown = createRequire(__filename)(program);
  return (await (typeof exported === "function" ? exported() : exported)) as Record<string, unknown>;
}

async function run({ program, organization, project, stack, config }: ProgramRun): Promise<void> {
  shareTheScan();
  pulumi.runtime.setMockOptions(new Monitor(ask), project, stack, false, organization);
  pulumi.runtime.setAllConfig({ ...config });
  // Resources that feed no export may still be on their way when the exports are there.
  await pulumi.runtime.runInPulumiStack(() => load(program));
  await pulumi.runtime.disconnect();
  send({ kind: "finished" });
}

process.on("message", (message: ToProgram) => {
  if (message.kind === "run") return void run(message.run).catch(fail);
  waiting.get(message.number)?.(message.result);
  waiting.delete(message.number);
});
process.on("disconnect", () => process.exit());
// Ctrl-C reaches this process too; the one that started it ends it in order.
process.on("SIGINT", () => undefined);
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);

/** The process that runs the code of dynamic resource providers (see dynamic.ts). */
import { createRequire } from "node:module";
import * as path from "node:path";
import { compileFunction } from "node:vm";
import type { DynamicCall, DynamicReply } from "./dynamic";

type Provider = Record<string, ((...args: unknown[]) => unknown) | undefined>;

const providers = new Map<string, Promise<Provider>>();

/** The code sees the project's node_modules, whose folder is the working directory. */
async function load({ source, config, project }: DynamicCall): Promise<Provider> {
  const file = path.join(process.cwd(), "__provider.js");
  const exported: { handler?: () => Provider } = {};
  const parameters = { exports: exported, require: createRequire(file), module: { exports: exported } };
  compileFunction(source, Object.keys(parameters), { filename: file })(...Object.values(parameters));
  const provider = exported.handler?.();
  if (provider === undefined) throw new Error("the provider's code exports no handler");
  const get = (key: string) => config[key.includes(":") ? key : `${project}:${key}`];
  const require = (key: string) => {
    const value = get(key);
    if (value === undefined) throw new Error(`Missing required configuration key: ${key}`);
    return value;
  };
  await provider["configure"]?.({ config: { get, require } });
  return provider;
}

async function perform(call: DynamicCall): Promise<unknown> {
  const loading = providers.get(call.source) ?? load(call);
  providers.set(call.source, loading);
  const provider = await loading;
  // As a method: a provider may be an object of a class.
  return provider[call.method]?.(...call.args);
}

process.on("message", (call: DynamicCall) => {
  const { number } = call;
  const answer = (reply: DynamicReply) => process.connected && process.send?.(reply);
  perform(call).then(
    (result) => answer({ number, result }),
    (error: unknown) => answer({ number, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on("disconnect", () => process.exit());
// Ctrl-C reaches this process too; the one that started it ends it in order.
process.on("SIGINT", () => undefined);

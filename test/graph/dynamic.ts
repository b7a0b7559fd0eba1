/** Resources whose provider is code of the program. */
import { createRequire } from "node:module";

export interface DynamicProvider {
  create(inputs: object): Promise<{ id: string; outs: object }>;
  diff(id: string, olds: object, news: object): Promise<{ changes: boolean }>;
  update(id: string, olds: object, news: object): Promise<{ outs: object }>;
}

/** A dynamic provider from its code in the state, as Pulumi's host loads it. */
export function dynamicProvider<Provider = DynamicProvider>(code: string): Provider {
  const loaded: { handler?: () => Provider } = {};
  new Function("exports", "require", "__filename", code)(loaded, createRequire(__filename), __filename);
  if (loaded.handler === undefined) throw new Error("the provider's code exports no handler");
  return loaded.handler();
}

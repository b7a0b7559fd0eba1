/** What a difference in a resource's arguments means to the provider. */
import { isDeepStrictEqual } from "node:util";
import type { ResourceProvider } from "../../core/service";

type Inputs = Record<string, unknown>;
type Decision = "same" | "update" | "replace";

/** A provider that the engine asks what a difference means, instead of taking it for an update. */
export interface ComparingProvider extends ResourceProvider {
  diff(id: string, inputs: Inputs, previous: { readonly inputs: Inputs }): Promise<Decision>;
}

const at = (inputs: Inputs, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>(
      (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
      inputs,
    );

/** `replacing`: the arguments that the real provider marks ForceNew, e.g. `kinesisSettings.messageFormat`. */
export const compare =
  (...replacing: readonly string[]): ComparingProvider["diff"] =>
  async (_id, inputs, previous) => {
    if (isDeepStrictEqual(inputs, previous.inputs)) return "same";
    const replaced = replacing.some((path) => !isDeepStrictEqual(at(inputs, path), at(previous.inputs, path)));
    return replaced ? "replace" : "update";
  };

/**
 * Resources whose provider is code of the program itself (`pulumi.dynamic.Resource`). The code runs in a process of its own
 * with the credentials of the account's operator, as it would with Pulumi, which keeps a process for it too.
 */
import type { ChildProcess } from "node:child_process";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { forkModule, type ForkOptions } from "../core/fork";
import type { Created } from "../core/service";
import type { ReadingProvider } from "./provider";

/** A call of one method of the provider whose code is `source`. */
export interface DynamicCall {
  readonly number: number;
  readonly source: string;
  readonly method: "check" | "diff" | "create" | "read" | "update" | "delete";
  readonly args: readonly unknown[];
  readonly config: Readonly<Record<string, string>>;
  readonly project: string;
}

/** `result` is undefined where the provider has no such method. */
export type DynamicReply = { readonly number: number } & ({ readonly result: unknown } | { readonly error: string });

export const isDynamic = (type: string): boolean => /^pulumi-nodejs:dynamic[:/]/.test(type);

/** Where Pulumi keeps the code among the inputs. */
const SOURCE = "__provider";

interface CheckResult {
  readonly inputs?: Record<string, unknown>;
  readonly failures?: readonly { readonly property: string; readonly reason: string }[];
}
interface DiffResult {
  readonly changes?: boolean;
  readonly replaces?: readonly string[];
}

export class DynamicHost {
  private child: ChildProcess | undefined;
  private gone: Promise<void> = Promise.resolve();
  private calls = 0;
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();

  constructor(
    private readonly options: ForkOptions & {
      readonly config: Readonly<Record<string, string>>;
      readonly project: string;
    },
  ) {}

  readonly provider: ReadingProvider = {
    create: async (inputs) => {
      const checked = await this.check({}, inputs);
      return this.created(await this.call(inputs, "create", [checked]), inputs);
    },
    diff: async (id, inputs, previous) => {
      const checked = await this.check(previous.inputs, inputs);
      const result = (await this.call(inputs, "diff", [id, previous.outputs, checked])) as DiffResult | undefined;
      if ((result?.replaces ?? []).length > 0) return "replace";
      const changes = result?.changes ?? !isDeepStrictEqual(inputs, previous.inputs);
      return changes ? "update" : "same";
    },
    update: async (id, inputs, previous) => {
      const checked = await this.check(previous.outputs, inputs);
      const result = await this.call(inputs, "update", [id, previous.outputs, checked]);
      return this.created({ ...(result as { outs?: object } | undefined), id }, inputs);
    },
    delete: async (id, previous) => {
      await this.call(previous.outputs, "delete", [id, previous.outputs]);
    },
    read: async (id, outputs) => {
      const result = await this.call(outputs, "read", [id, outputs]);
      // Without the method, what the state says counts.
      if (result === undefined) return outputs;
      const { id: found, props } = result as { id?: string; props?: object };
      return found === undefined || found === "" ? undefined : { ...props, [SOURCE]: outputs[SOURCE] };
    },
  };

  /** Ends the process. */
  async close(): Promise<void> {
    this.child?.kill("SIGKILL");
    await this.gone;
  }

  private async check(olds: Record<string, unknown>, news: Record<string, unknown>): Promise<Record<string, unknown>> {
    const result = (await this.call(news, "check", [olds, news])) as CheckResult | undefined;
    const failures = result?.failures ?? [];
    if (failures.length > 0)
      throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("; "));
    return { ...(result?.inputs ?? news), [SOURCE]: news[SOURCE] };
  }

  private created(result: unknown, inputs: Record<string, unknown>): Created {
    const { id, outs } = (result ?? {}) as { id?: unknown; outs?: Record<string, unknown> };
    if (typeof id !== "string" || id === "") throw new Error("its provider's create returned no id");
    return { id, outputs: { ...outs, [SOURCE]: inputs[SOURCE] } };
  }

  private call(
    inputs: Record<string, unknown>,
    method: DynamicCall["method"],
    args: readonly unknown[],
  ): Promise<unknown> {
    const source = inputs[SOURCE];
    if (typeof source !== "string") throw new Error("it has no provider code");
    const child = (this.child ??= this.start());
    const number = ++this.calls;
    const { config, project } = this.options;
    const call: DynamicCall = { number, source, method, args, config, project };
    return new Promise((resolve, reject) => {
      this.waiting.set(number, { resolve, reject });
      child.send(call, (error) => error && reject(error));
    });
  }

  private start(): ChildProcess {
    const child = forkModule(path.join(__dirname, "dynamicHost"), this.options);
    let output = "";
    child.stdout?.resume();
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-2_000)));
    child.on("message", (reply: DynamicReply) => {
      const waiting = this.waiting.get(reply.number);
      this.waiting.delete(reply.number);
      if ("error" in reply) waiting?.reject(new Error(reply.error));
      else waiting?.resolve(reply.result);
    });
    this.gone = new Promise((resolve) => {
      child.once("close", () => {
        this.child = undefined;
        for (const { reject } of this.waiting.values())
          reject(new Error(`the provider's process ended. ${output}`.trim()));
        this.waiting.clear();
        resolve();
      });
    });
    return child;
  }
}

/**
 * A small Pulumi engine: runs a program unchanged and really creates, in the laptop cloud, what it declares. One
 * operation at a time, as Pulumi locks a stack.
 */
import * as path from "node:path";
import type { ResourceProvider, Scope } from "../core/service";
import { builtinProviders, checkAwsProvider, invoke } from "./builtins";
import { materialise } from "./assets";
import { findProject, stackConfig } from "./config";
import { Deployment } from "./deployment";
import { DynamicHost, isDynamic } from "./dynamic";
import { refreshed, remove, type Progress } from "./lifecycle";
import { registry, ResourceError, type FindProvider } from "./provider";
import { runProgram } from "./program";
import type { Request } from "./protocol";
import { States, urnOf, type StackState } from "./state";
import { plainObject, type Marked } from "./wire";

export type { Progress } from "./lifecycle";
export type { StackState } from "./state";

export interface EngineOptions {
  /** Folder of the engine's own files: states and unpacked code. */
  readonly folder: string;
  /** By Pulumi type token. */
  readonly providers: readonly Readonly<Record<string, ResourceProvider>>[];
  /** What an AWS client needs in its environment to act as the operator of an account. */
  readonly environment: (scope: Scope) => Readonly<Record<string, string>>;
}

export interface UpOptions {
  /** Its settings are in Pulumi.<stack>.yaml beside Pulumi.yaml. */
  readonly stack: string;
  readonly account: string;
  /** The setting `aws:region` if left out. */
  readonly region?: string;
  /** Path of the compiled program; Pulumi.yaml is looked for in its folder and above. */
  readonly program: string;
  /** Settings in the place of those in the file, by full key (`tributary:source`). */
  readonly config?: Readonly<Record<string, unknown>>;
  /** First looks what has been changed behind the stack's back; of resources whose provider is the program's, no others. */
  readonly refresh?: true;
  readonly onProgress?: (progress: Progress) => void;
  /** What the program, or Pulumi's runtime, writes to its output. */
  readonly onOutput?: (text: string) => void;
}

export interface DestroyOptions {
  readonly stack: string;
  readonly onProgress?: (progress: Progress) => void;
}

const nothing = (): void => undefined;

export class Engine {
  private readonly states: States;
  private readonly find: FindProvider;
  private readonly closing = new AbortController();
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: EngineOptions) {
    this.states = new States(path.join(options.folder, "stacks"));
    this.find = registry([...options.providers, builtinProviders]);
  }

  /** What a stack consists of; undefined if it is not up. */
  stack(name: string): StackState | undefined {
    return this.states.get(name);
  }

  /**
   * Runs the program and makes the stack what it declares.
   * @throws Error for people: a resource's name and reason, a setting, or the fault of the program with its stack. What
   * was done until then stays, and the next `up` goes on from there.
   */
  up(options: UpOptions): Promise<StackState> {
    return this.inTurn(() => this.deploy(options));
  }

  /**
   * Deletes the stack's resources, the latest first.
   * @throws ResourceError before anything is deleted, if one of them is protected
   */
  destroy({ stack, onProgress = nothing }: DestroyOptions): Promise<void> {
    return this.inTurn(async () => {
      const state = this.states.get(stack);
      if (state === undefined) throw new Error(`The stack ${stack} is not up: there is nothing to destroy`);
      const guarded = state.resources.find((resource) => resource.protect);
      if (guarded !== undefined) throw new ResourceError(guarded, "is protected: first deploy it with protect: false");
      const { find, close } = this.providersOf(state);
      const resources = [...state.resources];
      const leftovers = [...state.leftovers];
      try {
        for (const list of [leftovers, resources]) {
          for (let next = list.at(-1); next !== undefined; next = list.at(-1)) {
            if (next.id !== "") await remove(next, { find, onProgress });
            list.pop();
          }
        }
      } finally {
        if (resources.length === 0) this.states.remove(stack);
        else this.states.set({ ...state, resources, leftovers });
        await close();
      }
    });
  }

  /** Ends what is under way. Safe to call twice. */
  async close(): Promise<void> {
    this.closing.abort(new Error("The cloud was closed"));
    await this.last.catch(nothing);
  }

  private inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.last.catch(nothing).then(() => {
      this.closing.signal.throwIfAborted();
      return run();
    });
    this.last = turn;
    return turn;
  }

  private async deploy(options: UpOptions): Promise<StackState> {
    const { stack, account, onProgress = nothing, onOutput = nothing } = options;
    const program = path.resolve(options.program);
    const project = findProject(program);
    const overrides = { ...options.config, ...(options.region === undefined ? {} : { "aws:region": options.region }) };
    const config = stackConfig(project, stack, overrides);
    const scope = { account, region: checkAwsSettings(config, stack, account) };
    const target = { ...scope, stack, config, project: project.name, folder: project.folder };
    const { find, close } = this.providersOf(target);
    const convert = (asset: Marked) => materialise(asset, path.join(this.options.folder, "code"), project.folder);
    let deployment: Deployment | undefined;
    try {
      if (options.refresh === true) await this.refresh(stack, find);
      const current = (deployment = new Deployment({ ...target, find, convert, onProgress }, this.states.get(stack)));
      await runProgram(
        { program, organization: "organization", project: project.name, stack, config },
        {
          cwd: project.folder,
          env: this.environment(scope),
          handle: (request) => this.handle(request, current, target),
          onOutput,
          signal: this.closing.signal,
        },
      );
      await current.finish();
      return current.state();
    } finally {
      const state = deployment?.state();
      // A program that stopped before its first resource leaves no stack behind.
      if (state !== undefined && state.resources.length > 0) this.states.set(state);
      await close();
    }
  }

  private async refresh(stack: string, find: FindProvider): Promise<void> {
    const state = this.states.get(stack);
    if (state !== undefined) this.states.set({ ...state, resources: await refreshed(state.resources, find) });
  }

  private async handle(request: Request, deployment: Deployment, target: Target): Promise<unknown> {
    switch (request.kind) {
      case "register":
        return deployment.register(request.registration);
      case "outputs":
        return deployment.registerOutputs(request.urn, request.outputs);
      case "invoke":
        return invoke(request.token, plainObject(request.inputs, refuseAsset), target);
      case "read": {
        const { type, name, parent, id } = request;
        const urn = urnOf(target.stack, target.project, parent, type, name);
        if (type === "pulumi:pulumi:StackReference") return { urn, id, outputs: this.referenced(id) };
        throw new ResourceError(
          request,
          `is read from what exists (${id}): the local engine reads stack references only`,
        );
      }
    }
  }

  /** The outputs of another stack, named as `pulumi stack ls` does: `<organization>/<project>/<stack>`, or shorter. */
  private referenced(name: string): Record<string, unknown> {
    const parts = name.split("/");
    const state = this.states.get(parts.at(-1) ?? "");
    if (state === undefined || (parts.length === 3 && parts[1] !== state.project)) {
      throw new Error(`The stack reference "${name}" leads nowhere: that stack is not up. Bring it up first.`);
    }
    return { name, outputs: state.outputs, secretOutputNames: state.secretOutputNames };
  }

  /** The providers of a deployment: a process for the program's own is started when it has one. */
  private providersOf(target: Target): { find: FindProvider; close(): Promise<void> } {
    const { folder: cwd, config, project } = target;
    const host = new DynamicHost({ cwd, env: this.environment(target), config, project });
    return { find: (type) => (isDynamic(type) ? host.provider : this.find(type)), close: () => host.close() };
  }

  private environment(scope: Scope): NodeJS.ProcessEnv {
    // What a person has set for the Pulumi CLI or for AWS is not meant for the local run.
    const inherited = Object.entries(process.env).filter(([name]) => !/^(PULUMI_|AWS_)/.test(name));
    return { ...Object.fromEntries(inherited), ...this.options.environment(scope) };
  }
}

type Target = Pick<StackState, "account" | "region" | "stack" | "project" | "folder" | "config">;

function refuseAsset(): never {
  throw new Error("A function of a provider takes no assets");
}

/** The settings of the default AWS provider. Returns the region. */
function checkAwsSettings(config: Readonly<Record<string, string>>, stack: string, account: string): string {
  const aws = Object.entries(config).filter(([key]) => key.startsWith("aws:"));
  const settings = Object.fromEntries(aws.map(([key, value]) => [key.slice("aws:".length), value]));
  const { region } = settings;
  if (region === undefined) throw new Error(`Pulumi.${stack}.yaml, aws:region: found nothing, expected a region`);
  try {
    checkAwsProvider(settings, { account, region });
  } catch (error) {
    throw new Error(
      `The stack ${stack} cannot go to the account ${account}: ${error instanceof Error ? error.message : ""}`,
    );
  }
  return region;
}

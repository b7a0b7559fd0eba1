/** What a stack consists of, in the order in which it came to be. */
import * as fs from "node:fs";
import * as path from "node:path";
import type { ResourceContext, Scope } from "../core/service";

export interface ResourceState extends ResourceContext {
  readonly custom: boolean;
  readonly parent: string;
  /** Empty for components. */
  readonly id: string;
  readonly inputs: Record<string, unknown>;
  /** What the program sees: the inputs, and over them what the provider returned. */
  readonly outputs: Record<string, unknown>;
  readonly dependencies: readonly string[];
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** How often it has been replaced. */
  readonly generation: number;
  /** Whether it bears its `autoName`. If not, the old one must go before a new one can come. */
  readonly autoNamed: boolean;
}

export interface StackState extends Scope {
  readonly project: string;
  /** Of Pulumi.yaml. */
  readonly folder: string;
  readonly stack: string;
  readonly config: Readonly<Record<string, string>>;
  readonly outputs: Record<string, unknown>;
  readonly secretOutputNames: readonly string[];
  readonly resources: readonly ResourceState[];
  /** Replaced already, and still to be deleted. */
  readonly leftovers: readonly ResourceState[];
}

/** The states of a cloud's stacks: kept in memory, and written out for people to look at. */
export class States {
  private readonly byStack = new Map<string, StackState>();

  constructor(private readonly folder: string) {}

  get(stack: string): StackState | undefined {
    return this.byStack.get(stack);
  }

  set(state: StackState): void {
    this.byStack.set(state.stack, state);
    fs.mkdirSync(this.folder, { recursive: true });
    // It holds the secrets in plain.
    fs.writeFileSync(path.join(this.folder, `${state.stack}.json`), JSON.stringify(state, undefined, 2) + "\n", {
      mode: 0o600,
    });
  }

  remove(stack: string): void {
    this.byStack.delete(stack);
    fs.rmSync(path.join(this.folder, `${stack}.json`), { force: true });
  }
}

const STACK_TYPE = "pulumi:pulumi:Stack";

/** The name that identifies a resource for Pulumi: types of all parents, and its own name. */
export function urnOf(stack: string, project: string, parent: string, type: string, name: string): string {
  const parentType = parent.split("::")[2] ?? "";
  const qualified = parentType === "" || parentType === STACK_TYPE ? type : `${parentType}$${type}`;
  return `urn:pulumi:${stack}::${project}::${qualified}::${name}`;
}

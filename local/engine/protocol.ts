/** What the engine and the process that runs the program say to each other. Plain JSON. */

/** A resource as the program declares it. Inputs are in Pulumi's wire form: secrets and assets are marked objects. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  /** False for components. */
  readonly custom: boolean;
  /** A component of a package, made by its provider and not by the program. */
  readonly remote: boolean;
  readonly parent: string;
  readonly inputs: Record<string, unknown>;
  /** `<urn>::<id>` of an explicit provider; empty for the default one. */
  readonly provider: string;
  readonly dependencies: readonly string[];
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** Undefined where the program leaves it to the engine. */
  readonly deleteBeforeReplace: boolean | undefined;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  /** URNs under which the resource may be known from before. */
  readonly aliases: readonly string[];
  /** Options that the program sets and the engine does not know, by name. */
  readonly unsupported: readonly string[];
}

export interface Registered {
  readonly urn: string;
  readonly id: string;
  readonly outputs: Record<string, unknown>;
}

/** Requests have a number, and get one `Reply` with it. */
export type Request =
  | { readonly kind: "register"; readonly registration: Registration }
  | {
      readonly kind: "read";
      readonly type: string;
      readonly name: string;
      readonly parent: string;
      readonly id: string;
    }
  | { readonly kind: "invoke"; readonly token: string; readonly inputs: Record<string, unknown> }
  | { readonly kind: "outputs"; readonly urn: string; readonly outputs: Record<string, unknown> };

export type FromProgram =
  | { readonly kind: "request"; readonly number: number; readonly request: Request }
  | { readonly kind: "finished" }
  /** `stack` only where the fault is the program's own, and not one that it reports in its own words. */
  | { readonly kind: "failed"; readonly message: string; readonly stack?: string };

export type ToProgram =
  | { readonly kind: "run"; readonly run: ProgramRun }
  | { readonly kind: "reply"; readonly number: number; readonly result: unknown };

export interface ProgramRun {
  /** Absolute path of the compiled program. */
  readonly program: string;
  readonly organization: string;
  readonly project: string;
  readonly stack: string;
  /** Full keys (`tributary:source`) to text; structured values as JSON. */
  readonly config: Readonly<Record<string, string>>;
}

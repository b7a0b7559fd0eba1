/**
 * A replication task: its definition, its status, and the process that does the work. The process may die; what it must find
 * again lies in the task's folder.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { devNull } from "node:os";
import * as path from "node:path";
import { forkModule } from "../../core/fork";
import { AwsError, type Scope } from "../../core/service";
import type { TaskSettings } from "./settings";
import { forgetProgress } from "./task/checkpoint";
import type { FromTask, Mapping, MigrationType, TableStatistics, TaskSpec, ToTask } from "./spec";

export interface TaskDefinition extends Scope {
  readonly arn: string;
  readonly id: string;
  readonly resourceId: string;
  readonly migrationType: MigrationType;
  readonly instanceArn: string;
  readonly sourceArn: string;
  readonly targetArn: string;
  readonly mapping: Mapping;
  readonly mappingText: string;
  readonly settings: TaskSettings;
}

export type TaskStatus =
  "ready" | "starting" | "running" | "stopping" | "stopped" | "failed" | "modifying" | "deleting";
export type StartType = "start-replication" | "resume-processing" | "reload-target";

export interface TaskDeps {
  /** The task's folder is below it. */
  readonly folder: string;
  /** What the process is told; reads the source's secret. @throws AwsError if a role may not do what it must. */
  readonly spec: (definition: TaskDefinition, folder: string, start: TaskSpec["start"]) => TaskSpec;
}

/** After a polite request to stop; milliseconds. */
const PATIENCE = 10_000;
/** Nothing of the person's own AWS configuration. */
const ENVIRONMENT = {
  PATH: process.env["PATH"],
  NODE_OPTIONS: "--max-old-space-size=768",
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
};

const invalidState = (message: string): AwsError => new AwsError("InvalidResourceStateFault", message);

export class ReplicationTask {
  status: TaskStatus = "ready";
  lastFailure: string | undefined;
  stopReason: string | undefined;
  tables: readonly TableStatistics[] = [];
  /** `XXXXXXXX/XXXXXXXX`: everything before is on the target. */
  position: string | undefined;
  readonly created = Date.now();
  freshStarted: number | undefined;
  started: number | undefined;
  ended: number | undefined;
  readonly folder: string;
  private child: ChildProcess | undefined;
  private restart: NodeJS.Timeout | undefined;
  private attempts = 0;
  private watchers: (() => void)[] = [];

  constructor(
    public definition: TaskDefinition,
    private readonly deps: TaskDeps,
  ) {
    this.folder = path.join(deps.folder, definition.resourceId);
    mkdirSync(this.folder, { recursive: true });
  }

  /** Process id of the running process, for whoever wants to see it or end it. */
  get processId(): number | undefined {
    return this.child?.pid;
  }

  get isActive(): boolean {
    return this.status === "starting" || this.status === "running" || this.status === "stopping";
  }

  /** @throws AwsError if the task's state does not allow it. The start itself may still fail later: see `status`. */
  start(type: StartType): void {
    if (this.status !== "ready" && this.status !== "stopped" && this.status !== "failed") {
      throw invalidState(`Replication Task cannot be started, invalid state: ${this.status}.`);
    }
    const isFirst = this.freshStarted === undefined;
    const refuse = (why: string): AwsError => new AwsError("InvalidParameterCombinationException", why);
    if (type === "start-replication" && !isFirst && this.definition.migrationType !== "cdc") {
      throw refuse("Start Type : START_REPLICATION, valid only for tasks running for the first time");
    }
    if (type !== "start-replication" && isFirst) {
      const name = type === "resume-processing" ? "RESUME_PROCESSING" : "RELOAD_TARGET";
      throw refuse(`Start Type : ${name}, invalid for tasks that have not run before`);
    }
    if (type === "reload-target" && this.definition.migrationType === "cdc") {
      throw refuse("Start Type : RELOAD_TARGET, invalid for tasks that replicate changes only");
    }
    const start = type === "resume-processing" ? "resume" : "fresh";
    this.started = Date.now();
    if (start === "fresh") {
      forgetProgress(this.folder);
      this.freshStarted = this.started;
      this.tables = [];
      this.position = undefined;
    }
    this.ended = undefined;
    this.stopReason = undefined;
    this.lastFailure = undefined;
    this.attempts = 0;
    this.become("starting");
    this.launch(start);
  }

  private launch(start: TaskSpec["start"]): void {
    this.restart = undefined;
    let spec: TaskSpec;
    try {
      spec = this.deps.spec(this.definition, this.folder, start);
    } catch (error) {
      this.failed(error instanceof Error ? error.message : String(error));
      return;
    }
    const child = forkModule(path.join(__dirname, "task", "main"), {
      cwd: this.folder,
      env: ENVIRONMENT,
    });
    this.child = child;
    let last: FromTask | undefined;
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-2000)));
    }
    child.on("message", (message: FromTask) => {
      last = message;
      this.heard(message);
    });
    child.once("exit", (code, signal) => {
      if (this.child === child) this.child = undefined;
      if (this.status === "stopping" || this.status === "deleting") return this.end("Stop Reason NORMAL");
      if (last?.kind === "stopped") return this.end(`Stop Reason ${last.reason}`);
      const message =
        last?.kind === "failed"
          ? last.message
          : `The task's process ended unexpectedly (${signal ?? `code ${code}`}). ${output.trim()}`.trim();
      if (last?.kind === "failed" && !last.recoverable) this.failed(message);
      else this.recover(message);
    });
    this.say({ kind: "start", spec });
  }

  private say(message: ToTask): void {
    if (this.child?.connected === true) this.child.send(message);
  }

  private heard(message: FromTask): void {
    if (message.kind === "running" && this.status === "starting") this.become("running");
    if (message.kind === "tables") this.tables = message.tables;
    if (message.kind === "position") {
      // Only progress proves that the trouble has passed.
      if (this.position !== undefined && this.position !== message.position) this.attempts = 0;
      this.position = message.position;
    }
  }

  /** Tries again as the settings say. AWS DMS guide, "Error handling task settings", RecoverableError*. */
  private recover(message: string): void {
    const {
      RecoverableErrorCount: most,
      RecoverableErrorInterval: interval,
      RecoverableErrorThrottling: throttled,
      RecoverableErrorThrottlingMax: longest,
      RecoverableErrorStopRetryAfterThrottlingMax: stops,
    } = this.definition.settings.ErrorBehavior;
    const hadLongest = throttled && stops && this.attempts > 0 && interval * 2 ** (this.attempts - 1) >= longest;
    if (hadLongest || (most >= 0 && this.attempts >= most)) {
      this.failed(message, "Stop Reason RECOVERABLE_ERROR");
      return;
    }
    this.lastFailure = message;
    const seconds = throttled ? Math.min(longest, interval * 2 ** this.attempts) : interval;
    this.attempts += 1;
    this.restart = setTimeout(() => this.launch("resume"), seconds * 1000);
    this.announce();
  }

  private failed(message: string, reason = "Stop Reason FATAL_ERROR"): void {
    this.lastFailure = message;
    this.stopReason = reason;
    this.ended = Date.now();
    this.become("failed");
  }

  private end(reason: string): void {
    this.stopReason = reason;
    this.ended = Date.now();
    if (this.status !== "deleting") this.become("stopped");
    else this.announce();
  }

  private become(status: TaskStatus): void {
    this.status = status;
    this.announce();
  }

  private announce(): void {
    for (const watcher of this.watchers.splice(0)) watcher();
  }

  /** Resolves when `condition` holds, which is looked at after each change of the task. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.watchers.push(resolve));
  }

  /** Asks the task to stop. @throws AwsError if it does not run. */
  stop(): void {
    if (this.status !== "running" && this.status !== "starting") {
      throw invalidState(`Replication task cannot be stopped, invalid state: ${this.status}.`);
    }
    this.become("stopping");
    this.halt();
  }

  private halt(): void {
    if (this.restart !== undefined) {
      clearTimeout(this.restart);
      this.restart = undefined;
    }
    const { child } = this;
    if (child === undefined) return this.end("Stop Reason NORMAL");
    this.say({ kind: "stop" });
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
    child.once("exit", () => clearTimeout(timer));
  }

  /** Stops it if it runs, and waits. */
  async stopped(): Promise<void> {
    if (this.status === "running" || this.status === "starting") this.stop();
    await this.until(() => !this.isActive);
  }

  reload(tables: readonly { schema: string; table: string }[]): void {
    if (this.status !== "running") {
      throw invalidState(`Tables can be reloaded while the task is running; its state is ${this.status}.`);
    }
    this.say({ kind: "reload", tables });
  }

  /** @throws AwsError while it runs. */
  modify(definition: TaskDefinition): void {
    if (this.isActive)
      throw invalidState(`Replication task must be stopped to be modified; its state is ${this.status}.`);
    this.definition = definition;
  }

  /** Ends the process, whatever the state; the files stay. */
  async close(): Promise<void> {
    if (this.isActive) {
      this.status = "deleting";
      this.halt();
      await this.until(() => this.child === undefined);
    }
  }

  async deleteFiles(): Promise<void> {
    this.status = "deleting";
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true, force: true });
  }
}

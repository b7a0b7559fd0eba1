/** A function with its execution environments: started when there is work, used again, replaced when they break. */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { devNull } from "node:os";
import * as path from "node:path";
import { principalOf } from "../../core/contracts";
import { AwsError, type Principal, type Surroundings } from "../../core/service";
import { projectFolder } from "../../project";
import { type Answer, Environment } from "./environment";
import type { FunctionSettings } from "./settings";

export interface FunctionStatistics {
  readonly functionArn: string;
  readonly functionName: string;
  readonly invocations: number;
  /** Invocations that ended in a function error. */
  readonly errors: number;
  /** Stream records handed over, those of retries again. */
  readonly records: number;
  /** Milliseconds, of all invocations together. */
  readonly duration: number;
  /** The same, each invocation's rounded up, as billed: https://aws.amazon.com/lambda/pricing/ */
  readonly billedDuration: number;
  /** Megabytes. */
  readonly memorySize: number;
  /** Processes started. */
  readonly coldStarts: number;
  /** Batches and records that a mapping gave up, to the failure destination where there is one. */
  readonly discardedBatches: number;
  readonly discardedRecords: number;
  /** The last error, as the caller of the function saw it. */
  readonly lastError: string | undefined;
  /** The file that stands for the function's log group. */
  readonly logFile: string;
}

export interface Invocation extends Answer {
  readonly requestId: string;
}

/**
 * How many environments a function has that reserves none: the functions of the pipeline together keep two cores busy as it
 * is, and each environment more costs a start and memory. More calls at once wait for their turn.
 */
export const CONCURRENCY = 1;

export class LocalFunction {
  readonly logFile: string;
  readonly counts = {
    invocations: 0,
    errors: 0,
    records: 0,
    duration: 0,
    billedDuration: 0,
    coldStarts: 0,
    discardedBatches: 0,
    discardedRecords: 0,
    lastError: undefined as string | undefined,
  };
  lastModified = new Date();
  /** Why nothing of it would be in CloudWatch. */
  logProblem: string | undefined;
  private readonly log: number;
  private readonly logStream: string;
  private idle: Environment[] = [];
  private readonly all = new Set<Environment>();
  /** Those of former code or settings, still at work. */
  private readonly retired = new Set<Environment>();
  private waiting: { resolve(environment: Environment): void; reject(error: Error): void }[] = [];
  private closed = false;

  constructor(
    private current: FunctionSettings,
    private readonly surroundings: Surroundings,
  ) {
    const { account, region, name } = current;
    const folder = path.join(surroundings.folder, "lambda", account, region);
    fs.mkdirSync(folder, { recursive: true });
    this.logFile = path.join(folder, `${name}.log`);
    this.log = fs.openSync(this.logFile, "a");
    const day = this.lastModified.toISOString().slice(0, 10).replaceAll("-", "/");
    this.logStream = `${day}/[$LATEST]${randomUUID().replaceAll("-", "")}`;
  }

  get settings(): FunctionSettings {
    return this.current;
  }

  get principal(): Principal {
    return principalOf(this.current.role);
  }

  get statistics(): FunctionStatistics {
    const { arn: functionArn, name: functionName, memorySize } = this.current;
    return { functionArn, functionName, memorySize, ...this.counts, logFile: this.logFile };
  }

  /** New code and settings are for the next invocations; the ones under way end as they began. */
  update(settings: FunctionSettings): void {
    this.current = settings;
    this.lastModified = new Date();
    for (const environment of this.all) this.retired.add(environment);
    for (const environment of this.idle.splice(0)) this.end(environment);
    this.serve();
  }

  /**
   * Runs the function on an event (JSON, in pieces). A function that fails is an answer; it rejects only if the function was not
   * reached: because it has been deleted.
   */
  async invoke(event: readonly Buffer[], records = 0): Promise<Invocation> {
    const environment = await this.acquire();
    const requestId = randomUUID();
    const began = performance.now();
    this.counts.invocations += 1;
    this.counts.records += records;
    const answer = await environment.invoke(requestId, event);
    const took = performance.now() - began;
    this.counts.duration += took;
    this.counts.billedDuration += Math.ceil(took);
    if (answer.failed) {
      this.counts.errors += 1;
      this.counts.lastError = answer.payload;
    }
    this.release(environment);
    return { ...answer, requestId };
  }

  /** Ends its processes, whatever they do. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (const { reject } of this.waiting) reject(this.gone());
    this.waiting = [];
    this.idle = [];
    await Promise.all([...this.all].map((environment) => environment.kill()));
    fs.closeSync(this.log);
  }

  /** Whether it runs as often at a time as it reserves; of one that reserves none that cannot be said. */
  get isFull(): boolean {
    const { reserved } = this.current;
    return reserved !== -1 && this.all.size - this.idle.length + this.waiting.length >= reserved;
  }

  private get limit(): number {
    const { reserved } = this.current;
    return reserved === -1 ? CONCURRENCY : reserved;
  }

  private acquire(): Promise<Environment> {
    if (this.closed) return Promise.reject(this.gone());
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.serve();
    });
  }

  private release(environment: Environment): void {
    if (this.closed) return;
    if (this.retired.has(environment)) this.end(environment);
    else this.idle.push(environment);
    this.serve();
  }

  private serve(): void {
    while (this.waiting.length > 0) {
      // The one used last is the one whose memory is warm; the others may never be needed again.
      const free = this.all.size - this.retired.size < this.limit;
      const environment = this.idle.pop() ?? (free ? this.start() : undefined);
      if (environment === undefined) return;
      if (environment.alive) this.waiting.shift()?.resolve(environment);
      else this.end(environment);
    }
  }

  private end(environment: Environment): void {
    this.all.delete(environment);
    this.retired.delete(environment);
    void environment.kill();
  }

  private start(): Environment {
    this.checkLog();
    const { folder, arn: functionArn, memorySize, timeout } = this.current;
    const environment = new Environment({
      folder,
      functionArn,
      memorySize,
      timeout,
      log: this.log,
      variables: this.variables(),
    });
    this.all.add(environment);
    this.counts.coldStarts += 1;
    return environment;
  }

  /** Without these permissions the function runs on AWS as well, but nobody reads what it says. */
  private checkLog(): void {
    const { account, region, logGroup } = this.current;
    const resource = `arn:aws:logs:${region}:${account}:log-group:${logGroup}:log-stream:${this.logStream}`;
    try {
      for (const action of ["logs:CreateLogStream", "logs:PutLogEvents"]) {
        this.surroundings.authorizer.check(this.principal, action, resource);
      }
      this.logProblem = undefined;
    } catch (error) {
      this.logProblem = `PROBLEM: The function cannot write its log: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  private variables(): Record<string, string> {
    const { name, region, role, handler, runtime, folder, memorySize, logGroup, logFormat, logLevel } = this.current;
    const { accessKeyId, secretAccessKey } = this.surroundings.principals.mint(role);
    return {
      // The person's own settings are no business of the function; it may have some of its own.
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      ...this.current.variables,
      PATH: process.env["PATH"] ?? "",
      LANG: "en_US.UTF-8",
      TZ: "UTC",
      NODE_PATH: path.join(projectFolder(), "node_modules"),
      LAMBDA_TASK_ROOT: folder,
      _HANDLER: handler,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize),
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
      AWS_LAMBDA_LOG_STREAM_NAME: this.logStream,
      AWS_LAMBDA_LOG_FORMAT: logFormat,
      AWS_LAMBDA_LOG_LEVEL: logLevel,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_ENDPOINT_URL: this.surroundings.endpointUrl(),
      AWS_EC2_METADATA_DISABLED: "true",
    };
  }

  private gone(): AwsError {
    return new AwsError("ResourceNotFoundException", `Function not found: ${this.current.arn}`, 404);
  }
}

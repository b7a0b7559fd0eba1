/** The queries of all accounts: which wait, which run, what became of them. */
import { randomUUID } from "node:crypto";
import type { Principal, Scope } from "../../../core/service";
import type { Statement } from "../sql/ast";
import { QueryError } from "../sql/errors";
import { Cancelled, execute, type ExecutionDeps, type Outcome, type Progress, type Work } from "../run/execution";
import { athenaError, unmade } from "../run/faults";
import type { Encryption, Workgroup } from "./workgroups";

export interface Request {
  readonly query: string;
  /** Or why it is none. */
  readonly statement: Statement | QueryError;
  readonly parameters: readonly string[];
  readonly database?: string;
  readonly catalog?: string;
  readonly workgroup: Workgroup;
  /** `s3://bucket/prefix/` */
  readonly location: string;
  readonly encryption?: Encryption;
  readonly expectedBucketOwner?: string;
  /** Minutes for which an earlier result may stand for this one. */
  readonly reuseFor?: number;
  readonly token?: string;
}

export interface Execution extends Request {
  readonly id: string;
  readonly principal: Principal;
  readonly scope: Scope;
  /** The file in S3. */
  readonly output: { readonly bucket: string; readonly key: string };
  state: "QUEUED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED";
  reason?: string;
  error?: Record<string, unknown>;
  /** Milliseconds since 1970. */
  readonly submitted: number;
  started?: number;
  planned?: number;
  completed?: number;
  bytes: number;
  outcome?: Outcome;
}

/** DuckDB occupies a thread of Node's pool for each, and the pool's four also serve every file of this process. */
const AT_ONCE = 2;
/** Finished ones that are remembered. */
const KEPT = 10_000;
/** Between interruptions of a query that is being stopped: DuckDB forgets one that comes too early. Milliseconds. */
const INTERRUPT_EVERY = 20;

export class Executions {
  private readonly byId = new Map<string, Execution>();
  /** By place and the client's token. */
  private readonly byToken = new Map<string, Execution>();
  private readonly waiting: Execution[] = [];
  private readonly running = new Map<Execution, { stop: () => void; done: Promise<void> }>();
  private isClosed = false;

  constructor(private readonly deps: ExecutionDeps) {}

  start(request: Request, principal: Principal, scope: Scope): Execution {
    const id = randomUUID();
    const extension = isQuery(request.statement) ? "csv" : "txt";
    const [, bucket = "", prefix = ""] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(request.location) ?? [];
    const key = `${prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`}${id}.${extension}`;
    const submitted = Date.now();
    const execution: Execution = {
      ...request,
      id,
      principal,
      scope,
      output: { bucket, key },
      state: "QUEUED",
      submitted,
      bytes: 0,
    };
    this.byId.set(id, execution);
    if (execution.token !== undefined) this.byToken.set(tokenMark(scope, execution.token), execution);
    this.forget();
    this.waiting.push(execution);
    this.next();
    return execution;
  }

  find(scope: Scope, id: string): Execution | undefined {
    const found = this.byId.get(id);
    return found && found.scope.account === scope.account && found.scope.region === scope.region ? found : undefined;
  }

  /** The latest first. */
  in(scope: Scope, workgroup: string): Execution[] {
    return [...this.byId.values()]
      .filter((execution) => execution.workgroup.name === workgroup && this.find(scope, execution.id) === execution)
      .reverse();
  }

  /** The execution that a client has started with this token. */
  withToken(scope: Scope, token: string): Execution | undefined {
    return this.byToken.get(tokenMark(scope, token));
  }

  stop(execution: Execution): void {
    const place = this.waiting.indexOf(execution);
    if (place !== -1) {
      this.waiting.splice(place, 1);
      this.finish(execution, "CANCELLED", "Query was cancelled by user.");
    }
    this.running.get(execution)?.stop();
  }

  statistics(): {
    readonly queries: number;
    readonly failed: number;
    readonly running: number;
    readonly bytesScanned: number;
    readonly bytesBilled: number;
  } {
    const all = [...this.byId.values()];
    return {
      queries: all.length,
      failed: all.filter(({ state }) => state === "FAILED").length,
      running: this.running.size,
      bytesScanned: all.reduce((sum, { bytes }) => sum + bytes, 0),
      bytesBilled: all.reduce((sum, execution) => sum + billedBytes(execution), 0),
    };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const execution of [...this.waiting, ...this.running.keys()]) this.stop(execution);
    await Promise.all([...this.running.values()].map(({ done }) => done));
  }

  private next(): void {
    while (this.running.size < AT_ONCE && !this.isClosed) {
      const execution = this.waiting.shift();
      if (!execution) return;
      this.begin(execution);
    }
  }

  private begin(execution: Execution): void {
    execution.state = "RUNNING";
    execution.started = Date.now();
    let stopped = false;
    let connection: { interrupt(): void } | undefined;
    let timer: NodeJS.Timeout | undefined;
    const progress: Progress = {
      check: () => {
        if (stopped) throw new Cancelled("Query was cancelled by user.");
      },
      scanned: (bytes) => {
        execution.bytes = bytes;
      },
      planned: () => {
        execution.planned = Date.now();
      },
      working: (with_) => {
        connection = with_;
        if (!with_) clearInterval(timer);
      },
    };
    const stop = (): void => {
      if (stopped) return;
      stopped = true;
      connection?.interrupt();
      timer = setInterval(() => connection?.interrupt(), INTERRUPT_EVERY);
    };
    const done = this.run(execution, progress, () => stopped).finally(() => {
      clearInterval(timer);
      this.running.delete(execution);
      this.next();
    });
    this.running.set(execution, { stop, done });
  }

  private async run(execution: Execution, progress: Progress, isStopped: () => boolean): Promise<void> {
    // The answer to the request comes first: a client that asks at once sees the query running.
    await Promise.resolve();
    const { statement } = execution;
    if (statement instanceof QueryError) return this.fail(execution, statement);
    const work: Work = {
      ...execution,
      statement,
      now: new Date(execution.submitted),
      cutoff: execution.workgroup.bytesScannedCutoff,
      location: execution.output,
      kmsKey: execution.encryption?.KmsKey,
      reuse: () => this.reusable(execution),
    };
    try {
      execution.outcome = await execute(work, this.deps, progress);
      this.finish(execution, "SUCCEEDED");
    } catch (error) {
      if (error instanceof Cancelled) return this.finish(execution, "CANCELLED", error.message);
      if (isStopped()) return this.finish(execution, "CANCELLED", "Query was cancelled by user.");
      this.fail(execution, unmade(error));
    }
  }

  private fail(execution: Execution, fault: QueryError): void {
    execution.error = athenaError(fault);
    this.finish(execution, "FAILED", fault.message);
  }

  private finish(execution: Execution, state: "SUCCEEDED" | "FAILED" | "CANCELLED", reason?: string): void {
    execution.state = state;
    execution.reason = reason;
    execution.completed = Date.now();
  }

  /** https://docs.aws.amazon.com/athena/latest/ug/reusing-query-results.html */
  private reusable(execution: Execution): Outcome | undefined {
    const { reuseFor, scope } = execution;
    if (reuseFor === undefined || !isDeterministic(execution)) return undefined;
    const mark = (of: Execution): string =>
      JSON.stringify([
        of.query,
        of.parameters,
        of.database?.toLowerCase(),
        of.location,
        of.encryption,
        of.expectedBucketOwner,
      ]);
    const oldest = execution.submitted - reuseFor * 60_000;
    for (const earlier of this.in(scope, execution.workgroup.name)) {
      if (earlier.state !== "SUCCEEDED" || (earlier.completed ?? 0) < oldest || mark(earlier) !== mark(execution))
        continue;
      const { outcome } = earlier;
      if (!outcome?.result) continue;
      try {
        this.deps.objects.authorizeRead(execution.principal, outcome.result.bucket, outcome.result.key);
      } catch {
        continue;
      }
      return { ...outcome, bytes: 0, isReused: true };
    }
    return undefined;
  }

  private forget(): void {
    if (this.byId.size <= KEPT) return;
    for (const [id, { completed, token, scope }] of this.byId) {
      if (completed === undefined) continue;
      this.byId.delete(id);
      if (token !== undefined) this.byToken.delete(tokenMark(scope, token));
      return;
    }
  }
}

const tokenMark = ({ account, region }: Scope, token: string): string => `${account}/${region}/${token}`;

function isQuery(statement: Request["statement"]): statement is Statement & { kind: "query" } {
  return !(statement instanceof QueryError) && statement.kind === "query";
}

const MEGABYTE = 1024 * 1024;
const LEAST_BILLED = 10 * MEGABYTE;

/**
 * "Rounded up to the nearest megabyte, with a 10 MB minimum per query", also of one that was cancelled while it ran. DDL, a query that failed
 * and an earlier result that is given again are free. https://aws.amazon.com/athena/pricing/
 */
export function billedBytes({
  state,
  statement,
  bytes,
  outcome,
}: Pick<Execution, "state" | "statement" | "bytes" | "outcome">): number {
  const scans = !(statement instanceof QueryError) && (statement.kind === "query" || statement.kind === "unload");
  const isPaid = state === "SUCCEEDED" || (state === "CANCELLED" && bytes > 0);
  if (!scans || !isPaid || outcome?.isReused === true) return 0;
  return Math.max(LEAST_BILLED, Math.ceil(bytes / MEGABYTE) * MEGABYTE);
}

function isDeterministic({ query, statement }: Execution): boolean {
  if (!isQuery(statement) || /\b(now|current_date|current_timestamp|localtimestamp)\b/i.test(query)) return false;
  return statement.query.limit === undefined || statement.query.orderBy.length > 0;
}

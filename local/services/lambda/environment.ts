/** One execution environment: a Node process that runs a function's archive, one event at a time. */
import { type ChildProcess, spawn } from "node:child_process";
import * as path from "node:path";
import { Duplex } from "node:stream";
import { projectFolder } from "../../project";

export interface Launch {
  /** Folder of the expanded archive. */
  readonly folder: string;
  readonly functionArn: string;
  /** Megabytes. */
  readonly memorySize: number;
  /** Seconds. */
  readonly timeout: number;
  /** All that the process sees of an environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** File descriptor that takes standard output and error. */
  readonly log: number;
}

/** What came of an event: the handler's result, or the error as Lambda answers it, both JSON. */
export interface Answer {
  readonly payload: string;
  readonly failed: boolean;
}

/** A source file also when we run from dist/: no compiler touches it. */
const BOOTSTRAP = path.join(projectFolder(), "local/services/lambda/bootstrap.js");
/** Milliseconds that Lambda gives a function to load. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
const INIT_LIMIT = 10_000;
/** The limit of a synchronous answer, in bytes. */
const RESPONSE_LIMIT = 6_291_556;

const failure = (errorType: string, errorMessage: string): Answer => ({
  payload: JSON.stringify({ errorType, errorMessage }),
  failed: true,
});

export class Environment {
  private readonly child: ChildProcess;
  private readonly channel: Duplex;
  private readonly ended: Promise<void>;
  private readonly ready: Promise<void>;
  private markReady: () => void = () => undefined;
  private settle: ((answer: Answer) => void) | undefined;
  private requestId = "";
  private timedOut = false;
  private running = true;
  private final: Answer | undefined;
  private chunks: Buffer[] = [];
  private size = 0;

  constructor(private readonly launch: Launch) {
    this.child = spawn(process.execPath, [`--max-old-space-size=${launch.memorySize}`, BOOTSTRAP], {
      cwd: launch.folder,
      env: launch.variables,
      stdio: ["ignore", launch.log, launch.log, "pipe"],
    });
    const channel = this.child.stdio[3];
    if (!(channel instanceof Duplex)) throw new Error("The execution environment has no channel");
    this.channel = channel;
    this.channel.on("data", (chunk: Buffer) => this.receive(chunk));
    // The process may be gone while we write; its end says so too.
    this.channel.on("error", () => undefined);
    this.ready = new Promise((resolve) => (this.markReady = resolve));
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null): void => {
        this.running = false;
        this.finish(this.final ?? this.obituary(code, signal));
        this.markReady();
        resolve();
      };
      this.child.on("close", end);
      this.child.on("error", (error) => {
        this.final ??= failure("Runtime.ExitError", `The process could not be started: ${error.message}`);
        end(null, null);
      });
    });
  }

  /** Whether it can take another event. */
  get alive(): boolean {
    return this.running && this.final === undefined;
  }

  /** Runs one event (JSON, in pieces). Never rejects: a crash or a timeout is an answer too. */
  async invoke(requestId: string, event: readonly Buffer[]): Promise<Answer> {
    const answer = new Promise<Answer>((resolve) => (this.settle = resolve));
    this.requestId = requestId;
    const limit = this.launch.timeout * 1000;
    const expire = (): void => {
      this.timedOut = true;
      this.child.kill("SIGKILL");
    };
    let timer = setTimeout(expire, INIT_LIMIT + limit);
    await this.ready;
    clearTimeout(timer);
    if (!this.alive) return this.final ?? answer;
    timer = setTimeout(expire, limit);
    const { functionArn } = this.launch;
    const head = Buffer.from(`    ${JSON.stringify({ requestId, functionArn, deadline: Date.now() + limit })}\n`);
    head.writeUInt32BE(event.reduce((sum, piece) => sum + piece.length, head.length - 4));
    this.channel.cork();
    this.channel.write(head);
    for (const piece of event) this.channel.write(piece);
    this.channel.uncork();
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process, whatever it does. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  private receive(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    for (;;) {
      if (this.size < 4) return;
      let joined = this.chunks[0] ?? chunk;
      if (joined.length < 4) joined = this.join();
      const length = joined.readUInt32BE() + 4;
      if (this.size < length) return;
      joined = this.join();
      this.chunks = [joined.subarray(length)];
      this.size -= length;
      this.take(joined.toString("utf8", 4, 5), joined.toString("utf8", 5, length));
    }
  }

  private join(): Buffer {
    const joined = Buffer.concat(this.chunks, this.size);
    this.chunks = [joined];
    return joined;
  }

  private take(kind: string, payload: string): void {
    if (kind === "R") return this.markReady();
    const answer = { payload, failed: kind !== "S" };
    if (kind === "I" || kind === "X") {
      // The process ends itself; until then nobody may use it.
      this.final = answer;
      this.markReady();
    }
    this.finish(
      Buffer.byteLength(payload) > RESPONSE_LIMIT
        ? failure(
            "Function.ResponseSizeTooLarge",
            `Response payload size exceeded maximum allowed payload size (${RESPONSE_LIMIT} bytes).`,
          )
        : answer,
    );
  }

  private finish(answer: Answer): void {
    this.settle?.(answer);
    this.settle = undefined;
  }

  private obituary(code: number | null, signal: string | null): Answer {
    const request = `RequestId: ${this.requestId} Error: `;
    if (this.timedOut) {
      return failure("Sandbox.Timedout", `${request}Task timed out after ${this.launch.timeout.toFixed(2)} seconds`);
    }
    // Node aborts when its heap is full, as on AWS.
    const reason =
      signal === null ? `exit status ${code ?? "unknown"}` : `signal: ${signal === "SIGABRT" ? "aborted" : "killed"}`;
    return failure("Runtime.ExitError", `${request}Runtime exited with error: ${reason}`);
  }
}

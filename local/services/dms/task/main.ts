/** The process of a task: it does what its parent says over the channel, and ends when the channel closes. */
import type { FromTask, StopReason, TaskSpec, ToTask } from "../spec";
import { isRecoverable, messageOf } from "./errors";
import { KinesisTask } from "./kinesisTask";
import { taskLog, type Log } from "./log";

interface Runner {
  run(): Promise<StopReason>;
  stop(): void;
  reload(tables: readonly { schema: string; table: string }[]): void;
}

const tell = (message: FromTask): void => {
  process.send?.(message);
};

async function runnerFor(spec: TaskSpec, log: Log): Promise<Runner> {
  const { target } = spec;
  if (target.engine === "kinesis") return new KinesisTask(spec, target, log, tell);
  // DuckDB is large, and only this one needs it.
  const { S3Task } = await import("./s3Task");
  return new S3Task(spec, target, log, tell);
}

let runner: Runner | undefined;
let stopped = false;

async function start(spec: TaskSpec): Promise<void> {
  const log = taskLog(spec.folder, spec.settings.Logging.EnableLogging);
  let last: FromTask;
  try {
    runner = await runnerFor(spec, log);
    if (stopped) runner.stop();
    const reason = await runner.run();
    log.info("TASK_MANAGER", `Task '${spec.name}' ended: ${reason}`);
    last = { kind: "stopped", reason };
  } catch (error) {
    const message = messageOf(error);
    log.error("TASK_MANAGER", error instanceof Error ? (error.stack ?? message) : message);
    last = { kind: "failed", message, recoverable: isRecoverable(error) };
  }
  process.send?.(last, () => process.exit(0));
}

// However the parent went.
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches the whole group; the parent stops its tasks in order.
process.on("SIGINT", () => undefined);

process.on("message", (message: ToTask) => {
  if (message.kind === "start") {
    void start(message.spec);
  } else if (message.kind === "stop") {
    stopped = true;
    runner?.stop();
  } else {
    runner?.reload(message.tables);
  }
});

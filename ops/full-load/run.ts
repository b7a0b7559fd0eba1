/**
 * `npm run full-load`: starts the load into the lake by hand, of all tables or of some.
 *
 * For some tables a task of its own is made from the same endpoints. The declared task stays as it is: with its mapping
 * narrowed for the while, a command that is interrupted would leave a schedule that loads too few tables, and nobody would
 * see it. The task is removed once its tables are promoted, for until then the data account asks it whether its load is
 * complete (functions/finished.ts). One that is left behind does nothing; a later load by hand removes it.
 */
import {
  CreateReplicationTaskCommand,
  DatabaseMigrationServiceClient,
  DeleteReplicationTaskCommand,
  StartReplicationTaskCommand,
  type ReplicationTask,
  type StartReplicationTaskTypeValue,
} from "@aws-sdk/client-database-migration-service";
import { setTimeout as delay } from "node:timers/promises";
import { CannotRun, type Code, type Surroundings } from "../command";
import { findDeployment, type Deployment } from "../deployment";
import { describeTask, isActive, renderLoaded, tasks, watchLoad, type Loaded } from "../loads";
import { narrow, tablesOf } from "./mapping";
import { readOptions } from "../options";
import { messageOf } from "../preflight/errors";
import { promoteLoads, PromotionFailed } from "./promote";

const HELP = `npm run full-load -- [options] [table ...]

Writes tables of the monolith anew into the lake, as the schedule does: all of them, or those that are named
(shifts, or public.shifts). Shows what is loaded, and ends with the counts. Ctrl-C ends the watching, not the load.

      --local   Of the laptop cloud that npm start keeps running, not of AWS.
      --json    Prints one JSON object.
  -h, --help    Prints this.

Exit code: 0 every table was loaded, 1 some were not, 2 the load could not be started (one is running, say).
docs/operations.md says more.`;

const BY_HAND = "-by-hand-";

export async function fullLoad(argv: readonly string[], surroundings: Surroundings): Promise<Code> {
  const { values, positionals } = readOptions(argv, {});
  if (values.help) {
    surroundings.print(HELP);
    return 0;
  }
  const deployment = findDeployment({ ...surroundings, local: values.local });
  const { outputs, settings } = await deployment.prod();
  const dms = new DatabaseMigrationServiceClient(settings);
  try {
    const declared = await describeTask(dms, outputs.fullLoadTaskArn);
    const chosen = chooseTables(tablesOf(declared.TableMappings ?? ""), positionals);
    await refuseIfRunning(dms, declared);
    const result =
      positionals.length === 0
        ? await loadAll(dms, declared, chosen, surroundings)
        : await loadSome(dms, declared, chosen, surroundings);
    surroundings.print(renderLoaded(result.loaded, values.json));
    const problems = [...result.problems, ...(await putInForce(dms, declared, deployment, surroundings))];
    for (const problem of problems) surroundings.note(`full-load: ${problem}`);
    return problems.length === 0 && result.loaded.every(({ complete }) => complete) ? 0 : 1;
  } finally {
    dms.destroy();
  }
}

interface Result {
  readonly loaded: readonly Loaded[];
  readonly problems: readonly string[];
}

/** @throws CannotRun for a table that the task does not load. */
function chooseTables(known: readonly string[], named: readonly string[]): string[] {
  if (named.length === 0) return [...known];
  const chosen = named.map((name) => {
    const found = known.find((key) => key === name || key.split(".")[1] === name);
    if (found === undefined) {
      throw new CannotRun(
        `The full load has no table ${name}; it has ${known.join(", ")}. (model/tables.ts, then deploy)`,
      );
    }
    return found;
  });
  return [...new Set(chosen)];
}

/** Every task that writes to the same place. */
async function ours(dms: DatabaseMigrationServiceClient, declared: ReplicationTask): Promise<ReplicationTask[]> {
  const all = await tasks(dms, "replication-instance-arn", declared.ReplicationInstanceArn ?? "");
  return all.filter(({ TargetEndpointArn }) => TargetEndpointArn === declared.TargetEndpointArn);
}

/** Two loads at a time would write files of the same names. @throws CannotRun */
async function refuseIfRunning(dms: DatabaseMigrationServiceClient, declared: ReplicationTask): Promise<void> {
  const running = (await ours(dms, declared)).find(isActive);
  if (running === undefined) return;
  throw new CannotRun(
    `A full load is ${running.Status} already (task ${running.ReplicationTaskIdentifier}, since ` +
      `${running.ReplicationTaskStartDate?.toISOString() ?? "just now"}): wait until it has ended.`,
  );
}

/**
 * Has the data account put the load in force, and removes the tasks of loads by hand that nobody will ask about any more.
 * @returns what went wrong; it is no problem if the data account is out of reach, for it looks by itself
 */
async function putInForce(
  dms: DatabaseMigrationServiceClient,
  declared: ReplicationTask,
  deployment: Deployment,
  { status, note, signal }: Surroundings,
): Promise<string[]> {
  status("  the data account puts the load in force");
  try {
    const { promoted, waiting, left } = await promoteLoads(await deployment.data(), { status, signal });
    note(`In force in the lake: ${promoted.length === 0 ? "nothing that was not before" : promoted.join(", ")}.`);
    if (left.length > 0) note(`The data account goes on within a quarter of an hour, with ${left.join(", ")}.`);
    const pending = [...waiting, ...left];
    for (const task of await ours(dms, declared)) {
      const isByHand = task.ReplicationTaskIdentifier?.startsWith(`${declared.ReplicationTaskIdentifier}${BY_HAND}`);
      const isDone = !isActive(task) && !tablesOf(task.TableMappings ?? "").some((table) => pending.includes(table));
      if (isByHand === true && isDone) {
        await dms.send(new DeleteReplicationTaskCommand({ ReplicationTaskArn: task.ReplicationTaskArn }));
      }
    }
    return [];
  } catch (error) {
    if (signal.aborted) throw error;
    const message = messageOf(error);
    if (error instanceof PromotionFailed) return [message];
    note(
      `The data account puts the load in force by itself, within a quarter of an hour (it cannot be asked: ${message})`,
    );
    return [];
  }
}

async function loadAll(
  dms: DatabaseMigrationServiceClient,
  declared: ReplicationTask,
  tables: readonly string[],
  surroundings: Surroundings,
): Promise<Result> {
  // A task that has run before takes the one, a task that has not the other.
  const isFirst = declared.ReplicationTaskStartDate === undefined;
  return load(dms, declared, isFirst ? "start-replication" : "reload-target", tables, surroundings);
}

async function loadSome(
  dms: DatabaseMigrationServiceClient,
  declared: ReplicationTask,
  tables: readonly string[],
  surroundings: Surroundings,
): Promise<Result> {
  const { ReplicationTask: task = {} } = await dms.send(
    new CreateReplicationTaskCommand({
      ReplicationTaskIdentifier: `${declared.ReplicationTaskIdentifier}${BY_HAND}${Date.now().toString(36)}`,
      MigrationType: "full-load",
      ReplicationInstanceArn: declared.ReplicationInstanceArn,
      SourceEndpointArn: declared.SourceEndpointArn,
      TargetEndpointArn: declared.TargetEndpointArn,
      TableMappings: narrow(declared.TableMappings ?? "", tables),
      ReplicationTaskSettings: withoutLogNames(declared.ReplicationTaskSettings ?? "{}"),
    }),
  );
  surroundings.status("  DMS makes a task for it");
  await ready(dms, task, surroundings);
  const { loaded, problems } = await load(dms, task, "start-replication", tables, surroundings);
  const now = await describeTask(dms, declared.ReplicationTaskArn ?? "");
  const wasStarted = now.ReplicationTaskStartDate?.getTime() !== declared.ReplicationTaskStartDate?.getTime();
  return {
    loaded,
    problems: wasStarted
      ? [
          ...problems,
          "The scheduled load began meanwhile, and both wrote the same files: load again when it has ended.",
        ]
      : problems,
  };
}

/** DMS gives these out and does not take them. AWS DMS guide, "Logging task settings". */
function withoutLogNames(settings: string): string {
  const parsed: unknown = JSON.parse(settings);
  return JSON.stringify(parsed, (key, value: unknown) =>
    key === "CloudWatchLogGroup" || key === "CloudWatchLogStream" ? undefined : value,
  );
}

/** Between looks at a task that is being made; milliseconds. */
const PAUSE = 2_000;

async function ready(
  dms: DatabaseMigrationServiceClient,
  { ReplicationTaskArn = "", Status }: ReplicationTask,
  { signal }: Surroundings,
): Promise<void> {
  for (let status = Status; status !== "ready"; status = (await describeTask(dms, ReplicationTaskArn)).Status) {
    if (status === "failed") throw new CannotRun(`DMS could not make the task ${ReplicationTaskArn}.`);
    await delay(PAUSE, undefined, { signal });
  }
}

async function load(
  dms: DatabaseMigrationServiceClient,
  { ReplicationTaskArn: taskArn = "", ReplicationTaskIdentifier: id = "" }: ReplicationTask,
  type: StartReplicationTaskTypeValue,
  tables: readonly string[],
  surroundings: Surroundings,
): Promise<Result> {
  await dms.send(new StartReplicationTaskCommand({ ReplicationTaskArn: taskArn, StartReplicationTaskType: type }));
  surroundings.note(`The task ${id} loads ${tables.length} ${tables.length === 1 ? "table" : "tables"} into the lake.`);
  const watch = { dms, taskArn, tables, isOfThisLoad: () => true, isWholeTask: true };
  const { task, loaded } = await watchLoad(watch, surroundings);
  const { Status, StopReason = "", LastFailureMessage } = task;
  const ended = Status === "stopped" && StopReason.endsWith("FULL_LOAD_ONLY_FINISHED");
  const why = LastFailureMessage ?? (StopReason || "no reason given");
  return { loaded, problems: ended ? [] : [`The task ${id} is ${Status}: ${why}.`] };
}

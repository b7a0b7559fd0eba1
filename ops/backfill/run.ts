/**
 * `npm run backfill`: loads the tables that a service follows once more through the stream. Every reader of the stream sees
 * the rows; those who have them keep what they have (model/change.ts), the service that lacks them takes them.
 */
import {
  DatabaseMigrationServiceClient,
  ReloadTablesCommand,
  type TableStatistics,
} from "@aws-sdk/client-database-migration-service";
import { services } from "../../model";
import { CannotRun, type Code, type Surroundings } from "../command";
import { findDeployment } from "../deployment";
import { describeTask, renderLoaded, tableStatistics, watchLoad } from "../loads";
import { readOptions } from "../options";

const HELP = `npm run backfill -- [options] <service>

Loads the tables that a service follows once more through the stream, for a service that is new or has lost something.
Other services and the lake keep what they have. Changes made meanwhile are not held up, but come after the table's load.

      --local   Of the laptop cloud that npm start keeps running, not of AWS.
      --json    Prints one JSON object.
  -h, --help    Prints this.

The services: ${services.map(({ name }) => name).join(", ")} (model/services.ts).
Exit code: 0 every table was loaded, 1 some were not, 2 the load could not be started.
docs/operations.md says more.`;

/** DMS takes no more at a time. https://docs.aws.amazon.com/dms/latest/APIReference/API_ReloadTables.html */
const AT_A_TIME = 10;

export async function backfill(argv: readonly string[], surroundings: Surroundings): Promise<Code> {
  const { values, positionals } = readOptions(argv, {});
  if (values.help) {
    surroundings.print(HELP);
    return 0;
  }
  const [name, ...more] = positionals;
  const service = services.find((candidate) => candidate.name === name);
  if (service === undefined || more.length > 0) {
    throw new CannotRun(`Name one service: ${services.map((each) => each.name).join(", ")}.`);
  }
  const { outputs, settings } = await findDeployment({ ...surroundings, local: values.local }).prod();
  const dms = new DatabaseMigrationServiceClient(settings);
  try {
    const taskArn = outputs.changesTaskArn;
    const before = await mayReload(
      dms,
      taskArn,
      service.follows.map(({ table }) => table),
    );
    const tables = [...before.values()];
    surroundings.note(`The task that follows the monolith loads ${tables.length} tables for ${service.name}.`);
    for (let start = 0; start < tables.length; start += AT_A_TIME) {
      const TablesToReload = tables
        .slice(start, start + AT_A_TIME)
        .map(({ SchemaName, TableName }) => ({ SchemaName, TableName }));
      await dms.send(
        new ReloadTablesCommand({ ReplicationTaskArn: taskArn, TablesToReload, ReloadOption: "data-reload" }),
      );
    }
    const watch = {
      ...{ dms, taskArn, tables: [...before.keys()], isWholeTask: false },
      isOfThisLoad: (table: TableStatistics) => isAnotherLoad(table, before),
    };
    const { task, loaded } = await watchLoad(watch, surroundings);
    surroundings.print(renderLoaded(loaded, values.json));
    if (loaded.every(({ complete }) => complete)) return 0;
    const why = task.LastFailureMessage ?? task.StopReason ?? "see the task's log";
    surroundings.note(`backfill: not all tables were loaded; the task is ${task.Status}: ${why}.`);
    return 1;
  } finally {
    dms.destroy();
  }
}

type Before = ReadonlyMap<string, TableStatistics>;

/** The tables by `<schema>.<name>`, as they are before. @throws CannotRun if they cannot be loaded now. */
async function mayReload(
  dms: DatabaseMigrationServiceClient,
  taskArn: string,
  names: readonly string[],
): Promise<Before> {
  const { Status, LastFailureMessage } = await describeTask(dms, taskArn);
  if (Status !== "running") {
    const why = LastFailureMessage === undefined ? "" : ` (${LastFailureMessage})`;
    throw new CannotRun(`The task that follows the monolith is ${Status}${why}; tables are reloaded while it runs.`);
  }
  const all = [...(await tableStatistics(dms, taskArn))];
  const found = names.map((name) => {
    const entry = all.find(([, { TableName }]) => TableName === name);
    if (entry === undefined) {
      throw new CannotRun(`The task does not follow ${name} yet: deploy the model first (pulumi up -s prod).`);
    }
    return entry;
  });
  const loading = found.filter(([, { TableState = "" }]) =>
    ["Before load", "Full load", "Table is being reloaded"].includes(TableState),
  );
  if (loading.length > 0) {
    throw new CannotRun(`Being loaded already: ${loading.map(([key]) => key).join(", ")}. Wait until that has ended.`);
  }
  return new Map(found);
}

/** A table keeps the statistics of its last load until the next one begins. */
function isAnotherLoad(table: TableStatistics, before: Before): boolean {
  const key = `${table.SchemaName}.${table.TableName}`;
  return table.FullLoadStartTime?.getTime() !== before.get(key)?.FullLoadStartTime?.getTime();
}

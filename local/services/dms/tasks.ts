/** What is done to a task from outside of its process. */
import { createClient } from "./task/connection";
import { readCheckpoint } from "./task/checkpoint";
import { dropSlot } from "./task/slot";
import type { Registry } from "./registry";
import type { ReplicationTask } from "./replicationTask";
import { sourceSpec, type SpecDeps } from "./specs";

/** Stops it and drops its slot. A source that cannot be reached keeps the slot, as it does on AWS. */
export async function deleteTask(task: ReplicationTask, registry: Registry, deps: SpecDeps): Promise<void> {
  await task.stopped();
  const slot = readCheckpoint(task.folder)?.slot;
  if (slot !== undefined) {
    const { definition } = task;
    try {
      const client = createClient(
        sourceSpec(registry.source(definition.sourceArn), definition, deps),
        "query",
        `dms ${definition.id}`,
      );
      client.on("error", () => undefined);
      await client.connect();
      await dropSlot(client, slot).finally(() => client.end());
    } catch {
      // AWS DMS guide: the slot is then to be dropped by hand.
    }
  }
  registry.tasks.delete(task.definition.arn);
  await task.deleteFiles();
}

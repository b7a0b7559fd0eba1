import {
  CreateReplicationTaskCommand,
  DeleteReplicationTaskCommand,
  DescribeReplicationTasksCommand,
  StartReplicationTaskCommand,
  type ReplicationTask,
} from "@aws-sdk/client-database-migration-service";
import { testDms, type TestDms } from "./testing";

let dms: TestDms;
beforeAll(async () => {
  dms = await testDms();
}, 30_000);
afterAll(() => dms.close());

async function make(id: string): Promise<ReplicationTask> {
  const inputs = await dms.taskInputs({ tables: ["things"], rules: [], migrationType: "full-load", s3: {} });
  const { ReplicationTask: task = {} } = await dms.client.send(
    new CreateReplicationTaskCommand({
      ReplicationTaskIdentifier: id,
      MigrationType: "full-load",
      ReplicationInstanceArn: String(inputs["replicationInstanceArn"]),
      SourceEndpointArn: String(inputs["sourceEndpointArn"]),
      TargetEndpointArn: String(inputs["targetEndpointArn"]),
      TableMappings: JSON.stringify({
        rules: [
          {
            "rule-type": "selection",
            "rule-id": "1",
            "rule-name": "things",
            "rule-action": "include",
            "object-locator": { "schema-name": "public", "table-name": "things" },
            filters: [],
          },
        ],
      }),
    }),
  );
  return task;
}

const remove = (task: ReplicationTask) =>
  dms.client.send(new DeleteReplicationTaskCommand({ ReplicationTaskArn: task.ReplicationTaskArn }));

test("a task is made, loads, and is removed", async () => {
  await dms.sql("create table things (id int primary key); insert into things values (1), (2)");
  const task = await make("by-hand");
  expect(task).toMatchObject({ ReplicationTaskIdentifier: "by-hand", Status: "ready", MigrationType: "full-load" });
  const arn = task.ReplicationTaskArn ?? "";
  dms.authorizer.taken();
  await dms.client.send(
    new StartReplicationTaskCommand({ ReplicationTaskArn: arn, StartReplicationTaskType: "start-replication" }),
  );
  await expect(remove(task)).rejects.toThrow("must be stopped to be deleted");
  expect(dms.authorizer.taken()).toContain(`dms:DeleteReplicationTask ${arn}`);
  const { tables } = await dms.until(arn, ({ status }) => status === "stopped");
  expect(tables).toMatchObject([{ table: "things", fullLoadRows: 2, state: "Table completed" }]);
  expect([...dms.bucket.objects.keys()].filter((key) => key.includes("things"))).toHaveLength(1);
  await remove(task);
  const { ReplicationTasks } = await dms.client.send(new DescribeReplicationTasksCommand({}));
  expect(ReplicationTasks).toEqual([]);
});

test("two tasks cannot have one name", async () => {
  dms.authorizer.taken();
  const task = await make("twice");
  const asked = dms.authorizer.taken().filter((each) => each.startsWith("dms:CreateReplicationTask"));
  expect(asked.map((each) => each.split(":")[6])).toEqual(["endpoint", "endpoint", "rep"]);
  await expect(make("twice")).rejects.toThrow("Replication task already exists: twice.");
  await remove(task);
});

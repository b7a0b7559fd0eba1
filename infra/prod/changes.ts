/** The one task that follows every table of the model, and its way onto the `changes` stream. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Table } from "../../model";
import type { Accounts } from "../contract";
import { PREFIX } from "../contract";
import { usesKey } from "../permissions";
import { document, forAccount, trust } from "../policy";
import { changeMappings, changeSettings } from "./mappings";
import type { Replication } from "./replication";
import { Running, tested, type Tested } from "./running";
import type { Source } from "./source";
import type { Streams } from "./streams";

export interface ChangesArgs {
  readonly accounts: Accounts;
  readonly tables: readonly Table[];
  readonly source: Source;
  readonly replication: Replication;
  readonly streams: Streams;
  /** False: it is to stand still. */
  readonly start: boolean;
  /** Those who read the stream: they come first, so that what the load sends is read as it comes. */
  readonly readers: readonly pulumi.Resource[];
}

export class Changes extends pulumi.ComponentResource {
  readonly task: aws.dms.ReplicationTask;

  constructor(name: string, args: ChangesArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:prod:Changes", name, {}, options);
    const { role, policy } = this.writer(args);
    const { endpoint: target, connection } = this.target(args, role, policy);
    this.task = new aws.dms.ReplicationTask(
      "changes",
      {
        replicationTaskId: `${PREFIX}-changes`,
        migrationType: "full-load-and-cdc",
        replicationInstanceArn: args.replication.instance.replicationInstanceArn,
        sourceEndpointArn: args.source.endpoint.endpointArn,
        targetEndpointArn: target.endpointArn,
        tableMappings: changeMappings(args.tables),
        replicationTaskSettings: changeSettings(),
        // The provider stops it for a change; it is started below.
        startReplicationTask: false,
      },
      // The task holds the position in the source's log.
      { parent: this, protect: true, dependsOn: [...args.readers] },
    );
    new Running(
      "changes-running",
      {
        region: args.accounts.region,
        taskArn: this.task.replicationTaskArn,
        instanceArn: args.replication.instance.replicationInstanceArn,
        endpoints: [args.source.connection, connection],
        start: args.start,
      },
      { parent: this, dependsOn: [this.task, args.source.endpoint, target] },
    );
    this.registerOutputs({});
  }

  private writer({ accounts, streams }: ChangesArgs): { role: aws.iam.Role; policy: pulumi.Resource } {
    const role = new aws.iam.Role(
      "changes-target",
      { assumeRolePolicy: trust("dms.amazonaws.com", forAccount(accounts.prodAccountId)) },
      { parent: this },
    );
    const policy = new aws.iam.RolePolicy(
      "changes-target",
      {
        role: role.id,
        policy: document([
          {
            Effect: "Allow",
            Action: ["kinesis:DescribeStream", "kinesis:PutRecord", "kinesis:PutRecords"],
            Resource: streams.changes.arn,
          },
          usesKey(streams.key.arn, "kinesis", accounts.region, ["kms:GenerateDataKey"]),
        ]),
      },
      { parent: this },
    );
    return { role, policy };
  }

  private target(
    args: ChangesArgs,
    role: aws.iam.Role,
    policy: pulumi.Resource,
  ): { endpoint: aws.dms.Endpoint; connection: pulumi.Output<Tested> } {
    const declared = {
      endpointId: `${PREFIX}-changes`,
      endpointType: "target",
      engineName: "kinesis",
      // As at the source: another key would replace the endpoint.
      kmsKeyArn: args.replication.key.arn,
      pauseReplicationTasks: true,
      kinesisSettings: {
        streamArn: args.streams.changes.arn,
        serviceAccessRoleArn: role.arn,
        // One line a message. To change it replaces the endpoint, and with it the task.
        messageFormat: "json-unformatted",
        // Every switch is off by default.
        includeTransactionDetails: true, // position and commit time: without them no change can be placed
        includePartitionValue: true,
        partitionIncludeSchemaTable: true, // tables that share small ids spread over the shards
        includeTableAlterOperations: true,
        includeControlDetails: true,
        includeNullAndEmpty: true, // else null, empty and not sent look the same
        useLargeIntegerValue: true, // else a bigint goes through a double
      },
    };
    const endpoint = new aws.dms.Endpoint("changes", declared, { parent: this, dependsOn: [policy] });
    const lookAt =
      "the role that writes to the stream, and the network's way to Kinesis (infra/prod/changes.ts, network.ts)";
    return { endpoint, connection: tested(endpoint, declared, lookAt) };
  }
}

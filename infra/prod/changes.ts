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
import type { Source } from "./source";
import type { Streams } from "./streams";

export interface ChangesArgs {
  readonly accounts: Accounts;
  readonly tables: readonly Table[];
  readonly source: Source;
  readonly replication: Replication;
  readonly streams: Streams;
  /** Those who read the stream: they come first, so that what the load sends is read as it comes. */
  readonly readers: readonly pulumi.Resource[];
}

export class Changes extends pulumi.ComponentResource {
  readonly task: aws.dms.ReplicationTask;

  constructor(name: string, args: ChangesArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:prod:Changes", name, {}, options);
    const { role, policy } = this.writer(args);
    const target = this.target(args, role, policy);
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
        // Also after a change: the provider stops the task for it, and starts it again only with this.
        startReplicationTask: true,
      },
      // The task holds the position in the source's log.
      { parent: this, protect: true, dependsOn: [...args.readers] },
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

  private target(args: ChangesArgs, role: aws.iam.Role, policy: pulumi.Resource): aws.dms.Endpoint {
    return new aws.dms.Endpoint(
      "changes",
      {
        endpointId: `${PREFIX}-changes`,
        endpointType: "target",
        engineName: "kinesis",
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
      },
      { parent: this, dependsOn: [policy] },
    );
  }
}

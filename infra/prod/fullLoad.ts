/**
 * The task that writes whole tables as Parquet straight into the lake, in the data account. It is started at a quiet hour by
 * a schedule, or by hand (`npm run full-load`). It writes where no query reads: the data account promotes what is complete
 * (infra/data/promotion.ts), and may look here how a load went.
 */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Table } from "../../model";
import type { ProdConfig } from "../config";
import type { Accounts } from "../contract";
import {
  dataRoleArn,
  FULL_LOAD_TASK,
  lakeBucket,
  lakeKeyAliasArn,
  LANDING_FOLDER,
  LOADED_AT,
  names,
  PREFIX,
} from "../contract";
import { document, foreignRole, forAccount, trust } from "../policy";
import { fullLoadMappings, fullLoadSettings } from "./mappings";
import type { Replication } from "./replication";
import type { Source } from "./source";

export interface FullLoadArgs {
  readonly accounts: Accounts;
  readonly when: ProdConfig["fullLoad"];
  /** False: no schedule starts it. */
  readonly start: boolean;
  readonly tables: readonly Table[];
  readonly source: Source;
  readonly replication: Replication;
}

/** Minutes within which it may start: other schedules like round hours, too. */
const WINDOW = 15;
/** A load that could not be started is tried again for an hour; later is no quiet hour any more, and the next one comes. */
const RETRY = { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 10 };

export class FullLoad extends pulumi.ComponentResource {
  readonly task: aws.dms.ReplicationTask;
  /** Of this schedule alone: EventBridge Scheduler counts by group. */
  readonly schedules: aws.scheduler.ScheduleGroup;

  constructor(name: string, args: FullLoadArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:prod:FullLoad", name, {}, options);
    const { role, policy } = this.writer(args.accounts);
    const target = this.target(args, role, policy);
    this.task = new aws.dms.ReplicationTask(
      "full-load",
      {
        replicationTaskId: FULL_LOAD_TASK,
        migrationType: "full-load",
        replicationInstanceArn: args.replication.instance.replicationInstanceArn,
        sourceEndpointArn: args.source.endpoint.endpointArn,
        targetEndpointArn: target.endpointArn,
        tableMappings: fullLoadMappings(args.tables),
        replicationTaskSettings: fullLoadSettings(),
        // A finished load is a stopped task: with true any change of the mapping would start a load at once.
        startReplicationTask: false,
      },
      { parent: this },
    );
    this.schedules = new aws.scheduler.ScheduleGroup("full-load", { name: PREFIX }, { parent: this });
    this.schedule(args);
    this.reader(args.accounts);
    this.registerOutputs({});
  }

  /**
   * The first load is one's own to start, once the data account stands: DMS takes `reload-target` only of a task that has run
   * before. A load that is still running is not disturbed: its task refuses to be started.
   */
  private schedule({ accounts, when, start }: FullLoadArgs): void {
    const account = accounts.prodAccountId;
    const role = new aws.iam.Role(
      "full-load-schedule",
      { assumeRolePolicy: trust("scheduler.amazonaws.com", forAccount(account)) },
      { parent: this },
    );
    const policy = new aws.iam.RolePolicy(
      "full-load-schedule",
      {
        role: role.id,
        policy: document([
          { Effect: "Allow", Action: ["dms:StartReplicationTask"], Resource: this.task.replicationTaskArn },
        ]),
      },
      { parent: this },
    );
    new aws.scheduler.Schedule(
      "full-load",
      {
        name: `${PREFIX}-full-load`,
        groupName: this.schedules.name,
        description: "Writes every table anew into the lake",
        state: start ? "ENABLED" : "DISABLED",
        scheduleExpression: when.schedule,
        scheduleExpressionTimezone: when.timeZone,
        flexibleTimeWindow: { mode: "FLEXIBLE", maximumWindowInMinutes: WINDOW },
        target: {
          // The call itself is the target: no function stands between (EventBridge Scheduler guide, "Universal targets").
          arn: "arn:aws:scheduler:::aws-sdk:databasemigration:startReplicationTask",
          roleArn: role.arn,
          input: pulumi.jsonStringify({
            ReplicationTaskArn: this.task.replicationTaskArn,
            StartReplicationTaskType: "reload-target",
          }),
          retryPolicy: RETRY,
        },
      },
      { parent: this, dependsOn: [policy] },
    );
  }

  /** DMS has no policies of its own to admit another account with: the function over there takes this role. */
  private reader(accounts: Accounts): void {
    const { region, prodAccountId: account } = accounts;
    const role = new aws.iam.Role(
      "full-load-reader",
      {
        name: names.fullLoadReaderRole,
        description: "The data account sees which full loads are complete",
        assumeRolePolicy: document([
          foreignRole(dataRoleArn(accounts, names.promoteRole), { Action: ["sts:AssumeRole"] }),
        ]),
      },
      { parent: this },
    );
    new aws.iam.RolePolicy(
      "full-load-reader",
      {
        role: role.id,
        policy: document([
          // The action knows no narrower resource (service authorization reference, DMS).
          { Effect: "Allow", Action: ["dms:DescribeReplicationTasks"], Resource: "*" },
          {
            Effect: "Allow",
            Action: ["dms:DescribeTableStatistics"],
            // Of loads by hand, too, which have tasks of their own.
            Resource: `arn:aws:dms:${region}:${account}:task:*`,
          },
        ]),
      },
      { parent: this },
    );
  }

  /** The role stays in this account: the data account's bucket and key admit it by its name. */
  private writer(accounts: Accounts): { role: aws.iam.Role; policy: pulumi.Resource } {
    const role = new aws.iam.Role(
      "full-load",
      {
        name: names.fullLoadRole,
        assumeRolePolicy: trust("dms.amazonaws.com", forAccount(accounts.prodAccountId)),
      },
      { parent: this },
    );
    const bucket = `arn:aws:s3:::${lakeBucket(accounts)}`;
    const policy = new aws.iam.RolePolicy(
      "full-load",
      {
        role: role.id,
        policy: document([
          {
            Effect: "Allow",
            Action: ["s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObject"],
            Resource: `${bucket}/${LANDING_FOLDER}/*`,
          },
          {
            Effect: "Allow",
            Action: ["s3:ListBucket"],
            // Not by prefix: DMS looks at the bucket itself, too.
            Resource: bucket,
          },
          {
            Effect: "Allow",
            Action: ["kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"],
            // The lake's key is made later, in the other account: its alias stands for it.
            Resource: `arn:aws:kms:${accounts.region}:${accounts.dataAccountId}:key/*`,
            Condition: { "ForAnyValue:StringEquals": { "kms:ResourceAliases": names.lakeKeyAlias } },
          },
        ]),
      },
      { parent: this },
    );
    return { role, policy };
  }

  private target(
    { accounts, replication }: FullLoadArgs,
    role: aws.iam.Role,
    policy: pulumi.Resource,
  ): aws.dms.S3Endpoint {
    return new aws.dms.S3Endpoint(
      "full-load",
      {
        endpointId: `${PREFIX}-full-load`,
        endpointType: "target",
        bucketName: lakeBucket(accounts),
        bucketFolder: LANDING_FOLDER,
        // A bucket of this name in another account is not ours.
        expectedBucketOwner: accounts.dataAccountId,
        serviceAccessRoleArn: role.arn,
        // Another key would replace the endpoint, whose id is taken while the old one stands. The key stays.
        kmsKeyArn: replication.key.arn,
        // The default is CSV.
        dataFormat: "parquet",
        parquetVersion: "parquet-2-0",
        // Athena cannot read timestamps of microseconds.
        parquetTimestampInMillisecond: true,
        compressionType: "GZIP",
        encodingType: "rle-dictionary",
        enableStatistics: true,
        // From SSE_S3 there is no way to SSE_KMS later.
        encryptionMode: "SSE_KMS",
        serverSideEncryptionKmsKeyId: lakeKeyAliasArn(accounts),
        includeOpForFullLoad: false,
        // When the task started, the same in every row: for people, who may ask how old a row is.
        timestampColumnName: LOADED_AT,
        useTaskStartTimeForFullLoadTimestamp: true,
      },
      { parent: this, dependsOn: [policy] },
    );
  }
}

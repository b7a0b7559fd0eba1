/** A monolith's database that the program makes: RDS PostgreSQL as DMS needs it, with its credentials in Secrets Manager. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ProdConfig } from "../config";
import { PREFIX } from "../contract";
import { customerKey } from "../key";
import { allowsDeletion, keptData } from "../protection";
import type { Network } from "./network";

export interface DatabaseArgs {
  readonly config: ProdConfig;
  readonly create: NonNullable<ProdConfig["source"]["create"]>;
  readonly network: Network;
}

/** Static ones wait for the next start; at the creation they are there from the first one. */
const atStart = (name: string, value: string) => ({ name, value, applyMethod: "pending-reboot" });
const atOnce = (name: string, value: string) => ({ name, value, applyMethod: "immediate" });

/** DMS guide, "Working with AWS-managed PostgreSQL databases as a DMS source". */
const PARAMETERS = [
  // Sets wal_level to logical.
  atStart("rds.logical_replication", "1"),
  // One of each task, and spare ones for a task that is made anew.
  atStart("max_replication_slots", "20"),
  atStart("max_wal_senders", "20"),
  // Each slot has a worker, and parallel queries want theirs, too.
  atStart("max_worker_processes", "24"),
  atOnce("rds.force_ssl", "1"),
  // DMS wants 0, or 10 seconds to 5 minutes: below it is cut off while it spills a long transaction. Milliseconds.
  atOnce("wal_sender_timeout", "60000"),
  // A limit would invalidate the slot of a task that stands still, and with it the position: rather an alarm on the disk.
  atOnce("max_slot_wal_keep_size", "-1"),
  // DMS keeps a transaction open while it loads a table.
  atOnce("idle_in_transaction_session_timeout", "0"),
];

const USER = "monolith";

export class Database extends pulumi.ComponentResource {
  readonly instance: aws.rds.Instance;
  readonly secret: aws.secretsmanager.Secret;
  /** Encrypts the database and its secret. */
  readonly key: aws.kms.Key;
  readonly securityGroup: aws.ec2.SecurityGroup;
  /** The secret has no content before it. */
  readonly version: aws.secretsmanager.SecretVersion;

  constructor(name: string, args: DatabaseArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:prod:Database", name, {}, options);
    const { config, network } = args;
    this.key = customerKey(
      "database",
      { account: config.prodAccountId, description: "The monolith's database and its credentials" },
      { parent: this },
    );
    this.securityGroup = new aws.ec2.SecurityGroup(
      "database",
      { description: "The monolith's database", vpcId: network.vpcId },
      { parent: this },
    );
    this.instance = this.database(args);
    this.secret = new aws.secretsmanager.Secret(
      "database",
      {
        name: `${PREFIX}-database`,
        description: "The monolith's database, as DMS wants it: username, password, host and port",
        kmsKeyId: this.key.arn,
        recoveryWindowInDays: 30,
      },
      { parent: this, ...keptData() },
    );
    const { username, password, address, port } = this.instance;
    this.version = new aws.secretsmanager.SecretVersion(
      "database",
      {
        secretId: this.secret.id,
        secretString: pulumi.secret(pulumi.jsonStringify({ username, password, host: address, port })),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }

  private database({ config, create, network }: DatabaseArgs): aws.rds.Instance {
    const version = String(config.source.postgresVersion);
    const subnets = new aws.rds.SubnetGroup(
      "database",
      { name: `${PREFIX}-database`, subnetIds: network.subnetIds },
      { parent: this },
    );
    const parameters = new aws.rds.ParameterGroup(
      "database",
      // A new major version is a new family, and a group of its own until the database has moved.
      { name: `${PREFIX}-postgres${version}`, family: `postgres${version}`, parameters: PARAMETERS },
      { parent: this },
    );
    // Made once: what a later run draws is ignored. RDS' own master secret holds no host and no port, which DMS needs.
    const { randomPassword } = aws.secretsmanager.getRandomPasswordOutput(
      { passwordLength: 40, excludePunctuation: true },
      { parent: this },
    );
    return new aws.rds.Instance(
      "database",
      {
        identifier: `${PREFIX}-monolith`,
        engine: "postgres",
        // The major version; minor ones come in the maintenance window.
        engineVersion: version,
        autoMinorVersionUpgrade: true,
        allowMajorVersionUpgrade: false,
        instanceClass: create.instanceClass,
        dbName: config.source.database,
        port: config.source.port,
        username: USER,
        password: pulumi.secret(randomPassword),
        caCertIdentifier: "rds-ca-rsa2048-g1",
        multiAz: create.multiAz,
        publiclyAccessible: false,
        dbSubnetGroupName: subnets.name,
        vpcSecurityGroupIds: [this.securityGroup.id],
        parameterGroupName: parameters.name,
        storageType: "gp3",
        allocatedStorage: create.storageGb,
        maxAllocatedStorage: create.maxStorageGb,
        storageEncrypted: true,
        kmsKeyId: this.key.arn,
        // A task that stands still holds the log back, and a full disk stops the database: the backup is the second line.
        backupRetentionPeriod: create.backupDays,
        maintenanceWindow: create.maintenanceWindow,
        performanceInsightsEnabled: true,
        performanceInsightsKmsKeyId: this.key.arn,
        enabledCloudwatchLogsExports: ["postgresql"],
        copyTagsToSnapshot: true,
        deletionProtection: !allowsDeletion(),
        skipFinalSnapshot: false,
        finalSnapshotIdentifier: `${PREFIX}-monolith-final`,
      },
      { parent: this, ...keptData(), ignoreChanges: ["password"] },
    );
  }
}

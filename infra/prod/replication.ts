/**
 * The machine DMS runs on, its network and the roles that DMS expects to find in every account.
 *
 * A machine and not DMS Serverless: a serverless replication cannot be changed while it runs, which the provider leaves to whoever
 * runs it (terraform-provider-aws #35650), and its disk is 100 GB for good.
 */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ProdConfig } from "../config";
import { PREFIX } from "../contract";
import { customerKey } from "../key";
import { trust } from "../policy";
import type { Network } from "./network";

export interface ReplicationArgs {
  readonly config: ProdConfig;
  readonly network: Network;
}

/** DMS looks for them by these names; one each per account, whoever made it. */
const ACCOUNT_ROLES = {
  "dms-vpc-role": "AmazonDMSVPCManagementRole",
  "dms-cloudwatch-logs-role": "AmazonDMSCloudWatchLogsRole",
} as const;

export class Replication extends pulumi.ComponentResource {
  /** Encrypts the instance's disk, where changes of long transactions wait, and what DMS keeps of the endpoints. */
  readonly key: aws.kms.Key;
  readonly instance: aws.dms.ReplicationInstance;

  constructor(name: string, { config, network }: ReplicationArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:prod:Replication", name, {}, options);
    this.key = customerKey(
      "replication",
      { account: config.prodAccountId, description: "Disk and endpoints of the replication" },
      { parent: this },
    );
    const roles = config.replication.createAccountRoles ? this.accountRoles() : [];
    const subnets = this.subnetGroup(network, roles);
    this.instance = this.replicationInstance(config, network, subnets);
    this.registerOutputs({});
  }

  private accountRoles(): pulumi.Resource[] {
    return Object.entries(ACCOUNT_ROLES).map(([roleName, managed]) => {
      const role = new aws.iam.Role(
        roleName,
        { name: roleName, assumeRolePolicy: trust("dms.amazonaws.com") },
        // Other replications of the account may have come to rely on it.
        { parent: this, retainOnDelete: true },
      );
      return new aws.iam.RolePolicyAttachment(
        roleName,
        { role: role.name, policyArn: `arn:aws:iam::aws:policy/service-role/${managed}` },
        { parent: this, retainOnDelete: true },
      );
    });
  }

  private subnetGroup(network: Network, dependsOn: pulumi.Resource[]): aws.dms.ReplicationSubnetGroup {
    return new aws.dms.ReplicationSubnetGroup(
      "replication",
      {
        replicationSubnetGroupId: PREFIX,
        replicationSubnetGroupDescription: "Private subnets of the replication",
        subnetIds: network.subnetIds,
      },
      // DMS calls a role that IAM has not spread yet "not configured properly". The roles go first, and the provider tries again
      // for some minutes (replication_subnet_group.go). Should that not do, the deployment may be repeated.
      { parent: this, dependsOn },
    );
  }

  private replicationInstance(
    { replication }: ProdConfig,
    network: Network,
    subnets: aws.dms.ReplicationSubnetGroup,
  ): aws.dms.ReplicationInstance {
    return new aws.dms.ReplicationInstance(
      "replication",
      {
        replicationInstanceId: PREFIX,
        replicationInstanceClass: replication.instanceClass,
        allocatedStorage: replication.storageGb,
        engineVersion: replication.engineVersion,
        // A pinned version and automatic upgrades fight each other: upgrades are a change of the configuration.
        autoMinorVersionUpgrade: false,
        allowMajorVersionUpgrade: false,
        applyImmediately: true,
        // Not whenever AWS likes: the task pauses meanwhile, and the monolith keeps its log.
        preferredMaintenanceWindow: replication.maintenanceWindow,
        multiAz: replication.multiAz,
        publiclyAccessible: false,
        kmsKeyArn: this.key.arn,
        replicationSubnetGroupId: subnets.id,
        vpcSecurityGroupIds: [network.securityGroup.id],
      },
      // Class, disk and version change in place. What would replace it (key, subnet group) cannot be done in one go: the id is taken
      // while the old one stands, and the old one cannot go while it has tasks, which hold the position. Protected, it says so. A
      // successor gets an id of its own, and the provider moves the tasks to it (MoveReplicationTask).
      //
      // Without its ways out it would start, and its tasks would fail.
      { parent: this, protect: true, dependsOn: network.ways },
    );
  }
}

/**
 * Where DMS stands: private subnets of a VPC, ours or one that exists, and VPC endpoints for all that it calls. Nothing has a
 * way to the internet: DMS reaches the database and the endpoints, by its security group, and nothing else.
 */
import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import type { ProdConfig } from "../config";
import { lakeBucket, LANDING_FOLDER, names, PREFIX } from "../contract";
import type { Statement } from "../policy";
import { document } from "../policy";

export interface NetworkArgs {
  readonly config: ProdConfig;
}

const HTTPS = 443;
/** Services with an interface endpoint, by the name in the endpoint's service name. */
const INTERFACES = ["kinesis-streams", "secretsmanager", "kms", "logs"] as const;

interface Place {
  readonly vpcId: pulumi.Input<string>;
  readonly subnetIds: pulumi.Output<string[]>;
  readonly routeTableIds: pulumi.Output<string[]>;
}

export class Network extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Input<string>;
  readonly subnetIds: pulumi.Output<string[]>;
  /** Of DMS' instance, and of nothing else. */
  readonly securityGroup: aws.ec2.SecurityGroup;
  /** The ways out: what runs in the subnets must wait for them. */
  readonly ways: pulumi.Resource[] = [];

  constructor(
    name: string,
    private readonly args: NetworkArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("tributary:prod:Network", name, {}, options);
    const { network } = args.config;
    const place = network.vpcId === undefined ? this.ours() : this.theirs(network.vpcId);
    this.vpcId = place.vpcId;
    this.subnetIds = place.subnetIds;
    this.securityGroup = this.group("replication", "DMS: to the database and the VPC endpoints");
    if (network.endpoints === undefined) this.endpoints(place);
    else {
      for (const [index, group] of network.endpoints.securityGroupIds.entries())
        this.ways.push(...this.allow(`endpoints-${index + 1}`, { to: group, port: HTTPS }));
      this.toS3(network.endpoints.s3PrefixListId);
    }
    this.registerOutputs({});
  }

  /** A VPC without a NAT gateway, whose subnets have no route but the local one and that to S3. */
  private ours(): Place {
    const { cidrBlock = "10.64.0.0/16", zones = 2 } = this.args.config.network;
    const vpc = new awsx.ec2.Vpc(
      "network",
      {
        cidrBlock,
        numberOfAvailabilityZones: zones,
        natGateways: { strategy: awsx.ec2.NatGatewayStrategy.None },
        subnetStrategy: awsx.ec2.SubnetAllocationStrategy.Auto,
        subnetSpecs: [{ type: awsx.ec2.SubnetType.Isolated, name: "replication" }],
        // Private names of the endpoints: without both they would lead to the internet.
        enableDnsHostnames: true,
        enableDnsSupport: true,
      },
      { parent: this },
    );
    const routeTableIds = vpc.routeTables.apply((tables) => pulumi.all(tables.map(({ id }) => id)));
    return { vpcId: vpc.vpcId, subnetIds: vpc.isolatedSubnetIds, routeTableIds };
  }

  private theirs(vpcId: string): Place {
    const { subnetIds = [], routeTableIds = [] } = this.args.config.network;
    return { vpcId, subnetIds: pulumi.output([...subnetIds]), routeTableIds: pulumi.output([...routeTableIds]) };
  }

  /** A group without rules admits nothing and lets nothing out. */
  group(name: string, description: string): aws.ec2.SecurityGroup {
    return new aws.ec2.SecurityGroup(name, { description, vpcId: this.vpcId }, { parent: this });
  }

  /** DMS may reach a group's port, and the group lets it in. */
  allow(name: string, { to, port }: { readonly to: pulumi.Input<string>; readonly port: number }): pulumi.Resource[] {
    const tcp = { ipProtocol: "tcp", fromPort: port, toPort: port };
    const from = this.securityGroup.id;
    return [
      new aws.vpc.SecurityGroupEgressRule(
        name,
        { ...tcp, securityGroupId: from, referencedSecurityGroupId: to, description: `DMS to ${name}` },
        { parent: this },
      ),
      new aws.vpc.SecurityGroupIngressRule(
        name,
        { ...tcp, securityGroupId: to, referencedSecurityGroupId: from, description: `DMS to ${name}` },
        { parent: this },
      ),
    ];
  }

  private toS3(prefixListId: pulumi.Input<string>): void {
    this.ways.push(
      new aws.vpc.SecurityGroupEgressRule(
        "s3",
        {
          securityGroupId: this.securityGroup.id,
          // A gateway has no security group: its addresses are a list.
          prefixListId,
          ipProtocol: "tcp",
          fromPort: HTTPS,
          toPort: HTTPS,
          description: "DMS to S3",
        },
        { parent: this },
      ),
    );
  }

  private endpoints({ vpcId, subnetIds, routeTableIds }: Place): void {
    const { region } = this.args.config;
    const group = this.group("endpoints", "VPC endpoints: from DMS only");
    this.ways.push(...this.allow("endpoints", { to: group.id, port: HTTPS }));
    for (const service of INTERFACES) {
      this.ways.push(
        new aws.ec2.VpcEndpoint(
          service,
          {
            vpcId,
            serviceName: `com.amazonaws.${region}.${service}`,
            vpcEndpointType: "Interface",
            subnetIds,
            securityGroupIds: [group.id],
            // The service's usual name leads here: DMS knows no other.
            privateDnsEnabled: true,
            policy: document([this.through(service)]),
          },
          { parent: this },
        ),
      );
    }
    const s3 = new aws.ec2.VpcEndpoint(
      "s3",
      {
        vpcId,
        serviceName: `com.amazonaws.${region}.s3`,
        vpcEndpointType: "Gateway",
        routeTableIds,
        policy: document(this.throughS3()),
      },
      { parent: this },
    );
    this.ways.push(s3);
    this.toS3(s3.prefixListId);
  }

  /** What may go through an endpoint: what DMS' roles do, by this account's identities only. */
  private through(service: (typeof INTERFACES)[number]): Statement {
    const { region, prodAccountId: account, dataAccountId, source } = this.args.config;
    const ours = { Effect: "Allow", Principal: "*", Condition: this.ofThisAccount() } as const;
    switch (service) {
      case "kinesis-streams":
        return {
          ...ours,
          Action: ["kinesis:DescribeStream", "kinesis:PutRecord", "kinesis:PutRecords"],
          Resource: `arn:aws:kinesis:${region}:${account}:stream/${names.changesStream}`,
        };
      case "secretsmanager":
        return {
          ...ours,
          Action: ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
          Resource: source.secretArn ?? `arn:aws:secretsmanager:${region}:${account}:secret:${PREFIX}-*`,
        };
      case "kms":
        return {
          ...ours,
          Action: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
          // The lake's key is the other account's.
          Resource: [account, dataAccountId].map((owner) => `arn:aws:kms:${region}:${owner}:key/*`),
        };
      case "logs":
        return {
          ...ours,
          Action: [
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogGroups",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
          ],
          Resource: `arn:aws:logs:${region}:${account}:log-group:*`,
        };
    }
  }

  private throughS3(): Statement[] {
    const bucket = `arn:aws:s3:::${lakeBucket(this.args.config)}`;
    const ours = { Effect: "Allow", Principal: "*", Condition: this.ofThisAccount() } as const;
    return [
      {
        ...ours,
        Action: ["s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObject"],
        Resource: `${bucket}/${LANDING_FOLDER}/*`,
      },
      { ...ours, Action: ["s3:ListBucket"], Resource: bucket },
    ];
  }

  private ofThisAccount(): Statement["Condition"] {
    return { StringEquals: { "aws:PrincipalAccount": this.args.config.prodAccountId } };
  }
}

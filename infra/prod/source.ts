/**
 * The monolith as DMS sees it: a PostgreSQL endpoint, of a database that exists or of one of our own. The credentials stay in
 * Secrets Manager, and the server must prove by its certificate that it is the one.
 */
import { createHash } from "node:crypto";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Table } from "../../model";
import { readCertificates } from "../certificate";
import type { ProdConfig } from "../config";
import { PREFIX } from "../contract";
import { usesKey } from "../permissions";
import type { Statement } from "../policy";
import { document, forAccount, trust } from "../policy";
import { Database } from "./database";
import { hasUnconstrainedNumeric } from "./mappings";
import type { Network } from "./network";
import { tested, type Tested } from "./running";

export interface SourceArgs {
  readonly config: ProdConfig;
  readonly tables: readonly Table[];
  readonly network: Network;
  /** Encrypts what DMS keeps of the endpoint. */
  readonly key: aws.kms.Key;
}

/** Where the credentials are, and who the database is. */
interface Origin {
  readonly secretArn: pulumi.Input<string>;
  readonly secretKeyArn?: pulumi.Input<string>;
  readonly securityGroupId: pulumi.Input<string>;
  /** What must be there before DMS connects. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/**
 * All of them: on an update the provider sends zeros for those that are left out, and with a heartbeat every 0 minutes DMS
 * does nothing else (terraform-provider-aws #47884). Left out are those that are empty for every source but a special one.
 */
const postgresSettings = {
  authenticationMethod: "password",
  databaseMode: "default",
  // DDL reaches us as control records. DMS makes an audit table and an event trigger for it.
  captureDdls: true,
  ddlArtifactsSchema: "public",
  // Seconds for one statement on the source.
  executeTimeout: 60,
  // A value longer than the task's LobMaxSize stops the task: cut JSON is worse than none.
  failTasksOnLobTruncation: true,
  // A quiet database acknowledges nothing, and its log grows until the disk is full. Minutes.
  heartbeatEnable: true,
  heartbeatFrequency: 1,
  heartbeatSchema: "public",
  // Off: it needs a setting of both endpoints and Kinesis has none. The model reads every form of a boolean.
  mapBooleanAsBoolean: false,
  mapJsonbAsClob: false,
  mapLongVarcharAs: "wstring",
  // KB of a CSV file; for targets that load from files.
  maxFileSize: 32768,
  // pglogical knows no REPLICA IDENTITY FULL, and needs an extension in the database.
  pluginName: "test-decoding",
};

/** Where a connection fails. */
const LOOK_AT =
  "tributary:source in Pulumi.prod.yaml: username, password, host and port in the secret and its key, the name of the " +
  "database, its security group, the authority of its certificate";

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8);

/** The settings say both of a database that exists: infra/prodSettings.ts. */
const existing = ({ source }: ProdConfig): Origin => ({
  secretArn: source.secretArn ?? "",
  ...(source.secretKeyArn === undefined ? {} : { secretKeyArn: source.secretKeyArn }),
  securityGroupId: source.securityGroupId ?? "",
  dependsOn: [],
});

const created = ({ secret, key, securityGroup, version }: Database): Origin => ({
  secretArn: secret.arn,
  secretKeyArn: key.arn,
  securityGroupId: securityGroup.id,
  dependsOn: [version],
});

export class Source extends pulumi.ComponentResource {
  readonly endpoint: aws.dms.Endpoint;
  readonly connection: pulumi.Output<Tested>;
  /** RDS' name of the database, where it is known. */
  readonly instanceId: pulumi.Input<string> | undefined;
  /** Of the database that the program made: whoever uses the database is admitted to it. */
  readonly securityGroupId: pulumi.Output<string> | undefined;

  constructor(name: string, args: SourceArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:prod:Source", name, {}, options);
    const { config, tables, network, key } = args;
    const { source } = config;
    const database =
      source.create === undefined
        ? undefined
        : new Database("database", { config, create: source.create, network }, { parent: this });
    this.instanceId = database?.instance.identifier ?? source.instanceId;
    this.securityGroupId = database?.securityGroup.id;
    const origin = database === undefined ? existing(config) : created(database);
    const way = network.allow("database", { to: origin.securityGroupId, port: source.port });
    const { role, policy } = this.secretReader(config, origin);
    const certificatePem = readCertificates(source.certificate);
    const certificate = new aws.dms.Certificate(
      "source",
      // A new authority is a new certificate, made before the old one goes: its id cannot be the same.
      { certificateId: `${PREFIX}-source-${digest(certificatePem)}`, certificatePem },
      { parent: this },
    );
    const declared = {
      endpointId: `${PREFIX}-source`,
      endpointType: "source",
      engineName: "postgres",
      // Needed beside the secret, which has no place for it.
      databaseName: source.database,
      secretsManagerArn: origin.secretArn,
      secretsManagerAccessRoleArn: role.arn,
      // The name in the server's certificate, too: with less, whoever is in between could be the database.
      sslMode: "verify-full",
      certificateArn: certificate.certificateArn,
      // Another key would replace the endpoint, and with it the task, which is protected. So the key stays.
      kmsKeyArn: key.arn,
      // An endpoint that a task uses can only be changed while the task stands still.
      pauseReplicationTasks: true,
      ...(hasUnconstrainedNumeric(tables) ? { extraConnectionAttributes: "mapUnboundedNumericAsString=true" } : {}),
      postgresSettings,
    };
    this.endpoint = new aws.dms.Endpoint("source", declared, {
      parent: this,
      dependsOn: [policy, ...way, ...origin.dependsOn],
    });
    this.connection = tested(this.endpoint, declared, LOOK_AT);
    this.registerOutputs({});
  }

  private secretReader(
    { region, prodAccountId }: ProdConfig,
    { secretArn, secretKeyArn }: Origin,
  ): { role: aws.iam.Role; policy: pulumi.Resource } {
    const role = new aws.iam.Role(
      "source-secret",
      // For secrets DMS comes as the regional principal, not as dms.amazonaws.com.
      { assumeRolePolicy: trust(`dms.${region}.amazonaws.com`, forAccount(prodAccountId)) },
      { parent: this },
    );
    const permissions: Statement[] = [
      {
        Effect: "Allow",
        Action: ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
        Resource: secretArn,
      },
    ];
    if (secretKeyArn !== undefined) {
      permissions.push(usesKey(secretKeyArn, "secretsmanager", region, ["kms:Decrypt", "kms:DescribeKey"]));
    }
    const policy = new aws.iam.RolePolicy(
      "source-secret",
      { role: role.id, policy: document(permissions) },
      { parent: this },
    );
    return { role, policy };
  }
}

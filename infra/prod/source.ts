/** The monolith as DMS sees it: a PostgreSQL endpoint whose credentials stay in Secrets Manager. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Table } from "../../model";
import type { ProdConfig } from "../config";
import { PREFIX } from "../contract";
import { usesKey } from "../permissions";
import type { Statement } from "../policy";
import { document, forAccount, trust } from "../policy";
import { hasUnconstrainedNumeric } from "./mappings";

export interface SourceArgs {
  readonly config: ProdConfig;
  readonly tables: readonly Table[];
  /** Encrypts what DMS keeps of the endpoint. */
  readonly key: aws.kms.Key;
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

export class Source extends pulumi.ComponentResource {
  readonly endpoint: aws.dms.Endpoint;

  constructor(name: string, { config, tables, key }: SourceArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:prod:Source", name, {}, options);
    const { role, policy } = this.secretReader(config);
    const { source } = config;
    this.endpoint = new aws.dms.Endpoint(
      "source",
      {
        endpointId: `${PREFIX}-source`,
        endpointType: "source",
        engineName: "postgres",
        // Needed beside the secret, which has no place for it.
        databaseName: source.database,
        secretsManagerArn: source.secretArn,
        secretsManagerAccessRoleArn: role.arn,
        sslMode: source.sslMode,
        kmsKeyArn: key.arn,
        // An endpoint that a task uses can only be changed while the task stands still.
        pauseReplicationTasks: true,
        ...(hasUnconstrainedNumeric(tables) ? { extraConnectionAttributes: "mapUnboundedNumericAsString=true" } : {}),
        postgresSettings,
      },
      { parent: this, dependsOn: [policy] },
    );
    this.registerOutputs({});
  }

  private secretReader({ region, prodAccountId, source }: ProdConfig): { role: aws.iam.Role; policy: pulumi.Resource } {
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
        Resource: source.secretArn,
      },
    ];
    if (source.secretKeyArn !== undefined) {
      permissions.push(usesKey(source.secretKeyArn, "secretsmanager", region, ["kms:Decrypt", "kms:DescribeKey"]));
    }
    const policy = new aws.iam.RolePolicy(
      "source-secret",
      { role: role.id, policy: document(permissions) },
      { parent: this },
    );
    return { role, policy };
  }
}

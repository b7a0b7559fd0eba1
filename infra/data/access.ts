/**
 * Who may look: a role for product managers (analysts) and one for data engineers. Neither reaches anything private: raw,
 * what was parked, the pseudonyms' key and production's streams stand in no statement of theirs, and the lake's bucket admits
 * nobody else. An analyst needs the tables below a view, for a view runs with the rights of whoever asks (Athena guide).
 *
 * And who may have rows of raw sent to the lake again (`npm run emit`): a third role, for operators.
 */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { MARKED, SCANNED } from "../../functions/emit";
import type { Accounts } from "../contract";
import { FULL_FOLDER, names, PREFIX } from "../contract";
import type { StreamFunction } from "../function";
import { usesKey, usesTableKey } from "../permissions";
import type { Statement } from "../policy";
import { document } from "../policy";
import { RESULTS, type Athena } from "./athena";
import type { Catalog } from "./catalog";
import type { Delivery } from "./delivery";
import { CHANGES_FOLDER, ERRORS_FOLDER, type Lake } from "./lake";
import type { Raw } from "./raw";

type WithLogs = Pick<StreamFunction<never, never>, "lambda" | "logs">;

export interface AccessArgs {
  readonly accounts: Accounts;
  /** ARNs of who may take the roles, `*` allowed; by default a permission set of Identity Center. */
  readonly analysts?: readonly string[] | undefined;
  readonly engineers?: readonly string[] | undefined;
  /** ARNs of who may take the role of the emitter, `*` allowed. */
  readonly operators: readonly string[];
  readonly raw: Raw;
  readonly lake: Lake;
  readonly catalog: Catalog;
  readonly athena: Athena;
  readonly delivery: Delivery;
  readonly format: WithLogs;
  readonly promotion: WithLogs;
}

/** Seconds of a session: a working day, for whoever keeps a notebook open. */
const SESSION = 8 * 3600;

export class Access extends pulumi.ComponentResource {
  readonly analyst: aws.iam.Role;
  readonly engineer: aws.iam.Role;
  readonly emitter: aws.iam.Role;

  constructor(name: string, args: AccessArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:data:Access", name, {}, options);
    const { accounts, analysts, engineers, operators } = args;
    this.analyst = this.role(
      "analyst",
      names.analystRole,
      "Product managers: every KPI and view, nothing private",
      analysts ?? [permissionSet(accounts, "TributaryAnalyst")],
      analystStatements(args),
    );
    this.engineer = this.role(
      "data-engineer",
      names.engineerRole,
      "Data engineers: the lake, its errors, both workgroups; nothing private",
      engineers ?? [permissionSet(accounts, "TributaryDataEngineer")],
      engineerStatements(args),
    );
    this.emitter = this.role(
      "emitter",
      names.emitterRole,
      "Operators: sends rows of raw to the lake again, and sees none of their values",
      // A policy must name somebody. (The root itself takes no roles.)
      [`arn:aws:iam::${accounts.dataAccountId}:root`, ...operators],
      emitterStatements(args),
    );
    this.registerOutputs({});
  }

  private role(
    name: string,
    roleName: string,
    description: string,
    trusted: readonly string[],
    statements: readonly Statement[],
  ): aws.iam.Role {
    const role = new aws.iam.Role(
      name,
      { name: roleName, description, maxSessionDuration: SESSION, assumeRolePolicy: trustOf(trusted) },
      { parent: this },
    );
    new aws.iam.RolePolicy(name, { role: role.id, policy: document(statements) }, { parent: this });
    return role;
  }
}

/** The roles that Identity Center makes of a permission set; their names end with something made up. */
const permissionSet = ({ dataAccountId }: Accounts, name: string): string =>
  `arn:aws:iam::${dataAccountId}:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_${name}_*`;

/** The account as principal and the ARN as condition: patterns are allowed there, and a role need not exist yet. */
function trustOf(principals: readonly string[]): pulumi.Output<string> {
  const accountOf = (arn: string): string => arn.split(":")[4] ?? "";
  return document(
    [...new Set(principals.map(accountOf))].map((account) => ({
      Effect: "Allow",
      Action: ["sts:AssumeRole"],
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Condition: { ArnLike: { "aws:PrincipalArn": principals.filter((arn) => accountOf(arn) === account) } },
    })),
  );
}

const QUERY = [
  "athena:GetWorkGroup",
  "athena:StartQueryExecution",
  "athena:StopQueryExecution",
  "athena:GetQueryExecution",
  "athena:BatchGetQueryExecution",
  "athena:ListQueryExecutions",
  "athena:GetQueryResults",
  "athena:GetQueryResultsStream",
  "athena:GetQueryRuntimeStatistics",
  "athena:ListNamedQueries",
  "athena:GetNamedQuery",
  "athena:BatchGetNamedQuery",
] as const;

/** What both do: ask the catalog, read folders of the lake, leave results in folders of the results bucket. */
function queries(
  { accounts, lake, catalog, athena }: AccessArgs,
  workgroups: readonly aws.athena.Workgroup[],
  folders: readonly string[],
  results: readonly string[],
): Statement[] {
  const { region, dataAccountId } = accounts;
  const glue = `arn:aws:glue:${region}:${dataAccountId}`;
  const under = (bucket: aws.s3.Bucket, names: readonly string[]) =>
    names.map((folder) => pulumi.interpolate`${bucket.arn}/${folder}/*`);
  return [
    { Sid: "Query", Effect: "Allow", Action: QUERY, Resource: workgroups.map(({ arn }) => arn) },
    {
      Sid: "FindWorkgroups",
      Effect: "Allow",
      // Athena's console asks for these before it lets one choose a workgroup. They know no narrower resource (service
      // authorization reference, Athena).
      Action: ["athena:ListWorkGroups", "athena:ListDataCatalogs", "athena:ListEngineVersions"],
      Resource: "*",
    },
    {
      Sid: "ShowTables",
      Effect: "Allow",
      Action: [
        "athena:GetDataCatalog",
        "athena:ListDatabases",
        "athena:GetDatabase",
        "athena:ListTableMetadata",
        "athena:GetTableMetadata",
      ],
      Resource: `arn:aws:athena:${region}:${dataAccountId}:datacatalog/AwsDataCatalog`,
    },
    {
      Sid: "ReadCatalog",
      Effect: "Allow",
      Action: [
        "glue:GetDatabase",
        "glue:GetDatabases",
        "glue:GetTable",
        "glue:GetTables",
        "glue:GetPartition",
        "glue:GetPartitions",
        "glue:BatchGetPartition",
      ],
      Resource: [
        `${glue}:catalog`,
        // Athena looks there, whatever is asked (Athena guide, "Access to databases and tables in the Glue catalog").
        `${glue}:database/default`,
        pulumi.interpolate`${glue}:database/${catalog.database.name}`,
        pulumi.interpolate`${glue}:table/${catalog.database.name}/*`,
      ],
    },
    { Sid: "ReadLake", Effect: "Allow", Action: ["s3:GetObject"], Resource: under(lake.bucket, folders) },
    {
      Sid: "ListLake",
      Effect: "Allow",
      Action: ["s3:ListBucket"],
      Resource: lake.bucket.arn,
      Condition: { StringLike: { "s3:prefix": folders.map((folder) => `${folder}/*`) } },
    },
    {
      Sid: "KeepResults",
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      Resource: under(athena.results, results),
    },
    {
      Sid: "ListResults",
      Effect: "Allow",
      Action: ["s3:ListBucket"],
      Resource: athena.results.arn,
      Condition: { StringLike: { "s3:prefix": results.map((folder) => `${folder}/*`) } },
    },
    // Not by prefix: the request has none.
    {
      Sid: "FindBuckets",
      Effect: "Allow",
      Action: ["s3:GetBucketLocation"],
      Resource: [lake.bucket.arn, athena.results.arn],
    },
    // The lake's key opens the lake and the results, and neither raw nor what was parked: those have a key of their own.
    { Sid: "UseLakeKey", ...usesKey(lake.key.arn, "s3", region, ["kms:Decrypt", "kms:GenerateDataKey"]) },
  ];
}

const analystStatements = (args: AccessArgs): Statement[] =>
  queries(args, [args.athena.analysts], [CHANGES_FOLDER, FULL_FOLDER], [RESULTS.analysts]);

const engineerStatements = (args: AccessArgs): Statement[] => {
  const { accounts, athena, delivery, format, promotion } = args;
  const functions = [format, promotion];
  const workgroups = [athena.workgroup, athena.analysts];
  return [
    ...queries(args, workgroups, [CHANGES_FOLDER, FULL_FOLDER, ERRORS_FOLDER], Object.values(RESULTS)),
    {
      Sid: "KeepQueries",
      Effect: "Allow",
      Action: ["athena:CreateNamedQuery", "athena:UpdateNamedQuery", "athena:DeleteNamedQuery"],
      Resource: workgroups.map(({ arn }) => arn),
    },
    // What Firehose and the two functions say that only send on what is to be read. Capture's may quote a message.
    {
      Sid: "ReadLogs",
      Effect: "Allow",
      Action: ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:DescribeLogStreams", "logs:StartQuery"],
      Resource: [delivery.logs, ...functions.map(({ logs }) => logs)].map(({ arn }) => pulumi.interpolate`${arn}:*`),
    },
    {
      Sid: "FindLogs",
      Effect: "Allow",
      Action: ["logs:DescribeLogGroups"],
      Resource: `arn:aws:logs:${accounts.region}:${accounts.dataAccountId}:log-group:*`,
    },
    {
      Sid: "SeeFunctions",
      Effect: "Allow",
      Action: ["lambda:GetFunctionConfiguration"],
      Resource: functions.map(({ lambda }) => lambda.arn),
    },
    { Sid: "PromoteNow", Effect: "Allow", Action: ["lambda:InvokeFunction"], Resource: promotion.lambda.arn },
    {
      Sid: "DescribeDelivery",
      Effect: "Allow",
      Action: ["firehose:DescribeDeliveryStream"],
      Resource: delivery.arns,
    },
    {
      Sid: "SeeMetrics",
      Effect: "Allow",
      Action: [
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:ListDashboards",
        "logs:GetQueryResults",
        "logs:StopQuery",
        "lambda:ListEventSourceMappings",
      ],
      // These actions know no narrower resource (service authorization reference, CloudWatch, CloudWatch Logs, Lambda).
      Resource: "*",
    },
    {
      Sid: "SeeDashboard",
      Effect: "Allow",
      Action: ["cloudwatch:GetDashboard"],
      // Dashboards are of no region.
      Resource: `arn:aws:cloudwatch::${accounts.dataAccountId}:dashboard/${PREFIX}`,
    },
  ];
};

/**
 * Which rows there are and which marks they bear, and nothing else of them: keys are never private (model/table.ts), and all
 * other attributes are out of reach, in what is shown, filtered by and compared with (DynamoDB guide, "Using IAM policy
 * conditions for fine-grained access control"). Not for engineers all the same: AWS documents no condition on what an update
 * shows when its own condition fails (`ReturnValuesOnConditionCheckFailure`).
 */
const emitterStatements = ({ accounts: { region }, raw }: AccessArgs): Statement[] => [
  {
    Sid: "FindRows",
    Effect: "Allow",
    Action: ["dynamodb:Scan"],
    Resource: raw.table.arn,
    Condition: {
      "ForAllValues:StringEquals": { "dynamodb:Attributes": SCANNED },
      // Without a projection a scan shows everything, whatever attributes it may name.
      StringEquals: { "dynamodb:Select": "SPECIFIC_ATTRIBUTES" },
    },
  },
  {
    Sid: "MarkRows",
    Effect: "Allow",
    Action: ["dynamodb:UpdateItem"],
    Resource: raw.table.arn,
    Condition: {
      "ForAllValues:StringEquals": { "dynamodb:Attributes": MARKED },
      StringEquals: { "dynamodb:ReturnValues": "NONE" },
    },
  },
  { Sid: "UseRawKey", ...usesTableKey(raw.key.arn, region) },
];

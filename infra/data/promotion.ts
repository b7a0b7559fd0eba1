/**
 * *promote*: full loads that are complete -> the views (functions/promote.ts). A schedule looks every quarter of an hour. Not
 * an event of DMS: such an event would have to cross the accounts, may be lost, and says nothing of the single tables, so one
 * would have to look all the same.
 */
import type * as Athena from "@aws-sdk/client-athena";
import type * as Dms from "@aws-sdk/client-database-migration-service";
import type * as Glue from "@aws-sdk/client-glue";
import type * as S3 from "@aws-sdk/client-s3";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { finishedLoads } from "../../functions/finished";
import { promote, type PromotedTable, type Promotions } from "../../functions/promote";
import { athenaQuery, lakeFiles, viewReader } from "../../functions/promoteClients";
import type { Table } from "../../model";
import { logLine, roleCredentials, setting } from "../clients";
import type { Accounts } from "../contract";
import { FULL_FOLDER, FULL_LOAD_TASK, fullLoadReaderRoleArn, LANDING_FOLDER, names, PREFIX } from "../contract";
import { StreamFunction } from "../function";
import { NAMESPACE } from "../functionAlarms";
import { usesKey } from "../permissions";
import type { Statement } from "../policy";
import { document, forAccount, trust } from "../policy";
import type { Metric, Watch } from "../watch";
import { RESULTS, type Athena as Workgroups } from "./athena";
import type { Catalog } from "./catalog";
import { fullColumns } from "./columns";
import {
  carriedPseudonyms,
  compaction,
  fullTable,
  groupOf,
  hasFullLoad,
  hasPseudonyms,
  onLoad,
  viewName,
} from "./currentState";
import { CHANGES_FOLDER, type Lake } from "./lake";

export interface PromotionArgs {
  readonly accounts: Accounts;
  readonly tables: readonly Table[];
  readonly lake: Lake;
  readonly catalog: Catalog;
  readonly athena: Workgroups;
}

/** A run ends before the next one begins; what it has no time for the next one does (functions/promote.ts). */
const EVERY = "rate(15 minutes)";
const TIMEOUT = 600;
/**
 * One run at a time, an operator's (`npm run full-load`) among them: of two the one that began first could put a load in the
 * place of a later one. The account has one execution less for other functions (docs/deploy.md).
 */
const CONCURRENCY = 1;
/**
 * A run that failed is not tried again: the next one comes soon. (Lambda would, twice, within three minutes, and while one
 * runs for six hours: Lambda guide, "How Lambda handles errors and retries with asynchronous invocation".)
 */
const ASYNCHRONOUS = { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 };

/** Hours for which a table may have no load: until the next night's has come. */
const WITHOUT_LOAD = 36;

export const promotedTables = (tables: readonly Table[]): PromotedTable[] =>
  tables.map((table) => ({
    schema: groupOf(table),
    name: table.name,
    view: viewName(table),
    full: fullTable(table),
    columns: fullColumns(table).map(({ name }) => name),
    onLoad: onLoad(table),
    ...(hasPseudonyms(table) ? { pseudonyms: carriedPseudonyms(table) } : {}),
    ...(hasFullLoad(table) ? {} : { compaction: compaction(table) }),
  }));

export class Promotion extends pulumi.ComponentResource {
  readonly function: StreamFunction<object, Promotions>;

  constructor(
    private readonly name: string,
    args: PromotionArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("tributary:data:Promotion", name, {}, options);
    this.function = this.promoter(args);
    this.registerOutputs({});
  }

  get functionName(): pulumi.Output<string> {
    return this.function.lambda.name;
  }

  /** Its code, which makes views anew. */
  get code(): pulumi.Resource {
    return this.function.lambda;
  }

  private promoter({ accounts, tables, lake, catalog, athena }: PromotionArgs): StreamFunction<object, Promotions> {
    const promoted = promotedTables(tables);
    const { region } = accounts;
    return new StreamFunction<object, Promotions>(
      this.name,
      {
        roleName: names.promoteRole,
        timeout: TIMEOUT,
        concurrency: CONCURRENCY,
        environment: {
          LAKE: lake.bucket.bucket,
          DATABASE: catalog.database.name,
          WORKGROUP: athena.workgroup.name,
          READER_ROLE: fullLoadReaderRoleArn(accounts),
        },
        permissions: permissions({ accounts, lake, catalog, athena }),
        callbackFactory: () => {
          const dms: typeof Dms = require("@aws-sdk/client-database-migration-service");
          const s3: typeof S3 = require("@aws-sdk/client-s3");
          const athenaSdk: typeof Athena = require("@aws-sdk/client-athena");
          const glue: typeof Glue = require("@aws-sdk/client-glue");
          const credentials = roleCredentials(setting("READER_ROLE"));
          const { DescribeReplicationTasksCommand, DescribeTableStatisticsCommand } = dms;
          const client = new dms.DatabaseMigrationServiceClient({ credentials, region });
          const database = setting("DATABASE");
          const bucket = setting("LAKE");
          const query = { workgroup: setting("WORKGROUP"), database };
          return async (_event, context) =>
            promote({
              tables: promoted,
              files: lakeFiles(s3, new s3.S3Client(), bucket),
              lake: `s3://${bucket}`,
              finished: () =>
                finishedLoads(
                  { client, DescribeReplicationTasksCommand, DescribeTableStatisticsCommand },
                  FULL_LOAD_TASK,
                ),
              query: athenaQuery(athenaSdk, new athenaSdk.AthenaClient(), query),
              viewSql: viewReader(glue, new glue.GlueClient(), database),
              now: () => Date.now(),
              remaining: () => context.getRemainingTimeInMillis(),
              log: logLine,
            });
        },
      },
      { parent: this },
    );
  }

  /** @param views what it makes anew, so that must be there first */
  schedule({ dataAccountId }: Accounts, views: pulumi.Resource): void {
    const name = `${this.name}-schedule`;
    const role = new aws.iam.Role(
      name,
      { assumeRolePolicy: trust("scheduler.amazonaws.com", forAccount(dataAccountId)) },
      { parent: this },
    );
    const { arn, name: functionName } = this.function.lambda;
    const asynchronous = new aws.lambda.FunctionEventInvokeConfig(
      this.name,
      { functionName, ...ASYNCHRONOUS },
      { parent: this },
    );
    const policy = new aws.iam.RolePolicy(
      name,
      {
        role: role.id,
        policy: document([{ Effect: "Allow", Action: ["lambda:InvokeFunction"], Resource: arn }]),
      },
      { parent: this },
    );
    new aws.scheduler.Schedule(
      this.name,
      {
        name: `${PREFIX}-${this.name}`,
        description: "Promotes full loads that are complete",
        scheduleExpression: EVERY,
        flexibleTimeWindow: { mode: "OFF" },
        target: { arn, roleArn: role.arn, input: "{}" },
      },
      // Before the views are there, there is nothing to make anew.
      { parent: this, dependsOn: [policy, asynchronous, views] },
    );
  }

  /** @param lateDays how old the load of a view may become */
  watchedBy(watch: Watch, lateDays: number): void {
    const row = "Full loads";
    const { lambda } = this.function;
    const ofLambda = (name: string): Metric => ({
      ...{ namespace: "AWS/Lambda", name, dimensions: { FunctionName: lambda.name } },
      ...{ statistic: "Sum", period: 900, label: this.name },
    });
    watch.alarm({
      name: `${this.name}-late`,
      means: `A table's view stands on a full load older than ${lateDays} days: what queries read grows. Or nothing says so: the function does not run.`,
      // Hours.
      metric: { ...this.logged("oldestLoadHours", "oldest-load"), statistic: "Maximum", label: "oldest load" },
      limit: { above: lateDays * 24 },
      periods: [2, 2],
      // Every run says it.
      missing: "bad",
      runbook: "promotion-late",
      panel: { row, title: "Age of the oldest load in use (hours)" },
    });
    watch.alarm({
      name: `${this.name}-without-load`,
      means: `For ${WITHOUT_LOAD} hours some table has had no full load: each query reads all of its changes.`,
      metric: { ...this.logged("tablesWithoutLoad", "without-load"), statistic: "Minimum", label: "tables" },
      limit: { above: 0 },
      periods: [WITHOUT_LOAD, WITHOUT_LOAD],
      runbook: "tables-without-a-load",
      panel: { row, title: "Tables without a load" },
    });
    watch.alarm({
      name: `${this.name}-errors`,
      means: "A full load could not be promoted: the views keep the one before.",
      metric: ofLambda("Errors"),
      limit: { above: 0 },
      periods: [3, 4],
      runbook: "promotion-fails",
      panel: { row, title: "Errors" },
    });
  }

  /** A number that every run logs, by the hour. */
  private logged(member: string, suffix: string): Omit<Metric, "statistic"> {
    const name = `${this.name}-${suffix}`;
    const namespace = NAMESPACE;
    new aws.cloudwatch.LogMetricFilter(
      name,
      {
        logGroupName: this.function.logs.name,
        pattern: `{ $.${member} >= 0 }`,
        metricTransformation: { name, namespace, value: `$.${member}`, unit: "None" },
      },
      { parent: this },
    );
    return { namespace, name, dimensions: {}, period: 3600 };
  }
}

function permissions({
  accounts,
  lake,
  catalog,
  athena,
}: Pick<PromotionArgs, "accounts" | "lake" | "catalog" | "athena">): Statement[] {
  const { region, dataAccountId } = accounts;
  const glue = `arn:aws:glue:${region}:${dataAccountId}`;
  const inLake = (folder: string) => pulumi.interpolate`${lake.bucket.arn}/${folder}/*`;
  const results = pulumi.interpolate`${athena.results.arn}/${RESULTS.engineers}/*`;
  return [
    { Effect: "Allow", Action: ["sts:AssumeRole"], Resource: fullLoadReaderRoleArn(accounts) },
    {
      Effect: "Allow",
      Action: ["s3:GetObject"],
      Resource: [LANDING_FOLDER, FULL_FOLDER, CHANGES_FOLDER].map(inLake),
    },
    {
      Effect: "Allow",
      Action: ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      Resource: inLake(FULL_FOLDER),
    },
    { Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"], Resource: results },
    {
      Effect: "Allow",
      Action: ["s3:ListBucket", "s3:GetBucketLocation"],
      Resource: [lake.bucket.arn, athena.results.arn],
    },
    // The results have the same key.
    usesKey(lake.key.arn, "s3", region, ["kms:Decrypt", "kms:GenerateDataKey"]),
    {
      Effect: "Allow",
      Action: ["athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults"],
      Resource: athena.workgroup.arn,
    },
    {
      Effect: "Allow",
      Action: ["glue:GetDatabase", "glue:GetTable", "glue:GetPartitions", "glue:CreateTable", "glue:UpdateTable"],
      Resource: [
        `${glue}:catalog`,
        // Athena looks there, whatever is asked (Athena guide, "Access to databases and tables in the Glue catalog").
        `${glue}:database/default`,
        pulumi.interpolate`${glue}:database/${catalog.database.name}`,
        pulumi.interpolate`${glue}:table/${catalog.database.name}/*`,
      ],
    },
  ];
}

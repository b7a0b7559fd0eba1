/** The data account: from the production account's streams to the lake, its views and the KPIs. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Table } from "../../model";
import { heartbeatOf, lakeTables, tableId } from "../../model";
import type { DataConfig } from "../config";
import { deliveryStream } from "../contract";
import type { ProdArns } from "../prodOutputs";
import { type SqlFile, sqlFiles } from "../project";
import { watchTable } from "../tableAlarms";
import { Watch } from "../watch";
import { Access } from "./access";
import { AccessLogs } from "./accessLogs";
import { watchDelivery, watchQueries } from "./alarms";
import { Athena } from "./athena";
import { Capture } from "./capture";
import { Catalog } from "./catalog";
import { Delivery } from "./delivery";
import { Format } from "./format";
import { watchHeartbeat } from "./heartbeat";
import { Kpis } from "./kpis";
import { Lake } from "./lake";
import { Promotion } from "./promotion";
import { Raw } from "./raw";
import { Views } from "./views";

export interface DataOutputs {
  /** Whoever is to be told of alarms subscribes to it. */
  readonly alarmsTopicArn: pulumi.Output<string>;
  readonly lakeBucket: pulumi.Output<string>;
  readonly lakeKeyArn: pulumi.Output<string>;
  readonly rawTable: pulumi.Output<string>;
  readonly rawKeyArn: pulumi.Output<string>;
  readonly failuresBucket: pulumi.Output<string>;
  /** Raw's large values. */
  readonly overflowBucket: pulumi.Output<string>;
  /** Name of the function, by concern: also the folder of `failuresBucket` in which it parks. */
  readonly functions: {
    readonly capture: pulumi.Output<string>;
    readonly format: pulumi.Output<string>;
    readonly promote: pulumi.Output<string>;
  };
  readonly database: pulumi.Output<string>;
  readonly workgroup: pulumi.Output<string>;
  /** The workgroup of analysts, in which the KPIs stand. */
  readonly analystWorkgroup: pulumi.Output<string>;
  readonly analystRoleArn: pulumi.Output<string>;
  readonly engineerRoleArn: pulumi.Output<string>;
  readonly emitterRoleArn: pulumi.Output<string>;
  readonly views: readonly string[];
  /** Id of the named query, by KPI. */
  readonly kpis: Readonly<Record<string, pulumi.Output<string>>>;
  /** Firehose stream, by table id. */
  readonly deliveryStreams: Readonly<Record<string, string>>;
}

/** What goes to the lake, and the SQL that stands on it. */
export interface LakeModel {
  readonly tables: readonly Table[];
  readonly views: readonly SqlFile[];
  readonly kpis: readonly SqlFile[];
}

export const lakeModel = (): LakeModel => ({
  tables: lakeTables,
  views: sqlFiles("queries/views"),
  kpis: sqlFiles("queries/kpis"),
});

export function data(config: DataConfig, prod: ProdArns, model = lakeModel()): DataOutputs {
  const { tables } = model;
  const { region, dataAccountId: account } = config;
  const provider = new aws.Provider("data", { region, allowedAccountIds: [account] });
  const here = { providers: { aws: provider } };

  const { operators, analysts, engineers } = config.access;
  const accessLogs = new AccessLogs("access-logs", { account }, here).bucket;
  const lake = new Lake("lake", { accounts: config, accessLogs, operators }, here);
  const raw = new Raw("raw", { account, accessLogs }, here);

  const catalog = new Catalog("catalog", { tables, bucket: lake.bucket, decisions: config.lakeDecisions }, here);
  const delivery = new Delivery("delivery", { accounts: config, tables, lake, catalog }, here);
  const format = new Format("format", { region, tables, raw, delivery }, here);
  const capture = new Capture("capture", { accounts: config, tables, prod, raw, format }, here);

  const athena = new Athena("athena", { account, key: lake.key, accessLogs, operators }, here);
  const promotion = new Promotion("promote", { accounts: config, tables, lake, catalog, athena }, here);
  // After the code that makes them anew: a run that begins later makes them as they are now (`stand` of functions/promote.ts).
  const views = new Views(
    "views",
    { region, tables, written: model.views, catalog, athena, promotion: promotion.code },
    here,
  );
  promotion.schedule(config, views);
  const kpis = new Kpis("kpis", { files: model.kpis, catalog, athena }, here);
  const access = new Access(
    "access",
    {
      accounts: config,
      analysts,
      engineers,
      operators,
      raw,
      lake,
      catalog,
      athena,
      delivery,
      format: format.reader,
      promotion: promotion.function,
    },
    here,
  );

  const watch = new Watch("watch", { account, region, emails: config.alarmEmails }, here);
  const heartbeat = heartbeatOf(tables);
  if (heartbeat !== undefined) watchHeartbeat(watch, { heartbeat, tables, logs: format.logs }, { parent: watch });
  format.watchedBy(watch);
  capture.watchedBy(watch);
  watchTable(watch, "raw", raw.table.name);
  watchDelivery(watch, { tables, logs: delivery.logs }, { parent: watch });
  promotion.watchedBy(watch, config.lateLoadDays);
  watchQueries(watch, [
    ["analysts", athena.analysts],
    ["engineers", athena.workgroup],
  ]);
  watch.dashboard();

  return {
    alarmsTopicArn: watch.topic.arn,
    lakeBucket: lake.bucket.bucket,
    lakeKeyArn: lake.key.arn,
    rawTable: raw.table.name,
    rawKeyArn: raw.key.arn,
    failuresBucket: raw.failures.bucket,
    overflowBucket: raw.overflow.bucket,
    functions: {
      capture: capture.functionName,
      format: format.functionName,
      promote: promotion.functionName,
    },
    database: catalog.database.name,
    workgroup: athena.workgroup.name,
    analystWorkgroup: athena.analysts.name,
    analystRoleArn: access.analyst.arn,
    engineerRoleArn: access.engineer.arn,
    emitterRoleArn: access.emitter.arn,
    views: views.names,
    kpis: kpis.queries,
    deliveryStreams: Object.fromEntries(tables.map((table) => [tableId(table), deliveryStream(table.name)])),
  };
}

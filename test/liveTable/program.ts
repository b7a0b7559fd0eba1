/** Both stacks, on the tables that the setting `model:tables` names: the program before and after an edit of the model. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { dataConfig, prodConfig } from "../../infra/config";
import { AccessLogs } from "../../infra/data/accessLogs";
import { Athena } from "../../infra/data/athena";
import { AthenaView } from "../../infra/data/athenaView";
import { Capture } from "../../infra/data/capture";
import { Catalog } from "../../infra/data/catalog";
import { currentState, viewName } from "../../infra/data/currentState";
import { Delivery } from "../../infra/data/delivery";
import { Format } from "../../infra/data/format";
import { Lake } from "../../infra/data/lake";
import { Raw } from "../../infra/data/raw";
import { prod } from "../../infra/prod";
import { prodOutputs } from "../../infra/prodOutputs";
import type { Table } from "../../model";
import { modelOf } from "./model";

/** Without the views of queries/: they read all of the model's tables. */
async function data(tables: readonly Table[]): Promise<object> {
  const config = dataConfig();
  const arns = await prodOutputs(config);
  const { region, dataAccountId: account } = config;
  const here = { providers: { aws: new aws.Provider("data", { region, allowedAccountIds: [account] }) } };
  const accessLogs = new AccessLogs("access-logs", { account }, here).bucket;
  const lake = new Lake("lake", { accounts: config, accessLogs, operators: [] }, here);
  const raw = new Raw("raw", { account }, here);
  const catalog = new Catalog("catalog", { tables, bucket: lake.bucket, decisions: config.lakeDecisions }, here);
  const delivery = new Delivery("delivery", { accounts: config, tables, lake, catalog }, here);
  const format = new Format("format", { region, tables, raw, delivery }, here);
  new Capture("capture", { accounts: config, tables, prod: arns, raw, format }, here);
  const athena = new Athena("athena", { account, key: lake.key, accessLogs, operators: [] }, here);
  const [database, workgroup] = [catalog.database.name, athena.workgroup.name];
  for (const table of tables) {
    const view = viewName(table);
    const args = { region, database, workgroup, view, sql: currentState(table), origin: view, standsOn: "" };
    new AthenaView(view, args, { dependsOn: [...catalog.all] });
  }
  return {
    database,
    workgroup,
    lakeBucket: lake.bucket.bucket,
    rawTable: raw.table.name,
    failuresBucket: raw.failures.bucket,
  };
}

export = async (): Promise<object> => {
  const model = modelOf(new pulumi.Config("model").requireObject<string[]>("tables"));
  return pulumi.getStack() === "prod" ? prod(prodConfig(), model) : data(model.tables);
};

/** The components of both stacks, on a table with every type. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { dataConfig, prodConfig } from "../../infra/config";
import { AccessLogs } from "../../infra/data/accessLogs";
import { Athena } from "../../infra/data/athena";
import { AthenaView } from "../../infra/data/athenaView";
import { Capture } from "../../infra/data/capture";
import { Catalog } from "../../infra/data/catalog";
import { currentState, onLoad, viewName } from "../../infra/data/currentState";
import { Delivery } from "../../infra/data/delivery";
import { Format } from "../../infra/data/format";
import { Lake } from "../../infra/data/lake";
import { Promotion } from "../../infra/data/promotion";
import { Raw } from "../../infra/data/raw";
import { prod } from "../../infra/prod";
import { prodOutputs } from "../../infra/prodOutputs";
import { everything, follower } from "./model";

const tables = [everything];

async function data(): Promise<object> {
  const config = dataConfig();
  const arns = await prodOutputs(config);
  const { region, dataAccountId: account } = config;
  const here = { providers: { aws: new aws.Provider("data", { region, allowedAccountIds: [account] }) } };
  const accessLogs = new AccessLogs("access-logs", { account }, here).bucket;
  const lake = new Lake("lake", { accounts: config, accessLogs, operators: [] }, here);
  const raw = new Raw("raw", { account }, here);
  const catalog = new Catalog("catalog", { tables, bucket: lake.bucket, decisions: [] }, here);
  const delivery = new Delivery("delivery", { accounts: config, tables, lake, catalog }, here);
  const format = new Format("format", { region, tables, raw, delivery }, here);
  new Capture("capture", { accounts: config, tables, prod: arns, raw, format }, here);
  const athena = new Athena("athena", { account, key: lake.key, accessLogs, operators: [] }, here);
  const [database, workgroup] = [catalog.database.name, athena.workgroup.name];
  const view = viewName(everything);
  const statements = { sql: currentState(everything), onLoad: onLoad(everything) };
  const views = new AthenaView(
    view,
    { region, database, workgroup, view, ...statements, origin: view, standsOn: "" },
    { dependsOn: [...catalog.all] },
  );
  const promotion = new Promotion("promote", { accounts: config, tables, lake, catalog, athena, views }, here);
  return { database, workgroup, promote: promotion.functionName };
}

export = async (): Promise<object> =>
  pulumi.getStack() === "prod" ? prod(prodConfig(), { tables, services: [follower] }) : data();

/** Both stacks, on a table with every type. */
import * as pulumi from "@pulumi/pulumi";
import { dataConfig, prodConfig } from "../../infra/config";
import { data } from "../../infra/data";
import { prod } from "../../infra/prod";
import { prodOutputs } from "../../infra/prodOutputs";
import { everything, follower } from "./model";

const tables = [everything];

export = async (): Promise<object> => {
  if (pulumi.getStack() === "prod") return prod(prodConfig(), { tables, services: [follower] });
  const config = dataConfig();
  return data(config, await prodOutputs(config), { tables, views: [], kpis: [] });
};

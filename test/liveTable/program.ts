/** Both stacks, on the tables that the setting `model:tables` names: the program before and after an edit of the model. */
import * as pulumi from "@pulumi/pulumi";
import { dataConfig, prodConfig } from "../../infra/config";
import { data } from "../../infra/data";
import { prod } from "../../infra/prod";
import { prodOutputs } from "../../infra/prodOutputs";
import { modelOf } from "./model";

export = async (): Promise<object> => {
  const model = modelOf(new pulumi.Config("model").requireObject<string[]>("tables"));
  if (pulumi.getStack() === "prod") return prod(prodConfig(), model);
  const config = dataConfig();
  // Without the views of queries/: they read all of the model's tables.
  return data(config, await prodOutputs(config), { tables: model.tables, views: [], kpis: [] });
};

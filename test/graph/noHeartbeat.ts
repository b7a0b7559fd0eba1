/** The data stack of a company whose model has no heartbeat. */
import { dataConfig } from "../../infra/config";
import { data, lakeModel } from "../../infra/data";
import { prodOutputs } from "../../infra/prodOutputs";

export = async (): Promise<object> => {
  const config = dataConfig();
  const model = lakeModel();
  const tables = model.tables.filter(({ heartbeat }) => heartbeat === undefined);
  return data(config, await prodOutputs(config), { ...model, tables });
};

/** The data stack of a company whose model has no heartbeat. */
import { dataConfig } from "../../infra/config";
import { data } from "../../infra/data";
import { prodOutputs } from "../../infra/prodOutputs";
import { lakeTables } from "../../model";

const others = lakeTables.filter(({ heartbeat }) => heartbeat === undefined);

export = async (): Promise<object> => {
  const config = dataConfig();
  return data(config, await prodOutputs(config), others);
};

/** The program of both stacks: the stack's name says which account it is. */
import * as pulumi from "@pulumi/pulumi";
import { dataConfig, prodConfig } from "./config";
import { data } from "./data";
import { checkDeployer } from "./deployer";
import { prod } from "./prod";
import { prodOutputs } from "./prodOutputs";

/** A function, for it asks who deploys, and `data` the outputs of `prod`, before anything is created. */
export = async (): Promise<object> => {
  const stack = pulumi.getStack();
  if (stack === "prod") {
    const config = prodConfig();
    await checkDeployer(config.prodAccountId);
    return prod(config);
  }
  if (stack === "data") {
    const config = dataConfig();
    await checkDeployer(config.dataAccountId, config.access.operators);
    return data(config, await prodOutputs(config));
  }
  throw new pulumi.RunError(`There is no stack "${stack}" here: expected prod or data (pulumi up -s prod).`);
};

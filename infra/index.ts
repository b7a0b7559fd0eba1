/** The program of both stacks: the stack's name says which account it is. */
import * as pulumi from "@pulumi/pulumi";
import { dataConfig, prodConfig } from "./config";
import { data } from "./data";
import { prod } from "./prod";
import { prodOutputs } from "./prodOutputs";

/** A function, because `data` waits for the outputs of `prod` before it creates anything. */
export = async (): Promise<object> => {
  const stack = pulumi.getStack();
  if (stack === "prod") return prod(prodConfig());
  if (stack === "data") {
    const config = dataConfig();
    return data(config, await prodOutputs(config));
  }
  throw new pulumi.RunError(`There is no stack "${stack}" here: expected prod or data (pulumi up -s prod).`);
};

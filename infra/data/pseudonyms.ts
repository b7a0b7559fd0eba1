/**
 * The key of the pseudonyms: a secret that is made once, at random, and kept. Pulumi's own resources would put the value into
 * the state; this one leaves only the secret's ARN there. There is no way to change it: every pseudonym would change with it.
 *
 * Pulumi serializes the provider below into the state and runs it from there: plain functions, the SDK required inside.
 */
import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import type * as Crypto from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { PREFIX } from "../contract";

interface Inputs {
  readonly region: string;
  readonly name: string;
  readonly description: string;
  readonly keyArn: string;
}
interface Outputs extends Inputs {
  readonly arn: string;
}

const provider: pulumi.dynamic.ResourceProvider<Inputs, Outputs> = {
  async create(inputs) {
    const sdk: typeof SecretsManager = require("@aws-sdk/client-secrets-manager");
    const crypto: typeof Crypto = require("node:crypto");
    const client = new sdk.SecretsManagerClient({ region: inputs.region });
    const arnOf = async (): Promise<string | undefined> => {
      try {
        const { ARN } = await client.send(
          new sdk.CreateSecretCommand({
            Name: inputs.name,
            Description: inputs.description,
            KmsKeyId: inputs.keyArn,
            SecretString: crypto.randomBytes(32).toString("hex"),
          }),
        );
        return ARN;
      } catch (error) {
        // Kept from a stack before: its pseudonyms are in the lake.
        if (!(error instanceof Error) || error.name !== "ResourceExistsException") throw error;
        return (await client.send(new sdk.DescribeSecretCommand({ SecretId: inputs.name }))).ARN;
      }
    };
    try {
      const arn = await arnOf();
      if (arn === undefined) throw new Error(`Secrets Manager gave no ARN for ${inputs.name}.`);
      return { id: inputs.name, outs: { ...inputs, arn } };
    } finally {
      client.destroy();
    }
  },
  async diff(_id, olds, news) {
    const changed = (["region", "name", "keyArn"] as const).filter((member) => olds[member] !== news[member]);
    if (changed.length > 0)
      throw new Error(
        `The secret ${olds.name} cannot change (${changed.join(", ")}): every pseudonym in the lake would lose its meaning.`,
      );
    return { changes: false };
  },
  // Never from here: without the key nothing new joins with what is in the lake.
  async delete() {},
};

export class PseudonymKey extends pulumi.dynamic.Resource {
  declare readonly arn: pulumi.Output<string>;

  constructor(
    name: string,
    args: { region: string; keyArn: pulumi.Input<string> },
    options: pulumi.CustomResourceOptions,
  ) {
    super(
      provider,
      name,
      { ...args, name: `${PREFIX}/pseudonyms`, description: "Key of the pseudonyms in the lake", arn: undefined },
      { ...options, protect: true, retainOnDelete: true },
    );
  }
}

/** What `data` needs to know of `prod`, checked before anything is created. */
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { DataConfig } from "./config";

export interface ProdArns {
  readonly changesStreamArn: string;
  readonly serviceChangesStreamArn: string;
  readonly streamsKeyArn: string;
}

/** @throws RunError with the stack, the output, what was found and what is expected. */
export async function prodOutputs({
  prodStack,
  prodAccountId,
  region,
}: Pick<DataConfig, "prodStack" | "prodAccountId" | "region">): Promise<ProdArns> {
  const arn = (service: string, resource: string): z.ZodString => {
    const start = `arn:aws:${service}:${region}:${prodAccountId}:${resource}/`;
    const error = `an ARN that begins with ${start}`;
    return z.string({ error }).startsWith(start, { error });
  };
  const shape = {
    changesStreamArn: arn("kinesis", "stream"),
    serviceChangesStreamArn: arn("kinesis", "stream"),
    streamsKeyArn: arn("kms", "key"),
  };
  const reference = new pulumi.StackReference(prodStack);
  const found = Object.fromEntries(
    await Promise.all(
      Object.keys(shape).map(async (name) => [name, (await reference.getOutputDetails(name)).value] as const),
    ),
  );
  const parsed = z.object(shape).safeParse(found);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue === undefined) throw parsed.error;
  const name = String(issue.path[0]);
  const value = found[name] === undefined ? "nothing" : JSON.stringify(found[name]);
  throw new pulumi.RunError(
    `Stack ${prodStack}, output ${name}: found ${value}, expected ${issue.message}. Deploy prod first ` +
      `(pulumi up -s prod), and see that tributary:prodStack in Pulumi.${pulumi.getStack()}.yaml names it.`,
  );
}

/** Asks the data account to put complete loads in force now, which it does by itself every quarter of an hour. */
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { z } from "zod";
import type { Account, DataOutputs } from "../deployment";

/** What functions/promote.ts answers. */
const answerShape = z.object({
  /** `<schema>.<name>` of the tables whose view stands on a new load. */
  promoted: z.array(z.string()),
  /** Of those whose load has not ended well, or is still running. */
  waiting: z.array(z.string()),
});
export type Promoted = z.output<typeof answerShape>;

/** The function ran, and some tables could not be promoted; the message says which and why. */
export class PromotionFailed extends Error {}

/** @throws PromotionFailed, or the SDK's error if the function may not be called. */
export async function askPromotion(lambda: LambdaClient, functionName: string): Promise<Promoted> {
  const { FunctionError, Payload = new Uint8Array() } = await lambda.send(
    new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from("{}") }),
  );
  const answer: unknown = JSON.parse(Buffer.from(Payload).toString("utf8"));
  if (FunctionError === undefined) return answerShape.parse(answer);
  const { errorMessage } = z.object({ errorMessage: z.string().default("no reason given") }).parse(answer);
  throw new PromotionFailed(errorMessage);
}

/** With a client of its own. @throws as `askPromotion` */
export async function promoteLoads({ outputs, settings }: Account<DataOutputs>): Promise<Promoted> {
  const lambda = new LambdaClient(settings);
  try {
    return await askPromotion(lambda, outputs.functions.promote);
  } finally {
    lambda.destroy();
  }
}

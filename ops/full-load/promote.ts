/** Asks the data account to put complete loads in force now, which it does by itself every quarter of an hour. */
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { Surroundings } from "../command";
import type { Account, DataOutputs } from "../deployment";

/** What functions/promote.ts answers. */
const answerShape = z.object({
  /** `<schema>.<name>` of the tables whose view stands on a new load. */
  promoted: z.array(z.string()),
  /** Of those whose load has not ended well, or is still running. */
  waiting: z.array(z.string()),
  /** Of those that its next run does. */
  left: z.array(z.string()),
});
export type Promoted = z.output<typeof answerShape>;

/** The function ran, and some tables could not be promoted; the message says which and why. */
export class PromotionFailed extends Error {}

/** @throws PromotionFailed, or the SDK's error if the function may not be called, or is at work already. */
export async function askPromotion(lambda: LambdaClient, functionName: string): Promise<Promoted> {
  const { FunctionError, Payload = new Uint8Array() } = await lambda.send(
    new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from("{}") }),
  );
  const answer: unknown = JSON.parse(Buffer.from(Payload).toString("utf8"));
  if (FunctionError === undefined) return answerShape.parse(answer);
  const { errorMessage } = z.object({ errorMessage: z.string().default("no reason given") }).parse(answer);
  throw new PromotionFailed(errorMessage);
}

type Watched = Pick<Surroundings, "status" | "signal">;

/** Milliseconds between two attempts, and how many there are: eleven minutes, for a run is ended after ten. */
const PAUSE = 15_000;
const ATTEMPTS = 44;

/** There is one run at a time: waits for its turn. @throws what `ask` throws, but for that it must wait */
export async function inTurn<Result>(
  ask: () => Promise<Result>,
  { status, signal }: Watched,
  pause = PAUSE,
): Promise<Result> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Error && error.name === "TooManyRequestsException")) throw error;
      status("  the data account is putting loads in force already; waiting for the end of that run");
      await delay(pause, undefined, { signal });
    }
  }
  throw new Error("for eleven minutes it has been putting other loads in force");
}

/** With a client of its own, in its turn. @throws as `askPromotion` */
export async function promoteLoads(
  { outputs, settings }: Account<DataOutputs>,
  surroundings: Watched,
): Promise<Promoted> {
  const lambda = new LambdaClient(settings);
  try {
    return await inTurn(() => askPromotion(lambda, outputs.functions.promote), surroundings);
  } finally {
    lambda.destroy();
  }
}

/** What a schedule does on AWS: the data account looks which full loads have ended, and puts them in force. */
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { askPromotion } from "../../ops/full-load/promote";

/** @throws Error if a table's load was not put in force */
export async function promoteLoads(lambda: LambdaClient, functionName: string): Promise<readonly string[]> {
  const { promoted, waiting, left } = await askPromotion(lambda, functionName);
  const others = [...waiting, ...left];
  if (others.length > 0) throw new Error(`The full loads of ${others.join(", ")} were not promoted`);
  return promoted;
}

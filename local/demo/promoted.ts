/** What a schedule does on AWS: the data account looks which full loads have ended, and puts them in force. */
import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { z } from "zod";

const answer = z.object({ promoted: z.array(z.string()), waiting: z.array(z.string()) });

/** @throws Error if a table's load was not put in force */
export async function promoteLoads(lambda: LambdaClient, functionName: string): Promise<readonly string[]> {
  const { Payload, FunctionError } = await lambda.send(new InvokeCommand({ FunctionName: functionName }));
  const text = Buffer.from(Payload ?? []).toString("utf8");
  if (FunctionError !== undefined) throw new Error(`The function ${functionName} fails: ${text}`);
  const { promoted, waiting } = answer.parse(JSON.parse(text));
  if (waiting.length > 0) throw new Error(`The full loads of ${waiting.join(", ")} were not promoted`);
  return promoted;
}

/**
 * The AWS clients as the functions use them. They are made inside the handler factories, with a `require` there: Pulumi
 * serializes a top-level import as a path into our node_modules, which the Lambda runtime does not have.
 */
import type * as DynamoDb from "@aws-sdk/client-dynamodb";

export interface DynamoDbSdk {
  readonly client: Pick<DynamoDb.DynamoDBClient, "send">;
  readonly BatchExecuteStatementCommand: typeof DynamoDb.BatchExecuteStatementCommand;
  readonly BatchGetItemCommand: typeof DynamoDb.BatchGetItemCommand;
  readonly TransactWriteItemsCommand: typeof DynamoDb.TransactWriteItemsCommand;
}

export type Item = Record<string, DynamoDb.AttributeValue>;

/** Waits longer after each failed try, with jitter, so that many writers do not come back together. */
export async function backOff(attempt: number): Promise<void> {
  const limit = Math.min(50 * 2 ** attempt, 2_000);
  await new Promise((resolve) => setTimeout(resolve, limit * (0.5 + Math.random() / 2)));
}

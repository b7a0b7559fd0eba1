/** The clocking service at work: people clock in and out, and its own DynamoDB table holds their punches. */
import type { AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchWriteItemCommand, DeleteItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { random, type Random } from "./random";
import type { SampleSize } from "./sample";

export type Punch = Record<string, AttributeValue>;

export interface PunchOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly size: SampleSize;
  readonly seed: number;
  readonly count: number;
}

/** DynamoDB's limit for one request. */
const BATCH = 25;
/** Days with punches end with the sample's last one, 2026-11-22. */
const LAST_DAY = Date.UTC(2026, 10, 22);

function punch(source: Random, { users, shops }: SampleSize): Punch {
  const user = 1 + source.below(users);
  const at = new Date(LAST_DAY - source.below(84) * 86_400_000 + source.below(86_400_000)).toISOString();
  return {
    id: { S: source.uuid() },
    // As in the monolith's seed: user n works in shop 1 + n % shops.
    shop_id: { N: String(1 + (user % shops)) },
    user_id: { N: String(user) },
    shift_id: source.chance(0.2)
      ? { NULL: true }
      : { N: String(9_007_199_254_740_993n + BigInt(source.below(60_000))) },
    direction: { S: source.of(["in", "out"]) },
    punched_at: { S: `${at.slice(0, 20)}${String(source.below(1_000_000)).padStart(6, "0")}Z` },
  };
}

/** Writes punches, corrects some and removes some. @returns the items that the table must hold, and how many changes were made. */
export async function punchClock(options: PunchOptions): Promise<{ items: readonly Punch[]; changes: number }> {
  const { client, tableName } = options;
  const source = random(options.seed);
  const items = Array.from({ length: options.count }, () => punch(source, options.size));
  for (let start = 0; start < items.length; start += BATCH) {
    let requests = items.slice(start, start + BATCH).map((Item) => ({ PutRequest: { Item } }));
    while (requests.length > 0) {
      const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }));
      const left = new Set(answer.UnprocessedItems?.[tableName]?.map(({ PutRequest }) => PutRequest?.Item?.["id"]?.S));
      requests = requests.filter(({ PutRequest }) => left.has(PutRequest.Item["id"]?.S));
    }
  }
  const kept: Punch[] = [];
  let changes = items.length;
  for (const item of items) {
    const id = item["id"] ?? { S: "" };
    const fate = source.below(10);
    if (fate > 1) {
      kept.push(item);
      continue;
    }
    changes += 1;
    if (fate === 0) {
      await client.send(new DeleteItemCommand({ TableName: tableName, Key: { id } }));
      continue;
    }
    const direction = { S: "out (corrected) ✓" };
    await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: { id },
        UpdateExpression: "SET direction = :direction",
        ExpressionAttributeValues: { ":direction": direction },
      }),
    );
    kept.push({ ...item, direction });
  }
  return { items: kept, changes };
}

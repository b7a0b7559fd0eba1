/** The clocking service at work: people clock in and out, and its own DynamoDB table holds their punches. */
import type { AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchWriteItemCommand, DeleteItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { Client } from "pg";
import { random, type Random } from "./random";

export type Punch = Record<string, AttributeValue>;

/** A shift of the monolith that somebody works, as the clocking service sees it on its screen. */
export interface WorkedShift {
  readonly id: string;
  readonly shopId: string;
  readonly userId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

export interface PunchOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly seed: number;
  readonly shifts: readonly WorkedShift[];
}

/** DynamoDB's limit for one request. */
const BATCH = 25;
const MINUTE = 60_000;

/** Shifts of the sample's last two weeks, in some of its shops. */
export async function workedShifts(monolith: Client, count: number): Promise<WorkedShift[]> {
  const { rows } = await monolith.query<WorkedShift>(
    `select id::text, shop_id::text as "shopId", user_id::text as "userId", starts_at as "startsAt", ends_at as "endsAt"
     from shifts where user_id is not null and published_at is not null and starts_at >= '2026-11-09' and starts_at < '2026-11-22'
     order by shop_id, id limit $1`,
    [count],
  );
  return rows;
}

/** People come and go within ten minutes of what was planned; some forget to clock out, and few do not come at all. */
function punchesOf({ id, shopId, userId, startsAt, endsAt }: WorkedShift, source: Random): Punch[] {
  const punch = (direction: string, planned: Date): Punch => {
    const at = new Date(planned.getTime() + (source.below(21) - 10) * MINUTE).toISOString();
    return {
      id: { S: source.uuid() },
      shop_id: { N: shopId },
      user_id: { N: userId },
      shift_id: source.chance(0.05) ? { NULL: true } : { N: id },
      direction: { S: direction },
      punched_at: { S: `${at.slice(0, 20)}${String(source.below(1_000_000)).padStart(6, "0")}Z` },
    };
  };
  if (source.chance(0.04)) return [];
  return source.chance(0.03) ? [punch("in", startsAt)] : [punch("in", startsAt), punch("out", endsAt)];
}

/** Writes punches, corrects some and removes some. @returns the items that the table must hold, and how many changes were made. */
export async function punchClock(options: PunchOptions): Promise<{ items: readonly Punch[]; changes: number }> {
  const { client, tableName } = options;
  const source = random(options.seed);
  const items = options.shifts.flatMap((shift) => punchesOf(shift, source));
  for (let start = 0; start < items.length; start += BATCH) {
    let requests = items.slice(start, start + BATCH).map((Item) => ({ PutRequest: { Item } }));
    while (requests.length > 0) {
      const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }));
      const left = new Set(answer.UnprocessedItems?.[tableName]?.map(({ PutRequest }) => PutRequest?.Item?.["id"]?.S));
      requests = requests.filter(({ PutRequest }) => left.has(PutRequest.Item["id"]?.S));
    }
  }
  const kept: Punch[] = [];
  const later: (() => Promise<unknown>)[] = [];
  for (const item of items) {
    const id = item["id"] ?? { S: "" };
    const fate = source.below(12);
    if (fate === 0) {
      later.push(() => client.send(new DeleteItemCommand({ TableName: tableName, Key: { id } })));
    } else if (fate === 1) {
      const at = { S: (item["punched_at"]?.S ?? "").replace(/\.\d+Z$/, ".000001Z") };
      kept.push({ ...item, punched_at: at });
      later.push(() =>
        client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: { id },
            UpdateExpression: "SET punched_at = :at",
            ExpressionAttributeValues: { ":at": at },
          }),
        ),
      );
    } else {
      kept.push(item);
    }
  }
  for (let start = 0; start < later.length; start += BATCH) {
    await Promise.all(later.slice(start, start + BATCH).map((change) => change()));
  }
  return { items: kept, changes: items.length + later.length };
}

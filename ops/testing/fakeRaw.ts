/** A raw that holds items as `ops/emit` sees them, and answers its two requests; those of another form fail the test. */
import { ScanCommand, UpdateItemCommand, type AttributeValue, type DynamoDBClient } from "@aws-sdk/client-dynamodb";

export interface RawItem {
  readonly table: string;
  readonly acceptedAt?: number;
  emitted?: string;
}

export interface FakeRaw {
  readonly items: Map<string, RawItem>;
  readonly client: Pick<DynamoDBClient, "send">;
  /** Keys in the order in which they were to be marked, refused ones and repetitions too. */
  readonly asked: string[];
  /** Called before each update; may throw in its place. */
  intercept: (key: string) => void;
}

/** More than the workers of a segment, so that a page has rows for which nobody is free at first. */
const PAGE = 20;

export function fakeRaw(items: Readonly<Record<string, RawItem>>): FakeRaw {
  const raw: FakeRaw = {
    items: new Map(Object.entries(items)),
    asked: [],
    intercept: () => undefined,
    // Later, as over a network: others are under way meanwhile.
    client: { send: (command: unknown) => new Promise(setImmediate).then(() => answer(command)) },
  };
  const answer = (command: unknown): object => {
    if (command instanceof ScanCommand) return scan(raw, command);
    if (command instanceof UpdateItemCommand) return update(raw, command);
    throw new Error("a request that nobody should make");
  };
  return raw;
}

const segmentOf = (key: string, segments: number): number =>
  [...key].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % segments;

function scan({ items }: FakeRaw, { input }: ScanCommand): object {
  const { Segment = 0, TotalSegments = 1, ExclusiveStartKey, ExpressionAttributeValues: values = {} } = input;
  expect(input).toMatchObject({ TableName: "raw", Select: "SPECIFIC_ATTRIBUTES" });
  const tables = Object.entries(values).flatMap(([name, { S }]) => (name.startsWith(":t") ? (S ?? []) : []));
  const since = values[":since"]?.N;
  const after = ExclusiveStartKey?.["_key"]?.S ?? "";
  const ours = [...items].filter(([key]) => segmentOf(key, TotalSegments) === Segment && key > after).sort();
  const page = ours.slice(0, PAGE);
  const last = PAGE < ours.length ? page.at(-1) : undefined;
  return {
    Items: page
      .filter(([, { table }]) => tables.includes(table))
      .filter(([, { acceptedAt = Infinity }]) => since === undefined || acceptedAt >= Number(since))
      .map(([key, { table, emitted }]): Record<string, AttributeValue> => ({
        ...{ _key: { S: key }, _table: { S: table } },
        ...(emitted === undefined ? {} : { _emitted: { S: emitted } }),
      })),
    ...(last && { LastEvaluatedKey: { _key: { S: last[0] } } }),
  };
}

function update(raw: FakeRaw, { input }: UpdateItemCommand): object {
  const key = input.Key?.["_key"]?.S ?? "";
  const mark = input.ExpressionAttributeValues?.[":mark"]?.S ?? "";
  expect(input).toMatchObject({ TableName: "raw", UpdateExpression: "SET #emitted = :mark" });
  raw.asked.push(key);
  raw.intercept(key);
  const item = raw.items.get(key);
  if (item === undefined || (item.emitted ?? "") >= mark) throw named("ConditionalCheckFailedException");
  item.emitted = mark;
  return {};
}

/** An error as the SDK throws it. */
export const named = (name: string, message = name): Error => Object.assign(new Error(message), { name });

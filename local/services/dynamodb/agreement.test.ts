/**
 * The functions' own double of a table and this service agree: the handler, given the same random history, leaves the same
 * items in both, through the SDK's client here. So what the property tests of `functions/` prove holds for this service too.
 */
import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  ScanCommand,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import type { KinesisStreamRecord } from "aws-lambda";
import * as fc from "fast-check";
import { ingest } from "../../../functions/ingest";
import type { DynamoDbSdk, Item } from "../../../functions/sdk";
import { historyOf, layout, plan, recordOf, type History } from "../../../functions/testing/history";
import { tableDouble } from "../../../functions/testing/tableDouble";
import { decodeDms } from "../../../model/decode";
import { harness, TABLE, type Harness } from "./testing/harness";

let h: Harness;
beforeAll(async () => (h = await harness()));
afterAll(() => h.close());

/** The batches in which the shards' records come, in turns that `choices` decides; some come twice. */
function batchesOf(history: History, choices: readonly number[]): KinesisStreamRecord[][] {
  const batches: KinesisStreamRecord[][] = [];
  const left = history.shards.map((shard) => [...shard]);
  for (let turn = 0; left.some((shard) => shard.length > 0); turn += 1) {
    const choice = choices[turn % choices.length] ?? 0;
    const open = left.filter((shard) => shard.length > 0);
    const batch = open[choice % open.length]?.splice(0, 1 + (choice % 3)).map(recordOf) ?? [];
    batches.push(batch);
    if (choice % 5 === 0) batches.push(batch);
  }
  return batches;
}

async function ingestAll(batches: readonly KinesisStreamRecord[][], sdk: DynamoDbSdk, tableName: string) {
  const answers: unknown[] = [];
  for (const Records of batches) {
    const answer = await ingest(
      { Records },
      {
        store: {
          sdk,
          now: () => 1_000_000_000_000,
          place: () => ({ tableName, keyPrefix: "things#", layout, keepsUnknown: true }),
        },
        decode: (text, sequence) =>
          decodeDms(text, sequence, { layouts: { "monolith.things": layout }, source: "monolith", schema: "public" }),
        put: async (key, body) => void answers.push(key, body),
        log: (line) => answers.push(line),
      },
    );
    answers.push(answer);
  }
  return answers;
}

let tables = 0;

test("the same history leaves the same items, and the handler the same words", async () => {
  const choices = fc.array(fc.nat(1000), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(plan, choices, async (drawn, turns) => {
      const tableName = `run-${(tables += 1)}`;
      h.create(TABLE, {
        name: tableName,
        hashKey: "_key",
        attributes: [{ name: "_key", type: "S" }],
        billingMode: "PAY_PER_REQUEST",
      });
      const batches = batchesOf(historyOf(drawn), turns);
      const double = tableDouble();
      const expected = await ingestAll(batches, double.sdk, tableName);
      const sdk = { client: h.client, BatchExecuteStatementCommand, BatchGetItemCommand, TransactWriteItemsCommand };
      expect(await ingestAll(batches, sdk, tableName)).toEqual(expected);
      const { Items = [] } = await h.client.send(new ScanCommand({ TableName: tableName }));
      const byKey = (items: readonly Item[]): Map<string, Item> =>
        new Map(items.map((item) => [item["_key"]?.S ?? "", item]));
      expect(byKey(Items)).toEqual(byKey([...double.items.values()]));
    }),
    { numRuns: 20 },
  );
}, 30_000);

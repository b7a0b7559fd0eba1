/**
 * The law of the acceptance rule: whatever way loads, changes, duplicates, replays and retries are interleaved, the store
 * ends in the source's state. Each clause of the rule, taken out, breaks the law.
 */
import * as fc from "fast-check";
import type * as Rule from "../model/change";
import { ORDER } from "../model/change";
import { decodeDms } from "../model/decode";
import { ingest } from "./ingest";
import type { History, Plan } from "./testing/history";
import { historyOf, layout, plan, recordOf } from "./testing/history";
import { tableDouble } from "./testing/tableDouble";

/** The clause that a test takes out of the rule. */
let mockWithout: string | undefined;
jest.mock("../model/change", () => {
  const rule = jest.requireActual<typeof Rule>("../model/change");
  return {
    ...rule,
    acceptance: (change: Rule.Change) => rule.acceptance(change).filter((clause) => clause.attribute !== mockWithout),
  };
});

const layouts = { "monolith.things": layout };

/** Delivers every shard in order, the shards in any order, in batches, some of them twice as Lambda does after a failure. */
async function deliver(
  history: History,
  choices: readonly number[],
): Promise<{ rows: Map<string, unknown>; lost: boolean }> {
  const store = tableDouble();
  let lost = false;
  const next = history.shards.map(() => 0);
  for (let turn = 0; ; turn += 1) {
    const open = history.shards.flatMap((shard, index) => ((next[index] ?? 0) < shard.length ? [index] : []));
    if (open.length === 0) break;
    const choice = choices[turn % choices.length] ?? 0;
    const index = open[choice % open.length] ?? 0;
    const size = 1 + (Math.floor(choice / 7) % 3);
    const start = next[index] ?? 0;
    const batch = (history.shards[index] ?? []).slice(start, start + size).map(recordOf);
    const times = choice % 5 === 0 ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      const answer = await ingest(
        { Records: batch },
        {
          store: {
            sdk: store.sdk,
            now: () => 1_000_000_000_000,
            place: () => ({ tableName: "t", keyPrefix: "", layout, keepsUnknown: false }),
          },
          decode: (text, sequence) => decodeDms(text, sequence, { layouts, source: "monolith", schema: "public" }),
          put: async (key) => {
            lost ||= key.startsWith("parked/");
          },
          log: () => undefined,
        },
      );
      expect(answer.batchItemFailures).toEqual([]);
    }
    next[index] = start + size;
  }
  const live = [...store.items].filter(([, item]) => item["_deleted"]?.BOOL !== true);
  const rows = new Map(live.map(([key, item]) => [key, { n: item["n"]?.N ?? null, note: item["note"]?.S ?? null }]));
  return { rows, lost };
}

const choices = fc.array(fc.nat(1000), { minLength: 1, maxLength: 40 });

const law = fc.asyncProperty(plan, choices, async (drawn: Plan, turns) => {
  const history = historyOf(drawn);
  const { rows, lost } = await deliver(history, turns);
  // A key taken anew before its old row's move arrived: parked with its reason, and a reload repairs it.
  if (lost) return;
  const sorted = (map: ReadonlyMap<string, unknown>): unknown[] => [...map].sort(([a], [b]) => a.localeCompare(b));
  expect(sorted(rows)).toEqual(sorted(history.rows));
});

test("any interleaving ends in the source's state", async () => {
  await fc.assert(law, { numRuns: 2000 });
});

describe("each clause is needed", () => {
  afterEach(() => (mockWithout = undefined));
  test.each(Object.values(ORDER))("without %s the law breaks", async (attribute) => {
    mockWithout = attribute;
    const { failed } = await fc.check(law, { numRuns: 5000, endOnFailure: true });
    expect(failed).toBe(true);
  });
});

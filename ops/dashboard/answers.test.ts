import { QueryFailed, type QueryResult } from "../athena";
import { Answers } from "./answers";
import { resultOf } from "./testing";

const RESULT = resultOf({ n: "bigint" }, [["1"]]);
/** What is asked, and what answers the question in hand. */
function athena() {
  const asked: string[] = [];
  const waiting: ((result: QueryResult | Error) => void)[] = [];
  const ask = (sql: string): Promise<QueryResult> => {
    asked.push(sql);
    return new Promise((resolve, reject) =>
      waiting.push((result) => (result instanceof Error ? reject(result) : resolve(result))),
    );
  };
  return { asked, ask, answer: (result: QueryResult | Error = RESULT) => waiting.shift()?.(result) };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("an answer is kept for its time, whoever asks meanwhile waits for the same", async () => {
  const { asked, ask, answer } = athena();
  let now = 1_000;
  const answers = new Answers({ ask, keep: 500, now: () => now });
  const both = [answers.to("select 1"), answers.to("select 1")];
  answer();
  expect(await Promise.all(both)).toEqual([1, 2].map(() => ({ askedAt: 1_000, result: RESULT })));
  now = 1_499;
  await answers.to("select 1");
  expect(asked).toHaveLength(1);
  now = 1_500;
  const again = answers.to("select 1");
  answer();
  expect(await again).toMatchObject({ askedAt: 1_500 });
  const fresh = answers.fresh("select 1");
  answer();
  await fresh;
  expect(asked).toHaveLength(3);
});

test("no more than four are with Athena at a time, and a failed one makes room as well", async () => {
  const { asked, ask, answer } = athena();
  const answers = new Answers({ ask, keep: 1_000 });
  const all = Promise.all(Array.from({ length: 6 }, (_, index) => answers.to(`select ${index}`)));
  await turn();
  expect(asked).toHaveLength(4);
  answer(new QueryFailed("no"));
  await turn();
  expect(asked).toHaveLength(5);
  for (let index = 0; index < 5; index += 1) {
    answer();
    await turn();
  }
  expect((await all).map((given) => "failure" in given)).toEqual([true, false, false, false, false, false]);
  expect(asked).toHaveLength(6);
});

test("a failure is said in words and asked again; a mistake of ours is thrown", async () => {
  const { asked, ask, answer } = athena();
  const answers = new Answers({ ask, keep: 1_000 });
  const failing = [answers.to("select 1"), answers.to("select 2")];
  answer(new QueryFailed("COLUMN_NOT_FOUND: line 1:8"));
  answer(Object.assign(new Error("not allowed to"), { name: "AccessDeniedException", $metadata: {} }));
  expect(await Promise.all(failing)).toMatchObject([
    { failure: "COLUMN_NOT_FOUND: line 1:8" },
    { failure: "AccessDeniedException: not allowed to" },
  ]);
  const mistaken = answers.to("select 1");
  answer(new TypeError("undefined is no function"));
  await expect(mistaken).rejects.toThrow(TypeError);
  const again = answers.to("select 1");
  answer();
  expect(await again).toHaveProperty("result");
  expect(asked).toHaveLength(4);
});

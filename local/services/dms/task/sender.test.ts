import { OrderedSender, type Put } from "./sender";

interface Request {
  readonly keys: string[];
  readonly texts: string[];
}

/** Answers requests one after the other; `fails` says which entries. */
function stream(fails: (text: string, number: number) => boolean = () => false) {
  const requests: Request[] = [];
  const taken: string[] = [];
  const put: Put = async (entries) => {
    const keys = entries.map(({ PartitionKey }) => PartitionKey);
    const texts = entries.map(({ Data }) => Buffer.from(Data).toString());
    requests.push({ keys, texts });
    const outcomes = texts.map((text) => !fails(text, requests.length));
    taken.push(...texts.filter((_, index) => outcomes[index]));
    return outcomes;
  };
  return { requests, taken, put };
}

test("500 records a request, and none in two", async () => {
  const { requests, taken, put } = stream();
  const sender = new OrderedSender(put, 1);
  let sent = 0;
  for (let n = 0; n < 1200; n++) sender.push({ partitionKey: `k${n}`, text: `ü${n}` }, () => (sent += 1));
  await sender.drained();
  expect(requests.map(({ keys }) => keys.length)).toEqual([500, 500, 200]);
  expect(taken).toEqual(Array.from({ length: 1200 }, (_, n) => `ü${n}`));
  expect(sent).toBe(1200);
});

test("a request stays below its bytes", async () => {
  const { requests, put } = stream();
  const sender = new OrderedSender(put, 1);
  for (let n = 0; n < 7; n++) sender.push({ partitionKey: `k${n}`, text: "x".repeat(1_000_000) }, () => undefined);
  await sender.drained();
  expect(requests.map(({ keys }) => keys.length)).toEqual([5, 2]);
});

test("a failed entry is sent again alone, and nothing of its key overtakes it", async () => {
  const { requests, taken, put } = stream((text, number) => number < 3 && text === "a1");
  const sender = new OrderedSender(put, 4);
  const order: string[] = [];
  for (const text of ["a1", "b1", "a2", "a3", "b2", "c1"]) {
    sender.push({ partitionKey: text.charAt(0), text }, () => order.push(text));
  }
  await sender.drained();
  for (const { keys } of requests) expect(new Set(keys).size).toBe(keys.length);
  expect(requests[0]?.texts).toEqual(["a1", "b1", "c1"]);
  expect(taken.filter((text) => text.startsWith("a"))).toEqual(["a1", "a2", "a3"]);
  expect(taken.filter((text) => text.startsWith("b"))).toEqual(["b1", "b2"]);
  expect(order).toEqual(taken);
  expect(taken).toHaveLength(6);
});

test("whoever makes records waits while there are many, and learns of a failure", async () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const sender = new OrderedSender(() => opened.then(() => Promise.reject(new Error("no such stream"))), 1);
  for (let n = 0; n < 5000; n++) sender.push({ partitionKey: `k${n}`, text: "x" }, () => undefined);
  expect(sender.isFull).toBe(true);
  const room = sender.room();
  open();
  await expect(room).rejects.toThrow("no such stream");
  await expect(sender.failed).rejects.toThrow("no such stream");
  await sender.stop();
});

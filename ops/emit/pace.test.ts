import { named } from "../testing/fakeRaw";
import { Pace, type Clock } from "./pace";

/** A clock that goes on when somebody waits. */
function clock(): Clock & { readonly waits: number[] } {
  let now = 1_000_000;
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    wait: async (milliseconds) => {
      waits.push(milliseconds);
      now += milliseconds;
    },
  };
}
const never = new AbortController().signal;

test("so many a second, evenly", async () => {
  const time = clock();
  const pace = new Pace(4, never, time);
  const began = time.now();
  for (let turn = 0; turn < 9; turn += 1) await pace.turn();
  expect(time.now() - began).toBe(2_000);
  expect(new Set(time.waits)).toEqual(new Set([250]));
});

const throttledOnce = () => {
  let tries = 0;
  return async (): Promise<string> => {
    tries += 1;
    if (tries < 2) throw named("ProvisionedThroughputExceededException");
    return "taken";
  };
};

test("what is throttled is sent again, and the others wait as long", async () => {
  const waits: number[] = [];
  let other: Promise<void> | undefined;
  const wait = async (milliseconds: number): Promise<void> => {
    waits.push(milliseconds);
    if (waits.length === 1) other = pace.turn();
  };
  const pace = new Pace(1_000, never, { now: () => 0, wait });
  expect(await pace.patiently(throttledOnce())).toBe("taken");
  await other;
  expect(waits).toEqual([500, 500]);
});

test("patience ends, and there is none for other errors", async () => {
  const time = clock();
  const pace = new Pace(1, never, time);
  const throttled = (): Promise<never> => Promise.reject(named("ThrottlingException"));
  await expect(pace.patiently(throttled)).rejects.toThrow("ThrottlingException");
  expect(time.waits).toHaveLength(9);
  expect(Math.max(...time.waits)).toBe(30_000);
  await expect(pace.patiently(() => Promise.reject(named("AccessDeniedException")))).rejects.toThrow("AccessDenied");
  expect(time.waits).toHaveLength(9);
});

test("nothing is sent once it is interrupted", async () => {
  const abort = new AbortController();
  const pace = new Pace(1, abort.signal, clock());
  abort.abort();
  const send = jest.fn(async () => undefined);
  await expect(pace.patiently(send)).rejects.toMatchObject({ name: "AbortError" });
  expect(send).not.toHaveBeenCalled();
});

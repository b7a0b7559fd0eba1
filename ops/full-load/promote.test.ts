import type { LambdaClient } from "@aws-sdk/client-lambda";
import { askPromotion, inTurn, PromotionFailed } from "./promote";

const busy = (): Error => Object.assign(new Error("Rate Exceeded."), { name: "TooManyRequestsException" });
const watched = () => {
  const said: string[] = [];
  const abort = new AbortController();
  return { said, abort, surroundings: { status: (text: string) => said.push(text), signal: abort.signal } };
};

test("while another run is on it waits for its turn, and says so", async () => {
  const { said, surroundings } = watched();
  let asked = 0;
  const ask = async (): Promise<string> => {
    if ((asked += 1) < 3) throw busy();
    return "done";
  };
  expect(await inTurn(ask, surroundings, 0)).toBe("done");
  expect(said).toHaveLength(2);
  expect(said[0]).toContain("is putting loads in force already");
});

test("it waits no longer than a run takes, nor after Ctrl-C, nor for anything else", async () => {
  const { abort, surroundings } = watched();
  const always = () => Promise.reject(busy());
  await expect(inTurn(always, surroundings, 0)).rejects.toThrow("for eleven minutes");
  await expect(inTurn(() => Promise.reject(new Error("not allowed")), surroundings)).rejects.toThrow("not allowed");
  abort.abort();
  await expect(inTurn(always, surroundings)).rejects.toMatchObject({ name: "AbortError" });
});

test("the answer is read, and a function that fails is told with its message", async () => {
  const answers = (answer: object, FunctionError?: string): LambdaClient => {
    const send = async () => ({ FunctionError, Payload: Buffer.from(JSON.stringify(answer)) });
    return { send } as unknown as LambdaClient;
  };
  const answer = { promoted: ["public.a"], waiting: [], left: ["public.b"] };
  expect(await askPromotion(answers(answer), "promote")).toEqual(answer);
  const failed = askPromotion(answers({ errorMessage: "public.a: no" }, "Unhandled"), "promote");
  await expect(failed).rejects.toEqual(new PromotionFailed("public.a: no"));
});

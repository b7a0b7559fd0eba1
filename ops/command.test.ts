import { CannotRun, runCommand, type Command, type Surroundings } from "./command";

function run(command: Command, signal = new AbortController().signal): Promise<{ code: number; notes: string[] }> {
  const notes: string[] = [];
  const ignore = (): void => undefined;
  const surroundings: Surroundings = {
    ...{ folder: "", environment: {}, signal, print: ignore, status: ignore, input: async () => "" },
    note: (text) => notes.push(text),
  };
  return runCommand("query", command, [], surroundings).then((code) => ({ code, notes }));
}
const failing =
  (error: Error): Command =>
  () =>
    Promise.reject(error);

test("what stands in the way is said in a line, with 2", async () => {
  expect(await run(failing(new CannotRun("Say list or replay.")))).toEqual({
    code: 2,
    notes: ["query: Say list or replay."],
  });
  const denied = Object.assign(new Error("not allowed to"), { name: "AccessDeniedException", $metadata: {} });
  expect((await run(failing(denied))).notes).toEqual(["query: AccessDeniedException: not allowed to"]);
  const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
  expect((await run(failing(refused))).notes).toEqual(["query: connect ECONNREFUSED 127.0.0.1:1"]);
  const nobody = Object.assign(new Error("Could not load"), { name: "CredentialsProviderError" });
  expect((await run(failing(nobody))).notes[0]).toContain("There are no credentials for AWS: Could not load");
});

test("interrupted is no failure", async () => {
  expect(await run(failing(new Error("The operation was aborted")), AbortSignal.abort())).toEqual({
    code: 130,
    notes: ["query: interrupted."],
  });
});

test("a mistake of ours is thrown", async () => {
  await expect(run(failing(new TypeError("undefined is no function")))).rejects.toThrow(TypeError);
});

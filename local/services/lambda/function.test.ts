import { spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { projectFolder } from "../../project";
import { LocalFunction } from "./function";
import { functionSettings } from "./settings";
import { context, ROLE, until, World } from "./testing/world";

let world: World;
const open: LocalFunction[] = [];

beforeEach(() => {
  world = new World();
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
  await world.close();
});

const TYPE = "aws:lambda/function:Function";

function settingsOf(source: string, more: Record<string, unknown> = {}) {
  const environment = { variables: { SEEN: world.seenFile } };
  return functionSettings(world.inputs(source, { name: "capture", environment, ...more }), context(TYPE));
}

function make(source: string, more: Record<string, unknown> = {}): LocalFunction {
  const made = new LocalFunction(settingsOf(source, more), {
    folder: world.folder,
    authorizer: world.authorizer,
    policies: { setIdentityPolicy: () => undefined, setResourcePolicy: () => undefined },
    principals: world.principals,
    endpointUrl: () => "http://127.0.0.1:4566",
    haste: 1,
  });
  open.push(made);
  return made;
}

const handler = (body: string): string => `exports.handler = async (event, context) => { ${body} };`;

const invoke = (made: LocalFunction, event: unknown = {}) => made.invoke([Buffer.from(JSON.stringify(event))]);

async function errorOf(made: LocalFunction, event: unknown = {}): Promise<unknown> {
  const { payload, failed } = await invoke(made, event);
  expect(failed).toBe(true);
  return JSON.parse(payload);
}

test("an environment is used again, and sees nothing but what Lambda gives it", async () => {
  process.env["OF_THE_PARENT"] = "secret";
  const made = make(
    `let calls = 0;` +
      handler(
        "return { event, calls: (calls += 1), env: process.env, cwd: process.cwd(), left: context.getRemainingTimeInMillis(), context }",
      ),
    { memorySize: 256, timeout: 7, environment: { variables: { TABLE: "raw" } } },
  );
  const event = { text: "ünï 🚀", big: "x".repeat(300_000) };
  const first = JSON.parse((await invoke(made, event)).payload);
  const second = JSON.parse((await invoke(made, null)).payload);
  delete process.env["OF_THE_PARENT"];
  expect(first.event).toEqual(event);
  expect([first.calls, second.calls]).toEqual([1, 2]);
  expect(first.left).toBeGreaterThan(6000);
  expect(first.left).toBeLessThanOrEqual(7000);
  expect(first.cwd).toBe(made.settings.folder);
  expect(first.context).toMatchObject({
    functionName: "capture",
    functionVersion: "$LATEST",
    memoryLimitInMB: "256",
    invokedFunctionArn: "arn:aws:lambda:eu-west-1:222222222222:function:capture",
    logGroupName: "/aws/lambda/capture",
  });
  const { accessKeyId, secretAccessKey } = world.principals.mint(ROLE);
  expect(first.env).toMatchObject({
    TABLE: "raw",
    AWS_REGION: "eu-west-1",
    AWS_LAMBDA_FUNCTION_NAME: "capture",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  });
  expect(first.env).not.toHaveProperty("OF_THE_PARENT");
  expect(first.env).not.toHaveProperty("HOME");
  expect(made.statistics).toMatchObject({ invocations: 2, errors: 0, coldStarts: 1, lastError: undefined });
  const { duration, billedDuration, memorySize } = made.statistics;
  expect(duration).toBeGreaterThan(0);
  // Each invocation's rounded up to a millisecond.
  expect(Number.isInteger(billedDuration)).toBe(true);
  expect(billedDuration).toBeGreaterThanOrEqual(duration);
  expect(billedDuration).toBeLessThan(duration + 2);
  expect(memorySize).toBe(256);
});

test("an error of the handler is answered with its type, message and trace, and the environment goes on", async () => {
  const made = make(handler(`if (event.text) throw event.text; if (event.no) return; throw new RangeError("too far")`));
  expect(await errorOf(made)).toEqual({
    errorType: "RangeError",
    errorMessage: "too far",
    trace: expect.arrayContaining(["RangeError: too far"]),
  });
  expect(await errorOf(made, { text: "boo" })).toEqual({ errorType: "string", errorMessage: "boo", trace: [] });
  expect(await invoke(made, { no: 1 })).toMatchObject({ payload: "null", failed: false });
  expect(made.statistics).toMatchObject({ invocations: 3, errors: 2, coldStarts: 1 });
  expect(made.statistics.lastError).toContain("boo");
  expect(world.log()).toMatch(/^\d{4}-.*Z\t[0-9a-f-]{36}\tERROR\tRangeError: too far$/m);
});

test("the declared timeout ends the process; the next event gets a new one", async () => {
  const made = make(handler("if (event.loop) for (;;); return 1"), { timeout: 1 });
  expect(await errorOf(made, { loop: true })).toEqual({
    errorType: "Sandbox.Timedout",
    errorMessage: expect.stringMatching(/^RequestId: [0-9a-f-]{36} Error: Task timed out after 1\.00 seconds$/),
  });
  expect(await invoke(made)).toMatchObject({ payload: "1", failed: false });
  expect(made.statistics.coldStarts).toBe(2);
});

test("a process that ends itself, or throws outside of the handler, fails its event and is replaced", async () => {
  const made = make(
    handler(
      `if (event.exit) process.exit(3);
       if (event.later) { setImmediate(() => { throw new Error("later") }); await new Promise(() => {}); }
       if (event.reject) { Promise.reject(new Error("nobody cares")); await new Promise(() => {}); }
       return process.pid`,
    ),
  );
  expect(await errorOf(made, { exit: true })).toEqual({
    errorType: "Runtime.ExitError",
    errorMessage: expect.stringMatching(/^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 3$/),
  });
  expect(await errorOf(made, { later: true })).toMatchObject({ errorType: "Error", errorMessage: "later" });
  expect(await errorOf(made, { reject: true })).toMatchObject({
    errorType: "Runtime.UnhandledPromiseRejection",
    errorMessage: "nobody cares",
  });
  expect(await invoke(made)).toMatchObject({ failed: false });
  expect(made.statistics.coldStarts).toBe(4);
});

test("declared memory: more than it kills the process", async () => {
  const made = make(handler("const kept = []; for (;;) kept.push(new Array(100_000).fill(Math.random()))"), {
    memorySize: 128,
    timeout: 30,
  });
  expect(await errorOf(made)).toMatchObject({
    errorType: "Runtime.ExitError",
    errorMessage: expect.stringContaining("Runtime exited with error: signal: aborted"),
  });
});

test("the SDK is there as in Lambda; Pulumi and whatever else this project has installed are not", async () => {
  const made = make(
    handler(
      `const lambda = require("@aws-sdk/client-lambda"), same = require("@aws-sdk/client-lambda/dist-cjs/index.js");
       const refused = [];
       for (const name of ["@pulumi/pulumi", "@pulumi/aws/lambda", "zod", "./elsewhere", "${__filename}"])
         try { require(name) } catch (error) { refused.push(error.message) }
       return { same: lambda.LambdaClient === same.LambdaClient, node: require("path").sep + require("node:os").EOL.length, refused }`,
    ),
  );
  const { same, node, refused } = JSON.parse((await invoke(made)).payload);
  expect(same).toBe(true);
  expect(node).toBe("/1");
  expect(refused).toEqual([
    expect.stringMatching(/^Cannot find module '@pulumi\/pulumi': .* captures something of Pulumi's/),
    expect.stringContaining("Cannot find module '@pulumi/aws/lambda'"),
    expect.stringMatching(/^Cannot find module 'zod': it is neither in the function's archive nor in Lambda's runtime/),
    expect.stringContaining("Cannot find module './elsewhere'"),
    expect.stringContaining(`Cannot find module '${__filename}'`),
  ]);
});

test("a function that cannot be loaded answers why, every time anew", async () => {
  const pulumi = make(`const pulumi = require("@pulumi/pulumi"); exports.handler = async () => pulumi;`);
  expect(await errorOf(pulumi)).toMatchObject({
    errorType: "Runtime.ImportModuleError",
    errorMessage: expect.stringContaining("@pulumi/pulumi"),
  });
  expect(await errorOf(pulumi)).toMatchObject({ errorType: "Runtime.ImportModuleError" });
  expect(pulumi.statistics.coldStarts).toBe(2);
  expect(await errorOf(make("exports.other = 1"))).toMatchObject({
    errorType: "Runtime.HandlerNotFound",
    errorMessage: "__index.handler is undefined or not exported",
  });
  expect(await errorOf(make(`exports.handler = (event, context, done) => done(null, 1)`))).toMatchObject({
    errorMessage: expect.stringContaining("only async handlers are supported"),
  });
});

test("a response that is too large is an error", async () => {
  const made = make(handler(`return "x".repeat(event.size)`));
  expect(await errorOf(made, { size: 6_291_555 })).toMatchObject({ errorType: "Function.ResponseSizeTooLarge" });
  expect(await invoke(made, { size: 6_291_554 })).toMatchObject({ failed: false });
});

/** Takes part in a meeting: answers only once as many are there as the event asks for. */
const MEETING = `
  const fs = require("fs");
  const lines = () => fs.readFileSync(process.env.SEEN, "utf8").split("\\n").length - 1;
  ${handler(`fs.appendFileSync(process.env.SEEN, process.pid + "\\n"); while (lines() < event.meet) await new Promise(setImmediate); return process.pid;`)}`;

test("as many environments as are reserved, whose order of use keeps the others idle; more events wait", async () => {
  const made = make(MEETING, { reservedConcurrentExecutions: 2 });
  const one = await invoke(made, { meet: 1 });
  expect(await invoke(made, { meet: 1 })).toMatchObject({ payload: one.payload });
  const three = await Promise.all([4, 4, 5].map((meet) => invoke(made, { meet })));
  expect(new Set(three.map(({ payload }) => payload)).size).toBe(2);
  expect(made.statistics).toMatchObject({ coldStarts: 2, invocations: 5 });
});

test("Ctrl-C, which reaches all processes of a terminal, does not end an environment", async () => {
  const made = make(handler("return process.pid"));
  const { payload } = await invoke(made);
  process.kill(Number(payload), "SIGINT");
  expect(await invoke(made)).toMatchObject({ payload, failed: false });
});

test("a function that reserves none has one", async () => {
  const made = make(MEETING);
  await Promise.all([invoke(made, { meet: 1 }), invoke(made, { meet: 2 })]);
  expect(made.statistics.coldStarts).toBe(1);
});

test("new code is for the next event; the one under way ends as it began", async () => {
  const made = make(MEETING.replace("return process.pid", 'return "old"'), { reservedConcurrentExecutions: 2 });
  const old = invoke(made, { meet: 2 });
  await until(() => world.seen().length === 1);
  made.update(settingsOf(MEETING.replace("return process.pid", 'return "new"')));
  expect((await invoke(made, { meet: 1 })).payload).toBe('"new"');
  expect((await old).payload).toBe('"old"');
  expect((await invoke(made, { meet: 1 })).payload).toBe('"new"');
  expect(made.statistics.coldStarts).toBe(2);
  made.update(settingsOf(handler('return "newest"')));
  expect((await invoke(made)).payload).toBe('"newest"');
});

test("JSON logs at the declared level; the log group is named; no permission to write it is told", async () => {
  world.denied.add("logs:PutLogEvents");
  const made = make(
    handler(
      `console.debug("no"); console.log("text", 1); console.warn({ a: 1 }); console.error(new RangeError("why")); return context.logGroupName`,
    ),
    {
      loggingConfig: { logFormat: "JSON", logGroup: "capture-log", applicationLogLevel: "INFO" },
    },
  );
  expect((await invoke(made)).payload).toBe('"capture-log"');
  const lines = world
    .log()
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  expect(lines).toEqual([
    { timestamp: expect.any(String), level: "INFO", requestId: expect.any(String), message: "text 1" },
    { timestamp: expect.any(String), level: "WARN", requestId: expect.any(String), message: { a: 1 } },
    {
      ...{ timestamp: expect.any(String), level: "ERROR", requestId: expect.any(String) },
      message: { errorType: "RangeError", errorMessage: "why", stackTrace: expect.any(Array) },
    },
  ]);
  expect(made.logProblem).toMatch(
    /^PROBLEM: .*logs:PutLogEvents on arn:aws:logs:eu-west-1:222222222222:log-group:capture-log:log-stream:/,
  );
});

test("closed: the event under way fails, waiting ones and later ones are refused, and no process is left", async () => {
  const made = make(
    `${handler(`require("fs").appendFileSync(process.env.SEEN, process.pid + "\\n"); await new Promise(() => setInterval(() => {}, 1000))`)}`,
    {
      reservedConcurrentExecutions: 1,
    },
  );
  const running = invoke(made);
  const waiting = expect(invoke(made)).rejects.toThrow("Function not found");
  await until(() => world.seen().length === 1);
  await made.close();
  expect(await running).toMatchObject({ failed: true });
  await waiting;
  await expect(invoke(made)).rejects.toThrow("Function not found");
  expect(() => process.kill(Number(world.seen()[0]), 0)).toThrow("ESRCH");
});

test("an environment does not survive its parent", async () => {
  // Something that would keep it going.
  const { folder } = world.archive(`setInterval(() => undefined, 1000); ${handler("return 1")}`);
  const bootstrap = path.join(projectFolder(), "local/services/lambda/bootstrap.js");
  const script = `
    const child = require("child_process").spawn(process.execPath, [process.argv[1]], {
      env: { LAMBDA_TASK_ROOT: process.argv[2], _HANDLER: "__index.handler" }, stdio: ["ignore", "inherit", "ignore", "pipe"] });
    child.stdio[3].once("data", () => process.kill(process.pid, "SIGKILL"));`;
  const parent = spawn(process.execPath, ["-e", script, bootstrap, folder], { stdio: ["ignore", "pipe", "inherit"] });
  // Both hold the pipe: it closes when the second is gone too.
  await once(parent, "close");
  expect(parent.signalCode).toBe("SIGKILL");
});

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { AwsError, type ResourceProvider } from "../core/service";
import { Engine, type Progress, type UpOptions } from "./engine";

const program = path.join(__dirname, "testing", "program.js");
const account = "111111111111";

/** A provider that keeps what it was asked for, names things as AWS does, and knows no other way to change a bucket. */
function testbed() {
  const calls: string[] = [];
  const named = (service: string, key: string): ResourceProvider => ({
    create(inputs, context) {
      if (inputs["shardCount"] === -1) throw new AwsError("ValidationException", "the shard count is negative");
      const name = inputs[key] ?? context.autoName;
      calls.push(`create ${context.name}`);
      const id = typeof name === "string" ? name : "";
      return { id, outputs: { arn: `arn:aws:${service}:${context.region}:${context.account}:${id}`, [key]: id } };
    },
    delete(id) {
      calls.push(`delete ${id}`);
    },
  });
  const stream = named("kinesis", "name");
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "engine-"));
  const providers: Record<string, ResourceProvider> = {
    "aws:kinesis/stream:Stream": {
      ...stream,
      update(id, _inputs, previous) {
        calls.push(`update ${id}`);
        return { id, outputs: previous.outputs };
      },
    },
    "aws:s3/bucket:Bucket": named("s3", "bucket"),
    "aws:iam/role:Role": named("iam", "name"),
    "aws:lambda/function:Function": named("lambda", "name"),
  };
  const engine = new Engine({
    folder,
    providers: [providers],
    environment: () => ({ AWS_ENDPOINT_URL: "http://local" }),
  });
  const progress: string[] = [];
  const onProgress = ({ action, name }: Progress) => progress.push(`${action} ${name}`);
  const up = (variant: string, config: Record<string, unknown> = {}, options: Partial<UpOptions> = {}) =>
    engine.up({
      stack: "one",
      account,
      program,
      config: { "sample:variant": variant, ...config },
      onProgress,
      ...options,
    });
  const close = async () => {
    await engine.close();
    fs.rmSync(folder, { recursive: true });
  };
  return { engine, up, calls, progress, folder, close };
}

test("a program is created, changed and cleared up; another stack reads its outputs", async () => {
  const { engine, up, calls, progress, folder, close } = testbed();
  try {
    const first = await up("whole", { "sample:more": true, "sample:kept": true });
    expect(first.outputs["things"]).toEqual({
      text: "0125true",
      bucket: "arn:aws:s3:eu-west-1:111111111111:named",
      stream: "hush",
      inner: expect.stringMatching(/:inner-[0-9a-f]{7}$/),
      function: expect.stringMatching(/:function-[0-9a-f]{7}$/),
      endpoint: "http://local",
      dynamic: "made-1",
      account,
      secret: "s",
    });
    expect(progress).toContain("created last");
    expect(calls.indexOf("create last")).toBeGreaterThan(calls.indexOf("create inner"));
    const urns = first.resources.map(({ urn }) => urn);
    expect(urns).toContain("urn:pulumi:one::sample::sample:index:Group$aws:kinesis/stream:Stream::inner");
    const code = first.resources.find(({ type }) => type === "aws:lambda/function:Function")?.inputs["code"];
    const { folder: unpacked, zipBytes } = code as { folder: string; zipBytes: number };
    expect(fs.readdirSync(unpacked)).toEqual(["__index.js"]);
    expect(fs.readFileSync(path.join(unpacked, "__index.js"), "utf8")).toContain("hello");
    expect(zipBytes).toBeGreaterThan(100);
    expect(JSON.parse(fs.readFileSync(path.join(folder, "stacks", "one.json"), "utf8"))).toMatchObject({
      stack: "one",
    });

    calls.length = progress.length = 0;
    const second = await up("whole", { "sample:shards": 2, "sample:size": 0 });
    expect(calls).toEqual(["update hush", expect.stringMatching(/^delete more-/)]);
    expect(progress.filter((line) => !line.startsWith("same"))).toEqual([
      "updated stream",
      "updated dynamic",
      "retained kept",
      "deleted more",
    ]);
    expect(second.outputs["things"]).toMatchObject({ endpoint: "updated", dynamic: "made-1" });

    const reference = { "sample:other": "organization/sample/one" };
    const other = await up("reference", reference, { stack: "two", region: "eu-west-1" });
    expect(other.outputs["things"]).toEqual({ seen: "arn:aws:s3:eu-west-1:111111111111:named" });

    await expect(engine.destroy({ stack: "one" })).rejects.toThrow('aws:s3/bucket:Bucket "bucket" is protected');
    await up("whole", { "sample:unprotected": true, "sample:shards": 2, "sample:size": 9 });
    calls.length = 0;
    await engine.destroy({ stack: "one" });
    expect(calls).toContain("delete named");
    expect(engine.stack("one")).toBeUndefined();
  } finally {
    await close();
  }
}, 60_000);

const failures: [string, string | RegExp][] = [
  [
    "failing",
    'aws:kinesis/stream:Stream "broken" could not be created: ValidationException: the shard count is negative',
  ],
  [
    "complaining",
    "The program of the stack one stopped: Pulumi.one.yaml, sample:x: found nothing, expected something.",
  ],
  ["faulty", /failed: TypeError: no such thing\n[^]*program\.js[^]*It had written:\nabout to fail/],
  ["reference", 'The stack reference "organization/sample/gone" leads nowhere'],
];

test("what goes wrong is said once, for people, and what stood before it stays", async () => {
  const { engine, up, close } = testbed();
  try {
    const config = { "sample:other": "organization/sample/gone" };
    for (const [variant, message] of failures) await expect(up(variant, config)).rejects.toThrow(message);
    expect(engine.stack("one")?.resources.map(({ name }) => name)).toEqual(["sample-one"]);
  } finally {
    await close();
  }
}, 60_000);

test("settings that cannot be right stop it before the program runs", async () => {
  const { up, close } = testbed();
  try {
    const wrongAccount = up("whole", {}, { account: "222222222222" });
    await expect(wrongAccount).rejects.toThrow("the account is 222222222222, and only 111111111111 is allowed");
    const secure = up("whole", { "sample:text": { secure: "v1:x" } });
    await expect(secure).rejects.toThrow(/sample:text: an encrypted value cannot be read/);
    await expect(up("whole", { "aws:assumeRoles": [] })).rejects.toThrow("assumeRoles of the AWS provider");
    await expect(up("whole", {}, { stack: "none" })).rejects.toThrow("Pulumi.none.yaml, aws:region: found nothing");
  } finally {
    await close();
  }
});

test("closing ends a run, and its process", async () => {
  const { engine, up, close } = testbed();
  let closed: Promise<void> | undefined;
  const running = up("whole", {}, { onProgress: () => (closed ??= engine.close()) });
  await expect(running).rejects.toThrow("The cloud was closed");
  await closed;
  expect(engine.stack("one")?.resources.length).toBeLessThan(5);
  await expect(up("whole")).rejects.toThrow("The cloud was closed");
  await close();
});

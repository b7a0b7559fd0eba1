import type { ResourceProvider } from "../core/service";
import { Deployment } from "./deployment";
import type { Progress } from "./lifecycle";
import type { Registration } from "./protocol";
import { registry } from "./provider";
import type { StackState } from "./state";

const TYPE = "aws:kinesis/stream:Stream";

const declare = (name: string, inputs: Record<string, unknown>, more: Partial<Registration> = {}): Registration => ({
  type: TYPE,
  name,
  inputs,
  custom: true,
  remote: false,
  parent: "",
  provider: "",
  dependencies: [],
  protect: false,
  retainOnDelete: false,
  deleteBeforeReplace: undefined,
  ignoreChanges: [],
  replaceOnChanges: [],
  aliases: [],
  unsupported: [],
  ...more,
});

/** Deploys stacks one after the other over a provider that can only create and delete, or also update. */
function bench(canUpdate = false) {
  let calls: string[] = [];
  let state: StackState | undefined;
  const provider: ResourceProvider = {
    create(inputs, context) {
      if (inputs["broken"] === true) throw new Error("it is broken");
      const id = typeof inputs["name"] === "string" ? inputs["name"] : context.autoName;
      calls.push(`create ${id} in ${context.region}`);
      return { id, outputs: { name: id } };
    },
    delete: (id) => void calls.push(`delete ${id}`),
    ...(canUpdate
      ? {
          update: (id, _inputs, { outputs }, { autoName }) => (calls.push(`update ${id} ${autoName}`), { id, outputs }),
        }
      : {}),
  };
  return async (...declarations: Registration[]): Promise<string[]> => {
    calls = [];
    const options = {
      ...{ account: "111111111111", region: "eu-west-1", project: "p", folder: "/", stack: "s", config: {} },
      find: registry([{ [TYPE]: provider }]),
      convert: (asset: unknown) => asset,
      onProgress: (_: Progress) => undefined,
    };
    const deployment = new Deployment(options, state);
    try {
      for (const declaration of declarations) await deployment.register(declaration);
      await deployment.finish();
    } finally {
      state = deployment.state();
    }
    return calls;
  };
}

const auto = (name: string): unknown => expect.stringMatching(new RegExp(`${name}-[0-9a-f]{7}`));

test("a made-up name lets the new one come before the old one goes; a given one does not", async () => {
  const up = bench();
  expect(await up(declare("a", { v: 1 }), declare("b", { name: "b", v: 1 }))).toHaveLength(2);
  expect(await up(declare("a", { v: 1 }), declare("b", { name: "b", v: 1 }))).toEqual([]);
  const replaced = await up(declare("a", { v: 2 }), declare("b", { name: "b", v: 2 }));
  expect(replaced).toEqual([auto("create a"), "delete b", "create b in eu-west-1", auto("delete a")]);
  const [created, , , deleted] = replaced;
  expect(created?.slice("create ".length, -" in eu-west-1".length)).not.toBe(deleted?.slice("delete ".length));
  const options = { deleteBeforeReplace: true };
  expect(await up(declare("a", { v: 3 }, options), declare("b", { name: "b", v: 2 }))).toEqual([
    auto("delete a"),
    auto("create a"),
  ]);
});

test("what the program no longer declares goes, the latest first", async () => {
  const up = bench();
  await up(
    declare("a", { name: "a" }),
    declare("b", { name: "b" }),
    declare("c", { name: "c" }, { retainOnDelete: true }),
  );
  expect(await up()).toEqual(["delete b", "delete a"]);
});

test("a protected resource is neither deleted nor replaced, and nothing else goes instead", async () => {
  const up = bench();
  await up(declare("a", { name: "a" }, { protect: true }), declare("b", { name: "b" }));
  await expect(up()).rejects.toThrow(`${TYPE} "a" is gone from the program, but protected`);
  const changed = declare("a", { name: "a", v: 2 }, { protect: true });
  await expect(up(changed)).rejects.toThrow("would have to be replaced, but is protected");
  await up(declare("a", { name: "a" }), declare("b", { name: "b" }));
  expect(await up()).toEqual(["delete b", "delete a"]);
});

test("options of the program: changes to ignore, changes that replace, former names, the region", async () => {
  const up = bench(true);
  await up(declare("a", { name: "a", v: 1, w: 1 }));
  expect(await up(declare("a", { name: "a", v: 2, w: 1 }, { ignoreChanges: ["v"] }))).toEqual([]);
  const renamed = { aliases: ["urn:pulumi:s::p::aws:kinesis/stream:Stream::a"] };
  expect(await up(declare("z", { name: "a", v: 1, w: 2 }, renamed))).toEqual([auto("update a a")]);
  expect(await up(declare("z", { name: "a", v: 1, w: 3 }, { replaceOnChanges: ["w"] }))).toEqual([
    "delete a",
    "create a in eu-west-1",
  ]);
  const moved = declare("z", { name: "a", v: 1, w: 3, region: "us-east-1" });
  expect(await up(moved)).toEqual(["delete a", "create a in us-east-1"]);
});

test("a failure names the resource, and what stood stays known", async () => {
  const up = bench();
  await up(declare("a", { name: "a" }), declare("b", { v: 1 }));
  const broken = declare("b", { v: 2, broken: true });
  await expect(up(broken)).rejects.toThrow(`${TYPE} "b" could not be created: it is broken`);
  expect(await up()).toEqual([auto("delete b"), "delete a"]);
});

test("what the engine cannot do as told is refused", async () => {
  const up = bench();
  await expect(up(declare("a", {}), declare("a", {}))).rejects.toThrow("is declared twice");
  await expect(up(declare("a", {}, { type: "aws:ec2/vpc:Vpc" }))).rejects.toThrow(
    "that the laptop cloud does not have",
  );
  await expect(up(declare("a", {}, { unsupported: ["import"] }))).rejects.toThrow("does not know: import");
  await up(declare("a", {}));
  await expect(up(declare("a", {}, { ignoreChanges: ["x.y"] }))).rejects.toThrow("knows whole properties only");
});

import { testContext } from "../core/testing/surroundings";
import { DynamicHost } from "./dynamic";

const context = testContext("pulumi-nodejs:dynamic:Resource");

/** A provider with the given methods, as Pulumi serializes one. */
const source = (methods: string): string => `exports.handler = () => ({ ${methods} });`;

async function withHost(run: (host: DynamicHost) => Promise<void>): Promise<void> {
  const config = { "p:greeting": "hello" };
  const host = new DynamicHost({ cwd: __dirname, env: { ...process.env, OPERATOR: "me" }, config, project: "p" });
  try {
    await run(host);
  } finally {
    await host.close();
  }
}

test("the code sees its configuration, the environment and the modules of the project", async () => {
  await withHost(async ({ provider }) => {
    const __provider = source(`
      async configure({ config }) { this.greeting = config.require("greeting"); },
      async create({ n }) {
        const { tmpdir } = require("os");
        return { id: this.greeting + n, outs: { operator: process.env.OPERATOR, tmpdir: typeof tmpdir, yaml: typeof require("yaml").parse } };
      }`);
    expect(await provider.create({ n: 1, __provider }, context)).toEqual({
      id: "hello1",
      outputs: { operator: "me", tmpdir: "function", yaml: "function", __provider },
    });
  });
});

test("what stands is read, and what is gone is told", async () => {
  await withHost(async ({ provider }) => {
    const __provider = source(`read: async (id, { n }) => (n > 9 ? { id: "" } : { id, props: { n: n + 1 } })`);
    expect(await provider.read("x", { n: 1, __provider })).toEqual({ n: 2, __provider });
    expect(await provider.read("x", { n: 10, __provider })).toBeUndefined();
  });
});

test("without check, diff, read, update or delete it goes by the inputs", async () => {
  await withHost(async ({ provider }) => {
    const __provider = source(`create: async () => ({ id: "x" })`);
    const inputs = { n: 1, __provider };
    const previous = { id: "x", inputs, outputs: { n: 1, __provider } };
    expect(await provider.diff("x", inputs, previous, context)).toBe("same");
    expect(await provider.diff("x", { n: 2, __provider }, previous, context)).toBe("update");
    expect(await provider.update?.("x", inputs, previous, context)).toEqual({ id: "x", outputs: { __provider } });
    expect(await provider.read("x", previous.outputs)).toBe(previous.outputs);
    await provider.delete?.("x", previous, context);
  });
});

test("its errors, and its end, are told", async () => {
  await withHost(async ({ provider }) => {
    const create = async (methods: string) => provider.create({ __provider: source(methods) }, context);
    await expect(create(`create: async () => { throw new Error("no luck") }`)).rejects.toThrow("no luck");
    await expect(create("create: async () => ({})")).rejects.toThrow("returned no id");
    const failing = `check: async () => ({ failures: [{ property: "n", reason: "is odd" }] }), create: () => ({ id: "x" })`;
    await expect(create(failing)).rejects.toThrow("n: is odd");
    await expect(create(`create: () => { console.error("bye"); process.exit(3) }`)).rejects.toThrow(
      /process ended. bye/,
    );
    expect((await create(`create: async () => ({ id: "again" })`)).id).toBe("again");
  });
});

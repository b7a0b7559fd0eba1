import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { findDeployment, LOCAL_FILE } from "./deployment";

const prod = {
  changesTaskArn: "arn:aws:dms:eu-west-1:111111111111:task:A",
  fullLoadTaskArn: "arn:aws:dms:eu-west-1:111111111111:task:B",
  failuresBucket: "failures",
  functions: { payroll: "payroll-1" },
};
const data = {
  lakeKeyArn: "arn:aws:kms:eu-central-1:222222222222:key/1",
  rawTable: "raw-1",
  failuresBucket: "raw-failures",
  functions: { capture: "capture-1", promote: "promote-1" },
  database: "tributary",
  workgroup: "tributary",
  analystWorkgroup: "tributary-analysts",
};

function withFolder(run: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tributary-ops-"));
    fs.mkdirSync(path.join(folder, path.dirname(LOCAL_FILE)));
    await run(folder).finally(() => fs.rmSync(folder, { recursive: true }));
  };
}

describe("the laptop cloud", () => {
  const keys = { accessKeyId: "AKIA1", secretAccessKey: "s" };
  const write = (folder: string, pid: number, more = {}): void =>
    fs.writeFileSync(
      path.join(folder, LOCAL_FILE),
      JSON.stringify({
        ...{ pid, url: "http://127.0.0.1:1", region: "eu-west-1" },
        ...{ prod: { ...keys, outputs: prod }, data: { ...keys, outputs: data }, ...more },
      }),
    );
  const find = (folder: string) => findDeployment({ local: true, folder, environment: {} });

  test(
    "is found by its file",
    withFolder(async (folder) => {
      write(folder, process.pid);
      expect(await find(folder).data()).toEqual({
        outputs: data,
        settings: { region: "eu-west-1", endpoint: "http://127.0.0.1:1", credentials: keys },
      });
    }),
  );

  test(
    "that does not run, or not any more, is said to be started first",
    withFolder(async (folder) => {
      await expect(find(folder).prod()).rejects.toThrow("No laptop cloud is running here: start one with npm start");
      // No process has it: Linux gives out no more than 4,194,304.
      write(folder, 99_999_999);
      await expect(find(folder).prod()).rejects.toThrow("The laptop cloud (process 99999999) has ended");
      write(folder, process.pid, { url: undefined });
      await expect(find(folder).prod()).rejects.toThrow("of another version");
    }),
  );
});

describe("AWS", () => {
  const find = (outputs: object, environment = {}) =>
    findDeployment({
      ...{ local: false, folder: "/project", environment },
      stackOutput: async (stack, folder) =>
        folder === "/project" && stack === "prod" ? JSON.stringify(outputs) : "{}",
    });

  test("is found by the stack's outputs, and reached with the account's profile", async () => {
    expect(await find(prod).prod()).toEqual({ outputs: prod, settings: { region: "eu-west-1" } });
    expect(await find(prod, { TRIBUTARY_PROD_PROFILE: "operator" }).prod()).toMatchObject({
      settings: { profile: "operator" },
    });
  });

  test("with a stack of an older version is said to be deployed first", async () => {
    await expect(find({ ...prod, functions: undefined }).prod()).rejects.toThrow(
      "The stack prod has no output functions: deploy it with this version of the program (pulumi up -s prod).",
    );
    await expect(find(prod).data()).rejects.toThrow("The stack data has no output lakeKeyArn");
  });

  test("without the Pulumi CLI says where it is to be had", async () => {
    const PATH = process.env["PATH"];
    process.env["PATH"] = "";
    try {
      const deployment = findDeployment({ local: false, folder: os.tmpdir(), environment: {} });
      await expect(deployment.prod()).rejects.toThrow(
        "The Pulumi CLI, which knows where the stacks are, is not installed",
      );
    } finally {
      process.env["PATH"] = PATH;
    }
  });
});

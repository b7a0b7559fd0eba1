import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { readStack } from "./stack";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "preflight-stack-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const read = (text: string) => {
  fs.writeFileSync(path.join(folder, "Pulumi.test.yaml"), text);
  return readStack("test", folder);
};

test("the settings of the project's own example", async () => {
  expect(await readStack("prod", path.join(__dirname, "../.."))).toEqual({
    file: "Pulumi.prod.yaml",
    region: "eu-west-1",
    source: {
      secret: expect.stringMatching(/^arn:aws:secretsmanager:/),
      database: "monolith",
      caFile: path.join(__dirname, "../../rds-ca.pem"),
    },
    engineVersion: "3.6.1",
  });
});

test("a database that the program makes, and a source that says too little", async () => {
  const source = (lines: string) => read(`config:\n  tributary:source:\n    database: monolith\n${lines}`);
  expect((await source("    create: {}\n")).source).toEqual({ secret: "tributary-database", database: "monolith" });
  expect((await source("")).source).toBeUndefined();
});

test("without settings of the replication, and without a source", async () => {
  expect(await read("config: {}")).toEqual({ file: "Pulumi.test.yaml", engineVersion: "3.6.1" });
  expect(await read("config:\n  tributary:replication:\n    engineVersion: 3.7.0")).toMatchObject({
    engineVersion: "3.7.0",
  });
});

test("what cannot be read is named", async () => {
  await expect(readStack("none", folder)).rejects.toThrow(`There is no Pulumi.none.yaml in ${folder}`);
  await expect(read("config: [")).rejects.toThrow("Pulumi.test.yaml is no YAML");
  await expect(read("config:\n  tributary:replication:\n    engineVersion: 3.6")).rejects.toThrow(
    "config.tributary:replication.engineVersion",
  );
});

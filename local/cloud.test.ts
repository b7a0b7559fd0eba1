import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { startCloud } from "./cloud";
import { testContext } from "./core/testing/surroundings";

const arn = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:s-Ab12Cd";
let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "cloud-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Reads the secret as the identity whose environment is given, which is all that the client knows. */
async function read(environment: Record<string, string>): Promise<string | undefined> {
  const before = { ...process.env };
  Object.assign(process.env, environment);
  const client = new SecretsManagerClient({ maxAttempts: 1 });
  try {
    return (await client.send(new GetSecretValueCommand({ SecretId: arn }))).SecretString;
  } finally {
    process.env = before;
    client.destroy();
  }
}

test("a client finds its way by the environment alone, until the cloud is closed", async () => {
  const cloud = await startCloud({ folder });
  try {
    cloud.services.secrets.putSecret(arn, "hush");
    const environment = cloud.environment("arn:aws:iam::111111111111:root");
    expect(await read(environment)).toBe("hush");
    await cloud.close();
    await cloud.close();
    await expect(read(environment)).rejects.toThrow("ECONNREFUSED");
  } finally {
    await cloud.close();
  }
});

test("a role may do what its policies allow, and nothing before", async () => {
  const cloud = await startCloud({ folder });
  try {
    cloud.services.secrets.putSecret(arn, "hush");
    const { iam } = cloud.services;
    const create = (type: string, inputs: Record<string, unknown>) =>
      iam.providers[type]?.create(inputs, testContext(type));
    const statement = (more: object) =>
      JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", ...more } });
    const trust = { Action: "sts:AssumeRole", Principal: { Service: "dms.amazonaws.com" } };
    await create("aws:iam/role:Role", { name: "reader", assumeRolePolicy: statement(trust) });
    const role = "arn:aws:iam::111111111111:role/reader";
    await expect(read(cloud.environment(role))).rejects.toThrow(
      `User: ${role} is not authorized to perform: secretsmanager:GetSecretValue on resource: ${arn} because no identity-based ` +
        "policy allows the secretsmanager:GetSecretValue action",
    );
    const permission = { Action: "secretsmanager:GetSecretValue", Resource: arn };
    await create("aws:iam/rolePolicy:RolePolicy", { role: "reader", policy: statement(permission) });
    expect(await read(cloud.environment(role))).toBe("hush");
  } finally {
    await cloud.close();
  }
});

test("the folder is emptied if it is a cloud's, and left alone if it is not", async () => {
  await (await startCloud({ folder })).close();
  writeFileSync(path.join(folder, "old"), "");
  const second = await startCloud({ folder });
  expect(() => writeFileSync(path.join(folder, "old"), "", { flag: "wx" })).not.toThrow();
  await expect(startCloud({ folder })).rejects.toThrow(`Process ${process.pid} runs a laptop cloud in ${folder}`);
  await second.close();
  const other = path.join(folder, "thesis");
  mkdirSync(other);
  writeFileSync(path.join(other, "chapter-1"), "");
  await expect(startCloud({ folder: other })).rejects.toThrow("holds files that are not of a laptop cloud");
});

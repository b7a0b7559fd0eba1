import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { startCloud } from "./cloud";

const arn = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:s-Ab12Cd";
let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "cloud-"))));
afterEach(() => rmSync(folder, { recursive: true }));

test("a client finds its way by the environment alone, until the cloud is closed", async () => {
  const cloud = await startCloud({ folder });
  cloud.services.secrets.putSecret(arn, "hush");
  const before = { ...process.env };
  Object.assign(process.env, cloud.environment("arn:aws:iam::111111111111:root"));
  const client = new SecretsManagerClient({ maxAttempts: 1 });
  const get = () => client.send(new GetSecretValueCommand({ SecretId: arn }));
  try {
    expect((await get()).SecretString).toBe("hush");
    await cloud.close();
    await cloud.close();
    await expect(get()).rejects.toThrow();
  } finally {
    process.env = before;
    client.destroy();
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

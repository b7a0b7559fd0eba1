import * as fs from "node:fs";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { startEndpoint } from "../core/http";
import { principalOf } from "../core/contracts";
import { testSurroundings } from "../core/testing/surroundings";
import { secretsService } from "./secrets";

const root = "arn:aws:iam::111111111111:root";
const given = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:monolith-Ab12Cd";

async function withSecrets(
  run: (
    client: SecretsManagerClient,
    service: ReturnType<typeof secretsService>,
    taken: () => string[],
  ) => Promise<void>,
): Promise<void> {
  const surroundings = testSurroundings();
  const service = secretsService(surroundings);
  const endpoint = await startEndpoint(service.apis ?? [], surroundings);
  const credentials = surroundings.principals.mint(root);
  const client = new SecretsManagerClient({ endpoint: endpoint.url, region: "eu-west-1", credentials, maxAttempts: 1 });
  try {
    await run(client, service, () => surroundings.authorizer.taken());
  } finally {
    client.destroy();
    await endpoint.close();
    fs.rmSync(surroundings.folder, { recursive: true });
  }
}

test("a secret has a current and a previous value", async () => {
  await withSecrets(async (client, _service, taken) => {
    const KmsKeyId = "alias/secrets";
    const { ARN } = await client.send(new CreateSecretCommand({ Name: "a/b", SecretString: "one", KmsKeyId }));
    expect(ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:111111111111:secret:a\/b-[A-Za-z0-9]{6}$/);
    taken();
    const put = await client.send(new PutSecretValueCommand({ SecretId: "a/b", SecretString: "two" }));
    const key = "arn:aws:kms:eu-west-1:111111111111:alias/secrets";
    expect(taken()).toEqual([
      `secretsmanager:PutSecretValue ${ARN}`,
      `kms:GenerateDataKey ${key}`,
      `kms:Decrypt ${key}`,
    ]);
    const get = async (more: object) =>
      (await client.send(new GetSecretValueCommand({ SecretId: ARN, ...more }))).SecretString;
    expect([
      await get({}),
      await get({ VersionStage: "AWSPREVIOUS" }),
      await get({ VersionId: put.VersionId }),
    ]).toEqual(["two", "one", "two"]);
    expect(taken().slice(0, 2)).toEqual([`secretsmanager:GetSecretValue ${ARN}`, `kms:Decrypt ${key}`]);
    const described = await client.send(new DescribeSecretCommand({ SecretId: "a/b" }));
    expect(described).toMatchObject({
      ARN,
      KmsKeyId: key,
      VersionIdsToStages: { [put.VersionId ?? ""]: ["AWSCURRENT"] },
    });
    expect(described.CreatedDate).toBeInstanceOf(Date);
    await expect(client.send(new CreateSecretCommand({ Name: "a/b" }))).rejects.toMatchObject({
      name: "ResourceExistsException",
    });
    const again = new PutSecretValueCommand({
      SecretId: ARN,
      SecretString: "three",
      ClientRequestToken: put.VersionId,
    });
    await expect(client.send(again)).rejects.toMatchObject({ name: "ResourceExistsException" });
    const binary = new PutSecretValueCommand({ SecretId: ARN, SecretBinary: Buffer.from("x") });
    await expect(client.send(binary)).rejects.toMatchObject({ name: "InvalidParameterException" });
  });
});

test("a secret that was put before is found by its whole ARN, by its name, and by the reader", async () => {
  await withSecrets(async (client, service, taken) => {
    service.putSecret(given, "{}");
    for (const SecretId of [given, "monolith", given.slice(0, -7)]) {
      expect((await client.send(new GetSecretValueCommand({ SecretId }))).ARN).toBe(given);
    }
    taken();
    const reader = principalOf("arn:aws:iam::111111111111:role/dms");
    expect(service.secretString(reader, given)).toBe("{}");
    expect(taken()).toEqual([`secretsmanager:GetSecretValue ${given}`]);
    expect(() => service.secretString(reader, `${given}x`)).toThrow(
      expect.objectContaining({ code: "ResourceNotFoundException" }),
    );
    const gone = new GetSecretValueCommand({ SecretId: "none" });
    await expect(client.send(gone)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    expect(() => service.putSecret("monolith", "{}")).toThrow('"monolith" is no ARN of a secret');
  });
});

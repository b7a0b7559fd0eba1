import * as fs from "node:fs";
import { Sha256 } from "@aws-crypto/sha256-js";
// The client inside every other one, with which they take roles.
import { AssumeRoleCommand, STSClient } from "@aws-sdk/nested-clients/sts";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Credentials } from "../core/principals";
import { startEndpoint } from "../core/http";
import { testSurroundings, type TestSurroundings } from "../core/testing/surroundings";
import { stsService } from "./sts";

const region = "eu-west-1";
const root = "arn:aws:iam::111111111111:root";
const role = "arn:aws:iam::222222222222:role/team/reader";

async function withSts(run: (url: string, surroundings: TestSurroundings) => Promise<void>): Promise<void> {
  const surroundings = testSurroundings();
  const endpoint = await startEndpoint(stsService(surroundings).apis ?? [], surroundings);
  try {
    await run(endpoint.url, surroundings);
  } finally {
    await endpoint.close();
    fs.rmSync(surroundings.folder, { recursive: true });
  }
}

/** A request as any client sends it: a signed form. */
async function post(url: string, credentials: Credentials, form: Record<string, string>): Promise<string> {
  const { hostname, port, host } = new URL(url);
  const body = new URLSearchParams({ Version: "2011-06-15", ...form }).toString();
  const headers = { host, "content-type": "application/x-www-form-urlencoded" };
  const signer = new SignatureV4({ credentials, region, service: "sts", sha256: Sha256 });
  const request = { method: "POST", protocol: "http:", hostname, port: Number(port), path: "/", headers, body };
  const signed = await signer.sign(request);
  return (await fetch(url, { method: "POST", headers: signed.headers, body })).text();
}

test("whoever calls learns who they are", async () => {
  await withSts(async (url, { principals }) => {
    const whoIs = (arn: string) => post(url, principals.mint(arn), { Action: "GetCallerIdentity" });
    expect(await whoIs(root)).toContain(
      `<Arn>${root}</Arn><UserId>111111111111</UserId><Account>111111111111</Account>`,
    );
    expect(await whoIs(role)).toContain("<Arn>arn:aws:sts::222222222222:assumed-role/reader/local</Arn>");
  });
});

test("a role is taken with its own credentials, if it may be", async () => {
  await withSts(async (url, { principals, authorizer }) => {
    const client = new STSClient({ endpoint: url, region, credentials: principals.mint(root), maxAttempts: 1 });
    const command = new AssumeRoleCommand({ RoleArn: role, RoleSessionName: "me", ExternalId: "x" });
    const { Credentials: taken, AssumedRoleUser } = await client.send(command);
    expect(AssumedRoleUser?.Arn).toBe("arn:aws:sts::222222222222:assumed-role/reader/me");
    expect(principals.resolve(taken?.AccessKeyId ?? "")?.principal.arn).toBe(role);
    expect(taken?.Expiration?.getTime()).toBeGreaterThan(Date.now());
    const context = { "sts:ExternalId": "x" };
    expect(authorizer.asked).toMatchObject([{ action: "sts:AssumeRole", resource: role, context }]);

    authorizer.denies = () => true;
    await expect(client.send(command)).rejects.toThrow(`${root} is not authorized to perform: sts:AssumeRole`);
    const withPolicy = new AssumeRoleCommand({ RoleArn: role, RoleSessionName: "me", Policy: "{}" });
    await expect(client.send(withPolicy)).rejects.toThrow("local sts: the parameter Policy is not supported.");
    client.destroy();
    const unknown = await post(url, principals.mint(root), { Action: "GetSessionToken" });
    expect(unknown).toContain("<Code>InvalidAction</Code><Message>local sts: the operation GetSessionToken");
  });
});

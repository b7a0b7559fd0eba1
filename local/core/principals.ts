/** Who may call the endpoint: an access key for every role, and the question what a role may do. */
import { randomBytes } from "node:crypto";
import type { Authorizer, Principal } from "./service";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Hands out access keys. They live as long as the process: nothing on disk can be used against a later run. */
export class Principals {
  private readonly byArn = new Map<string, Credentials>();
  private readonly byKey = new Map<string, { principal: Principal; secretAccessKey: string }>();

  /** The access key of an IAM identity (role, user or `arn:aws:iam::<account>:root`); the same pair for the same ARN. */
  mint(arn: string): Credentials {
    const known = this.byArn.get(arn);
    if (known) return known;
    const [prefix, partition, service, , account] = arn.split(":");
    if (prefix !== "arn" || !partition || service !== "iam" || !account || !/^\d{12}$/.test(account)) {
      throw new Error(`"${arn}" is no ARN of an IAM identity: expected arn:aws:iam::<12 digits>:role/<name>`);
    }
    const credentials = {
      accessKeyId: "AKIA" + Array.from(randomBytes(16), (byte) => BASE32[byte & 31]).join(""),
      secretAccessKey: randomBytes(30).toString("base64"),
    };
    this.byArn.set(arn, credentials);
    this.byKey.set(credentials.accessKeyId, {
      principal: { arn, account },
      secretAccessKey: credentials.secretAccessKey,
    });
    return credentials;
  }

  resolve(accessKeyId: string): { principal: Principal; secretAccessKey: string } | undefined {
    return this.byKey.get(accessKeyId);
  }
}

/** Whoever has signed with a known key may do anything. */
export class KnownPrincipals implements Authorizer {
  check(): void {}
}

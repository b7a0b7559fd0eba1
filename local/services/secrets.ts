/**
 * Secrets Manager: secrets as text, with the version before.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/
 */
import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import type { SecretReader } from "../core/contracts";
import { keyArn } from "../core/keys";
import { readRequest } from "../core/requests";
import {
  AwsError,
  type Authorizer,
  type Call,
  type LocalService,
  type Principal,
  type Scope,
  type Surroundings,
} from "../core/service";

interface Version {
  readonly id: string;
  readonly text: string;
  /** Seconds since the epoch. */
  readonly createdAt: number;
}

interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly description: string;
  /** The customer key, if it has one. */
  readonly keyArn: string | undefined;
  readonly createdAt: number;
  current?: Version;
  previous?: Version;
}

/** What the one who starts the cloud may do: put a secret that is there before anything is deployed. */
export interface SecretKeeper {
  /** `arn` with the six characters that Secrets Manager adds to the name. Replaces the secret if it is there. */
  putSecret(arn: string, text: string): void;
}

const named = { SecretId: z.string().min(1) };
const token = { ClientRequestToken: z.string().min(32).max(64).optional() };
const text = z.string().min(1).max(65_536);
const createShape = z.strictObject({
  Name: z.string().regex(/^[\w/+=.@-]{1,512}$/, "Expected letters, digits and any of /_+=.@-"),
  Description: z.string().default(""),
  KmsKeyId: z.string().optional(),
  SecretString: text.optional(),
  Tags: z.unknown().optional(),
  ...token,
});
const putShape = z.strictObject({ ...named, ...token, SecretString: text });
const getShape = z.strictObject({
  ...named,
  VersionId: z.string().optional(),
  VersionStage: z.enum(["AWSCURRENT", "AWSPREVIOUS"]).optional(),
});
const describeShape = z.strictObject(named);

const now = (): number => Date.now() / 1000;
const notFound = (): AwsError =>
  new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
const read = <Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> =>
  readRequest(schema, input, "secretsmanager", "InvalidParameterException");

class Secrets {
  private readonly byArn = new Map<string, Secret>();

  add(secret: Secret): void {
    this.byArn.set(secret.arn, secret);
  }

  /** By ARN, by ARN without its last six characters, or by name. */
  find(id: string, { account, region }: Scope): Secret | undefined {
    const start = id.startsWith("arn:") ? id : `arn:aws:secretsmanager:${region}:${account}:secret:${id}`;
    const byName = () => [...this.byArn.values()].find(({ arn }) => arn.slice(0, -7) === start);
    return this.byArn.get(start) ?? byName();
  }
}

function store(secret: Secret, version: Version): void {
  if (secret.current !== undefined) secret.previous = secret.current;
  secret.current = version;
}

/** Secrets Manager uses a secret's own key for whoever asks. */
function authorizeKey(secret: Secret, check: Call["authorize"], actions: readonly string[]): void {
  if (secret.keyArn === undefined) return;
  const [, , , region, account] = secret.arn.split(":");
  for (const action of actions) {
    check(action, secret.keyArn, {
      "kms:ViaService": `secretsmanager.${region}.amazonaws.com`,
      "kms:CallerAccount": account ?? "",
      "kms:EncryptionContext:SecretARN": secret.arn,
    });
  }
}

function operations(secrets: Secrets) {
  /** A secret that is not there is asked about under the name that was given. */
  const existing = (id: string, action: string, call: Call): Secret => {
    const secret = secrets.find(id, call);
    const { region, account } = call;
    call.authorize(
      action,
      secret?.arn ?? (id.startsWith("arn:") ? id : `arn:aws:secretsmanager:${region}:${account}:secret:${id}`),
    );
    if (secret === undefined) throw notFound();
    return secret;
  };
  return {
    CreateSecret(input: never, call: Call) {
      const { Name, Description, KmsKeyId, SecretString, ClientRequestToken } = read(createShape, input);
      const base = `arn:aws:secretsmanager:${call.region}:${call.account}:secret:${Name}`;
      call.authorize("secretsmanager:CreateSecret", base);
      if (secrets.find(Name, call) !== undefined) {
        throw new AwsError(
          "ResourceExistsException",
          `The operation failed because the secret ${Name} already exists.`,
        );
      }
      const key = KmsKeyId === undefined ? undefined : keyArn(KmsKeyId, call);
      const arn = `${base}-${randomBytes(3).toString("hex")}`;
      const secret: Secret = { arn, name: Name, description: Description, keyArn: key, createdAt: now() };
      authorizeKey(secret, call.authorize, ["kms:GenerateDataKey", "kms:Decrypt"]);
      const id = ClientRequestToken ?? randomUUID();
      if (SecretString !== undefined) store(secret, { id, text: SecretString, createdAt: now() });
      secrets.add(secret);
      return { ARN: arn, Name, ...(SecretString === undefined ? {} : { VersionId: id }) };
    },

    PutSecretValue(input: never, call: Call) {
      const { SecretId, SecretString, ClientRequestToken: id = randomUUID() } = read(putShape, input);
      const secret = existing(SecretId, "secretsmanager:PutSecretValue", call);
      authorizeKey(secret, call.authorize, ["kms:GenerateDataKey", "kms:Decrypt"]);
      const same = [secret.current, secret.previous].find((version) => version?.id === id);
      if (same !== undefined && same.text !== SecretString) {
        throw new AwsError(
          "ResourceExistsException",
          `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`,
        );
      }
      if (same === undefined) store(secret, { id, text: SecretString, createdAt: now() });
      return { ARN: secret.arn, Name: secret.name, VersionId: id, VersionStages: ["AWSCURRENT"] };
    },

    GetSecretValue(input: never, call: Call) {
      const { SecretId, VersionId, VersionStage } = read(getShape, input);
      const secret = existing(SecretId, "secretsmanager:GetSecretValue", call);
      authorizeKey(secret, call.authorize, ["kms:Decrypt"]);
      const stages = { AWSCURRENT: secret.current, AWSPREVIOUS: secret.previous };
      const wanted = Object.entries(stages).find(([stage, version]) =>
        VersionId === undefined
          ? stage === (VersionStage ?? "AWSCURRENT")
          : version?.id === VersionId && stage === (VersionStage ?? stage),
      );
      const [stage, version] = wanted ?? [];
      if (stage === undefined || version === undefined) {
        const what =
          VersionId === undefined ? `staging label: ${VersionStage ?? "AWSCURRENT"}` : `VersionId: ${VersionId}`;
        throw new AwsError(
          "ResourceNotFoundException",
          `Secrets Manager can't find the specified secret value for ${what}`,
        );
      }
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: version.id,
        SecretString: version.text,
        VersionStages: [stage],
        CreatedDate: version.createdAt,
      };
    },

    DescribeSecret(input: never, call: Call) {
      const secret = existing(read(describeShape, input).SecretId, "secretsmanager:DescribeSecret", call);
      const { current, previous } = secret;
      return {
        ARN: secret.arn,
        Name: secret.name,
        Description: secret.description,
        CreatedDate: secret.createdAt,
        ...(secret.keyArn === undefined ? {} : { KmsKeyId: secret.keyArn }),
        VersionIdsToStages: {
          ...(current === undefined ? {} : { [current.id]: ["AWSCURRENT"] }),
          ...(previous === undefined ? {} : { [previous.id]: ["AWSPREVIOUS"] }),
        },
      };
    },
  };
}

function secretString(secrets: Secrets, authorizer: Authorizer, principal: Principal, arn: string): string {
  const [, , , region = "", account = ""] = arn.split(":");
  authorizer.check(principal, "secretsmanager:GetSecretValue", arn);
  const secret = secrets.find(arn, { account, region });
  if (secret === undefined) throw notFound();
  authorizeKey(secret, (...asked) => authorizer.check(principal, ...asked), ["kms:Decrypt"]);
  if (secret.current === undefined) throw notFound();
  return secret.current.text;
}

export function secretsService({ authorizer }: Surroundings): LocalService & SecretReader & SecretKeeper {
  const secrets = new Secrets();
  return {
    apis: [
      {
        protocol: "json",
        signingName: "secretsmanager",
        targetPrefix: "secretsmanager",
        jsonVersion: "1.1",
        operations: operations(secrets),
      },
    ],
    providers: {},
    secretString: (principal, arn) => secretString(secrets, authorizer, principal, arn),
    putSecret(arn, value) {
      const name = /^arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:(.+)-[A-Za-z0-9]{6}$/.exec(arn)?.[1];
      if (name === undefined)
        throw new Error(`"${arn}" is no ARN of a secret: expected one that ends with -<6 letters or digits>`);
      const secret: Secret = { arn, name, description: "", keyArn: undefined, createdAt: now() };
      store(secret, { id: randomUUID(), text: value, createdAt: now() });
      secrets.add(secret);
    },
  };
}
